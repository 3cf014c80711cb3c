package telemetry

import (
	"context"
	"log/slog"

	"dixa-mcp/dixaclient"
	"dixa-mcp/internal/gate"
)

// Log writes a line for each call that ended, by the id that its record has.
type Log struct{ To *slog.Logger }

var _ gate.Observer = Log{}

// Call implements [gate.Observer].
func (l Log) Call(ctx context.Context, c gate.CallInfo) (context.Context, func(gate.CallEnd)) {
	return ctx, func(end gate.CallEnd) {
		all := []slog.Attr{slog.String("call", c.ID), slog.String("agent", c.Agent), slog.String("key", c.Key)}
		if c.Person != "" {
			all = append(all, slog.String("person", c.Person))
		}
		l.To.LogAttrs(ctx, slog.LevelInfo, "call", append(all, slog.String("tool", c.Tool),
			slog.String("decision", end.Decision), slog.String("outcome", end.Outcome), slog.Int64("ms", end.Took.Milliseconds()))...)
	}
}

// Operation implements [gate.Observer]; the record of the call has them.
func (Log) Operation(ctx context.Context, _ gate.CallInfo, _ *dixaclient.Spec) (context.Context, func(gate.OperationEnd)) {
	return ctx, func(gate.OperationEnd) {}
}
