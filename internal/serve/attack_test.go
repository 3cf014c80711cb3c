package serve

import (
	"context"
	"fmt"
	"io"
	"net"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"dixa-mcp/internal/offline"
)

// What somebody tries who means no good, with a key of an agent's and without one.

// pipes is a listener whose connections stay in the process, so that time in a bubble passes for them too.
type pipes struct {
	in     chan net.Conn
	closed chan struct{}
	once   sync.Once
}

func newPipes() *pipes { return &pipes{in: make(chan net.Conn), closed: make(chan struct{})} }

func (p *pipes) Accept() (net.Conn, error) {
	select {
	case c := <-p.in:
		return c, nil
	case <-p.closed:
		return nil, net.ErrClosed
	}
}

func (p *pipes) Close() error {
	p.once.Do(func() { close(p.closed) })
	return nil
}

func (*pipes) Addr() net.Addr { return &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)} }

// dial opens a connection to the server.
func (p *pipes) dial() net.Conn {
	client, server := net.Pipe()
	p.in <- server
	return client
}

// raw is a request as it goes over the wire.
func raw(method, path, body string, headers ...string) string {
	head := []string{method + " " + path + " HTTP/1.1", "Host: 127.0.0.1", "Content-Type: application/json"}
	if body != "" {
		head = append(head, fmt.Sprintf("Content-Length: %d", len(body)))
	}
	return strings.Join(append(head, headers...), "\r\n") + "\r\n\r\n" + body
}

// A client that does not go on with its request, or does not read the answer, is waited for only so long, whoever it is.
func TestStallingClients(t *testing.T) {
	key := "Authorization: Bearer " + keyOf("support-key")
	list, body := today("1", "tools/list", "", "")
	for name, sent := range map[string]string{
		"a body that does not come":                 raw("POST", "/mcp", "", "Content-Length: 1000"),
		"a body that does not come, for no address": raw("POST", "/", "", "Content-Length: 1000"),
		"a body that does not come, for health":     raw("POST", "/healthz", "", "Content-Length: 1000"),
		"a body that does not come, with a key":     raw("POST", "/mcp", "", "Content-Length: 1000", key),
		"a body in pieces that do not come":         raw("POST", "/mcp", "", "Transfer-Encoding: chunked", key),
		"a body that does not come, for a session":  raw("POST", "/sse/message?sessionId=x", "", "Content-Length: 1000", key),
		"an answer that nobody reads":               raw("POST", "/mcp", body, append(list, key)...),
		"a refusal that nobody reads":               raw("POST", "/mcp", body, list...),
		"a refusal of a message that nobody reads":  raw("POST", "/mcp", "7", key),
		"a refusal of a session that nobody reads":  raw("POST", "/mcp", rpc("1", "ping", ""), key),
		"an address that nobody reads":              raw("GET", "/", ""),
		"a request without an end":                  "GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n",
	} {
		bubble(t, name, func(t *testing.T) {
			s := build(t, offline.Options{})
			at, ended := newPipes(), make(chan error)
			ctx, stop := context.WithCancel(t.Context())
			go func() { ended <- s.http.Serve(ctx, at) }()
			start, c := time.Now(), at.dial()
			_, err := io.WriteString(c, sent)
			require.NoError(t, err)
			time.Sleep(bodyTimeout + writeTimeout + time.Second)
			synctest.Wait()
			_, _ = io.Copy(io.Discard, c) // ends as soon as the server has left
			require.Less(t, time.Since(start), bodyTimeout+writeTimeout+2*time.Second)
			c.Close()
			stop()
			require.NoError(t, <-ended)
		})
	}
}

// What is looked at here is what the library carries out: a message that could be read in two ways is refused. The first
// ones would listen forever without being counted.
func TestMessagesThatReadInTwoWays(t *testing.T) {
	s := host(t, offline.Options{})
	session := s.begin("{}")
	meta := `"_meta":{` + fmt.Sprintf(modernMeta, "{}") + `}`
	listen := `"notifications":{"toolsListChanged":true}`
	for name, body := range map[string]string{
		"params":             `{"jsonrpc":"2.0","id":1,"method":"subscriptions/listen","params":{` + meta + `,` + listen + `},"params":{}}`,
		"params, in another": `{"jsonrpc":"2.0","id":1,"method":"subscriptions/listen","params":{` + meta + `,` + listen + `},"paramſ":{}}`,
		"_meta":              `{"jsonrpc":"2.0","id":1,"method":"subscriptions/listen","params":{` + meta + `,` + listen + `,"_Meta":{}}}`,
		"a name of _meta":    `{"jsonrpc":"2.0","id":1,"method":"subscriptions/listen","params":{"_meta":{` + fmt.Sprintf(modernMeta, "{}") + `,"IO.modelcontextprotocol/protocolVersion":"x"}}}`,
		"method":             `{"jsonrpc":"2.0","id":1,"method":"ping","Method":"tools/call","params":{}}`,
		"id":                 `{"jsonrpc":"2.0","id":1,"ID":null,"method":"ping"}`,
		"name":               rpc("1", "tools/call", `{"name":"get_conversation","NAME":"close_conversation","arguments":`+conversation+`}`),
	} {
		t.Run(name, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			defer cancel()
			res := s.askIn(ctx, "POST", "/mcp", body, session)
			require.Equal(t, 400, res.StatusCode)
			require.Contains(t, text(t, res), "has a duplicate member name")
		})
	}
	require.Empty(t, s.dixa.Requests())
}

// A stream of SSE that ends takes nothing more, and who listens on it does not keep the server from stopping.
func TestSSEStops(t *testing.T) {
	s := host(t, offline.Options{})
	stream := eventsOf(t, s.ask("GET", "/sse", ""))
	path, ok := stream.data()
	require.True(t, ok)
	_, listen := today(`"l"`, "subscriptions/listen", "", `"notifications":{"toolsListChanged":true}`)
	require.Equal(t, 202, s.ask("POST", path, listen).StatusCode)
	require.Equal(t, "notifications/subscriptions/acknowledged", stream.next().Method)
	over, flood := make(chan struct{}), make(chan struct{})
	go func() { // messages that come until the end, each of which begins something
		defer close(flood)
		for s.ask("POST", path, rpc("1", "ping", "")).StatusCode == 202 {
		}
	}()
	go func() {
		defer close(over)
		for _, open := stream.data(); open; _, open = stream.data() {
		}
	}()
	s.http.sse.open.end()
	select {
	case <-over:
	case <-time.After(time.Minute):
		t.Fatal("who listens keeps the server from stopping")
	}
	<-flood
}

// A client that does not read its stream loses it.
func TestUnreadStream(t *testing.T) {
	server, client := net.Pipe()
	require.NoError(t, server.SetWriteDeadline(time.Now()))
	_, err := taken{server}.Write([]byte("x"))
	require.Error(t, err)
	_, err = client.Read(make([]byte, 1))
	require.ErrorIs(t, err, io.EOF)
}
