package telemetry

import (
	"strconv"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	sdk "go.opentelemetry.io/otel/sdk/trace"
)

// OTLP in JSON: 64-bit numbers are strings, ids are in hex, kinds and codes are numbers.
// Source: OpenTelemetry protocol 1.x, "JSON Protobuf Encoding". Events and links are left out: no span here has any.

type otlpRequest struct {
	ResourceSpans []otlpResource `json:"resourceSpans"`
}

type otlpResource struct {
	Resource struct {
		Attributes []otlpAttribute `json:"attributes"`
	} `json:"resource"`
	ScopeSpans []otlpScope `json:"scopeSpans"`
	SchemaURL  string      `json:"schemaUrl,omitempty"`
}

type otlpScope struct {
	Scope struct {
		Name    string `json:"name"`
		Version string `json:"version,omitempty"`
	} `json:"scope"`
	Spans []otlpSpan `json:"spans"`
}

type otlpSpan struct {
	TraceID           string          `json:"traceId"`
	SpanID            string          `json:"spanId"`
	TraceState        string          `json:"traceState,omitempty"`
	ParentSpanID      string          `json:"parentSpanId,omitempty"`
	Flags             uint32          `json:"flags"`
	Name              string          `json:"name"`
	Kind              int             `json:"kind"`
	Start             string          `json:"startTimeUnixNano"`
	End               string          `json:"endTimeUnixNano"`
	Attributes        []otlpAttribute `json:"attributes,omitempty"`
	DroppedAttributes int             `json:"droppedAttributesCount,omitempty"`
	Status            struct {
		Code int `json:"code,omitempty"`
	} `json:"status"`
}

type otlpAttribute struct {
	Key   string         `json:"key"`
	Value map[string]any `json:"value"`
}

// encode writes spans, of which there is at least one; they all come from one tracer.
func encode(spans []sdk.ReadOnlySpan) otlpRequest {
	from, by := spans[0].Resource(), spans[0].InstrumentationScope()
	var scope otlpScope
	scope.Scope.Name, scope.Scope.Version = by.Name, by.Version
	for _, s := range spans {
		scope.Spans = append(scope.Spans, encodeSpan(s))
	}
	all := otlpResource{SchemaURL: from.SchemaURL(), ScopeSpans: []otlpScope{scope}}
	all.Resource.Attributes = encodeAttributes(from.Attributes())
	return otlpRequest{[]otlpResource{all}}
}

// The flags of a span beside those of the W3C: whether its parent was in another process, and that this is known.
const (
	flagRemoteKnown = 0x100
	flagRemote      = 0x200
)

func encodeSpan(s sdk.ReadOnlySpan) otlpSpan {
	self, parent := s.SpanContext(), s.Parent()
	o := otlpSpan{
		TraceID: self.TraceID().String(), SpanID: self.SpanID().String(), TraceState: self.TraceState().String(),
		Flags: uint32(self.TraceFlags()) | flagRemoteKnown,
		Name:  s.Name(), Kind: int(s.SpanKind()), Start: nanos(s.StartTime()), End: nanos(s.EndTime()),
		Attributes: encodeAttributes(s.Attributes()), DroppedAttributes: s.DroppedAttributes(),
	}
	if parent.HasSpanID() {
		o.ParentSpanID = parent.SpanID().String()
	}
	if parent.IsRemote() {
		o.Flags |= flagRemote
	}
	switch s.Status().Code {
	case codes.Ok:
		o.Status.Code = 1
	case codes.Error:
		o.Status.Code = 2
	}
	return o
}

func nanos(t time.Time) string { return strconv.FormatInt(t.UnixNano(), 10) }

func encodeAttributes(list []attribute.KeyValue) []otlpAttribute {
	all := make([]otlpAttribute, len(list))
	for i, kv := range list {
		all[i].Key = string(kv.Key)
		switch v := kv.Value; v.Type() {
		case attribute.BOOL:
			all[i].Value = map[string]any{"boolValue": v.AsBool()}
		case attribute.INT64:
			all[i].Value = map[string]any{"intValue": strconv.FormatInt(v.AsInt64(), 10)}
		case attribute.FLOAT64:
			all[i].Value = map[string]any{"doubleValue": v.AsFloat64()}
		default:
			all[i].Value = map[string]any{"stringValue": v.String()}
		}
	}
	return all
}
