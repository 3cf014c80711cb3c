package admin

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"sync"
	"time"

	"dixa-mcp/dixaclient"
	"dixa-mcp/internal/base/web"
	"dixa-mcp/internal/capability"
	"dixa-mcp/internal/gate"
)

const (
	probeEvery = 15 * time.Second // at least, however often health is asked for
	probeMost  = 5 * time.Second  // with its wait for Dixa's limit
)

// HealthConfig is what the health of a server depends on.
type HealthConfig struct {
	Client   *dixaclient.Client                                  // for the probe: GET /v1/organization, in a flow of its own; nil: there is no token
	Rules    func() *capability.Rules                            // those in force
	Sharing  func() (shared bool, replicas int, since time.Time) // nil: there is no Redis
	Draining func() bool                                         // the server was told to stop; nil: never
	Now      func() time.Time                                    // nil is time.Now
}

// Health reports whether the server is well. It probes Dixa only when it is asked, and learns of calls as a
// [gate.Observer], which makes most probes unnecessary.
type Health struct {
	HealthConfig

	probing chan struct{} // holds one value while Dixa is asked; whoever comes meanwhile waits for the same answer

	mu       sync.Mutex
	dixa     reached
	inForce  string // digest of the capability file
	loadedAt time.Time
	refused  time.Time // since when a changed file cannot be used; zero: there is none
}

// reached is what was last known of Dixa.
type reached struct {
	OK      bool      `json:"ok"`
	Error   string    `json:"error,omitzero"` // what kind, in a word or two
	Checked time.Time `json:"checked,omitzero"`
}

var (
	_ gate.Observer       = (*Health)(nil)
	_ gate.ReloadObserver = (*Health)(nil)
)

// NewHealth makes no request yet.
func NewHealth(c HealthConfig) *Health {
	if c.Now == nil {
		c.Now = time.Now
	}
	h := &Health{HealthConfig: c, probing: make(chan struct{}, 1)}
	h.Reloaded()
	return h
}

// Reloaded records that a capability file was put in force.
func (h *Health) Reloaded() {
	h.mu.Lock()
	defer h.mu.Unlock()
	if digest := h.Rules().Digest(); digest != h.inForce {
		h.inForce, h.loadedAt = digest, h.Now()
	}
}

// Reload implements [gate.ReloadObserver].
func (h *Health) Reload(outcome gate.ReloadOutcome) {
	h.mu.Lock()
	defer h.mu.Unlock()
	switch {
	case outcome != gate.ReloadRefused:
		h.refused = time.Time{}
	case h.refused.IsZero():
		h.refused = h.Now().UTC()
	}
}

// Call implements [gate.Observer].
func (*Health) Call(ctx context.Context, _ gate.CallInfo) (context.Context, func(gate.CallEnd)) {
	return ctx, func(gate.CallEnd) {}
}

// Operation implements [gate.Observer].
func (h *Health) Operation(ctx context.Context, _ gate.CallInfo, _ *dixaclient.Spec) (context.Context, func(gate.OperationEnd)) {
	return ctx, func(end gate.OperationEnd) {
		if end.Status == http.StatusTooManyRequests || end.Status != 0 && kindOf(end.Status) == "" {
			h.know("")
		}
	}
}

// know remembers what was found out about Dixa just now.
func (h *Health) know(problem string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.dixa = reached{problem == "", problem, h.Now().UTC()}
}

// Live says that the process serves.
func (h *Health) Live() http.Handler {
	return reading(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		_, _ = io.WriteString(w, "ok\n")
	})
}

// Readiness is the answer of /readyz. The digest of the capability file shows a change that not every replica has.
type Readiness struct {
	Ready        bool          `json:"ready"`
	Degraded     []string      `json:"degraded"` // what an operator should look at, while calls may come here
	Dixa         reached       `json:"dixa"`
	Capabilities inForce       `json:"capabilities"`
	ExpiringKeys []expiringKey `json:"expiring_keys,omitempty"`
	Redis        together      `json:"redis"`
	Draining     bool          `json:"draining"`
}

type inForce struct {
	Digest       string    `json:"digest"`
	Since        time.Time `json:"since"`
	RefusedSince time.Time `json:"refused_since,omitzero"` // since when a changed file cannot be used
}

// expiringKey is a key that expires within 14 days. Whose it is, is not for everybody who reaches the server.
type expiringKey struct {
	Key     string `json:"key"`
	Expires string `json:"expires"` // the day
}

// together is whether limits are shared: none where there is no Redis, alone where it is away. Alone is worse than shared,
// but no reason to send agents elsewhere: the other replicas are alone as well.
type together struct {
	State    string    `json:"state"`
	Replicas int       `json:"replicas,omitzero"`
	Since    time.Time `json:"since,omitzero"`
}

// Ready reports whether this server should receive calls: Dixa answered lately, a capability file is in force, and no
// shutdown was requested.
func (h *Health) Ready() http.Handler {
	return reading(func(w http.ResponseWriter, r *http.Request) {
		a := h.Report(r.Context())
		status := http.StatusOK
		if !a.Ready {
			status = http.StatusServiceUnavailable
		}
		web.WriteJSON(w, status, a)
	})
}

// Report says how the server is. It asks Dixa if nothing is known that is new enough.
func (h *Health) Report(ctx context.Context) Readiness {
	a := Readiness{Redis: together{State: "none"}, Draining: h.Draining != nil && h.Draining()}
	if !a.Draining {
		h.probe(ctx)
	}
	if h.Sharing != nil {
		shared, replicas, since := h.Sharing()
		a.Redis = together{"alone", replicas, since.UTC()}
		if shared {
			a.Redis.State = "shared"
		}
	}
	h.mu.Lock()
	a.Dixa, a.Capabilities = h.dixa, inForce{h.inForce, h.loadedAt.UTC(), h.refused}
	h.mu.Unlock()
	for _, k := range h.Rules().ExpiringKeys(h.Now()) {
		a.ExpiringKeys = append(a.ExpiringKeys, expiringKey{k.ID, k.Expires.Format(time.DateOnly)})
	}
	a.Degraded = a.degraded()
	a.Ready = a.Dixa.OK && a.Capabilities.Digest != "" && !a.Draining
	return a
}

// degraded lists problems that need attention, but are no reason to send calls to another server.
func (a *Readiness) degraded() []string {
	all := []string{}
	if !a.Capabilities.RefusedSince.IsZero() {
		all = append(all, "the changed capability file cannot be used; the one in force is "+a.Capabilities.Digest)
	}
	if n := len(a.ExpiringKeys); n > 0 {
		all = append(all, fmt.Sprintf("keys that expire within 14 days: %d", n))
	}
	if a.Redis.State == "alone" {
		all = append(all, "Redis is away; this replica keeps to its share of the limit")
	}
	return all
}

// reading answers GET and HEAD, and nothing else.
func reading(next http.HandlerFunc) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cache-Control", "no-store")
		if r.Method != http.MethodGet && r.Method != http.MethodHead {
			w.Header().Set("Allow", "GET, HEAD")
			web.Refuse(w, http.StatusMethodNotAllowed, "only GET is for this")
			return
		}
		next(w, r)
	})
}

// probe asks Dixa, unless something is known that is new enough. It goes on when whoever asks has gone: others wait for it.
func (h *Health) probe(ctx context.Context) {
	select {
	case h.probing <- struct{}{}:
		defer func() { <-h.probing }()
	case <-ctx.Done():
		return
	}
	h.mu.Lock()
	last := h.dixa.Checked
	if h.Client == nil {
		h.dixa = reached{Error: "this process has no token of Dixa", Checked: h.Now().UTC()}
		last = h.dixa.Checked
	}
	h.mu.Unlock()
	if !last.IsZero() && h.Now().Sub(last) < probeEvery {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), probeMost)
	defer cancel()
	_, err := dixaclient.GetOrganization.Do(dixaclient.WithFlow(ctx, "_health"), h.Client, dixaclient.NoArguments{})
	if errors.As(err, new(*dixaclient.BusyError)) && !last.IsZero() {
		return // the limit is used up by agents, which says nothing new about Dixa
	}
	h.know(problem(err))
}

// problem says in a word or two why Dixa cannot be used, "" where it can.
func problem(err error) string {
	var e *dixaclient.Error
	switch {
	case err == nil:
		return ""
	case errors.As(err, new(*dixaclient.BusyError)):
		return "no permit under the rate limit"
	case errors.Is(err, context.DeadlineExceeded), errors.As(err, &e) && e.Status == 0:
		return "no answer"
	case e != nil && kindOf(e.Status) != "":
		return kindOf(e.Status)
	case e != nil && e.Status == http.StatusTooManyRequests:
		return "" // it is there
	}
	return "not an answer of Dixa's"
}

// kindOf says what a status means for all calls, "" where it is about one.
func kindOf(status int) string {
	switch {
	case status == http.StatusUnauthorized || status == http.StatusForbidden:
		return "the token is refused"
	case status >= 500:
		return "Dixa is broken"
	case status >= 300 && status < 400:
		return "a redirect"
	}
	return ""
}
