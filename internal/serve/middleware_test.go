package serve

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"dixa-mcp/internal/offline"
)

// Who is somebody else's, or speaks for somebody else's page, gets no further, with a good credential too.
func TestWall(t *testing.T) {
	s := host(t, offline.Options{}, func(c *HTTPConfig) {
		c.Hosts, c.Origins = []string{"mcp.example.com"}, []string{"https://inspector.example.org"}
		c.MaxBody = 2000
	})
	h, list := today("1", "tools/list", "", "")
	for _, c := range []struct {
		name, method, path, body string
		headers                  []string
		status                   int
		says                     string
	}{
		{"its own address", "POST", "/mcp", list, h, 200, ""},
		{"its name", "POST", "/mcp", list, []string{"Host: mcp.example.com"}, 200, ""},
		{"its name, with a port, in capitals", "POST", "/mcp", list, []string{"Host: MCP.example.com:443"}, 200, ""},
		{"localhost", "POST", "/mcp", list, []string{"Host: localhost:99"}, 200, ""},
		{"another address", "POST", "/mcp", list, []string{"Host: [2001:db8::1]:99"}, 200, ""},
		{"another name", "POST", "/mcp", list, []string{"Host: evil.example.net"}, 403, "--allowed-hosts"},
		{"another name that looks like an address", "POST", "/mcp", list, []string{"Host: 127.0.0.1.nip.example"}, 403, "--allowed-hosts"},
		{"a page that may", "POST", "/mcp", list, []string{"Origin: https://inspector.example.org"}, 200, ""},
		{"its own page", "POST", "/mcp", list, []string{"Origin: https://mcp.example.com"}, 200, ""},
		{"a page on this machine", "POST", "/mcp", list, []string{"Origin: http://localhost:6274"}, 200, ""},
		{"a page that may not", "POST", "/mcp", list, []string{"Origin: https://evil.example.net"}, 403, "--allowed-origins"},
		{"a page that names another first", "POST", "/mcp", list, []string{"Origin: http://evil.example.net@localhost"}, 403, "--allowed-origins"},
		{"a page from nowhere", "POST", "/mcp", list, []string{"Origin: null"}, 403, "--allowed-origins"},
		{"a page that may, over plain HTTP", "POST", "/mcp", list, []string{"Origin: http://inspector.example.org"}, 403, "--allowed-origins"},
		{"nothing is here", "GET", "/", "", nil, 404, "/mcp"},
		{"nor here", "GET", "/mcp/../../etc/passwd", "", nil, 404, ""},
		{"no health is kept", "GET", "/healthz", "", nil, 404, ""},
		{"a strange method", "PUT", "/mcp", list, nil, 405, "POST"},
		{"GET since 2026", "GET", "/mcp", "", []string{"MCP-Protocol-Version: 2026-07-28"}, 405, "POST"},
		{"DELETE since 2026", "DELETE", "/mcp", "", []string{"MCP-Protocol-Version: 2026-07-28"}, 405, "POST"},
		{"GET of a version that never was", "GET", "/mcp", "", []string{"MCP-Protocol-Version: 2020-01-01"}, 400, "no protocol version"},
		{"POST of a version that never was", "POST", "/mcp", rpc("1", "tools/list", ""), []string{"MCP-Protocol-Version: 2020-01-01"}, 400, "no protocol version"},
		{"another kind of body", "POST", "/mcp", list, []string{"Content-Type: text/plain"}, 415, "application/json"},
		{"no kind of body", "POST", "/mcp", list, []string{"Content-Type: "}, 415, "application/json"},
		{"an answer that cannot be given", "POST", "/mcp", list, []string{"Accept: text/html"}, 406, "application/json"},
		{"too much", "POST", "/mcp", list + strings.Repeat(" ", 2000), nil, 413, "2000 bytes"},
		{"nothing", "POST", "/mcp", "", nil, 400, "not JSON"},
		{"no JSON", "POST", "/mcp", "{", nil, 400, "not JSON"},
		{"a batch", "POST", "/mcp", "[" + list + "]", nil, 400, "one message at a time"},
		{"another thing", "POST", "/mcp", "7", nil, 400, "not one JSON-RPC message"},
		{"a strange id", "POST", "/mcp", `{"jsonrpc":"2.0","id":{},"method":"ping"}`, nil, 400, "not one JSON-RPC message"},
	} {
		t.Run(c.name, func(t *testing.T) {
			headers := c.headers
			if c.body == list {
				headers = append(h, c.headers...)
			}
			res := s.ask(c.method, c.path, c.body, headers...)
			body := text(t, res)
			require.Equal(t, c.status, res.StatusCode, body)
			require.Contains(t, body, c.says)
			require.Empty(t, res.Header.Get("Server"))
			if c.path == "/mcp" {
				require.Equal(t, "no-store", res.Header.Get("Cache-Control"))
			}
		})
	}
}

// A browser asks before it sends a page's request, without a credential.
func TestPreflight(t *testing.T) {
	s := host(t, offline.Options{}, func(c *HTTPConfig) { c.Origins = []string{"https://inspector.example.org"} })
	ask := func(origin string) *http.Response {
		return s.ask("OPTIONS", "/mcp", "", "Origin: "+origin, "Access-Control-Request-Method: POST", "Authorization: ")
	}
	res := ask("https://inspector.example.org")
	require.Equal(t, 204, res.StatusCode)
	require.Equal(t, "https://inspector.example.org", res.Header.Get("Access-Control-Allow-Origin"))
	require.Contains(t, res.Header.Get("Access-Control-Allow-Headers"), "Mcp-Session-Id")
	require.Equal(t, 403, ask("https://evil.example.net").StatusCode)
}

// One agent cannot take all there is.
func TestHTTPCaps(t *testing.T) {
	s := host(t, offline.Options{}, func(c *HTTPConfig) { c.MaxCalls, c.MaxStreams = 2, 1 })
	s.dixa.Inject(offline.Fault{Kind: offline.Hang, Times: 2})
	ctx, cancel := context.WithCancel(t.Context())
	h, body := today("1", "tools/call", "get_conversation", `"name":"get_conversation","arguments":`+conversation)
	gone := make(chan struct{}, 2)
	for range 2 {
		go func() {
			r, _ := http.NewRequestWithContext(ctx, "POST", s.url+"/mcp", strings.NewReader(body))
			for _, line := range append(h, "Authorization: Bearer "+keyOf("support-key"), "Content-Type: application/json") {
				name, value, _ := strings.Cut(line, ": ")
				r.Header.Set(name, value)
			}
			_, _ = http.DefaultClient.Do(r)
			gone <- struct{}{}
		}()
	}
	require.Eventually(t, func() bool { return len(s.dixa.Requests()) == 2 }, time.Minute, time.Millisecond)
	res := s.call("get_conversation", conversation)
	require.Equal(t, 429, res.StatusCode)
	require.Equal(t, "1", res.Header.Get("Retry-After"))
	require.Equal(t, 200, s.call("get_conversation", conversation, "Key: reader-key").StatusCode)
	cancel() // closing the stream is the cancel
	<-gone
	<-gone
	require.Eventually(t, func() bool { return s.http.inFlight.sum() == 0 }, time.Minute, time.Millisecond)
	require.Equal(t, 200, s.call("get_conversation", conversation).StatusCode)
	require.Equal(t, 2, s.book.outcomes()["get_conversation cancelled"])

	session := s.begin("{}")
	eventsOf(t, s.ask("GET", "/mcp", "", session))
	require.Equal(t, 429, s.ask("GET", "/mcp", "", session).StatusCode)
	require.Equal(t, 429, s.ask("GET", "/sse", "").StatusCode)
	h, body = today("1", "subscriptions/listen", "", `"notifications":{"toolsListChanged":true}`)
	require.Equal(t, 429, s.ask("POST", "/mcp", body, h...).StatusCode)
}

// A call that waits for something that happens is none of those that run.
func TestWaitingTakesNoCall(t *testing.T) {
	s := host(t, offline.Options{}, func(c *HTTPConfig) { c.MaxCalls = 1 })
	ctx, cancel := context.WithCancel(t.Context())
	h, body := today("1", "tools/call", "wait_for", `"name":"wait_for","arguments":{"conversationId":1234}`)
	gone := make(chan struct{})
	go func() {
		defer close(gone)
		r, _ := http.NewRequestWithContext(ctx, "POST", s.url+"/mcp", strings.NewReader(body))
		for _, line := range append(h, "Authorization: Bearer "+keyOf("support-key"), "Content-Type: application/json") {
			name, value, _ := strings.Cut(line, ": ")
			r.Header.Set(name, value)
		}
		_, _ = http.DefaultClient.Do(r)
	}()
	require.Eventually(t, func() bool { return s.http.waiting.sum() == 1 }, time.Minute, time.Millisecond)
	require.Equal(t, 200, s.call("get_conversation", conversation).StatusCode)
	cancel()
	<-gone
	require.Eventually(t, func() bool { return s.http.waiting.sum() == 0 }, time.Minute, time.Millisecond)
}
