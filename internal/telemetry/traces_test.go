package telemetry

import (
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel/trace"

	"dixa-mcp/internal/gate"
	"dixa-mcp/internal/offline"
	"dixa-mcp/internal/test/double"
)

// collector takes traces, and answers as it is told.
type collector struct {
	*httptest.Server
	mu       sync.Mutex
	requests []*http.Request
	bodies   []string
	answer   func(n int, w http.ResponseWriter)
}

func newCollector(t *testing.T) *collector {
	c := &collector{answer: func(int, http.ResponseWriter) {}}
	c.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		c.mu.Lock()
		c.requests, c.bodies = append(c.requests, r), append(c.bodies, string(body))
		n := len(c.bodies)
		c.mu.Unlock()
		c.answer(n, w)
	}))
	t.Cleanup(c.Close)
	return c
}

// spans are all that came, by name.
func (c *collector) spans(t *testing.T) (all []otlpSpan, resource map[string]any) {
	for _, body := range c.bodies {
		var r otlpRequest
		d := json.NewDecoder(strings.NewReader(body))
		d.DisallowUnknownFields()
		require.NoError(t, d.Decode(&r))
		require.Len(t, r.ResourceSpans, 1)
		require.Len(t, r.ResourceSpans[0].ScopeSpans, 1)
		require.Equal(t, "dixa-mcp", r.ResourceSpans[0].ScopeSpans[0].Scope.Name)
		resource = plain(r.ResourceSpans[0].Resource.Attributes)
		all = append(all, r.ResourceSpans[0].ScopeSpans[0].Spans...)
	}
	return all, resource
}

func plain(list []otlpAttribute) map[string]any {
	m := map[string]any{}
	for _, a := range list {
		for kind, v := range a.Value {
			m[a.Key] = v
			if kind == "doubleValue" {
				m[a.Key] = "a number"
			}
		}
	}
	return m
}

type environment map[string]string

func (e environment) get(name string) string { return e[name] }

func (c *collector) traces(t *testing.T, e environment) (gate.Observer, func()) {
	e["OTEL_EXPORTER_OTLP_ENDPOINT"] = c.URL + "/"
	o, shutdown, err := Traces(TraceConfig{Getenv: e.get, Version: "1.2.3", Log: slog.New(slog.DiscardHandler)})
	require.NoError(t, err)
	require.NotNil(t, o)
	return o, func() { require.NoError(t, shutdown(context.Background())) }
}

const parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"

func TestTraces(t *testing.T) {
	c := newCollector(t)
	o, shutdown := c.traces(t, environment{"OTEL_EXPORTER_OTLP_HEADERS": "Authorization=Bearer%20secret, x-team = dixa"})
	g := newGate(t, o, offline.Options{})
	ctx := Extract(t.Context(), parent, "vendor=1")
	g.Call(ctx, gate.Request{Agent: "support", Key: "k1", Tool: "close_conversation", Arguments: []byte(`{"conversationId":1234}`)})
	shutdown()

	require.Len(t, c.requests, 1)
	require.Equal(t, "/v1/traces", c.requests[0].URL.Path)
	require.Equal(t, "Bearer secret", c.requests[0].Header.Get("Authorization"))
	require.Equal(t, "dixa", c.requests[0].Header.Get("X-Team"))
	require.Equal(t, "application/json", c.requests[0].Header.Get("Content-Type"))
	spans, resource := c.spans(t)
	require.Equal(t, "dixa-mcp", resource["service.name"])
	require.Equal(t, "1.2.3", resource["service.version"])
	require.Len(t, spans, 3)
	read, dixa, call := spans[0], spans[1], spans[2]
	require.Equal(t, "GET /v1/conversations/{conversationId}", read.Name)

	require.Equal(t, "tools/call close_conversation", call.Name)
	require.Equal(t, int(trace.SpanKindServer), call.Kind)
	require.Equal(t, "0af7651916cd43dd8448eb211c80319c", call.TraceID, "the trace of the client")
	require.Equal(t, "b7ad6b7169203331", call.ParentSpanID)
	require.Equal(t, "vendor=1", call.TraceState)
	require.EqualValues(t, 0x301, call.Flags)
	attributes := plain(call.Attributes)
	require.Len(t, attributes["dixa_mcp.call"], 12)
	delete(attributes, "dixa_mcp.call")
	require.Equal(t, map[string]any{
		"mcp.method.name": "tools/call", "gen_ai.operation.name": "execute_tool", "gen_ai.tool.name": "close_conversation",
		"dixa_mcp.agent": "support", "dixa_mcp.key": "k1", "dixa_mcp.decision": "allowed", "dixa_mcp.outcome": "done",
	}, attributes)

	require.Equal(t, "PUT /v1/conversations/{conversationId}/close", dixa.Name)
	require.Equal(t, int(trace.SpanKindClient), dixa.Kind)
	require.Equal(t, call.TraceID, dixa.TraceID)
	require.Equal(t, call.SpanID, dixa.ParentSpanID)
	require.EqualValues(t, 0x101, dixa.Flags)
	require.Equal(t, map[string]any{
		"http.request.method": "PUT", "url.template": "/v1/conversations/{conversationId}/close", "http.response.status_code": "204",
		"dixa_mcp.operation": "close_conversation", "dixa_mcp.outcome": "done", "dixa_mcp.limit_wait": "a number",
	}, plain(dixa.Attributes))
	require.GreaterOrEqual(t, dixa.Start, call.Start)
	require.LessOrEqual(t, dixa.End, call.End)
	require.NotContains(t, c.bodies[0], "1234", "no id of a conversation")
}

func TestTracesOfTrouble(t *testing.T) {
	c := newCollector(t)
	o, shutdown := c.traces(t, environment{})
	g := newGate(t, o, offline.Options{})
	call(t, g, "reader", "get_conversation", `{"conversationId":99999999}`)
	call(t, g, "reader", "close_conversation", `{"conversationId":1234}`)
	call(t, g, "reader", "a customer's words", `{}`)
	_, ended := o.Operation(t.Context(), gate.CallInfo{}, operation)
	ended(gate.OperationEnd{Outcome: "unknown", Error: "no answer", Attempts: 3})
	shutdown()
	spans, _ := c.spans(t)
	require.Len(t, spans, 5)
	for i, want := range []struct {
		name, errorType string
		status          int
	}{
		{"GET /v1/conversations/{conversationId}", "404", 2},
		{"tools/call get_conversation", "failed", 2},
		{"tools/call close_conversation", "refused", 0},
		{"tools/call", "refused", 0},
		{operation.Method + " " + operation.Path, "no answer", 2},
	} {
		require.Equal(t, want.name, spans[i].Name)
		require.Equal(t, want.errorType, plain(spans[i].Attributes)["error.type"])
		require.Equal(t, want.status, spans[i].Status.Code)
		require.Len(t, spans[i].TraceID, 32)
	}
	require.Equal(t, "2", plain(spans[4].Attributes)["http.request.resend_count"])
}

// What is no name of a trace is not heeded, and an unsampled one is not sent.
func TestTracesExtract(t *testing.T) {
	for name, c := range map[string]struct {
		traceparent, tracestate string
		spans                   int
		child                   bool
	}{
		"none":           {"", "", 1, false},
		"only a state":   {"", "a=1", 1, false},
		"nonsense":       {"hello", "", 1, false},
		"zero":           {"00-00000000000000000000000000000000-0000000000000000-01", "", 1, false},
		"too long":       {parent + "-" + strings.Repeat("x", 1000), "", 1, false},
		"a broken state": {parent, strings.Repeat("=,", 1000), 1, true},
		"not sampled":    {strings.TrimSuffix(parent, "1") + "0", "", 0, true},
	} {
		t.Run(name, func(t *testing.T) {
			to := newCollector(t)
			o, shutdown := to.traces(t, environment{})
			_, ended := o.Call(Extract(t.Context(), c.traceparent, c.tracestate), gate.CallInfo{})
			ended(gate.CallEnd{})
			shutdown()
			spans, _ := to.spans(t)
			require.Len(t, spans, c.spans)
			if c.spans > 0 {
				require.Equal(t, c.child, spans[0].ParentSpanID != "")
			}
		})
	}
}

// OpenTelemetry reads some of its variables itself.
func TestTracesOfTheLibrary(t *testing.T) {
	t.Setenv("OTEL_SERVICE_NAME", "dixa-of-acme")
	t.Setenv("OTEL_RESOURCE_ATTRIBUTES", "deployment.environment.name=test")
	for sampler, n := range map[string]int{"always_on": 1, "always_off": 0} {
		t.Setenv("OTEL_TRACES_SAMPLER", sampler)
		c := newCollector(t)
		o, shutdown := c.traces(t, environment{})
		_, ended := o.Call(t.Context(), gate.CallInfo{})
		ended(gate.CallEnd{})
		shutdown()
		spans, resource := c.spans(t)
		require.Len(t, spans, n, sampler)
		if n > 0 {
			require.Equal(t, "dixa-of-acme", resource["service.name"])
			require.Equal(t, "test", resource["deployment.environment.name"])
		}
	}
}

func TestTracesOff(t *testing.T) {
	for name, e := range map[string]environment{
		"nothing set": {},
		"disabled":    {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:1", "OTEL_SDK_DISABLED": "TRUE"},
		"no exporter": {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:1", "OTEL_TRACES_EXPORTER": "none"},
	} {
		t.Run(name, func(t *testing.T) {
			o, shutdown, err := Traces(TraceConfig{Getenv: e.get})
			require.NoError(t, err)
			require.Nil(t, gate.Observers(o))
			require.NoError(t, shutdown(t.Context()))
		})
	}
}

func TestTracesEnvironment(t *testing.T) {
	for name, c := range map[string]struct {
		e    environment
		want endpoint
		err  string
	}{
		"general":   {e: environment{"OTEL_EXPORTER_OTLP_ENDPOINT": "https://c.example/otlp/"}, want: endpoint{url: "https://c.example/otlp/v1/traces"}},
		"own":       {e: environment{"OTEL_EXPORTER_OTLP_ENDPOINT": "https://c.example", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "http://t.example/x"}, want: endpoint{url: "http://t.example/x"}},
		"timeout":   {e: environment{"OTEL_EXPORTER_OTLP_ENDPOINT": "https://c.example", "OTEL_EXPORTER_OTLP_TIMEOUT": "2500"}, want: endpoint{url: "https://c.example/v1/traces", timeout: 2500 * time.Millisecond}},
		"no scheme": {e: environment{"OTEL_EXPORTER_OTLP_ENDPOINT": "secret.example:4318"}, err: "OTEL_EXPORTER_OTLP_ENDPOINT must be an address that begins with http:// or https://"},
		"grpc":      {e: environment{"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "https://c.example", "OTEL_EXPORTER_OTLP_PROTOCOL": "grpc"}, err: "OTEL_EXPORTER_OTLP_PROTOCOL is grpc"},
		"headers":   {e: environment{"OTEL_EXPORTER_OTLP_ENDPOINT": "https://c.example", "OTEL_EXPORTER_OTLP_HEADERS": "secret"}, err: "OTEL_EXPORTER_OTLP_HEADERS must be key=value"},
		"no time":   {e: environment{"OTEL_EXPORTER_OTLP_ENDPOINT": "https://c.example", "OTEL_EXPORTER_OTLP_TIMEOUT": "10s"}, err: "OTEL_EXPORTER_OTLP_TIMEOUT must be"},
	} {
		t.Run(name, func(t *testing.T) {
			e, err := endpointOf(c.e.get)
			if c.err != "" {
				require.ErrorContains(t, err, c.err)
				require.NotContains(t, err.Error(), "secret")
				return
			}
			require.NoError(t, err)
			require.Equal(t, c.want.url, e.url)
			if c.want.timeout == 0 {
				c.want.timeout = otlpTimeout
			}
			require.Equal(t, c.want.timeout, e.timeout)
		})
	}
}

// A collector that is away costs traces, and nothing else: it is said once, without what a header or an address holds.
func TestTracesLost(t *testing.T) {
	for name, c := range map[string]struct {
		answer   func(n int, w http.ResponseWriter)
		requests int
		said     string
	}{
		"it is busy at first": {func(n int, w http.ResponseWriter) { w.WriteHeader([]int{503, 429, 200}[n-1]) }, 3, ""},
		"it stays busy":       {func(_ int, w http.ResponseWriter) { w.WriteHeader(503) }, 3, "it answered 503"},
		"it refuses":          {func(_ int, w http.ResponseWriter) { w.WriteHeader(401) }, 1, "it answered 401"},
		"it leads elsewhere":  {func(_ int, w http.ResponseWriter) { w.Header().Set("Location", "/x"); w.WriteHeader(307) }, 1, "it answered 307"},
		"it takes only some": {func(_ int, w http.ResponseWriter) {
			_, _ = io.WriteString(w, `{"partialSuccess":{"rejectedSpans":"1"}}`)
		}, 1, "it did not take 1 of the spans"},
		"it says something":    {func(_ int, w http.ResponseWriter) { _, _ = io.WriteString(w, `{"partialSuccess":{}}`) }, 1, ""},
		"it says what is HTML": {func(_ int, w http.ResponseWriter) { _, _ = io.WriteString(w, `<html>`) }, 1, ""},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var log strings.Builder
				x := &exporter{endpoint: &endpoint{url: "http://secret.example/?key=secret", timeout: otlpTimeout, headers: http.Header{"Authorization": {"secret"}}}, log: slog.New(slog.NewTextHandler(&log, nil))}
				n := 0
				x.client = newExporter(x.endpoint, x.log).client
				x.client.Transport = double.Transport(func(r *http.Request) (*http.Response, error) {
					n++
					w := httptest.NewRecorder()
					c.answer(n, w)
					return w.Result(), nil
				})
				require.NoError(t, x.send1(t))
				require.Equal(t, c.requests, n)
				if c.said == "" {
					require.Empty(t, log.String())
					return
				}
				require.Contains(t, log.String(), c.said)
				require.NotContains(t, log.String(), "secret")
				before := log.Len()
				require.NoError(t, x.send1(t))
				require.Len(t, log.String(), before, "said once")
				c.answer = func(_ int, w http.ResponseWriter) {}
				require.NoError(t, x.send1(t))
				require.Contains(t, log.String(), "the collector accepts traces again")
			})
		})
	}
}
