package admin

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"dixa-mcp/dixaclient"
	"dixa-mcp/internal/capability"
	"dixa-mcp/internal/gate"
)

// clinic is a server whose health is asked for, and a Dixa that does as it is told.
type clinic struct {
	*testing.T
	*Health
	rules *capability.Rules
	asked int
	dixa  func(*http.Request) (*http.Response, error)
}

func (c *clinic) RoundTrip(r *http.Request) (*http.Response, error) {
	c.asked++
	return c.dixa(r)
}

// says makes Dixa answer with a status.
func says(status int) func(*http.Request) (*http.Response, error) {
	return func(*http.Request) (*http.Response, error) {
		w := httptest.NewRecorder()
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		_, err := w.WriteString(`{"data":{"id":"1","name":"Acme","subdomain":"acme","status":"Active"}}`)
		return w.Result(), err
	}
}

func newClinic(t *testing.T, change ...func(*HealthConfig)) *clinic {
	c := &clinic{T: t, dixa: says(200)}
	client, err := dixaclient.New(dixaclient.Config{Token: dixaclient.StaticToken("secret-token"), Transport: c})
	require.NoError(t, err)
	c.govern(file)
	config := HealthConfig{Client: client, Rules: func() *capability.Rules { return c.rules }}
	for _, f := range change {
		f(&config)
	}
	c.Health = NewHealth(config)
	return c
}

func (c *clinic) govern(file string) {
	rules, err := capability.Parse("capabilities.yaml", []byte(file))
	require.NoError(c, err)
	c.rules = rules
}

// ready gives the status of /readyz and what it says.
func (c *clinic) ready() (int, Readiness) {
	w := httptest.NewRecorder()
	c.Ready().ServeHTTP(w, httptest.NewRequest("GET", "/readyz", nil))
	var r Readiness
	require.NoError(c, json.Unmarshal(w.Body.Bytes(), &r))
	require.Equal(c, r.Ready, w.Code == http.StatusOK)
	require.NotContains(c, w.Body.String(), "secret")
	require.NotContains(c, w.Body.String(), "Acme")
	return w.Code, r
}

func TestLive(t *testing.T) {
	c := newClinic(t)
	for method, want := range map[string]int{"GET": 200, "HEAD": 200, "POST": 405} {
		w := httptest.NewRecorder()
		c.Live().ServeHTTP(w, httptest.NewRequest(method, "/healthz", nil))
		require.Equal(t, want, w.Code)
	}
	require.Zero(t, c.asked)
}

func TestReady(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newClinic(t)
		start := time.Now()
		require.Zero(t, c.asked, "nobody is asked before somebody wants to know")
		status, r := c.ready()
		require.Equal(t, http.StatusOK, status)
		require.Equal(t, Readiness{Ready: true, Degraded: []string{}, Dixa: reached{OK: true, Checked: start.UTC()}, Capabilities: inForce{Digest: c.rules.Digest(), Since: start.UTC()}, Redis: together{State: "none"}}, r)
		for range 20 {
			c.ready()
		}
		require.Equal(t, 1, c.asked)

		time.Sleep(probeEvery)
		c.dixa = says(401)
		status, r = c.ready()
		require.Equal(t, http.StatusServiceUnavailable, status)
		require.Equal(t, "the token is refused", r.Dixa.Error)
		require.Equal(t, 2, c.asked)

		c.govern(file + "  reader: {access: {conversations: read}}\n")
		c.Reloaded()
		_, r = c.ready()
		require.Equal(t, inForce{Digest: c.rules.Digest(), Since: time.Now().UTC()}, r.Capabilities)
		since := r.Capabilities.Since
		time.Sleep(time.Second)
		c.Reloaded()
		_, r = c.ready()
		require.Equal(t, since, r.Capabilities.Since, "the same file again")
	})
}

// Keys that expire soon, and a changed file that cannot be used, are told; calls may come nevertheless.
func TestReadyDegraded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newClinic(t)
		degraded := func(want ...string) Readiness {
			t.Helper()
			status, r := c.ready()
			require.Equal(t, http.StatusOK, status)
			require.Equal(t, append([]string{}, want...), r.Degraded)
			return r
		}
		degraded()
		var o gate.ReloadObserver = c.Health
		first := time.Now().UTC()
		o.Reload(gate.ReloadRefused)
		time.Sleep(time.Second)
		o.Reload(gate.ReloadRefused)
		refused := "the changed capability file cannot be used; the one in force is " + c.rules.Digest()
		require.Equal(t, first, degraded(refused).Capabilities.RefusedSince)
		for _, outcome := range gate.ReloadOutcomes() {
			o.Reload(gate.ReloadRefused)
			o.Reload(outcome)
			if outcome == gate.ReloadRefused {
				degraded(refused)
			} else {
				require.Zero(t, degraded().Capabilities.RefusedSince)
			}
		}

		day := func(days int) string { return time.Now().UTC().AddDate(0, 0, days).Format(time.DateOnly) }
		sum := func(digit string) string { return strings.Repeat(digit, 64) }
		c.govern(file + fmt.Sprintf("  keyed: {access: {conversations: read}, keys: [{id: soon, sha256: %q, expires: %s}, {id: later, sha256: %q, expires: %s}, {id: past, sha256: %q, expires: %s}, {id: never, sha256: %q}]}\n",
			sum("1"), day(14), sum("2"), day(15), sum("3"), day(0), sum("4")))
		c.Reloaded()
		o.Reload(gate.ReloadRefused)
		r := degraded("the changed capability file cannot be used; the one in force is "+c.rules.Digest(), "keys that expire within 14 days: 1")
		require.Equal(t, []expiringKey{{"soon", day(14)}}, r.ExpiringKeys)
		time.Sleep(24 * time.Hour)
		c.Reload(gate.ReloadUnchanged)
		require.Len(t, degraded("keys that expire within 14 days: 2").ExpiringKeys, 2)
	})
}

// What several observers are told of reloads reaches the health among them.
func TestReadyHearsOfReloads(t *testing.T) {
	c := newClinic(t)
	g := gate.New(gate.Config{Rules: c.rules, Client: c.Client, Audit: &office{}, Observer: gate.Observers(gate.Observers(c.Health), nil, gate.Observers(c.Health, c.Health))})
	g.NotReloaded(t.Context(), errors.New("line 3: there is no tool"))
	_, r := c.ready()
	require.Len(t, r.Degraded, 1)
	g.Reload(t.Context(), c.rules)
	_, r = c.ready()
	require.Empty(t, r.Degraded)
}

func TestReadyByWhatDixaDoes(t *testing.T) {
	for name, c := range map[string]struct {
		dixa func(*http.Request) (*http.Response, error)
		want string
	}{
		"well":      {says(200), ""},
		"busy":      {says(429), ""},
		"odd":       {says(404), "not an answer of Dixa's"},
		"no token":  {says(403), "the token is refused"},
		"broken":    {says(503), "Dixa is broken"},
		"elsewhere": {says(302), "a redirect"},
		"away":      {func(*http.Request) (*http.Response, error) { return nil, errors.New("no such host") }, "no answer"},
		"silent":    {func(r *http.Request) (*http.Response, error) { <-r.Context().Done(); return nil, r.Context().Err() }, "no answer"},
		"another page": {func(*http.Request) (*http.Response, error) {
			w := httptest.NewRecorder()
			_, err := w.WriteString("<html>")
			return w.Result(), err
		}, "not an answer of Dixa's"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				k := newClinic(t)
				k.dixa = c.dixa
				start := time.Now()
				status, r := k.ready()
				require.Equal(t, c.want, r.Dixa.Error)
				require.Equal(t, c.want == "", status == http.StatusOK)
				require.LessOrEqual(t, time.Since(start), probeMost)
			})
		})
	}
}

// A hundred who ask at once are one question, also when the first of them goes away.
func TestReadyAsksOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newClinic(t)
		c.dixa = func(r *http.Request) (*http.Response, error) { time.Sleep(2 * time.Second); return says(200)(r) }
		var all sync.WaitGroup
		for range 100 {
			all.Go(func() {
				if status, _ := c.ready(); status != http.StatusOK {
					t.Error(status)
				}
			})
		}
		all.Wait()
		require.Equal(t, 1, c.asked)
	})
}

// What Dixa answers to agents spares the question, unless it says that the token is no good.
func TestReadyHearsOfCalls(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newClinic(t)
		hear := func(status int) {
			_, ended := c.Operation(t.Context(), gate.CallInfo{}, dixaclient.GetTag.Spec)
			ended(gate.OperationEnd{Status: status})
		}
		for _, status := range []int{200, 404, 429} {
			time.Sleep(probeEvery)
			hear(status)
			got, _ := c.ready()
			require.Equal(t, http.StatusOK, got, status)
			require.Zero(t, c.asked, status)
		}
		for i, status := range []int{0, 401, 503} {
			time.Sleep(probeEvery)
			hear(status)
			c.ready()
			require.Equal(t, i+1, c.asked, status)
		}
	})
}

// A limit that agents use up says nothing about Dixa.
func TestReadyUnderLoad(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newClinic(t)
		busy := &dixaclient.BusyError{}
		c.Client = c.Client.With(func(ctx context.Context, call *dixaclient.Call, next func(context.Context) error) error {
			if c.asked > 0 {
				return busy
			}
			return next(ctx)
		})
		c.ready()
		time.Sleep(probeEvery)
		status, _ := c.ready()
		require.Equal(t, http.StatusOK, status)
		c = newClinic(t)
		c.Client = c.Client.With(func(context.Context, *dixaclient.Call, func(context.Context) error) error { return busy })
		status, r := c.ready()
		require.Equal(t, http.StatusServiceUnavailable, status)
		require.Equal(t, "no permit under the rate limit", r.Dixa.Error)
	})
}

func TestReadyWithOthers(t *testing.T) {
	shared, draining, since := true, false, time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)
	c := newClinic(t, func(h *HealthConfig) {
		h.Sharing = func() (bool, int, time.Time) { return shared, 3, since }
		h.Draining = func() bool { return draining }
	})
	_, r := c.ready()
	require.Equal(t, together{"shared", 3, since}, r.Redis)
	shared = false
	status, r := c.ready()
	require.Equal(t, http.StatusOK, status, "alone is not unwell")
	require.Equal(t, together{"alone", 3, since}, r.Redis)
	draining = true
	status, r = c.ready()
	require.Equal(t, http.StatusServiceUnavailable, status)
	require.True(t, r.Draining)
	require.True(t, r.Dixa.OK)
}
