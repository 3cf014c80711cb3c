package serve

import (
	"context"
	"errors"
	"log/slog"

	"github.com/mark3labs/mcp-go/mcp"
	"github.com/mark3labs/mcp-go/server"
)

// fault is what the library does not say well enough by itself.
type fault struct {
	err  error  // that a handler returned: the library would show its text to the client, and has one code for all
	text string // in place of the library's about a tool that does not exist
}

type faultKey struct{}

// keepFault remembers the error of a tool's handler for [handle].
func keepFault(next server.ToolHandlerFunc) server.ToolHandlerFunc {
	return func(ctx context.Context, r mcp.CallToolRequest) (*mcp.CallToolResult, error) {
		result, err := next(ctx, r)
		if f, ok := ctx.Value(faultKey{}).(*fault); ok {
			f.err = err
		}
		return result, err
	}
}

// answer is what the client reads in place of the error.
func (f *fault) answer(log *slog.Logger) mcp.JSONRPCError {
	var missing mcp.MissingRequiredClientCapabilityError
	if errors.As(f.err, &missing) {
		e := failure(mcp.MISSING_REQUIRED_CLIENT_CAPABILITY, missing.Error())
		e.Error.Data = map[string]any{"requiredCapabilities": map[string]any{missing.Capability: map[string]any{}}}
		return e
	}
	log.Error("a tool failed by a defect of dixa-mcp", "error", f.err)
	return failure(mcp.INTERNAL_ERROR, "dixa-mcp itself failed; its operator finds how in its log")
}
