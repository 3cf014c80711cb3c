package serve

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"sync"
	"sync/atomic"

	"github.com/mark3labs/mcp-go/mcp"
)

// writer sends messages to one client, each as a whole.
type writer interface {
	// send sends a message that [encode] wrote, and does not keep it. An error means that the client cannot get it.
	send(message []byte) error
}

// session is what the library knows of a client: for as long as a pair of pipes or a stream is open, or for one POST.
type session struct {
	id       string // unlike that of any other session of the process
	out      writer
	requests *requests                     // where the client's answers come in
	notify   func(mcp.JSONRPCNotification) // sends what the library wants to tell; nil: as it is
	gone     <-chan struct{}               // closed when the client can no longer answer; nil: [requests.abandon] says so

	severalListen bool         // each request that listens wants something else, and notify sees to it
	asksApprover  bool         // an answer to a question might reach another server
	progress      atomic.Int64 // how often progress was told: it must grow

	over      chan struct{}
	forwarder sync.WaitGroup

	mu      sync.Mutex
	queue   chan mcp.JSONRPCNotification // nil until the library has something to tell
	closed  bool
	modern  bool // it listens as clients do since 2026-07-28: only to what it asked for
	version string
	filter  mcp.SubscriptionFilter
	client  mcp.Implementation
	can     mcp.ClientCapabilities
}

// queueLength is the maximum number of the library's notifications that wait; it drops what does not fit.
const queueLength = 100

func newSession(id string, out writer) *session {
	return &session{id: id, out: out, requests: &requests{}, over: make(chan struct{})}
}

// outgoing are buffers that messages are written into.
var outgoing = sync.Pool{New: func() any { return new(bytes.Buffer) }}

// keptMessage is the size of a buffer that is kept for another message, in bytes.
const keptMessage = 64 << 10

// send sends a message to the client.
func (s *session) send(message any) error {
	if s.out == nil {
		return io.ErrClosedPipe
	}
	buffer := outgoing.Get().(*bytes.Buffer)
	defer func() {
		if buffer.Cap() <= keptMessage {
			buffer.Reset()
			outgoing.Put(buffer)
		}
	}()
	b, err := encodeInto(buffer, message)
	if err != nil {
		return err
	}
	return s.out.send(b)
}

// SessionID returns the name of the session among those of this process. Clients never see it.
func (s *session) SessionID() string { return s.id }

// Initialize does nothing: the library calls it with the first request.
func (*session) Initialize() {}

// Initialized reports true: a client that has a session may be notified.
func (*session) Initialized() bool { return true }

// NotificationChannel takes what the library tells the client. It is read from its first use on: most sessions are one
// call, and hear nothing.
func (s *session) NotificationChannel() chan<- mcp.JSONRPCNotification {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.queue == nil {
		s.queue = make(chan mcp.JSONRPCNotification, queueLength)
		if !s.closed {
			s.forwarder.Go(s.forward)
		}
	}
	return s.queue
}

// forward passes notifications on until the session is closed, and then those that came before.
func (s *session) forward() {
	notify := s.notify
	if notify == nil {
		notify = func(n mcp.JSONRPCNotification) { _ = s.send(n) } // a client that does not hear it has ended
	}
	for {
		select {
		case n := <-s.queue:
			notify(n)
			continue
		case <-s.over:
		}
		for {
			select {
			case n := <-s.queue:
				notify(n)
			default:
				return
			}
		}
	}
}

// close returns when all that the library told before was passed on.
func (s *session) close() {
	s.mu.Lock()
	s.closed = true
	s.mu.Unlock()
	close(s.over)
	s.forwarder.Wait()
}

// SetSubscriptionFilter keeps what a client listens to, from when it begins until it ends.
func (s *session) SetSubscriptionFilter(f mcp.SubscriptionFilter) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.filter = f
}

// SubscriptionFilter returns what the client wants to hear of: since 2026-07-28 what it listens to, before that everything.
func (s *session) SubscriptionFilter() (f mcp.SubscriptionFilter, active bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.severalListen {
		return mcp.SubscriptionFilter{ToolsListChanged: true, PromptsListChanged: true}, s.modern
	}
	return s.filter, s.modern
}

// GetClientInfo returns what the client says it is. Nothing is decided on it.
func (s *session) GetClientInfo() mcp.Implementation {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.client
}

// SetClientInfo keeps what initialize says of the client.
func (s *session) SetClientInfo(i mcp.Implementation) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.client = i
}

// GetClientCapabilities returns what the client says it can do.
func (s *session) GetClientCapabilities() mcp.ClientCapabilities {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.can
}

// SetClientCapabilities keeps what initialize says that the client can do.
func (s *session) SetClientCapabilities(c mcp.ClientCapabilities) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.can = c
}

// ProtocolVersion returns the one that initialize agreed on, "" before that and for clients that never send it.
func (s *session) ProtocolVersion() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.version
}

// SetProtocolVersion keeps the version that initialize agrees on.
func (s *session) SetProtocolVersion(version string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.version = version
}

// RequestElicitation puts a question to the person at the client and waits for the answer.
func (s *session) RequestElicitation(ctx context.Context, r mcp.ElicitationRequest) (*mcp.ElicitationResult, error) {
	answer, err := s.ask(ctx, mcp.MethodElicitationCreate, r.Params)
	if err != nil {
		return nil, err
	}
	var result mcp.ElicitationResult
	err = json.Unmarshal(answer, &result)
	return &result, err
}

// ask sends a request of ours to a client before 2026-07-28, and returns the result that it answers.
func (s *session) ask(ctx context.Context, method mcp.MCPMethod, params any) (json.RawMessage, error) {
	id, answer := s.requests.ask()
	defer s.requests.forget(id)
	err := s.send(struct {
		JSONRPC string          `json:"jsonrpc"`
		ID      json.RawMessage `json:"id"`
		Method  mcp.MCPMethod   `json:"method"`
		Params  any             `json:"params"`
	}{mcp.JSONRPC_VERSION, json.RawMessage(id), method, params})
	if err != nil {
		return nil, errors.New("the client cannot be asked here")
	}
	select {
	case <-ctx.Done():
		return nil, ctx.Err()
	case <-s.gone:
		return nil, errors.New("the client disconnected before it answered")
	case m := <-answer:
		if !isNull(m.Error) {
			return nil, errors.New("the client refused to ask its user")
		}
		return m.Result, nil
	}
}
