package interop

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
)

// asking is a program that asks its person, on standard error or output, to go to an address.
type asking struct {
	t       *testing.T
	command *exec.Cmd
	in      io.WriteCloser
	out     *bufio.Scanner
	address chan string
	logged  sync.WaitGroup
	log     strings.Builder
}

var authorizeAt = regexp.MustCompile(`http://\S+/oauth/authorize\?\S+`)

// run starts a program that finds no browser to open by itself.
func (c *company) run(t *testing.T, home string, env []string, arguments ...string) *asking {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), limit)
	t.Cleanup(cancel)
	a := &asking{t: t, command: exec.CommandContext(ctx, node(t), arguments...), address: make(chan string, 100)}
	a.command.Env = append([]string{"HOME=" + home, "PATH=" + home, "MCP_AUTO_OPEN_ENABLED=true", "MCP_INSPECTOR_SECRET_STORE=file", "MCP_REMOTE_CONFIG_DIR=" + filepath.Join(home, "remote")}, env...)
	var err error
	a.in, err = a.command.StdinPipe()
	require.NoError(t, err)
	out, err := a.command.StdoutPipe()
	require.NoError(t, err)
	errs, err := a.command.StderrPipe()
	require.NoError(t, err)
	require.NoError(t, a.command.Start())
	a.out = bufio.NewScanner(out)
	a.out.Buffer(nil, 1<<20)
	a.logged.Go(func() {
		for lines := bufio.NewScanner(errs); lines.Scan(); {
			a.log.WriteString(lines.Text() + "\n")
			a.look(lines.Text())
		}
		close(a.address)
	})
	t.Cleanup(func() {
		_ = a.in.Close()
		_ = a.command.Process.Kill()
		a.logged.Wait()
		_ = a.command.Wait()
		if t.Failed() {
			t.Logf("%s logged: %s", arguments, a.log.String())
		}
	})
	return a
}

func (a *asking) look(line string) {
	if at := authorizeAt.FindString(line); at != "" {
		a.address <- at
	}
}

// asked returns where the person is asked to go.
func (a *asking) asked() string {
	a.t.Helper()
	at, ok := <-a.address
	require.True(a.t, ok, "the program ended without asking")
	return at
}

// sends writes a line to standard input.
func (a *asking) sends(line string) {
	a.t.Helper()
	_, err := io.WriteString(a.in, line+"\n")
	require.NoError(a.t, err)
}

// line returns the next line of standard output.
func (a *asking) line() string {
	a.t.Helper()
	require.True(a.t, a.out.Scan(), "the program ended")
	return a.out.Text()
}

// inspector signs in with MCP Inspector, and again without a question, with what it stored.
func (c *company) inspector(t *testing.T) {
	home := t.TempDir()
	list := []string{inspector, "--cli", "--transport", "http", "--server-url", c.server + "/mcp/helper", "--callback-url", "http://" + free(t) + "/oauth/callback",
		"--format", "json", "--method", "tools/list"}
	for _, asks := range []bool{true, false} {
		a := c.run(t, home, nil, list...)
		if asks {
			c.allows(t, a.asked())
		}
		require.Contains(t, a.line(), "get_conversation")
		if !asks {
			require.Empty(t, a.address)
		}
	}
}

// remote signs in with mcp-remote, which refreshes when its access token is not valid any more.
func (c *company) remote(t *testing.T) {
	home := t.TempDir()
	_, port, _ := strings.Cut(free(t), ":")
	for _, asks := range []bool{true, false} {
		a := c.run(t, home, nil, "js/node_modules/mcp-remote/dist/proxy.js", c.server+"/mcp/helper", port, "--transport", "http-only", "--auth-timeout", "90")
		if asks {
			c.allows(t, a.asked())
		}
		// mcp-remote passes lines on as they come, and the server expects nothing else before it has answered initialize.
		a.sends(`{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"interop","version":"1"}}}`)
		require.Contains(t, a.line(), `"id":1`)
		a.sends(`{"jsonrpc":"2.0","method":"notifications/initialized"}`)
		a.sends(`{"jsonrpc":"2.0","id":2,"method":"tools/list"}`)
		require.Contains(t, a.line(), "get_conversation")
		if !asks {
			require.Empty(t, a.address, "it has a refresh token")
		}
		require.NoError(t, a.in.Close())
		spoil(t, filepath.Join(home, "remote"))
	}
}

// spoil makes the access token that mcp-remote stored invalid.
func spoil(t *testing.T, dir string) {
	t.Helper()
	found, err := filepath.Glob(filepath.Join(dir, "*", "*_tokens.json"))
	require.NoError(t, err)
	require.Len(t, found, 1)
	text, err := os.ReadFile(found[0])
	require.NoError(t, err)
	var tokens map[string]any
	require.NoError(t, json.Unmarshal(text, &tokens))
	tokens["access_token"] = fmt.Sprint(tokens["access_token"], "!")
	text, err = json.Marshal(tokens)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(found[0], text, 0o600))
}

// conformance runs what the conformance suite has for authorization servers.
func (c *company) conformance(t *testing.T) {
	address, err := url.Parse("http://" + free(t))
	require.NoError(t, err)
	id, _ := c.registers(t, address.String()+"/callback")
	a := c.run(t, t.TempDir(), nil, suite, "authorization", "--url", c.server, "--client-id", id, "--resource", c.server+"/mcp/helper", "--port", address.Port(), "--spec-version", "2026-07-28")
	var said strings.Builder
	for a.out.Scan() {
		said.WriteString(a.out.Text() + "\n")
		if at := authorizeAt.FindString(a.out.Text()); at != "" {
			c.allows(t, at)
		}
	}
	a.logged.Wait()
	require.NoError(t, a.command.Wait(), "%s\n%s", &said, &a.log)
	t.Log(said.String())
}
