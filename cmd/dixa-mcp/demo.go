package main

import (
	"context"
	"os"

	dixamcp "dixa-mcp"
	"dixa-mcp/internal/demo"
)

type demoCmd struct{}

// Run plays the session with this program as the server, over stdin and stdout, over HTTP, and with an archive.
func (demoCmd) Run(ctx context.Context, out *output) error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	if err := demo.Stdio(ctx, self, version(), dixamcp.DefaultCapabilities, out, out.width); err != nil {
		return err
	}
	if err := demo.Hosted(ctx, self, version(), dixamcp.DefaultCapabilities, out, out.width); err != nil {
		return err
	}
	return demo.Archive(ctx, self, out, out.width)
}
