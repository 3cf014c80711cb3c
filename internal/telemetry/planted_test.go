package telemetry

import (
	"context"
	"log/slog"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"dixa-mcp/internal/gate"
	"dixa-mcp/internal/offline"
)

// Nothing of what a customer, a model or a client writes comes out of any of it, wherever it is put.
func TestNothingOfWhatIsWritten(t *testing.T) {
	const planted = "planted"
	c := newCollector(t)
	traces, shutdown := c.traces(t, environment{})
	m := NewMetrics("")
	var log strings.Builder
	g := newGate(t, gate.Observers(m, traces, Log{slog.New(slog.NewTextHandler(&log, nil))}), offline.Options{})
	for _, r := range []gate.Request{
		{Agent: "reader", Tool: "search_conversations", Arguments: []byte(`{"subject":"planted","pageKey":"planted"}`)},
		{Agent: "reader", Tool: "get_conversation", Arguments: []byte(`{"conversationId":"planted"}`)},
		{Agent: "reader", Tool: "get_conversation", Arguments: []byte(`{"planted":1}`)},
		{Agent: "support", Tool: "link_conversation", Arguments: []byte(`{"conversationId":1234,"planted":"planted"}`)},
		{Agent: "reader", Tool: "planted", Arguments: []byte(`{}`)},
		{Agent: "planted", Tool: "get_conversation", Arguments: []byte(`{"conversationId":1234}`)},
		{Agent: "support", Tool: "close_conversation", Arguments: []byte(`{"conversationId":1234}`), State: planted},
	} {
		g.Call(Extract(context.Background(), planted, planted), r)
	}
	shutdown()
	require.NotEmpty(t, c.bodies)
	for what, text := range map[string]string{"traces": strings.Join(c.bodies, "\n"), "metrics": strings.Join(scrape(t, m, ""), "\n"), "log": log.String()} {
		require.NotEmpty(t, text)
		require.NotContains(t, text, planted, what)
		require.NotContains(t, text, "secret-token", what)
	}
}

// BenchmarkObserved is what observers cost a call with one operation.
func BenchmarkObserved(b *testing.B) {
	log := Log{slog.New(slog.DiscardHandler)}
	for name, o := range map[string]gate.Observer{"metrics": NewMetrics(""), "metrics and log": gate.Observers(NewMetrics(""), log)} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				call := gate.CallInfo{ID: "abcdefghijkl", Agent: "reader", Key: "k1", Tool: "list_messages", Level: "read"}
				ctx, ended := o.Call(context.Background(), call)
				_, done := o.Operation(ctx, call, operation)
				done(gate.OperationEnd{Outcome: "done", Status: 200, Attempts: 1})
				ended(gate.CallEnd{Decision: "allowed", Outcome: "done"})
			}
		})
	}
}
