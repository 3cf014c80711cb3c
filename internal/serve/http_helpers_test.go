package serve

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	dixamcp "dixa-mcp"
	"dixa-mcp/dixaclient"
	"dixa-mcp/internal/capability"
	"dixa-mcp/internal/gate"
	"dixa-mcp/internal/offline"
)

// ring is who has which key; a key that is taken off it is no longer good.
type ring struct {
	mu   sync.Mutex
	keys map[string]Principal
	ends time.Time
}

var errStranger = errors.New("stranger")

func (k *ring) Identify(r *http.Request) (Credential, error) {
	key := strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")
	k.mu.Lock()
	defer k.mu.Unlock()
	p, ok := k.keys[key]
	if !ok {
		return nil, errStranger
	}
	return ringKey{k, key, p}, nil
}

func (k *ring) Refuse(w http.ResponseWriter, _ *http.Request, _ error) {
	refuse(w, http.StatusUnauthorized, "no")
}

func (k *ring) take(key string) {
	k.mu.Lock()
	defer k.mu.Unlock()
	delete(k.keys, key)
}

type ringKey struct {
	ring *ring
	key  string
	who  Principal
}

func (c ringKey) Principal() Principal { return c.who }
func (c ringKey) Expires() time.Time   { return c.ring.ends }
func (c ringKey) StillGood(context.Context) bool {
	c.ring.mu.Lock()
	defer c.ring.mu.Unlock()
	_, ok := c.ring.keys[c.key]
	return ok
}

// site is an HTTP server with an offline Dixa behind it.
type site struct {
	t    *testing.T
	http *HTTP
	gate *gate.Gate
	dixa *offline.Dixa
	book *book
	keys *ring
	logs *bytes.Buffer // read it only after the end
	url  string
	web  *httptest.Server
}

// keysOfAll lets everybody in whom the tests are.
func keysOfAll() map[string]Principal {
	return map[string]Principal{"reader-key": {Agent: "reader", Key: "reader-1"}, "support-key": {Agent: "support", Key: "support-1"}, "other-key": {Agent: "support", Key: "support-2"}}
}

func host(t *testing.T, dixa offline.Options, change ...func(*HTTPConfig)) *site {
	t.Helper()
	s := &site{t: t, dixa: offline.New(dixa), book: &book{}, keys: &ring{keys: keysOfAll()}, logs: &bytes.Buffer{}}
	hc, stop := s.dixa.Client()
	t.Cleanup(stop)
	client, err := dixaclient.New(dixaclient.Config{Token: dixaclient.StaticToken("secret-token"), URL: offline.URL, Transport: hc.Transport, Rate: 1e6, Burst: 2000})
	require.NoError(t, err)
	rules, err := capability.Parse("capabilities.yaml", dixamcp.DefaultCapabilities)
	require.NoError(t, err)
	log := slog.New(slog.NewTextHandler(s.logs, nil))
	s.gate = gate.New(gate.Config{Rules: rules, Client: client, Audit: s.book, Log: log})
	c := HTTPConfig{Gate: s.gate, Identity: s.keys, Version: "test", SSE: true, Log: log}
	for _, f := range change {
		f(&c)
	}
	s.http, err = NewHTTP(c)
	require.NoError(t, err)
	s.web = httptest.NewServer(s.http)
	s.url = s.web.URL
	stopTelling := s.gate.OnReload(s.http.reloaded)
	t.Cleanup(func() {
		stopTelling()
		s.http.end()
		s.web.Close()
	})
	return s
}

// ask sends a request with these headers.
func (s *site) ask(method, path, body string, headers ...string) *http.Response {
	s.t.Helper()
	return s.askIn(s.t.Context(), method, path, body, headers...)
}

func (s *site) askIn(ctx context.Context, method, path, body string, headers ...string) *http.Response {
	s.t.Helper()
	r, err := http.NewRequestWithContext(ctx, method, s.url+path, strings.NewReader(body))
	require.NoError(s.t, err)
	r.Header.Set("Authorization", "Bearer support-key")
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Accept", "application/json, text/event-stream")
	for _, h := range headers {
		name, value, _ := strings.Cut(h, ": ")
		r.Header.Del(name)
		if value != "" {
			r.Header.Set(name, value)
		}
	}
	if name := r.Header.Get("Host"); name != "" {
		r.Host = name
	}
	res, err := http.DefaultClient.Do(r)
	require.NoError(s.t, err)
	s.t.Cleanup(func() { res.Body.Close() })
	return res
}

// text is the whole body.
func text(t *testing.T, res *http.Response) string {
	t.Helper()
	b, err := io.ReadAll(res.Body)
	require.NoError(t, err)
	return string(b)
}

// replies are the messages of an answer, be it one object or a stream.
func replies(t *testing.T, res *http.Response) []reply {
	t.Helper()
	body := text(t, res)
	if !strings.HasPrefix(res.Header.Get("Content-Type"), "text/event-stream") {
		return []reply{parsed(t, body)}
	}
	var all []reply
	for line := range strings.Lines(body) {
		if data, ok := strings.CutPrefix(line, "data: "); ok {
			all = append(all, parsed(t, data))
		}
	}
	return all
}

func parsed(t *testing.T, message string) reply {
	t.Helper()
	var r reply
	require.NoError(t, json.Unmarshal([]byte(message), &r), "%q", message)
	require.Equal(t, "2.0", r.JSONRPC)
	return r
}

// events reads a stream event by event.
type events struct {
	t     *testing.T
	lines *bufio.Reader
}

func eventsOf(t *testing.T, res *http.Response) *events {
	t.Helper()
	require.Equal(t, 200, res.StatusCode)
	require.Equal(t, "text/event-stream", res.Header.Get("Content-Type"))
	return &events{t, bufio.NewReader(res.Body)}
}

// data gives the next event's data; it is not ok at the end of the stream.
func (e *events) data() (string, bool) {
	for {
		line, err := e.lines.ReadString('\n')
		if err != nil {
			return "", false
		}
		if data, ok := strings.CutPrefix(line, "data: "); ok {
			return strings.TrimSpace(data), true
		}
	}
}

func (e *events) next() reply {
	e.t.Helper()
	data, ok := e.data()
	require.True(e.t, ok, "the stream has ended")
	return parsed(e.t, data)
}

const modernMeta = `"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":%s`

// today makes a request of 2026-07-28: its headers, and its body.
func today(id, method, name, params string) (headers []string, body string) {
	return todayWith(id, method, name, params, "{}", "")
}

func todayWith(id, method, name, params, can, more string) (headers []string, body string) {
	meta := `"_meta":{` + fmt.Sprintf(modernMeta, can) + more + `}`
	if params != "" {
		meta += "," + params
	}
	headers = []string{"MCP-Protocol-Version: 2026-07-28", "Mcp-Method: " + method}
	if name != "" {
		headers = append(headers, "Mcp-Name: "+name)
	}
	return headers, rpc(id, method, "{"+meta+"}")
}

// call makes a call as clients do since 2026-07-28.
func (s *site) call(tool, arguments string, headers ...string) *http.Response {
	s.t.Helper()
	h, body := today("1", "tools/call", tool, fmt.Sprintf(`"name":%q,"arguments":%s`, tool, arguments))
	return s.ask("POST", "/mcp", body, append(h, headers...)...)
}

// begin makes a session of a client before 2026-07-28, and gives the header that goes with each of its requests.
func (s *site) begin(can string, headers ...string) string {
	s.t.Helper()
	res := s.ask("POST", "/mcp", rpc("0", "initialize", fmt.Sprintf(hello, can)), headers...)
	require.Equal(s.t, 200, res.StatusCode)
	require.Nil(s.t, replies(s.t, res)[0].Error)
	id := res.Header.Get("Mcp-Session-Id")
	require.NotEmpty(s.t, id)
	res = s.ask("POST", "/mcp", `{"jsonrpc":"2.0","method":"notifications/initialized"}`, append(headers, "Mcp-Session-Id: "+id)...)
	require.Equal(s.t, 202, res.StatusCode)
	return "Mcp-Session-Id: " + id
}
