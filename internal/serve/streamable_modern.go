package serve

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"

	"github.com/mark3labs/mcp-go/mcp"

	"dixa-mcp/internal/identity"
)

// Since 2026-07-28 there are no sessions, and what a message says about itself in headers must be what it says in its
// body, since proxies go by the headers.

// modernProtocol serves clients of 2026-07-28.
type modernProtocol struct{ http *HTTP }

// message answers one message of 2026-07-28.
func (n *modernProtocol) message(p *response, r *http.Request, m *message, who identity.Principal, version string) {
	if refused := n.check(r, m, version); refused != nil {
		p.answer(http.StatusBadRequest, withID(m.ID, *refused))
		return
	}
	if isNull(m.ID) {
		// Notifications are ignored: a client cancels a request by closing its stream. The library would cancel another
		// client's request that has the same id.
		p.accepted()
		return
	}
	s := newSession(n.http.sessionID(), p)
	s.modern = true
	s.gone = r.Context().Done()
	if m.Method == string(mcp.MethodSubscriptionsListen) {
		n.subscribe(p, r, s, m, who)
		return
	}
	p.finish(s, m, n.http.carryOut(r.Context(), p, s, m))
}

// check returns the error of a message whose headers and body do not agree, nil for none.
func (n *modernProtocol) check(r *http.Request, m *message, version string) *mcp.JSONRPCError {
	said := m.version
	fail := func(code int, format string, args ...any) *mcp.JSONRPCError {
		f := failure(code, fmt.Sprintf(format, args...))
		return &f
	}
	switch {
	case isNull(m.ID) && !m.isResponse():
		return nil // a notification need not say which version it is of, and is ignored
	case version == "":
		return fail(mcp.HEADER_MISMATCH, "the header %s is missing", headerVersion)
	case said == "":
		return fail(mcp.INVALID_PARAMS, "_meta of the params has no %s", mcp.MetaKeyProtocolVersion)
	case said != version:
		return fail(mcp.HEADER_MISMATCH, "the header %s says %.40q, and the message %.40q", headerVersion, version, said)
	case !mcp.IsValidProtocolVersion(said):
		f := mcp.UnsupportedProtocolVersionError{Version: said, Supported: mcp.ValidProtocolVersions}.JSONRPCError()
		return &f
	case m.isResponse():
		return fail(mcp.INVALID_REQUEST, "nothing is asked of clients of %s, so there is nothing to answer", said)
	}
	err := mcp.ValidateStandardHeaders(r.Header.Get, said, mcp.MCPMethod(m.Method), m.Params)
	if err == nil && m.Method == string(mcp.MethodToolsCall) {
		err = n.checkParamHeaders(r, m)
	}
	var mismatch mcp.HeaderMismatchError
	switch {
	case errors.As(err, &mismatch):
		return fail(mcp.HEADER_MISMATCH, "%v", mismatch)
	case err != nil:
		return fail(mcp.INVALID_PARAMS, "%v", err)
	}
	return nil
}

// checkParamHeaders compares the arguments that also travel in headers.
func (n *modernProtocol) checkParamHeaders(r *http.Request, m *message) error {
	tool := n.http.server.GetTool(m.name)
	if tool == nil || !bytes.Contains(tool.Tool.RawInputSchema, []byte("x-mcp-header")) {
		return nil
	}
	lookup := func(name string) (string, bool) {
		values := r.Header.Values(name)
		if len(values) == 0 {
			return "", false
		}
		return values[0], true
	}
	return mcp.ValidateParamHeadersLookup(lookup, &tool.Tool, m.Params)
}

// subscribe answers a request that listens, until the client or the server ends it, or its credential does.
func (n *modernProtocol) subscribe(p *response, r *http.Request, s *session, m *message, who identity.Principal) {
	if !p.takes {
		refuse(p.w, http.StatusNotAcceptable, "accept text/event-stream to listen")
		return
	}
	s.notify = func(n mcp.JSONRPCNotification) { _ = s.send(tagged(n, m.ID)) } // a client that does not hear it has ended
	st, ok := n.http.streams.begin(p.w, who, false)
	if !ok {
		return
	}
	n.http.streams.run(st, p, r, func(ctx context.Context) {
		if err := n.http.server.RegisterSession(ctx, s); err != nil {
			p.answer(http.StatusInternalServerError, withID(m.ID, failure(mcp.INTERNAL_ERROR, "the stream cannot be opened")))
			return
		}
		defer n.http.server.UnregisterSession(ctx, s.id)
		p.finish(s, m, n.http.carryOut(ctx, p, s, m))
	})
}

// statusOf returns the status of an answer that is not part of a stream. Since 2026-07-28 it says what is wrong.
func (s *session) statusOf(answer mcp.JSONRPCMessage) int {
	failed, is := answer.(mcp.JSONRPCError)
	if !is || !s.modern {
		return http.StatusOK
	}
	switch failed.Error.Code {
	case mcp.METHOD_NOT_FOUND:
		return http.StatusNotFound
	case mcp.HEADER_MISMATCH, mcp.MISSING_REQUIRED_CLIENT_CAPABILITY, mcp.UNSUPPORTED_PROTOCOL_VERSION, mcp.INVALID_REQUEST, mcp.INVALID_PARAMS, mcp.PARSE_ERROR:
		return http.StatusBadRequest
	}
	return http.StatusOK
}
