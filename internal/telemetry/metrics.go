// Package telemetry tells an operator how the server does: metrics for Prometheus, traces for OpenTelemetry, a line in
// the log for each call. Nothing of it is an argument, a text or a credential, and nothing of it reaches Dixa.
package telemetry

import (
	"context"
	"net/http"
	"runtime"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"dixa-mcp/dixaclient"
	"dixa-mcp/internal/gate"
	"dixa-mcp/tools"
)

// Metrics counts what it hears of as a [gate.Observer]. Its labels are agents of the capability file, tools and
// operations of this program, and constants: no client can add to them.
type Metrics struct {
	registry *prometheus.Registry

	calls    *prometheus.CounterVec
	running  *prometheus.GaugeVec
	took     *prometheus.HistogramVec
	waited   prometheus.Histogram
	upstream *prometheus.HistogramVec
	requests *prometheus.CounterVec
	limited  prometheus.Counter
	reloads  *prometheus.CounterVec
	failed   *prometheus.CounterVec
	drafts   *prometheus.CounterVec
	signIns  *prometheus.CounterVec
	webhooks *prometheus.CounterVec
}

var (
	_ gate.Observer       = (*Metrics)(nil)
	_ gate.ReloadObserver = (*Metrics)(nil)
	_ gate.DraftObserver  = (*Metrics)(nil)
)

// seconds returns histogram bounds from a hundredth of a second to the time limit of a call.
func seconds() []float64 {
	return []float64{.01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 20, 45}
}

// NewMetrics makes metrics with a registry of their own. version is that of the program.
func NewMetrics(version string) *Metrics {
	opts := func(name, help string) prometheus.Opts { return prometheus.Opts{Name: "dixa_mcp_" + name, Help: help} }
	histogram := func(name, help string) prometheus.HistogramOpts {
		return prometheus.HistogramOpts{Name: "dixa_mcp_" + name, Help: help, Buckets: seconds()}
	}
	m := &Metrics{
		registry: prometheus.NewRegistry(),
		calls:    prometheus.NewCounterVec(prometheus.CounterOpts(opts("calls_total", "Calls that ended. A tool that does not exist is the empty one, and so is an agent that the capability file does not have.")), []string{"agent", "tool", "decision", "outcome"}),
		running:  prometheus.NewGaugeVec(prometheus.GaugeOpts(opts("calls_in_flight", "Calls that are running.")), []string{"agent"}),
		took:     prometheus.NewHistogramVec(histogram("call_duration_seconds", "How long calls took, with all their waiting."), []string{"tool"}),
		waited:   prometheus.NewHistogram(histogram("limit_wait_seconds", "How long an operation waited for Dixa's rate limit.")),
		upstream: prometheus.NewHistogramVec(histogram("dixa_duration_seconds", "How long Dixa took for an operation, all its attempts together, by the class of the last status; none is no answer."), []string{"operation", "status"}),
		requests: prometheus.NewCounterVec(prometheus.CounterOpts(opts("dixa_requests_total", "Requests that were sent to Dixa, each attempt counted.")), []string{"operation"}),
		limited:  prometheus.NewCounter(prometheus.CounterOpts(opts("dixa_throttled_total", "How often Dixa answered 429."))),
		reloads:  prometheus.NewCounterVec(prometheus.CounterOpts(opts("capability_reloads_total", "Changed capability files, by what became of them: in_force, held (what they allow waits), unchanged or refused.")), []string{"outcome"}),
		failed:   prometheus.NewCounterVec(prometheus.CounterOpts(opts("authentication_failures_total", "Requests that were not authenticated, by the port (agents, admin) and the status they got.")), []string{"port", "status"}),
		drafts:   prometheus.NewCounterVec(prometheus.CounterOpts(opts("drafts_total", "Drafts of replies, by the agent that wrote them and what became of them: written, sent (unchanged), edited (another text was sent in its place) or denied.")), []string{"agent", "outcome"}),
	}
	m.signIns = prometheus.NewCounterVec(prometheus.CounterOpts(opts("sign_ins_total", "What happened to people's sign-ins: signed_in, refused, ended or registered (a client), and why.")), []string{"event", "reason"})
	for _, outcome := range gate.ReloadOutcomes() {
		m.reloads.WithLabelValues(string(outcome)) // so that an alert sees the first one, too
	}
	for _, port := range []Port{AgentPort, AdminPort} {
		m.failed.WithLabelValues(string(port), strconv.Itoa(http.StatusUnauthorized))
	}
	m.webhooks = prometheus.NewCounterVec(prometheus.CounterOpts(opts("webhooks_total", "Webhooks that came from Dixa, or claim to, by what became of them: stored, duplicate, failed, or why they were refused.")), []string{"outcome"})
	build := prometheus.NewGauge(prometheus.GaugeOpts{
		Name: "dixa_mcp_build_info", Help: "Which program this is; always 1.",
		ConstLabels: prometheus.Labels{"version": version, "go": runtime.Version()},
	})
	build.Set(1)
	m.registry.MustRegister(m.calls, m.running, m.took, m.waited, m.upstream, m.requests, m.limited, m.reloads, m.failed, m.drafts, m.signIns, m.webhooks, build,
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return m
}

// Handler shows the metrics as Prometheus and OpenMetrics write them.
func (m *Metrics) Handler() http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{
		EnableOpenMetrics: true, MaxRequestsInFlight: 4, Timeout: 10 * time.Second, ErrorHandling: promhttp.ContinueOnError,
	})
}

// Call implements [gate.Observer].
func (m *Metrics) Call(ctx context.Context, c gate.CallInfo) (context.Context, func(gate.CallEnd)) {
	running := m.running.WithLabelValues(c.Agent)
	running.Inc()
	return ctx, func(end gate.CallEnd) {
		running.Dec()
		m.calls.WithLabelValues(c.Agent, c.Tool, end.Decision, end.Outcome).Inc()
		m.took.WithLabelValues(c.Tool).Observe(end.Took.Seconds())
	}
}

// Operation implements [gate.Observer].
func (m *Metrics) Operation(ctx context.Context, _ gate.CallInfo, op *dixaclient.Spec) (context.Context, func(gate.OperationEnd)) {
	return ctx, func(end gate.OperationEnd) {
		m.waited.Observe(end.Waited.Seconds())
		m.limited.Add(float64(end.Throttled))
		if end.Attempts > 0 {
			m.requests.WithLabelValues(op.Name).Add(float64(end.Attempts))
			m.upstream.WithLabelValues(op.Name, class(end.Status)).Observe(end.Upstream.Seconds())
		}
	}
}

// Reload implements [gate.ReloadObserver].
func (m *Metrics) Reload(outcome gate.ReloadOutcome) {
	m.reloads.WithLabelValues(string(outcome)).Inc()
}

// Draft implements [gate.DraftObserver].
func (m *Metrics) Draft(agent string, outcome tools.DraftOutcome) {
	m.drafts.WithLabelValues(agent, string(outcome)).Inc()
}

// SignIn counts an event of a sign-in. The reason is "" where there is none.
func (m *Metrics) SignIn(event, reason string) { m.signIns.WithLabelValues(event, reason).Inc() }

// Webhooks returns a function that counts webhooks by what became of them. Every outcome is shown from the start, so that an alert
// sees the first one, too.
func (m *Metrics) Webhooks(outcomes []string) func(outcome string) {
	for _, o := range outcomes {
		m.webhooks.WithLabelValues(o)
	}
	return func(outcome string) { m.webhooks.WithLabelValues(outcome).Inc() }
}

// Port is where a request that was not authenticated arrived.
type Port string

// The values of [Port].
const (
	AgentPort Port = "agents"
	AdminPort Port = "admin"
)

// AuthenticationFailed returns a function that counts a request at the port that was answered with a status instead of
// being authenticated.
func (m *Metrics) AuthenticationFailed(at Port) func(status int) {
	return func(status int) { m.failed.WithLabelValues(string(at), strconv.Itoa(status)).Inc() }
}

// class returns the class of a status, such as 2xx. 429 has one of its own: it is about this program's rate.
func class(status int) string {
	switch {
	case status == 0:
		return "none"
	case status == http.StatusTooManyRequests:
		return "429"
	}
	return strconv.Itoa(status/100) + "xx"
}
