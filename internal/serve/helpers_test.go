package serve

import (
	"bufio"
	"context"
	_ "embed"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"dixa-mcp/dixaclient"
	"dixa-mcp/internal/audit"
	"dixa-mcp/internal/capability"
	"dixa-mcp/internal/gate"
	"dixa-mcp/internal/offline"
)

// book keeps records in memory.
type book struct {
	mu      sync.Mutex
	records []audit.Record
}

func (b *book) Write(_ context.Context, r audit.Record) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.records = append(b.records, r)
	return nil
}

// outcomes counts how calls ended, by tool.
func (b *book) outcomes() map[string]int {
	b.mu.Lock()
	defer b.mu.Unlock()
	n := map[string]int{}
	for _, r := range b.records {
		if r.Event != audit.EventIntent {
			n[r.Tool+" "+r.Outcome]++
		}
	}
	return n
}

// peer is an MCP client that holds every line of the server to the protocol, and what is behind the server.
type peer struct {
	t    *testing.T
	gate *gate.Gate
	dixa *offline.Dixa
	book *book
	logs *strings.Builder // read it only after the end

	in    io.WriteCloser
	stop  context.CancelFunc // ends the server's context
	ended chan error         // what Stdio returned

	mu      sync.Mutex
	replies map[string]chan reply // by id
}

// reply is one line of the server.
type reply struct {
	JSONRPC string
	ID      json.RawMessage
	Method  string
	Params  json.RawMessage
	Result  json.RawMessage
	Error   *struct {
		Code    int
		Message string
	}
}

// settings are what a test changes about a peer.
type settings struct {
	agent     string
	dixa      offline.Options
	transport func(http.RoundTripper) http.RoundTripper
	deaf      bool // does not read what the server writes
}

// operations is the built-in capability file of release 1.0, whose agents see operations.
//
//go:embed testdata/operations.yaml
var operations []byte

// connect starts a server for an agent of that file, over pipes.
func connect(t *testing.T, s settings) *peer {
	t.Helper()
	p := &peer{t: t, dixa: offline.New(s.dixa), book: &book{}, logs: &strings.Builder{}, ended: make(chan error, 1), replies: map[string]chan reply{}}
	hc, stop := p.dixa.Client()
	t.Cleanup(stop)
	transport := hc.Transport
	if s.transport != nil {
		transport = s.transport(transport)
	}
	client, err := dixaclient.New(dixaclient.Config{Token: dixaclient.StaticToken("secret-token"), URL: offline.URL, Transport: transport, Rate: 1e6, Burst: 2000,
		Files: dixaclient.FileHost{URL: offline.FilesURL, Transport: offline.Files(transport)}})
	require.NoError(t, err)
	rules, err := capability.Parse("capabilities.yaml", operations)
	require.NoError(t, err)
	log := slog.New(slog.NewTextHandler(p.logs, nil))
	g := gate.New(gate.Config{Rules: rules, Client: client, Audit: p.book, Log: log, JSON: true})
	p.gate = g
	if s.agent == "" {
		s.agent = "support"
	}

	ctx, cancel := context.WithCancel(t.Context())
	p.stop = cancel
	t.Cleanup(cancel)
	fromClient, in := io.Pipe()
	fromServer, out := io.Pipe()
	p.in = in
	go func() {
		err := Stdio(ctx, g, s.agent, "", "test", fromClient, out, log)
		fromClient.Close()
		out.Close()
		p.ended <- err
	}()
	if !s.deaf {
		go p.read(fromServer)
	}
	return p
}

// read takes what the server writes, one JSON-RPC message a line and nothing else.
func (p *peer) read(from io.Reader) {
	lines := bufio.NewReaderSize(from, 1<<20)
	for {
		line, err := lines.ReadString('\n')
		if line == "" && err != nil {
			return
		}
		var r reply
		if e := json.Unmarshal([]byte(line), &r); e != nil || err != nil || r.JSONRPC != "2.0" || (r.Method == "") == (r.Result == nil && r.Error == nil) {
			p.t.Errorf("not one JSON-RPC message on a line: %q (%v, %v)", line, e, err)
		}
		p.slot(r.key()) <- r
	}
}

// key is where a reply is looked for: its id, or the method of a notification.
func (r reply) key() string {
	if r.Method != "" {
		return r.Method
	}
	return string(r.ID)
}

func (p *peer) slot(key string) chan reply {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.replies[key] == nil {
		p.replies[key] = make(chan reply, 10)
	}
	return p.replies[key]
}

// send writes lines as they are.
func (p *peer) send(lines ...string) {
	p.t.Helper()
	_, err := io.WriteString(p.in, strings.Join(lines, "\n")+"\n")
	require.NoError(p.t, err)
}

// wait gives the reply to an id, as it is in JSON.
func (p *peer) wait(id string) reply {
	p.t.Helper()
	return <-p.slot(id)
}

// silent requires that there is no reply to an id.
func (p *peer) silent(id string) {
	p.t.Helper()
	require.Empty(p.t, p.slot(id))
}

// ask makes a request of the protocol before 2026-07-28 and waits for its reply.
func (p *peer) ask(id, method, params string) reply {
	p.t.Helper()
	p.send(rpc(id, method, params))
	return p.wait(id)
}

// end closes the input and waits for the server.
func (p *peer) end() {
	p.t.Helper()
	require.NoError(p.t, p.in.Close())
	require.NoError(p.t, <-p.ended)
}

func rpc(id, method, params string) string {
	if params == "" {
		params = "{}"
	}
	return fmt.Sprintf(`{"jsonrpc":"2.0","id":%s,"method":%q,"params":%s}`, id, method, params)
}

func call(id, tool, arguments string) string {
	return rpc(id, "tools/call", fmt.Sprintf(`{"name":%q,"arguments":%s}`, tool, arguments))
}

func cancel(id string) string {
	return fmt.Sprintf(`{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":%s,"reason":"test"}}`, id)
}

const (
	conversation = `{"conversationId":1234}`
	note         = `{"conversationId":1234,"message":"noted"}`
	noting       = "POST /v1/conversations/{conversationId}/notes"
)

// answer is what a tool said.
type answer struct {
	Content           []struct{ Type, Text string }
	IsError           bool
	StructuredContent json.RawMessage
}

func said(t *testing.T, r reply) answer {
	t.Helper()
	require.Nil(t, r.Error)
	var a answer
	require.NoError(t, json.Unmarshal(r.Result, &a))
	require.Len(t, a.Content, 1)
	return a
}
