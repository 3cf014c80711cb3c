package main

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"strings"

	"dixa-mcp/internal/replicas"
)

// redisFlag names the Redis that servers share.
type redisFlag struct {
	Redis string `placeholder:"URL" env:"DIXA_MCP_REDIS" help:"Redis or Valkey that the servers share, such as redis://host:6379, or rediss:// for TLS. If it has a password, put the URL into a file and name it in DIXA_MCP_REDIS_FILE: flags are visible in the process list."`
}

// address returns the address in the flag, the environment or the file, or "" if servers share no Redis.
func (f redisFlag) address() (string, error) {
	file := os.Getenv("DIXA_MCP_REDIS_FILE")
	if file == "" {
		return f.Redis, nil
	}
	if f.Redis != "" {
		return "", usagef("--redis (or DIXA_MCP_REDIS) and DIXA_MCP_REDIS_FILE are both set; set only one")
	}
	b, err := os.ReadFile(file)
	if err != nil {
		return "", fmt.Errorf("DIXA_MCP_REDIS_FILE: %w", err)
	}
	address := strings.TrimSpace(string(b))
	if address == "" {
		return "", fmt.Errorf("DIXA_MCP_REDIS_FILE: %s is empty", file)
	}
	return address, nil
}

// connect joins the servers that share a Redis, and returns nil if none is named. A command passes no name, and is not
// counted as a server.
func (f redisFlag) connect(ctx context.Context, name string) (*replicas.Group, error) {
	address, err := f.address()
	if err != nil || address == "" {
		return nil, err
	}
	g, err := replicas.Connect(ctx, replicas.Options{URL: address, Replica: name, Log: slog.Default()})
	if err != nil {
		return nil, fmt.Errorf("--redis: %w", err)
	}
	return g, nil
}
