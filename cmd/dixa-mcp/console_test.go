package main

import (
	"bufio"
	"io"
	"net/http"
	"net/http/cookiejar"
	"regexp"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
)

// The console of a machine prints a link that opens it once, to look at.
func TestConsoleCommand(t *testing.T) {
	p := newPlace(t)
	p.write("config/dixa-mcp/capabilities.yaml", approvers)
	c := p.command(nil, "console", "--offline")
	out, err := c.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, c.Start())
	lines := bufio.NewReader(out)
	link := ""
	for link == "" {
		line, err := lines.ReadString('\n')
		require.NoError(t, err)
		link = regexp.MustCompile(`http://127\.0\.0\.1:\d+/link/\w+`).FindString(line)
	}
	jar, err := cookiejar.New(nil)
	require.NoError(t, err)
	browser := &http.Client{Jar: jar}
	get := func(address string) (int, string) {
		res, err := browser.Get(address)
		require.NoError(t, err)
		defer res.Body.Close()
		body, err := io.ReadAll(res.Body)
		require.NoError(t, err)
		return res.StatusCode, string(body)
	}
	base, _, _ := strings.Cut(link, "/link/")
	status, _ := get(base + "/agents")
	require.Equal(t, http.StatusUnauthorized, status)
	status, _ = get(link)
	require.Equal(t, http.StatusOK, status)
	for path, says := range map[string]string{"/": "Nothing waits", "/agents": "What each agent may do", "/health": "no other user can change the rules", "/explain": "What would happen if"} {
		status, body := get(base + path)
		require.Equal(t, http.StatusOK, status, path)
		require.Contains(t, body, says, path)
	}
	status, _ = get(base + "/approvals")
	require.Equal(t, http.StatusNotFound, status, "the interface for programs is not here")
	status, _ = get(link)
	require.Equal(t, http.StatusForbidden, status, "it works once")
	require.NoError(t, c.Process.Signal(syscall.SIGINT))
	require.NoError(t, c.Wait())
}

func TestConsoleIsForThisMachine(t *testing.T) {
	p := newPlace(t)
	for _, c := range []struct{ line, says string }{
		{"console --offline --listen 0.0.0.0:0", "--listen must be an address of this machine"},
		{"console --offline --listen x", "--listen must be an address to listen at"},
		{"console --offline --admin-key-file missing", "--admin-key-file: "},
		{"serve --offline --http 0 --demo-keys --admin-tls", "--admin-tls requires --admin ADDRESS and --tls-cert"},
		{"serve --offline --http 0 --demo-keys --console-url https://console.example.com", "--console-url requires --admin ADDRESS and --sign-in-client"},
		{"serve --offline --http 0 --demo-keys --metrics-key-file x", "--metrics-key-file requires --admin ADDRESS"},
	} {
		o := p.run(strings.Fields(c.line)...)
		require.NotZero(t, o.code, c.line)
		require.Contains(t, o.stderr, c.says)
	}
}
