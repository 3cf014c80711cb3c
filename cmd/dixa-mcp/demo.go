package main

import (
	"context"
	"os"

	dixamcp "dixa-mcp"
	"dixa-mcp/internal/demo"
)

type demoCmd struct{}

// Run plays the session with this very program as the server.
func (demoCmd) Run(ctx context.Context) error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	return demo.Stdio(ctx, self, version(), dixamcp.DefaultCapabilities, os.Stdout)
}
