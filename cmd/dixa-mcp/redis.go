package main

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"strings"

	"dixa-mcp/internal/replicas"
)

// redisFlag says through which Redis servers share what they decide together.
type redisFlag struct {
	Redis string `placeholder:"URL" env:"DIXA_MCP_REDIS" help:"Redis or Valkey that the servers share, such as redis://host:6379, or rediss:// with TLS. One with a password is better in the file that DIXA_MCP_REDIS_FILE names: a flag shows in the list of processes."`
}

// address is what the flag, the environment or the file says; "" where servers share nothing.
func (f redisFlag) address() (string, error) {
	file := os.Getenv("DIXA_MCP_REDIS_FILE")
	if file == "" {
		return f.Redis, nil
	}
	if f.Redis != "" {
		return "", usagef("--redis (or DIXA_MCP_REDIS) and DIXA_MCP_REDIS_FILE are both set: set one")
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

// connect joins the servers that share a Redis; nil where none is named. A command gives no name, and does not count as
// one of them.
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
