package serve

import (
	"context"
	"crypto/rand"
	"fmt"
	"io"
	"net/http"
	"sync"

	"dixa-mcp/internal/identity"
)

// HTTP+SSE is the legacy transport before 2025-03-26: one stream for all that the server sends, and a POST for each message
// of the client. The stream is the session, and lives in one process.

// connections are the open SSE streams, by id.
type connections struct {
	mu     sync.Mutex
	all    map[string]*sseConn
	ending chan struct{} // closed when the server stops: calls finish, then streams end
	over   bool
}

// sseConn is one of them.
type sseConn struct {
	*conn
	agent, person string
	bound         int64           // the only conversation that exists for its key
	ctx           context.Context // of its calls
}

// add adds a stream, and reports false when the server stops.
func (c *connections) add(id string, s *sseConn) (ending <-chan struct{}, ok bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.ending == nil {
		c.all, c.ending = map[string]*sseConn{}, make(chan struct{})
	}
	if c.over {
		return nil, false
	}
	c.all[id] = s
	return c.ending, true
}

func (c *connections) remove(id string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.all, id)
}

func (c *connections) get(id string, who identity.Principal) (*sseConn, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	s, ok := c.all[id]
	return s, ok && s.agent == who.Agent && s.person == who.Person.ID() && s.bound == who.Conversation
}

// end lets calls finish, and ends each stream after its last one.
func (c *connections) end() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.over && c.ending != nil {
		close(c.ending)
	}
	c.over = true
}

// sseTransport serves HTTP+SSE.
type sseTransport struct {
	http *HTTP
	open connections
}

// stream opens the stream of a session.
func (t *sseTransport) stream(w http.ResponseWriter, r *http.Request, who identity.Principal) {
	p := newResponse(w, r)
	if !p.takes {
		refuse(w, http.StatusNotAcceptable, "accept text/event-stream")
		return
	}
	st, ok := t.http.streams.begin(w, who, true)
	if !ok {
		return
	}
	t.http.streams.run(st, p, r, func(gone context.Context) { t.converse(gone, p, who) })
}

// converse carries out the session of a stream.
func (t *sseTransport) converse(gone context.Context, p *response, who identity.Principal) {
	id := rand.Text() + rand.Text()
	calls, cancel := context.WithCancel(context.WithValue(t.http.calls, principalKey{}, who))
	defer cancel()
	c, unregister, err := newConn(calls, t.http.server, t.http.sessionID(), t.http.Log, p)
	if err != nil {
		t.http.Log.Error("a stream could not be opened", "agent", who.Agent, "error", err)
		return
	}
	defer unregister()
	agent := who.Agent
	c.session.asksApprover = t.http.Several
	c.enter = func() (func(), bool) { return t.http.inFlight.enter(agent, t.http.MaxCalls) }
	c.read = func(ctx context.Context, bytes int) (func(), error) { return t.http.parsing.enter(ctx, agent, bytes) }
	ending, ok := t.open.add(id, &sseConn{c, agent, who.Person.ID(), who.Conversation, t.http.server.WithContext(calls, c.session)})
	if !ok {
		return // the server stops; the client opens another stream, at another one
	}
	p.endpoint(t.http.Prefix + "/sse/message?sessionId=" + id)
	select {
	case <-gone.Done(): // the client is gone, or its credential is invalid
	case <-ending:
		c.stop()
		select {
		case <-closed(c.calls.Wait):
		case <-gone.Done():
		case <-t.http.calls.Done():
		}
	}
	t.open.remove(id)
	c.abandon()
	c.stop()
	cancel()
	c.calls.Wait()
	c.session.close()
}

// message takes one message of a session; what it asks for is answered on the stream.
func (t *sseTransport) message(w http.ResponseWriter, r *http.Request, who identity.Principal) {
	s, ok := t.open.get(r.URL.Query().Get("sessionId"), who)
	if !ok {
		refuse(w, http.StatusNotFound, "this session has ended; open another stream at /sse")
		return
	}
	leave, ok := t.http.inFlight.enter(who.Agent, t.http.MaxCalls)
	if !ok {
		refuseBusy(w, t.http.MaxCalls)
		return
	}
	defer leave() // what it asks for is counted for itself
	body, err := io.ReadAll(r.Body)
	if err != nil {
		refuse(w, http.StatusRequestEntityTooLarge, fmt.Sprintf("the message is incomplete; a message may have at most %d bytes", t.http.MaxBody))
		return
	}
	body = withoutBOM(body)
	done, err := t.http.parsing.enter(r.Context(), who.Agent, len(body))
	if err != nil {
		return // the client is gone
	}
	defer done()
	m, refused := readMessage(body)
	if s.isStopped() && (refused != nil || m.isRequest()) { // it still takes cancellations and answers to questions
		refuse(w, http.StatusServiceUnavailable, "this server is stopping; try again, and another one answers")
		return
	}
	if refused != nil {
		s.refuse(*refused)
	} else {
		s.take(context.WithValue(s.ctx, principalKey{}, who), m)
	}
	w.WriteHeader(http.StatusAccepted)
}

// endpoint begins an SSE stream: it says where messages go.
func (p *response) endpoint(path string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.begin()
	p.put([]byte("event: endpoint\ndata: " + path + "\n\n"))
}
