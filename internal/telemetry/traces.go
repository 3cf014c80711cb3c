package telemetry

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strconv"
	"strings"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/sdk/resource"
	sdk "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"

	"dixa-mcp/dixaclient"
	"dixa-mcp/internal/audit"
	"dixa-mcp/internal/gate"
)

// TraceConfig says where traces go.
type TraceConfig struct {
	Getenv  func(string) string // of the OTEL_… variables
	Version string              // of the program
	Log     *slog.Logger        // hears of traces that were lost
}

// Traces makes a span of each call, and below it one of each operation that goes to Dixa. They are sent over OTLP to where
// OTEL_EXPORTER_OTLP_ENDPOINT or OTEL_EXPORTER_OTLP_TRACES_ENDPOINT says; where neither is set there is no observer.
// shutdown sends what is left, within its context.
//
// What is sampled is said by OTEL_TRACES_SAMPLER, which OpenTelemetry reads itself, like the names of the service and the
// sizes of batches.
func Traces(c TraceConfig) (_ gate.Observer, shutdown func(context.Context) error, _ error) {
	endpoint, err := endpointOf(c.Getenv)
	if err != nil {
		return nil, nil, err
	}
	if endpoint == nil {
		return nil, func(context.Context) error { return nil }, nil
	}
	what, err := resource.New(context.Background(),
		resource.WithTelemetrySDK(),
		resource.WithAttributes(attribute.String("service.name", "dixa-mcp"), attribute.String("service.version", c.Version)),
		resource.WithFromEnv(),
	)
	if err != nil && !errors.Is(err, resource.ErrPartialResource) {
		return nil, nil, fmt.Errorf("OTEL_RESOURCE_ATTRIBUTES: %w", err)
	}
	provider := sdk.NewTracerProvider(sdk.WithResource(what), sdk.WithBatcher(newExporter(endpoint, c.Log)))
	return &traces{provider.Tracer("dixa-mcp", trace.WithInstrumentationVersion(c.Version))}, provider.Shutdown, nil
}

// Extract returns a context under which a call belongs to the trace that its client names, in the keys traceparent and
// tracestate of _meta. What is no such name is not heeded.
func Extract(ctx context.Context, traceparent, tracestate string) context.Context {
	if traceparent == "" {
		return ctx
	}
	return propagation.TraceContext{}.Extract(ctx, propagation.MapCarrier{"traceparent": traceparent, "tracestate": tracestate})
}

type traces struct{ tracer trace.Tracer }

// Call implements [gate.Observer]. The attributes are those of OpenTelemetry's conventions for MCP, and some of our own.
func (t *traces) Call(ctx context.Context, c gate.CallInfo) (context.Context, func(gate.CallEnd)) {
	ctx, span := t.tracer.Start(ctx, strings.TrimSpace("tools/call "+c.Tool), trace.WithSpanKind(trace.SpanKindServer), trace.WithAttributes(
		attribute.String("mcp.method.name", "tools/call"),
		attribute.String("gen_ai.operation.name", "execute_tool"),
		attribute.String("gen_ai.tool.name", c.Tool),
		attribute.String("dixa_mcp.agent", c.Agent),
		attribute.String("dixa_mcp.key", c.Key),
		attribute.String("dixa_mcp.call", c.ID),
	))
	return ctx, func(end gate.CallEnd) {
		span.SetAttributes(attribute.String("dixa_mcp.decision", end.Decision), attribute.String("dixa_mcp.outcome", end.Outcome))
		switch end.Outcome {
		case audit.OutcomeDone, audit.OutcomeWaiting:
		case audit.OutcomeFailed, audit.OutcomeUnknown, audit.OutcomeNotDone:
			span.SetStatus(codes.Error, "")
			fallthrough
		default: // a refusal is as it should be
			span.SetAttributes(attribute.String("error.type", end.Outcome))
		}
		span.End()
	}
}

// Operation implements [gate.Observer]. The address is the pattern with its variables: their values name customers.
func (t *traces) Operation(ctx context.Context, _ gate.CallInfo, op *dixaclient.Spec) (context.Context, func(gate.OperationEnd)) {
	ctx, span := t.tracer.Start(ctx, op.Method+" "+op.Path, trace.WithSpanKind(trace.SpanKindClient), trace.WithAttributes(
		attribute.String("http.request.method", op.Method),
		attribute.String("url.template", op.Path),
		attribute.String("dixa_mcp.operation", op.Name),
	))
	return ctx, func(end gate.OperationEnd) {
		span.SetAttributes(attribute.String("dixa_mcp.outcome", end.Outcome), attribute.Float64("dixa_mcp.limit_wait", end.Waited.Seconds()))
		if end.Status != 0 {
			span.SetAttributes(attribute.Int("http.response.status_code", end.Status))
		}
		if end.Attempts > 1 {
			span.SetAttributes(attribute.Int("http.request.resend_count", end.Attempts-1))
		}
		if end.Error != "" {
			why := end.Error
			if end.Status >= 400 {
				why = strconv.Itoa(end.Status)
			}
			span.SetAttributes(attribute.String("error.type", why))
			span.SetStatus(codes.Error, "")
		}
		span.End()
	}
}
