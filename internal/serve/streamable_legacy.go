package serve

import (
	"context"
	"crypto/rand"
	"fmt"
	"net/http"
	"time"

	"github.com/mark3labs/mcp-go/mcp"

	"dixa-mcp/internal/identity"
	"dixa-mcp/internal/seal"
)

// Clients before 2026-07-28 begin with initialize and get a session, whose id they send with everything after.

// sessionUse is how often an open stream keeps its session from ending.
const sessionUse = time.Minute

// legacyProtocol serves these clients.
type legacyProtocol struct {
	http   *HTTP
	signer seal.Signer // of sessions' ids
	active activeSessions
}

// message answers one message of such a client.
func (l *legacyProtocol) message(p *response, r *http.Request, m *message, who identity.Principal) {
	if m.Method == string(mcp.MethodInitialize) {
		l.initialize(p, r, m, who)
		return
	}
	_, t, a, leave, ok := l.session(p.w, r, who)
	if !ok {
		return
	}
	defer leave()
	s := l.newSession(p, r, t, a)
	switch {
	case m.isResponse():
		a.answered(m)
		p.accepted()
	case m.Method == methodCancelled:
		if id := string(m.requestID); !a.cancel(id) {
			l.tell(r.Context(), who.Agent, broadcast{Session: a.name, What: wasCancelled, Request: id})
		}
		p.accepted()
	case isNull(m.ID):
		p.finish(s, m, l.http.carryOut(r.Context(), p, s, m))
	default:
		l.request(p, r, m, s, a)
	}
}

// request answers a request. A client that hangs up does not cancel it: before 2026-07-28 it says so.
func (l *legacyProtocol) request(p *response, r *http.Request, m *message, s *session, a *activeSession) {
	ctx, cancel := context.WithCancel(context.WithoutCancel(r.Context()))
	defer cancel()
	defer context.AfterFunc(a.ended, cancel)()
	q, id := &request{cancel: cancel}, string(m.ID)
	if a.begin(id, q, 0) != nil {
		p.answer(http.StatusBadRequest, failure(mcp.INVALID_REQUEST, fmt.Sprintf("a request with the id %.40s is running", id)))
		return
	}
	answer := l.http.carryOut(ctx, p, s, m)
	if !a.finish(id, q) {
		answer = nil // it was cancelled: no answer is expected
	}
	p.finish(s, m, answer)
}

// newSession returns what the library knows of a session while it carries out one message of it.
func (l *legacyProtocol) newSession(p *response, r *http.Request, t sessionID, a *activeSession) *session {
	s := newSession(l.http.sessionID(), p)
	s.version, s.asksApprover = t.Version, l.http.Several
	if t.Asks && p.takes {
		s.can.Elicitation = &mcp.ElicitationCapability{}
	}
	s.requests, s.gone = &a.requests, r.Context().Done()
	return s
}

// initialize begins a session.
func (l *legacyProtocol) initialize(p *response, r *http.Request, m *message, who identity.Principal) {
	s := newSession(l.http.sessionID(), p)
	answer := l.http.carryOut(r.Context(), p, s, m)
	if _, ok := answer.(mcp.JSONRPCResponse); !ok {
		p.finish(s, m, answer)
		return
	}
	agent := who.Agent
	id := l.signer.Sign(sessionID{Agent: agent, Person: who.Person.ID(), Bound: who.Conversation, Version: s.ProtocolVersion(), Asks: asksForms(s.GetClientCapabilities().Elicitation), Nonce: rand.Text()})
	if err := l.http.Sessions.Begin(r.Context(), agent, id); err != nil {
		l.http.Log.Error("a session could not begin", "agent", agent, "error", err)
		p.answer(http.StatusServiceUnavailable, withID(m.ID, failure(mcp.INTERNAL_ERROR, "a session cannot begin at the moment; try again")))
		return
	}
	p.w.Header().Set(headerSession, id)
	p.finish(s, m, answer)
}

// session reads the id of a request's session, which is active until leave. Where it is not ok the request is answered:
// 404 makes a client begin anew.
//
// The session is made active before it is looked up. Otherwise one that ends between the two would end without this
// request, which would go on in an active session that nothing ends any more.
func (l *legacyProtocol) session(w http.ResponseWriter, r *http.Request, who identity.Principal) (id string, t sessionID, a *activeSession, leave func(), ok bool) {
	id = r.Header.Get(headerSession)
	if id == "" {
		refuse(w, http.StatusBadRequest, "the header "+headerSession+" is missing: begin with initialize, and send the id from its answer")
		return "", sessionID{}, nil, nil, false
	}
	agent := who.Agent
	if l.signer.Read(id, &t) != nil || t.Agent != agent || t.Person != who.Person.ID() || t.Bound != who.Conversation {
		refuse(w, http.StatusNotFound, sessionEnded)
		return "", sessionID{}, nil, nil, false
	}
	a, leave = l.active.enter(id)
	there, err := l.http.Sessions.Use(r.Context(), agent, id)
	switch {
	case err != nil:
		l.http.Log.Error("a session could not be looked up", "agent", agent, "error", err)
		refuse(w, http.StatusServiceUnavailable, "this session cannot be looked up at the moment; try again")
	case !there:
		refuse(w, http.StatusNotFound, sessionEnded)
	default:
		return id, t, a, leave, true
	}
	leave()
	return "", sessionID{}, nil, nil, false
}

const sessionEnded = "this session has ended; begin another with initialize"

// listen opens a stream on which the client hears that its list of tools has changed.
func (l *legacyProtocol) listen(w http.ResponseWriter, r *http.Request, who identity.Principal) {
	p := newResponse(w, r)
	if !p.takes {
		refuse(w, http.StatusNotAcceptable, "accept text/event-stream to listen")
		return
	}
	id, _, a, leave, ok := l.session(w, r, who)
	if !ok {
		return
	}
	st, ok := l.http.streams.begin(w, who, false)
	if !ok {
		leave()
		return
	}
	agent := who.Agent
	// All this before the client knows that the stream is open: from then on it hears of each change, and of the end of
	// its session.
	s, begun := newSession(l.http.sessionID(), p), make(chan struct{})
	s.notify = func(n mcp.JSONRPCNotification) {
		<-begun
		_ = s.send(n) // a client that does not hear it has ended
	}
	opened := l.http.server.RegisterSession(st.ctx, s)
	l.http.streams.run(st, p, r, func(ctx context.Context) {
		defer leave()
		defer s.close()
		close(begun)
		if opened != nil {
			l.http.Log.Error("a stream could not be opened", "agent", agent, "error", opened)
			return
		}
		defer l.http.server.UnregisterSession(ctx, s.id)
		used := time.NewTicker(sessionUse)
		defer used.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-a.ended.Done():
				return
			case <-used.C:
				if there, err := l.http.Sessions.Use(ctx, agent, id); err == nil && !there {
					return
				}
			}
		}
	})
}

// hangUp ends a session, with all that is running in it.
func (l *legacyProtocol) hangUp(w http.ResponseWriter, r *http.Request, who identity.Principal) {
	id, _, a, leave, ok := l.session(w, r, who)
	if !ok {
		return
	}
	defer leave()
	if err := l.http.Sessions.End(r.Context(), who.Agent, id); err != nil {
		l.http.Log.Error("a session could not be ended", "agent", who.Agent, "error", err)
		refuse(w, http.StatusServiceUnavailable, "the session could not be ended; try again")
		return
	}
	a.end()
	l.tell(r.Context(), who.Agent, broadcast{Session: a.name, What: hasEnded})
	w.WriteHeader(http.StatusNoContent)
}
