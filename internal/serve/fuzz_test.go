package serve

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"dixa-mcp/internal/offline"
)

// Whatever comes in a POST is answered: with a status, and where it is JSON with one JSON-RPC message or an object that
// says why. Nothing of the program shows.
func FuzzPost(f *testing.F) {
	h, body := today("1", "tools/call", "get_conversation", `"name":"get_conversation","arguments":`+conversation)
	f.Add(body, strings.Join(h, "\n"))
	f.Add(rpc("0", "initialize", `{"protocolVersion":"2025-11-25","capabilities":{"elicitation":{}},"clientInfo":{"name":"t","version":"1"}}`), "")
	f.Add(`{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":1}}`, "MCP-Protocol-Version: 2026-07-28")
	f.Add(`{"jsonrpc":"2.0","id":"ask-1","result":{"action":"accept"}}`, "Mcp-Session-Id: x.y")
	f.Add(`{"jsonrpc":"2.0","id":1e400,"method":"tools/list","params":[1]}`, "Accept: text/event-stream")
	f.Add(`[{"jsonrpc":"2.0"}]`, "Origin: null\nLast-Event-ID: 1")
	s := host(f, offline.Options{})
	f.Fuzz(func(t *testing.T, body, headers string) {
		r := httptest.NewRequest("POST", "/mcp", strings.NewReader(body))
		r.Host = "localhost"
		for line := range strings.Lines(headers) {
			name, value, _ := strings.Cut(strings.TrimSpace(line), ": ")
			r.Header.Set(name, value)
		}
		r.Header.Set("Authorization", "Bearer "+keyOf("reader-key"))
		r.Header.Set("Content-Type", "application/json")
		w := httptest.NewRecorder()
		done := make(chan struct{})
		go func() {
			defer close(done)
			s.http.ServeHTTP(w, r)
		}()
		patience, listens := time.Minute, strings.Contains(body, "subscriptions/listen") // until somebody ends it
		if listens {
			patience = 10 * time.Second
		}
		select {
		case <-done:
		case <-time.After(patience):
			if !listens {
				t.Fatal("no answer")
			}
			s.http.streams.end()
			return
		}
		text := w.Body.String()
		if strings.Contains(text, "json: ") || strings.Contains(text, "goroutine") || strings.Contains(text, "secret-token") {
			t.Fatalf("the program's insides: %s", text)
		}
		if w.Header().Get("Content-Type") == "application/json" && !json.Valid(w.Body.Bytes()) {
			t.Fatalf("not JSON: %q", text)
		}
		if w.Code >= 500 && w.Code != http.StatusServiceUnavailable {
			t.Fatalf("status %d: %s", w.Code, text)
		}
	})
}
