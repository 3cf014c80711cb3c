package serve

import (
	"context"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"sync"
	"time"

	"github.com/mark3labs/mcp-go/mcp"

	"dixa-mcp/internal/identity"
)

const (
	headerSession = mcp.HeaderSessionID
	headerVersion = mcp.HeaderProtocolVersion
)

// mcp serves Streamable HTTP. A message of 2026-07-28 says so in its header and in itself; any other is from before.
func (h *HTTP) mcp(w http.ResponseWriter, r *http.Request, who identity.Principal) {
	version := r.Header.Get(headerVersion)
	modern := mcp.IsModernProtocol(version)
	switch {
	case r.Method == http.MethodPost:
		h.post(w, r, who, version)
	case modern || r.Method != http.MethodGet && r.Method != http.MethodDelete:
		w.Header().Set("Allow", "POST")
		refuse(w, http.StatusMethodNotAllowed, "send messages with POST")
	case version != "" && !mcp.IsValidProtocolVersion(version):
		refuse(w, http.StatusBadRequest, fmt.Sprintf("there is no protocol version %.40q", version))
	case r.Method == http.MethodGet:
		h.legacy.listen(w, r, who)
	default:
		h.legacy.hangUp(w, r, who)
	}
}

// post takes one message.
func (h *HTTP) post(w http.ResponseWriter, r *http.Request, who identity.Principal, version string) {
	leave, ok := h.inFlight.enter(who.Agent, h.MaxCalls)
	if !ok {
		refuseBusy(w, h.MaxCalls)
		return
	}
	leave = sync.OnceFunc(leave)
	defer leave()
	body, ok := h.body(w, r)
	if !ok {
		return
	}
	done, err := h.parsing.enter(r.Context(), who.Agent, len(body))
	if err != nil {
		return // the client is gone
	}
	defer done()
	r = r.WithContext(withSlot(whileParsing(r.Context(), done), slot{leave, func() (func(), bool) { return h.waiting.enter(who.Agent, mostWaits) }}))
	p := newResponse(w, r)
	defer p.returned()
	m, refused := readMessage(body)
	if refused != nil {
		p.answer(http.StatusBadRequest, *refused)
		return
	}
	modern := mcp.IsModernProtocol(m.version) || mcp.IsModernProtocol(version)
	if modern && m.Method == string(mcp.MethodSubscriptionsListen) {
		leave() // it counts as a stream
		done()
	}
	switch {
	case !p.takes && !accepts(r, "application/json"):
		refuse(w, http.StatusNotAcceptable, "accept application/json and text/event-stream")
	case modern:
		h.modern.message(p, r, m, who, version)
	case m.Method != string(mcp.MethodInitialize) && version != "" && !mcp.IsValidProtocolVersion(version):
		p.answer(http.StatusBadRequest, withID(m.ID, failure(mcp.INVALID_REQUEST, fmt.Sprintf("there is no protocol version %.40q", version))))
	default:
		h.legacy.message(p, r, m, who)
	}
}

func refuseBusy(w http.ResponseWriter, limit int) {
	w.Header().Set("Retry-After", "1")
	refuse(w, http.StatusTooManyRequests, fmt.Sprintf("%d requests of this agent are running; wait for their answers", limit))
}

// body reads the body of a POST, without a byte order mark. Where it is not ok the request is answered.
func (h *HTTP) body(w http.ResponseWriter, r *http.Request) (body []byte, ok bool) {
	if media, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || media != "application/json" {
		refuse(w, http.StatusUnsupportedMediaType, "the Content-Type must be application/json")
		return nil, false
	}
	body, err := io.ReadAll(r.Body)
	if err == nil {
		control := http.NewResponseController(w) // all came: the call may take longer
		_ = control.SetReadDeadline(time.Time{})
		_ = control.SetWriteDeadline(time.Time{})
	}
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &tooLarge):
		refuse(w, http.StatusRequestEntityTooLarge, fmt.Sprintf("a message may have at most %d bytes", tooLarge.Limit))
		return nil, false
	case err != nil:
		newResponse(w, r).answer(http.StatusBadRequest, failure(mcp.PARSE_ERROR, "the message is incomplete"))
		return nil, false
	}
	return withoutBOM(body), true
}

// context returns the context of a message: the client's trace, and the token under which it wants to hear of progress.
func (h *HTTP) context(ctx context.Context, m *message) context.Context {
	ctx = withProgressToken(ctx, m.progressToken)
	if h.Trace != nil && m.traceParent != "" {
		ctx = h.Trace(ctx, m.traceParent, m.traceState)
	}
	return ctx
}

// carryOut lets the library do what a message asks for, and returns the answer, nil where there is none. What is told on
// the way was sent when it returns.
func (h *HTTP) carryOut(ctx context.Context, p *response, s *session, m *message) mcp.JSONRPCMessage {
	ctx, cancel := context.WithCancel(h.context(ctx, m))
	defer cancel()
	defer context.AfterFunc(h.calls, cancel)()
	p.keepAlive()
	answer := handle(h.server.WithContext(ctx, s), h.server, h.Log, m)
	s.close()
	return answer
}

// finish answers a request.
func (p *response) finish(s *session, m *message, answer mcp.JSONRPCMessage) {
	if answer == nil {
		p.accepted()
		return
	}
	p.answer(s.statusOf(answer), withID(m.ID, answer))
}
