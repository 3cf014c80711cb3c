package telemetry

import (
	"context"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"dixa-mcp/internal/approval"
	"dixa-mcp/internal/gate"
)

const (
	// lookFor is how long what was looked up elsewhere is good for: whoever scrapes often must not keep the stores busy.
	lookFor = 5 * time.Second
	// lookMost bounds a look at a store that may be away.
	lookMost = 3 * time.Second
)

// Sources are read when the metrics are requested. Those that are nil are left out.
type Sources struct {
	Gate      *gate.Gate                         // for what is left of budgets, and when keys expire
	Waiting   func() int                         // calls that wait for Dixa's rate limit
	Approvals approval.Store                     // for calls that wait for approval
	Sharing   func() (shared bool, replicas int) // whether replicas share limits now, and how many there are
	Streams   func() int                         // open streams
	Sessions  func() int                         // sessions of older clients in which something is going on
	now       func() time.Time                   // for tests
}

// Watch adds what these sources say. It is called once.
func (m *Metrics) Watch(s Sources) {
	if s.now == nil {
		s.now = time.Now
	}
	gauge := func(name, help string, value func() float64) {
		m.registry.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "dixa_mcp_" + name, Help: help}, value))
	}
	count := func(name, help string, value func() int) {
		if value != nil {
			gauge(name, help, func() float64 { return float64(value()) })
		}
	}
	count("limit_waiting", "Calls that wait for Dixa's rate limit.", s.Waiting)
	count("streams_open", "Open streams.", s.Streams)
	count("sessions_open", "Sessions of older clients in which a call runs or a stream is open.", s.Sessions)
	if s.Sharing != nil {
		gauge("shared", "1 while limits, budgets and approvals are shared with the other replicas, 0 while this one keeps to its share.", func() float64 {
			if shared, _ := s.Sharing(); shared {
				return 1
			}
			return 0
		})
		count("replicas", "Replicas that share Dixa's limit, as last seen.", func() int { _, n := s.Sharing(); return n })
	}
	if s.Gate != nil {
		m.registry.MustRegister(keys{s.Gate, prometheus.NewDesc("dixa_mcp_key_expires_timestamp_seconds", "When a key expires or expired, in seconds since 1970. Keys that never expire are not here.", []string{"agent", "key"}, nil)})
	}
	if s.Approvals != nil || s.Gate != nil {
		m.registry.MustRegister(newStores(s))
	}
}

// keys collects when the keys of the capability file in force expire.
type keys struct {
	gate    *gate.Gate
	expires *prometheus.Desc
}

// Describe implements [prometheus.Collector].
func (k keys) Describe(out chan<- *prometheus.Desc) { out <- k.expires }

// Collect implements [prometheus.Collector].
func (k keys) Collect(out chan<- prometheus.Metric) {
	for _, key := range k.gate.Rules().Keys() {
		if !key.Expires.IsZero() {
			out <- prometheus.MustNewConstMetric(k.expires, prometheus.GaugeValue, float64(key.Expires.Unix()), key.Agent, key.ID)
		}
	}
}

// stores collects what has to be looked up elsewhere. What cannot be looked up is left out: a wrong number would be
// believed.
type stores struct {
	Sources
	waiting, left *prometheus.Desc

	mu   sync.Mutex
	seen []prometheus.Metric
	last time.Time
}

func newStores(s Sources) *stores {
	return &stores{
		Sources: s,
		waiting: prometheus.NewDesc("dixa_mcp_approvals_waiting", "Calls that wait for approval.", []string{"agent"}, nil),
		left:    prometheus.NewDesc("dixa_mcp_budget_left", "Rest of a line of an agent's budget in the current UTC hour or day.", []string{"agent", "budget"}, nil),
	}
}

// Describe implements [prometheus.Collector].
func (s *stores) Describe(out chan<- *prometheus.Desc) {
	out <- s.waiting
	out <- s.left
}

// Collect implements [prometheus.Collector].
func (s *stores) Collect(out chan<- prometheus.Metric) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if now := s.now(); s.last.IsZero() || now.Sub(s.last) >= lookFor {
		ctx, cancel := context.WithTimeout(context.Background(), lookMost)
		s.seen = append(s.approvals(ctx), s.budgets(ctx)...)
		cancel()
		s.last = now
	}
	for _, m := range s.seen {
		out <- m
	}
}

func (s *stores) approvals(ctx context.Context) []prometheus.Metric {
	if s.Approvals == nil {
		return nil
	}
	list, err := s.Approvals.List(ctx, approval.Pending)
	if err != nil && len(list) == 0 {
		return nil
	}
	waiting := map[string]int{}
	if s.Gate != nil {
		for _, agent := range s.Gate.Rules().Agents() {
			waiting[agent.Name] = 0
		}
	}
	for _, r := range list {
		if r.Draft == "" { // no agent waits for a draft
			waiting[r.Agent]++
		}
	}
	var all []prometheus.Metric
	for agent, n := range waiting {
		all = append(all, prometheus.MustNewConstMetric(s.waiting, prometheus.GaugeValue, float64(n), agent))
	}
	return all
}

func (s *stores) budgets(ctx context.Context) []prometheus.Metric {
	if s.Gate == nil {
		return nil
	}
	var all []prometheus.Metric
	for _, agent := range s.Gate.Rules().Agents() {
		counts, err := s.Gate.BudgetLeft(ctx, agent)
		if err != nil {
			return all
		}
		for _, c := range counts {
			all = append(all, prometheus.MustNewConstMetric(s.left, prometheus.GaugeValue, float64(c.Left), agent.Name, line(c.Allowance)))
		}
	}
	return all
}

// line names a line of a budget as the capability file does.
func line(l gate.Allowance) string {
	if l.Period > time.Hour {
		return l.What + "_per_day"
	}
	return l.What + "_per_hour"
}
