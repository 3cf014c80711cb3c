package main

import (
	"context"
	"log/slog"
	"os"
	"os/signal"
	"syscall"

	"dixa-mcp/internal/serve"
)

type serveCmd struct {
	Agent     string `placeholder:"NAME" env:"DIXA_MCP_AGENT" help:"The agent to serve, one of the file's stdio list; by default its first."`
	dixaFlags `embed:""`
}

// Run serves until the client closes its end or the process is told to stop.
func (c *serveCmd) Run(ctx context.Context) error {
	out := os.Stdout
	os.Stdout = os.Stderr          // only the protocol may write to the real one
	signal.Ignore(syscall.SIGPIPE) // a client that is gone must not end calls whose outcome is still to be recorded
	s, err := c.open()
	if err != nil {
		return err
	}
	defer s.Close()
	agent, err := s.rules.Stdio(c.Agent)
	if err != nil {
		return err
	}
	defer c.watch(ctx, s.gate)()
	slog.Info("serving over stdio", "agent", agent.Name, "tools", len(agent.Tools()), "capabilities", s.where, "offline", c.Offline)
	defer func() { slog.Info("stopped", "records", head(s.log)) }()
	return serve.Stdio(ctx, s.gate, agent.Name, agent.About, version(), os.Stdin, out, slog.Default())
}
