package serve

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"dixa-mcp/dixaclient"
	"dixa-mcp/internal/capability"
	"dixa-mcp/internal/gate"
	"dixa-mcp/internal/identity"
	"dixa-mcp/internal/offline"
)

// keyOf makes the credential that a short name stands for.
func keyOf(name string) string { return "dixa-mcp-agent-" + (name + strings.Repeat("0", 43))[:43] }

// keyed is a capability file whose agents have keys: the reader "reader-key", support "support-key" and "other-key",
// but for those that are taken.
func keyed(file string, taken ...string) string {
	for agent, names := range map[string][]string{"reader": {"reader-key"}, "support": {"support-key", "other-key"}, "mine": {"mine-key"}} {
		var keys []string
		for _, name := range names {
			if !slices.Contains(taken, name) {
				keys = append(keys, fmt.Sprintf("{id: %s, sha256: %x}", name, sha256.Sum256([]byte(keyOf(name)))))
			}
		}
		list := "keys: [" + strings.Join(keys, ", ") + "]"
		file = strings.Replace(file, "  "+agent+":\n", "  "+agent+":\n    "+list+"\n", 1)
		file = strings.Replace(file, agent+": {", agent+": {"+list+", ", 1)
	}
	return file
}

// site is an HTTP server with an offline Dixa behind it.
type site struct {
	t    testing.TB
	http *HTTP
	gate *gate.Gate
	dixa *offline.Dixa
	book *book
	logs *bytes.Buffer // read it only after the end
	url  string
	web  *httptest.Server
}

func host(t testing.TB, dixa offline.Options, change ...func(*HTTPConfig)) *site {
	t.Helper()
	s := build(t, dixa, change...)
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

// build makes a site that listens nowhere.
func build(t testing.TB, dixa offline.Options, change ...func(*HTTPConfig)) *site {
	t.Helper()
	s := &site{t: t, dixa: offline.New(dixa), book: &book{}, logs: &bytes.Buffer{}}
	hc, stop := s.dixa.Client()
	t.Cleanup(stop)
	client, err := dixaclient.New(dixaclient.Config{Token: dixaclient.StaticToken("secret-token"), URL: offline.URL, Transport: hc.Transport, Rate: 1e6, Burst: 2000})
	require.NoError(t, err)
	rules, err := capability.Parse("capabilities.yaml", []byte(keyed(string(operations))))
	require.NoError(t, err)
	log := slog.New(slog.NewTextHandler(s.logs, nil))
	s.gate = gate.New(gate.Config{Rules: rules, Client: client, Audit: s.book, Log: log, JSON: true})
	soon := identity.Principal{Agent: "support", Key: "soon", Expires: time.Now().Add(2 * time.Second)}
	extra := map[[sha256.Size]byte]identity.Principal{sha256.Sum256([]byte(keyOf("soon"))): soon}
	for _, name := range []string{"anna", "bo"} { // who use the same agent
		person := &identity.Person{Issuer: "https://login.example.com", Subject: name, Email: name + "@example.com"}
		extra[sha256.Sum256([]byte(keyOf(name)))] = identity.Principal{Agent: "support", Key: capability.TokenKey, Person: person}
	}
	who := identity.New(identity.Options{Rules: s.gate.Rules, Extra: extra, Log: log})
	t.Cleanup(who.Close)
	c := HTTPConfig{Gate: s.gate, Identity: who, Version: "test", SSE: true, Log: log}
	for _, f := range change {
		f(&c)
	}
	s.http, err = NewHTTP(c)
	require.NoError(t, err)
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
	r.Header.Set("Authorization", "Bearer "+keyOf("support-key"))
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Accept", "application/json, text/event-stream")
	for _, h := range headers {
		name, value, _ := strings.Cut(h, ": ")
		if name == "Key" {
			name, value = "Authorization", "Bearer "+keyOf(value)
		}
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
func text(t testing.TB, res *http.Response) string {
	t.Helper()
	b, err := io.ReadAll(res.Body)
	require.NoError(t, err)
	return string(b)
}

// replies are the messages of an answer, be it one object or a stream.
func replies(t testing.TB, res *http.Response) []reply {
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

func parsed(t testing.TB, message string) reply {
	t.Helper()
	var r reply
	require.NoError(t, json.Unmarshal([]byte(message), &r), "%q", message)
	require.Equal(t, "2.0", r.JSONRPC)
	return r
}

// events reads a stream event by event.
type events struct {
	t     testing.TB
	lines *bufio.Reader
}

func eventsOf(t testing.TB, res *http.Response) *events {
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
