package main

import (
	"bufio"
	"os"
	"testing"

	"github.com/stretchr/testify/require"
)

// DIXA_MCP_AGENT, set for other commands, does not prevent serving over HTTP or config --url.
func TestAgentOfTheEnvironment(t *testing.T) {
	p := newPlace(t)
	env := []string{"DIXA_MCP_AGENT=triage"}
	o := finish(t, p.command(env, "config", "cursor", "--url", "https://mcp.example.com/mcp"))
	require.Zero(t, o.code, o.stderr)

	c := p.command(env, "serve", "--offline", "--demo-keys", "--http", "127.0.0.1:0")
	logged, err := c.StderrPipe()
	require.NoError(t, err)
	require.NoError(t, c.Start())
	lines := bufio.NewScanner(logged)
	require.True(t, lines.Scan())
	require.Contains(t, lines.Text(), "DIXA_MCP_AGENT is ignored over HTTP")
	require.True(t, lines.Scan())
	require.Contains(t, lines.Text(), "serving over HTTP")
	require.NoError(t, c.Process.Signal(os.Interrupt))
	for lines.Scan() {
		t.Log(lines.Text())
	}
	require.NoError(t, c.Wait())
}
