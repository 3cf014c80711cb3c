package serve

import (
	"context"
	"crypto/rand"
	"fmt"
	"net/http"
	"time"

	"github.com/mark3labs/mcp-go/mcp"

	"dixa-mcp/internal/identity"
)

// Clients of before 2026-07-28 begin with initialize and get a session, whose id they send with everything after.

// sessionUse is how often an open stream keeps its session from ending.
const sessionUse = time.Minute

// legacy answers one message of such a client.
func (h *HTTP) legacy(p *response, r *http.Request, e *envelope, who identity.Principal) {
	if e.Method == string(mcp.MethodInitialize) {
		h.initialize(p, r, e, who)
		return
	}
	_, t, d, leave, ok := h.session(p.w, r, who)
	if !ok {
		return
	}
	defer leave()
	s := h.newLegacySession(p, r, t, d)
	switch {
	case e.isResponse():
		d.asking.answered(message{ID: e.ID, Result: e.Result, Error: e.Error}) // what nobody waits for is dropped
		p.accepted()
	case e.Method == methodCancelled:
		if request := string(e.meta.RequestID); !d.cancel(request) {
			h.tell(r.Context(), who.Agent, told{Session: d.name, What: wasCancelled, Request: request})
		}
		p.accepted()
	case isNull(e.ID):
		p.finish(s, e, h.carryOut(r.Context(), p, s, e))
	default:
		h.request(p, r, e, s, d)
	}
}

// request answers a request. A client that hangs up does not cancel it: before 2026-07-28 it says so.
func (h *HTTP) request(p *response, r *http.Request, e *envelope, s *session, d *dialog) {
	ctx, wanted, ok := d.begin(context.WithoutCancel(r.Context()), string(e.ID))
	if !ok {
		p.answer(http.StatusBadRequest, failure(mcp.INVALID_REQUEST, fmt.Sprintf("a request with the id %.40s is running", e.ID)))
		return
	}
	answer := h.carryOut(ctx, p, s, e)
	if !wanted() {
		answer = nil // it was cancelled: no answer is expected
	}
	p.finish(s, e, answer)
}

// newLegacySession is what the library knows of a session while it carries out one message of it.
func (h *HTTP) newLegacySession(p *response, r *http.Request, t ticket, d *dialog) *session {
	s := newSession(h.sessionID())
	s.version, s.parks = t.Version, h.Several
	if t.Asks && p.takes {
		s.can.Elicitation = &mcp.ElicitationCapability{}
	}
	s.asking, s.gone = &d.asking, r.Context().Done()
	s.send = p.event
	s.notify = func(n mcp.JSONRPCNotification) { p.event(n) }
	return s
}

// initialize begins a session.
func (h *HTTP) initialize(p *response, r *http.Request, e *envelope, who identity.Principal) {
	s := newSession(h.sessionID())
	s.send = p.event
	s.notify = func(n mcp.JSONRPCNotification) { p.event(n) }
	answer := h.carryOut(r.Context(), p, s, e)
	if _, ok := answer.(mcp.JSONRPCResponse); !ok {
		p.finish(s, e, answer)
		return
	}
	agent := who.Agent
	id := h.signer.Sign(ticket{Agent: agent, Version: s.ProtocolVersion(), Asks: asksForms(s.GetClientCapabilities().Elicitation), Nonce: rand.Text()})
	if err := h.Sessions.Begin(r.Context(), agent, id); err != nil {
		h.Log.Error("a session could not begin", "agent", agent, "error", err)
		p.answer(http.StatusServiceUnavailable, under(e.ID, failure(mcp.INTERNAL_ERROR, "a session cannot begin at the moment; try again")))
		return
	}
	p.w.Header().Set(headerSession, id)
	p.finish(s, e, answer)
}

// session reads the id that a request brings, and enters its dialog until leave. Where it is not ok the request is
// answered: 404 makes a client begin anew.
//
// The dialog is entered before the session is looked up. Otherwise a session that ends between the two would end without
// this request, which would go on in a dialog that nobody ends any more.
func (h *HTTP) session(w http.ResponseWriter, r *http.Request, who identity.Principal) (id string, t ticket, d *dialog, leave func(), ok bool) {
	id = r.Header.Get(headerSession)
	if id == "" {
		refuse(w, http.StatusBadRequest, "the header "+headerSession+" is missing: begin with initialize, and send the id that its answer brings")
		return "", ticket{}, nil, nil, false
	}
	agent := who.Agent
	if h.signer.Read(id, &t) != nil || t.Agent != agent {
		refuse(w, http.StatusNotFound, sessionEnded)
		return "", ticket{}, nil, nil, false
	}
	d, leave = h.dialogs.enter(id)
	there, err := h.Sessions.Use(r.Context(), agent, id)
	switch {
	case err != nil:
		h.Log.Error("it is not known whether a session is still there", "agent", agent, "error", err)
		refuse(w, http.StatusServiceUnavailable, "it is not known whether this session is still there; try again")
	case !there:
		refuse(w, http.StatusNotFound, sessionEnded)
	default:
		return id, t, d, leave, true
	}
	leave()
	return "", ticket{}, nil, nil, false
}

const sessionEnded = "this session has ended; begin another with initialize"

// listen keeps a stream open on which the client hears that its list of tools has changed.
func (h *HTTP) listen(w http.ResponseWriter, r *http.Request, who identity.Principal) {
	p := newResponse(w, r)
	if !p.takes {
		refuse(w, http.StatusNotAcceptable, "accept text/event-stream to listen")
		return
	}
	id, _, d, part, ok := h.session(w, r, who)
	if !ok {
		return
	}
	st, ok := h.openStream(w, who, false)
	if !ok {
		part()
		return
	}
	agent := who.Agent
	// All this before the client knows that the stream is there: from then on it hears of each change, and of the end of
	// its session.
	s, begun := newSession(h.sessionID()), make(chan struct{})
	s.notify = func(n mcp.JSONRPCNotification) {
		<-begun
		p.event(n)
	}
	opened := h.server.RegisterSession(st.ctx, s)
	h.run(st, p, r, func(ctx context.Context) {
		defer part()
		defer s.close()
		close(begun)
		if opened != nil {
			h.Log.Error("a stream could not be opened", "agent", agent, "error", opened)
			return
		}
		defer h.server.UnregisterSession(ctx, s.id)
		used := time.NewTicker(sessionUse)
		defer used.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-d.ended.Done():
				return
			case <-used.C:
				if there, err := h.Sessions.Use(ctx, agent, id); err == nil && !there {
					return
				}
			}
		}
	})
}

// hangUp ends a session, with all that is going on in it.
func (h *HTTP) hangUp(w http.ResponseWriter, r *http.Request, who identity.Principal) {
	id, _, d, leave, ok := h.session(w, r, who)
	if !ok {
		return
	}
	defer leave()
	if err := h.Sessions.End(r.Context(), who.Agent, id); err != nil {
		h.Log.Error("a session could not be ended", "agent", who.Agent, "error", err)
		refuse(w, http.StatusServiceUnavailable, "the session could not be ended; try again")
		return
	}
	d.end()
	h.tell(r.Context(), who.Agent, told{Session: d.name, What: hasEnded})
	w.WriteHeader(http.StatusNoContent)
}
