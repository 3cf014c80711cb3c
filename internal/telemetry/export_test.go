package telemetry

import (
	"testing"

	sdk "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"dixa-mcp/dixaclient"
)

var operation = dixaclient.ListMessages.Spec

// send1 exports one span.
func (e *exporter) send1(t *testing.T) error {
	return e.ExportSpans(t.Context(), []sdk.ReadOnlySpan{tracetest.SpanStub{Name: "one"}.Snapshot()})
}
