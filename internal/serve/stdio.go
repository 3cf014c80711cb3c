package serve

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"runtime/debug"
	"sync"
	"time"

	"github.com/mark3labs/mcp-go/mcp"
	"github.com/mark3labs/mcp-go/server"

	"dixa-mcp/internal/gate"
)

const (
	// stdioRunning is how many requests run side by side. A call that would have to wait too long for Dixa's limit is
	// answered at once, so that only a client gone wild has as many.
	stdioRunning = 1000
	// stdioGrace is how long answers that are still coming when the input ends are waited for.
	stdioGrace = 10 * time.Second
	// maxLine bounds a message from the client, in bytes.
	maxLine = 4 << 20
)

// Stdio serves one agent over a pair of pipes until the input ends or ctx does. Nothing but the protocol is written to
// out. Calls that are running when the input ends are answered, for up to ten seconds; after that, and when ctx ends,
// they are cancelled. It returns when none is running any more, unless out does not take their answers. The error is
// that of reading the input.
//
// It does not use the library's own loop, which answers a cancelled request, misses the cancellation of one that it
// has not begun, and drops what is running when the input ends.
func Stdio(ctx context.Context, g *gate.Gate, agent, about, version string, in io.Reader, out io.Writer, log *slog.Logger) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	s := &stdio{
		server: newServer(g, version, Instructions(agent, about), func(context.Context) string {
			if _, err := g.Rules().Stdio(agent); err != nil {
				return "" // the file was changed, and no longer lets it in
			}
			return agent
		}),
		session: newSession(),
		out:     out,
		log:     log,
		running: map[string]*request{},
	}
	s.session.asking.write = s.write
	if err := s.server.RegisterSession(ctx, s.session); err != nil {
		return err
	}
	defer g.OnReload(func() { s.server.SendNotificationToAllClients(mcp.MethodNotificationToolsListChanged, nil) })()
	ctx = s.server.WithContext(ctx, s.session)
	s.forwarder.Go(func() { s.forward(ctx) })
	err := s.listen(ctx, in)
	s.settle(ctx, cancel)
	return err
}

// stdio is the connection to one client.
type stdio struct {
	server  *server.MCPServer
	session *session
	log     *slog.Logger

	writing sync.Mutex // keeps lines whole
	out     io.Writer

	forwarder, calls sync.WaitGroup

	mu      sync.Mutex
	running map[string]*request // by id: those whose answer is wanted
}

// request is one that is being answered.
type request struct {
	cancel  context.CancelFunc
	endless bool // it listens to notifications until somebody ends it
}

// message is what must be known of a line before it goes to the library.
type message struct {
	ID     json.RawMessage `json:"id"`
	Method string          `json:"method"`
	Result json.RawMessage `json:"result"`
	Error  json.RawMessage `json:"error"`
	Params struct {
		RequestID json.RawMessage `json:"requestId"`
	} `json:"params"`
}

// listen takes messages until the input or ctx ends.
func (s *stdio) listen(ctx context.Context, in io.Reader) error {
	lines, failed := make(chan []byte), error(nil)
	go func() { // ends with the input: a read cannot be interrupted
		defer close(lines)
		failed = readLines(in, func(line []byte) bool {
			select {
			case lines <- line:
				return true
			case <-ctx.Done():
				return false
			}
		})
	}()
	for {
		select {
		case <-ctx.Done():
			return nil
		case line, ok := <-lines:
			if !ok {
				return failed
			}
			s.receive(ctx, line)
		}
	}
}

// receive does what one line asks for. It never waits for a call, so that a cancellation is always read.
func (s *stdio) receive(ctx context.Context, line []byte) {
	var m message
	err := json.Unmarshal(line, &m)
	switch {
	case len(line) > maxLine:
		s.refuse(nil, mcp.INVALID_REQUEST, "the message is longer than 4 MiB")
	case !json.Valid(line):
		s.refuse(nil, mcp.PARSE_ERROR, "the line is not JSON")
	case err != nil || !isID(m.ID):
		s.refuse(nil, mcp.INVALID_REQUEST, "the line is not one JSON-RPC message")
	case m.Method == "notifications/cancelled":
		s.cancel(string(m.Params.RequestID))
	case m.Result != nil || m.Error != nil:
		s.session.asking.answered(m)
	case isNull(m.ID):
		s.handle(ctx, line)
	default:
		s.begin(ctx, m, line)
	}
}

// begin starts a request, so that it can be cancelled from now on.
func (s *stdio) begin(ctx context.Context, m message, line []byte) {
	if m.Method == string(mcp.MethodInitialize) {
		s.session.legacy.Store(true)
	}
	ctx, cancel := context.WithCancel(ctx)
	r, id, key := &request{cancel, m.Method == string(mcp.MethodSubscriptionsListen)}, m.ID, string(m.ID)
	s.mu.Lock()
	_, twice := s.running[key]
	full := len(s.running) >= stdioRunning
	if !twice && !full {
		s.running[key] = r
	}
	s.mu.Unlock()
	switch {
	case twice:
		cancel()
		s.refuse(nil, mcp.INVALID_REQUEST, fmt.Sprintf("a request with the id %.40s is running", key))
	case full:
		cancel()
		s.refuse(id, mcp.INTERNAL_ERROR, fmt.Sprintf("%d requests are running; wait for their answers", stdioRunning))
	default:
		s.calls.Go(func() {
			defer cancel()
			answer := s.handle(ctx, line)
			if s.wanted(key, r) {
				s.answer(id, answer)
			}
		})
	}
}

// wanted ends a request, and is false when the client has cancelled it: then it expects no answer.
func (s *stdio) wanted(key string, r *request) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.running[key] != r {
		return false
	}
	delete(s.running, key)
	return true
}

func (s *stdio) cancel(key string) {
	s.mu.Lock()
	r := s.running[key]
	delete(s.running, key)
	s.mu.Unlock()
	if r != nil {
		r.cancel()
	}
}

// handle lets the library do what a message asks for.
func (s *stdio) handle(ctx context.Context, line []byte) (answer mcp.JSONRPCMessage) {
	defer func() {
		if p := recover(); p != nil {
			s.log.Error("a request ended by a defect of dixa-mcp", "panic", fmt.Sprintf("%T", p), "stack", string(debug.Stack()))
			answer = failure(mcp.INTERNAL_ERROR, "dixa-mcp itself failed; its operator finds how in its log")
		}
	}()
	return s.server.HandleMessage(ctx, line)
}

// settle waits for the calls that are running: for a while when the input has ended, and then cancels them. A client
// that does not read its answers is not waited for: what was done is recorded before an answer is written.
func (s *stdio) settle(ctx context.Context, cancel func()) {
	for _, r := range s.listeners() {
		r.cancel()
	}
	s.session.asking.giveUp()
	idle := closed(s.calls.Wait)
	select {
	case <-idle:
	case <-time.After(stdioGrace):
	case <-ctx.Done():
	}
	cancel()
	select {
	case <-closed(func() { <-idle; s.forwarder.Wait() }):
	case <-time.After(stdioGrace):
	}
}

// closed gives a channel that is closed when wait returns.
func closed(wait func()) <-chan struct{} {
	done := make(chan struct{})
	go func() {
		wait()
		close(done)
	}()
	return done
}
