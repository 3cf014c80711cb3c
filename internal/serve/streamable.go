package serve

import (
	"bytes"
	"context"
	"encoding/json"
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

// envelope is what must be known of a message that came in a POST.
type envelope struct {
	ID     json.RawMessage `json:"id"`
	Method string          `json:"method"`
	Result json.RawMessage `json:"result"`
	Error  json.RawMessage `json:"error"`
	Params json.RawMessage `json:"params"`

	body []byte
	meta struct {
		Meta struct {
			Version     string `json:"io.modelcontextprotocol/protocolVersion"`
			TraceParent string `json:"traceparent"`
			TraceState  string `json:"tracestate"`

			ProgressToken json.RawMessage `json:"progressToken"`
		} `json:"_meta"`
		RequestID json.RawMessage `json:"requestId"`
	}
}

// mcp is Streamable HTTP. A message of 2026-07-28 says so in its header and in itself; all else is from before.
func (h *HTTP) mcp(w http.ResponseWriter, r *http.Request, who identity.Principal) {
	version := r.Header.Get(headerVersion)
	modern := mcp.IsModernProtocol(version)
	switch {
	case r.Method == http.MethodPost:
		h.post(w, r, who, version)
	case modern || r.Method != http.MethodGet && r.Method != http.MethodDelete:
		w.Header().Set("Allow", "POST")
		refuse(w, http.StatusMethodNotAllowed, "messages are sent with POST")
	case version != "" && !mcp.IsValidProtocolVersion(version):
		refuse(w, http.StatusBadRequest, fmt.Sprintf("there is no protocol version %.40q", version))
	case r.Method == http.MethodGet:
		h.listen(w, r, who)
	default:
		h.hangUp(w, r, who)
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
	done, err := h.reading.enter(r.Context(), who.Agent, len(body))
	if err != nil {
		return // the client is gone
	}
	defer done()
	r = r.WithContext(whileReading(r.Context(), done))
	e, ok := h.read(w, r, body)
	if !ok {
		return
	}
	modern := mcp.IsModernProtocol(e.meta.Meta.Version) || mcp.IsModernProtocol(version)
	if modern && e.Method == string(mcp.MethodSubscriptionsListen) {
		leave() // it counts as a stream
		done()
	}
	p := newResponse(w, r)
	defer p.returned()
	switch {
	case !p.takes && !accepts(r, "application/json"):
		refuse(w, http.StatusNotAcceptable, "accept application/json and text/event-stream")
	case modern:
		h.modern(p, r, e, who, version)
	case e.Method != string(mcp.MethodInitialize) && version != "" && !mcp.IsValidProtocolVersion(version):
		p.answer(http.StatusBadRequest, under(e.ID, failure(mcp.INVALID_REQUEST, fmt.Sprintf("there is no protocol version %.40q", version))))
	default:
		h.legacy(p, r, e, who)
	}
}

func refuseBusy(w http.ResponseWriter, most int) {
	w.Header().Set("Retry-After", "1")
	refuse(w, http.StatusTooManyRequests, fmt.Sprintf("%d requests of this agent are running; wait for their answers", most))
}

// body reads what a POST brings, without a byte order mark. Where it is not ok the request is answered.
func (h *HTTP) body(w http.ResponseWriter, r *http.Request) (body []byte, ok bool) {
	if media, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || media != "application/json" {
		refuse(w, http.StatusUnsupportedMediaType, "a message is application/json")
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
		newResponse(w, r).answer(http.StatusBadRequest, failure(mcp.PARSE_ERROR, "the message did not come whole"))
		return nil, false
	}
	return withoutMark(body), true
}

// read takes a body, which must be one message. Where it is not ok the request is answered.
func (h *HTTP) read(w http.ResponseWriter, r *http.Request, body []byte) (e *envelope, ok bool) {
	fail := func(code int, text string) (*envelope, bool) {
		newResponse(w, r).answer(http.StatusBadRequest, failure(code, text))
		return nil, false
	}
	e = &envelope{body: body}
	err := json.Unmarshal(body, e)
	switch {
	case err != nil && !json.Valid(body):
		return fail(mcp.PARSE_ERROR, "the message is not JSON")
	case err != nil && bytes.HasPrefix(bytes.TrimSpace(body), []byte("[")):
		return fail(mcp.INVALID_REQUEST, "one message at a time: there are no batches since 2025-06-18")
	case err != nil || !isID(e.ID):
		return fail(mcp.INVALID_REQUEST, "the body is not one JSON-RPC message")
	}
	if repeats(body) {
		return fail(mcp.INVALID_REQUEST, "the message says a name twice")
	}
	_ = json.Unmarshal(e.Params, &e.meta) // what has another form is not there, and the library says what is wrong with it
	return e, true
}

// isResponse tells whether a message answers a request of ours.
func (e *envelope) isResponse() bool { return e.Method == "" && (e.Result != nil || e.Error != nil) }

// context carries the client's trace, and the token under which it wants to hear of progress.
func (h *HTTP) context(ctx context.Context, e *envelope) context.Context {
	ctx = withProgressToken(ctx, e.meta.Meta.ProgressToken)
	if h.Trace != nil && e.meta.Meta.TraceParent != "" {
		ctx = h.Trace(ctx, e.meta.Meta.TraceParent, e.meta.Meta.TraceState)
	}
	return ctx
}

// carryOut lets the library do what a message asks for, and gives the answer, nil where there is none. What is told on the
// way was sent when it returns.
func (h *HTTP) carryOut(ctx context.Context, p *response, s *session, e *envelope) mcp.JSONRPCMessage {
	ctx, cancel := context.WithCancel(h.context(ctx, e))
	defer cancel()
	defer context.AfterFunc(h.calls, cancel)()
	p.keepAlive()
	answer := handle(h.server.WithContext(ctx, s), h.server, h.Log, e.body)
	s.close()
	return answer
}

// finish answers a request.
func (p *response) finish(s *session, e *envelope, answer mcp.JSONRPCMessage) {
	if answer == nil {
		p.accepted()
		return
	}
	p.answer(s.statusOf(answer), under(e.ID, answer))
}
