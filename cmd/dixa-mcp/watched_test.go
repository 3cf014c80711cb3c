package main

import (
	"bufio"
	"bytes"
	"io"
	"net/http"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// A server counts failed authentications at both of its ports and refused capability files, and /readyz says what is wrong.
func TestServerTellsWhatIsWrong(t *testing.T) {
	p := newPlace(t)
	soon := time.Now().UTC().AddDate(0, 0, 3).Format(time.DateOnly)
	file := p.write("capabilities.yaml", "version: 1\nagents:\n  keyed: {allow: [get_organization], keys: [{id: k-1, sha256: "+strings.Repeat("ab", 32)+", expires: "+soon+"}]}\n")
	key := p.write("admin.key", strings.Repeat("k", 40))
	c := p.command(nil, "serve", "--offline", "--capabilities", file, "--http", "127.0.0.1:0", "--admin", "127.0.0.1:0", "--admin-key-file", key)
	pipe, err := c.StderrPipe()
	require.NoError(t, err)
	require.NoError(t, c.Start())
	lines := bufio.NewScanner(pipe)
	said := func(what string) (match string) {
		t.Helper()
		found := regexp.MustCompile(what)
		for lines.Scan() {
			if m := found.FindStringSubmatch(lines.Text()); m != nil {
				return m[len(m)-1]
			}
		}
		t.Fatal("the server ended without saying " + what)
		return ""
	}
	defer func() {
		require.NoError(t, c.Process.Signal(os.Interrupt))
		_, err := io.Copy(io.Discard, pipe)
		require.NoError(t, err)
		_ = c.Wait() // the status of an interrupted server is tested elsewhere
	}()
	admin := said(`serving operators and approvers" url=(\S+)`)
	server := strings.TrimSuffix(said(`serving over HTTP" url=(\S+)`), "/mcp")
	ask := func(method, url, key string) string {
		t.Helper()
		r, err := http.NewRequestWithContext(t.Context(), method, url, bytes.NewReader(nil))
		require.NoError(t, err)
		r.Header.Set("Authorization", "Bearer "+key)
		res, err := http.DefaultClient.Do(r)
		require.NoError(t, err)
		defer res.Body.Close()
		body, err := io.ReadAll(res.Body)
		require.NoError(t, err)
		return string(body)
	}
	ask("POST", server+"/mcp", "wrong")
	ask("GET", admin+"/freezes", "wrong")
	require.NoError(t, os.WriteFile(file, []byte("version: 1\nagents: {}\n"), 0o600))
	said("the capability file was changed and cannot be used")
	metrics := ask("GET", admin+"/metrics", strings.Repeat("k", 40))
	for _, line := range []string{
		`dixa_mcp_authentication_failures_total{port="agents",status="401"} 1`,
		`dixa_mcp_authentication_failures_total{port="admin",status="401"} 1`,
		`dixa_mcp_capability_reloads_total{outcome="refused"} 1`,
		`dixa_mcp_key_expires_timestamp_seconds{agent="keyed",key="k-1"}`,
	} {
		require.Contains(t, metrics, line)
	}
	ready := ask("GET", server+"/readyz", "")
	require.Contains(t, ready, `"ready":true`)
	require.Contains(t, ready, `"degraded":["the changed capability file cannot be used`)
	require.Contains(t, ready, `"expiring_keys":[{"key":"k-1","expires":"`+soon+`"}]`)
}
