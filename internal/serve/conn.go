package serve

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"

	"github.com/mark3labs/mcp-go/mcp"
	"github.com/mark3labs/mcp-go/server"
)

// maxRunning is the maximum number of requests of one connection that run at a time. A call that would have to wait too
// long for Dixa's rate limit is answered at once, so only a client that is out of control has as many.
const maxRunning = 1000

// conn is a connection to one client on which messages go both ways at any time: a pair of pipes, or an SSE stream with
// the POSTs that belong to it.
//
// It does not use the library's own loops, which answer a cancelled request, miss the cancellation of one that they have
// not begun, and drop what is running when the input ends.
type conn struct {
	requests
	server  *server.MCPServer
	session *session
	log     *slog.Logger

	enter func() (leave func(), ok bool)                                // counts requests with those of other connections; nil: they are not counted
	read  func(ctx context.Context, bytes int) (done func(), err error) // waits until a message may be parsed; nil: at once

	calls    sync.WaitGroup
	refusing atomic.Int64

	stopping sync.Mutex
	stopped  bool // nothing begins any more, so that calls can be waited for; guarded by stopping

	idle    chan func() // to goroutines that wait for something to run; closed when stopped
	waiting atomic.Int64
}

// newConn makes a connection whose session the library notifies when a list changes, until end is called.
func newConn(ctx context.Context, s *server.MCPServer, id string, log *slog.Logger, out writer) (c *conn, end func(), err error) {
	c = &conn{server: s, session: newSession(id, out), log: log, idle: make(chan func())}
	c.session.modern = true // until it sends initialize
	c.session.requests = &c.requests
	c.session.severalListen = true
	c.session.notify = c.notify
	if err := s.RegisterSession(ctx, c.session); err != nil {
		return nil, nil, err
	}
	return c, func() { s.UnregisterSession(ctx, id) }, nil
}

// receive does what one message asks for. It never waits for a call, so that a cancellation is always read.
func (c *conn) receive(ctx context.Context, text []byte) {
	m, refused := readMessage(text)
	if refused != nil {
		c.refuse(*refused)
		return
	}
	c.take(ctx, m)
}

// take does what a message asks for that was read.
func (c *conn) take(ctx context.Context, m *message) {
	switch {
	case m.Method == methodCancelled:
		c.cancel(string(m.requestID))
	case m.Result != nil || m.Error != nil:
		c.answered(m)
	case isNull(m.ID):
		handle(ctx, c.server, c.log, m)
	default:
		c.start(ctx, m)
	}
}

// start starts a request, which can be cancelled from now on.
func (c *conn) start(ctx context.Context, m *message) {
	if m.Method == string(mcp.MethodInitialize) {
		c.session.mu.Lock()
		c.session.modern = false
		c.session.mu.Unlock()
	}
	ctx, cancel := context.WithCancel(ctx)
	q, id := &request{cancel: cancel}, string(m.ID)
	if m.Method == string(mcp.MethodSubscriptionsListen) {
		q.endless, q.wants = true, m.wants()
	}
	refuse := func(answer mcp.JSONRPCMessage) {
		cancel()
		c.refuse(answer)
	}
	if err := c.begin(id, q, maxRunning); err != nil {
		if errors.Is(err, errRunning) {
			refuse(failure(mcp.INVALID_REQUEST, fmt.Sprintf("a request with the id %.40s is running", id)))
		} else {
			refuse(withID(m.ID, failure(mcp.INTERNAL_ERROR, fmt.Sprintf("%d requests are running; wait for their answers", maxRunning))))
		}
		return
	}
	leave := func() {}
	if c.enter != nil {
		var ok bool
		if leave, ok = c.enter(); !ok {
			c.finish(id, q)
			refuse(withID(m.ID, failure(mcp.INTERNAL_ERROR, "this agent has its maximum number of running requests; wait for their answers")))
			return
		}
	}
	if !c.run(func() {
		defer leave()
		defer cancel()
		answer := c.answer(withProgressToken(ctx, m.progressToken), q, m)
		if c.finish(id, q) {
			c.write(withID(m.ID, answer))
		}
	}) {
		leave()
		cancel()
		c.finish(id, q)
	}
}

// answer lets the library carry out a request, once it may be parsed.
func (c *conn) answer(ctx context.Context, q *request, m *message) mcp.JSONRPCMessage {
	if c.read != nil {
		done, err := c.read(ctx, len(m.body))
		if err != nil {
			return failure(mcp.INTERNAL_ERROR, "the request ended before it was read; nothing was sent to Dixa")
		}
		defer done()
		if q.endless {
			done()
		}
		ctx = whileParsing(ctx, done)
	}
	return handle(ctx, c.server, c.log, m)
}

// notify sends a notification. One of a changed list goes to each request that listens, under its id, which the library
// omits here.
func (c *conn) notify(n mcp.JSONRPCNotification) {
	listening := c.listening()
	_, modern := c.session.SubscriptionFilter()
	changes := n.Method == mcp.MethodNotificationToolsListChanged || n.Method == mcp.MethodNotificationPromptsListChanged
	if !changes || !modern && len(listening) == 0 {
		c.write(n)
		return
	}
	for id, q := range listening {
		if q.hears(n.Method) {
			c.write(tagged(n, json.RawMessage(id)))
		}
	}
}

// maxRefusals is how many a client can leave unread; further ones are not written.
const maxRefusals = 100

// refuse answers what does not reach the library. It does not wait until the client reads it.
func (c *conn) refuse(answer mcp.JSONRPCMessage) {
	if c.refusing.Add(1) > maxRefusals || !c.run(func() {
		defer c.refusing.Add(-1)
		c.write(answer)
	}) {
		c.refusing.Add(-1)
	}
}

// run runs a function concurrently. It is false once the connection is stopped.
func (c *conn) run(do func()) bool {
	c.stopping.Lock()
	defer c.stopping.Unlock()
	if c.stopped {
		return false
	}
	select {
	case c.idle <- do:
	default:
		c.calls.Go(func() { c.work(do) })
	}
	return true
}

// maxIdle is the maximum number of goroutines of a connection that wait for something to run.
const maxIdle = 16

// work runs one function after another until the connection is stopped, or enough other goroutines wait. A goroutine that
// ran a call has the stack that the next one needs: growing it for each call took a tenth of its CPU time.
func (c *conn) work(do func()) {
	for ok := true; ok; {
		do()
		if c.waiting.Add(1) > maxIdle {
			c.waiting.Add(-1)
			return
		}
		do, ok = <-c.idle
		c.waiting.Add(-1)
	}
}

// stop lets nothing begin any more, and ends what would not end by itself.
func (c *conn) stop() {
	c.stopping.Lock()
	if !c.stopped {
		c.stopped = true
		close(c.idle)
	}
	c.stopping.Unlock()
	for _, q := range c.listening() {
		q.cancel()
	}
}

// isStopped tells whether nothing begins any more.
func (c *conn) isStopped() bool {
	c.stopping.Lock()
	defer c.stopping.Unlock()
	return c.stopped
}

// write sends one message.
func (c *conn) write(message any) {
	if err := c.session.send(message); err != nil {
		c.log.Warn("a message could not be written to the client", "error", err)
	}
}
