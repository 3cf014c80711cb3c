package serve

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"strings"

	"github.com/mark3labs/mcp-go/mcp"
	"github.com/mark3labs/mcp-go/server"

	"dixa-mcp/tools"
)

// handling is a message while the library handles it: what handlers need of it, and what the library does not say well
// enough by itself.
type handling struct {
	message *message
	err     error  // that a tool's handler returned: the library would show its text to the client, and has one code for all
	invalid bool   // the arguments of a prompt do not fit: the library has another code for it
	text    string // in place of the library's about a tool that does not exist
}

type handlingKey struct{}

// handlingFrom returns the message of a context that [handle] made.
func handlingFrom(ctx context.Context) *handling {
	h, _ := ctx.Value(handlingKey{}).(*handling)
	return h
}

// handle lets the library do what a message asks for, and returns the answer, nil where there is none.
func handle(ctx context.Context, s *server.MCPServer, log *slog.Logger, m *message) (answer mcp.JSONRPCMessage) {
	defer func() {
		if p := recover(); p != nil {
			log.Error("internal error during a request", "panic", fmt.Sprintf("%T", p), "stack", string(debug.Stack()))
			answer = failure(mcp.INTERNAL_ERROR, "dixa-mcp failed with an internal error; the operator finds the cause in its log")
		}
	}()
	body := m.body
	if _, ours := tools.Any(m.name); ours && m.Method == string(mcp.MethodToolsCall) && m.arguments != nil {
		body = m.withoutArguments()
	}
	h := &handling{message: m}
	answer = s.HandleMessage(context.WithValue(ctx, handlingKey{}, h), body)
	if h.err != nil {
		return h.failed(log)
	}
	if e, failed := answer.(mcp.JSONRPCError); failed {
		if strings.Contains(e.Error.Message, "json: ") { // Go's words, which name the library's insides
			h.text = "the params are not those of this method"
		}
		if h.invalid {
			e.Error.Code = mcp.INVALID_PARAMS
		}
		e.Error.Message = cmp.Or(h.text, e.Error.Message)
		return e
	}
	return answer
}

// keepError remembers the error of a tool's handler for [handle].
func keepError(next server.ToolHandlerFunc) server.ToolHandlerFunc {
	return func(ctx context.Context, r mcp.CallToolRequest) (*mcp.CallToolResult, error) {
		result, err := next(ctx, r)
		if h := handlingFrom(ctx); h != nil {
			h.err = err
		}
		return result, err
	}
}

// failed returns what the client reads in place of the handler's error.
func (h *handling) failed(log *slog.Logger) mcp.JSONRPCError {
	var missing mcp.MissingRequiredClientCapabilityError
	if errors.As(h.err, &missing) {
		e := failure(mcp.MISSING_REQUIRED_CLIENT_CAPABILITY, missing.Error())
		e.Error.Data = map[string]any{"requiredCapabilities": map[string]any{missing.Capability: map[string]any{}}}
		return e
	}
	log.Error("internal error in a tool", "error", h.err)
	return failure(mcp.INTERNAL_ERROR, "dixa-mcp failed with an internal error; the operator finds the cause in its log")
}
