package serve

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"runtime/debug"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/mark3labs/mcp-go/mcp"
	"github.com/mark3labs/mcp-go/server"
)

// connRunning is how many requests of one connection run side by side. A call that would have to wait too long for
// Dixa's limit is answered at once, so that only a client gone wild has as many.
const connRunning = 1000

// conn is a connection to one client on which messages go both ways at any time: a pair of pipes, or a stream of SSE
// with the POSTs that belong to it.
//
// It does not use the library's own loops, which answer a cancelled request, miss the cancellation of one that they have
// not begun, and drop what is running when the input ends.
type conn struct {
	server  *server.MCPServer
	session *session
	log     *slog.Logger

	enter   func() (leave func(), ok bool)                                // counts requests beside those of other connections; nil: nobody does
	read    func(ctx context.Context, bytes int) (done func(), err error) // waits until a message may be parsed; nil: at once
	writing sync.Mutex                                                    // keeps messages whole
	out     func(message []byte) error

	calls    sync.WaitGroup
	refusing atomic.Int64

	mu      sync.Mutex
	running map[string]*request // by id: those whose answer is wanted
	over    bool                // nothing begins any more, so that calls can be waited for
}

// request is one that is being answered.
type request struct {
	cancel  context.CancelFunc
	endless bool // it listens to notifications until somebody ends it
}

// message is what must be known of one before it goes to the library.
type message struct {
	ID     json.RawMessage `json:"id"`
	Method string          `json:"method"`
	Result json.RawMessage `json:"result"`
	Error  json.RawMessage `json:"error"`
	Params struct {
		RequestID json.RawMessage `json:"requestId"`
		Meta      json.RawMessage `json:"_meta"`
	} `json:"params"`
}

// progressTokenOf is the token under which the client wants to hear of progress, as it wrote it; nil for none.
func progressTokenOf(meta json.RawMessage) json.RawMessage {
	var m struct {
		ProgressToken json.RawMessage `json:"progressToken"`
	}
	_ = json.Unmarshal(meta, &m) // the library says what is wrong with it
	return m.ProgressToken
}

// newConn makes a connection whose session the library tells when a list changes, until end is called.
func newConn(ctx context.Context, s *server.MCPServer, id string, log *slog.Logger, out func([]byte) error) (c *conn, end func(), err error) {
	c = &conn{server: s, session: newSession(id), log: log, out: out, running: map[string]*request{}}
	c.session.modern = true // until it says initialize
	c.session.send = c.write
	c.session.notify = c.notify
	if err := s.RegisterSession(ctx, c.session); err != nil {
		return nil, nil, err
	}
	return c, func() { s.UnregisterSession(ctx, id) }, nil
}

// receive does what one message asks for. It never waits for a call, so that a cancellation is always read.
func (c *conn) receive(ctx context.Context, line []byte) {
	var m message
	err := json.Unmarshal(line, &m)
	switch {
	case !json.Valid(line):
		c.refuse(nil, mcp.PARSE_ERROR, "the line is not JSON")
	case err != nil || !isID(m.ID):
		c.refuse(nil, mcp.INVALID_REQUEST, "the line is not one JSON-RPC message")
	case m.Method == methodCancelled:
		c.cancel(string(m.Params.RequestID))
	case m.Result != nil || m.Error != nil:
		c.session.asking.answered(m) // what nobody waits for is dropped
	case isNull(m.ID):
		handle(ctx, c.server, c.log, line)
	default:
		c.begin(ctx, m, line)
	}
}

// begin starts a request, so that it can be cancelled from now on.
func (c *conn) begin(ctx context.Context, m message, line []byte) {
	if m.Method == string(mcp.MethodInitialize) {
		c.session.mu.Lock()
		c.session.modern = false
		c.session.mu.Unlock()
	}
	ctx, cancel := context.WithCancel(ctx)
	r, id, key := &request{cancel, m.Method == string(mcp.MethodSubscriptionsListen)}, m.ID, string(m.ID)
	c.mu.Lock()
	_, twice := c.running[key]
	full := len(c.running) >= connRunning
	if !twice && !full {
		c.running[key] = r
	}
	c.mu.Unlock()
	switch {
	case twice:
		cancel()
		c.refuse(nil, mcp.INVALID_REQUEST, fmt.Sprintf("a request with the id %.40s is running", key))
	case full:
		cancel()
		c.refuse(id, mcp.INTERNAL_ERROR, fmt.Sprintf("%d requests are running; wait for their answers", connRunning))
	default:
		leave := func() {}
		if c.enter != nil {
			var ok bool
			if leave, ok = c.enter(); !ok {
				cancel()
				c.wanted(key, r)
				c.refuse(id, mcp.INTERNAL_ERROR, "as many requests of this agent are running as may; wait for their answers")
				return
			}
		}
		if !c.run(func() {
			defer leave()
			defer cancel()
			answer := c.answer(withProgressToken(ctx, progressTokenOf(m.Params.Meta)), r, line)
			if c.wanted(key, r) {
				c.write(under(id, answer))
			}
		}) {
			leave()
			cancel()
			c.wanted(key, r)
		}
	}
}

// answer lets the library carry out a request, once it may be parsed.
func (c *conn) answer(ctx context.Context, r *request, line []byte) mcp.JSONRPCMessage {
	if c.read != nil {
		done, err := c.read(ctx, len(line))
		if err != nil {
			return failure(mcp.INTERNAL_ERROR, "the request ended before it was read; nothing was sent to Dixa")
		}
		defer done()
		if r.endless {
			done()
		}
		ctx = whileReading(ctx, done)
	}
	return handle(ctx, c.server, c.log, line)
}

// wanted ends a request, and is false when the client has cancelled it: then it expects no answer.
func (c *conn) wanted(key string, r *request) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.running[key] != r {
		return false
	}
	delete(c.running, key)
	return true
}

func (c *conn) cancel(key string) {
	c.mu.Lock()
	r := c.running[key]
	delete(c.running, key)
	c.mu.Unlock()
	if r != nil {
		r.cancel()
	}
}

// listeners are the requests that listen to notifications, by id.
func (c *conn) listeners() map[string]*request {
	c.mu.Lock()
	defer c.mu.Unlock()
	found := map[string]*request{}
	for id, r := range c.running {
		if r.endless {
			found[id] = r
		}
	}
	return found
}

// notify writes a notification. That of a changed list goes to each request that listens, by its name, which the library
// leaves out here.
func (c *conn) notify(n mcp.JSONRPCNotification) {
	listeners := c.listeners()
	_, modern := c.session.SubscriptionFilter()
	if n.Method != mcp.MethodNotificationToolsListChanged || !modern && len(listeners) == 0 {
		c.write(n)
		return
	}
	for id := range listeners {
		c.write(tagged(n, json.RawMessage(id)))
	}
}

// refusals is how many a client can leave unread; further ones are not written.
const refusals = 100

// refuse answers what does not come to the library; without an id where it is not known. It does not wait until the
// client reads it.
func (c *conn) refuse(id json.RawMessage, code int, text string) {
	e := failure(code, text)
	if c.refusing.Add(1) > refusals || !c.run(func() {
		defer c.refusing.Add(-1)
		c.write(under(id, e))
	}) {
		c.refusing.Add(-1)
	}
}

// run does something beside the rest, until stop. It is false after that.
func (c *conn) run(do func()) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.over {
		c.calls.Go(do)
	}
	return !c.over
}

// stop lets nothing begin any more, and ends what would not end by itself.
func (c *conn) stop() {
	c.mu.Lock()
	c.over = true
	c.mu.Unlock()
	for _, r := range c.listeners() {
		r.cancel()
	}
}

// stopped tells whether nothing begins any more.
func (c *conn) stopped() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.over
}

// write sends one message.
func (c *conn) write(message any) bool {
	line, err := json.Marshal(message)
	if err == nil {
		c.writing.Lock()
		err = c.out(line)
		c.writing.Unlock()
	}
	if err != nil {
		c.log.Warn("a message could not be written to the client", "error", err)
	}
	return err == nil
}

// handle lets the library do what a message asks for.
func handle(ctx context.Context, s *server.MCPServer, log *slog.Logger, message []byte) (answer mcp.JSONRPCMessage) {
	defer func() {
		if p := recover(); p != nil {
			log.Error("a request ended by a defect of dixa-mcp", "panic", fmt.Sprintf("%T", p), "stack", string(debug.Stack()))
			answer = failure(mcp.INTERNAL_ERROR, "dixa-mcp itself failed; its operator finds how in its log")
		}
	}()
	var f fault
	answer = s.HandleMessage(context.WithValue(ctx, faultKey{}, &f), message)
	if f.err != nil {
		return f.answer(log)
	}
	if e, failed := answer.(mcp.JSONRPCError); failed {
		if strings.Contains(e.Error.Message, "json: ") { // Go's words, which name the library's insides
			f.text = "the params are not those of this method"
		}
		e.Error.Message = cmp.Or(f.text, e.Error.Message)
		return e
	}
	return answer
}
