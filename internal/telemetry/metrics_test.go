package telemetry

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"dixa-mcp/dixaclient"
	"dixa-mcp/internal/approval"
	"dixa-mcp/internal/approval/approvaltest"
	"dixa-mcp/internal/audit"
	"dixa-mcp/internal/capability"
	"dixa-mcp/internal/gate"
	"dixa-mcp/internal/offline"
	"dixa-mcp/internal/test/double"
	"dixa-mcp/tools"
)

const file = `version: 1
agents:
  reader: {access: {conversations: read}, budget: {requests_per_day: 100, writes_per_hour: 7}}
  support: {access: {conversations: write}, budget: {writes_per_hour: 5, sends_per_day: 3}}
`

// nowhere keeps no records.
type nowhere struct{}

func (nowhere) Write(context.Context, audit.Record) error { return nil }

// newGate is a gate before an offline Dixa.
func newGate(t *testing.T, o gate.Observer, dixa offline.Options) *gate.Gate {
	hc, stop := offline.New(dixa).Client()
	t.Cleanup(stop)
	quiet := double.Transport(func(r *http.Request) (*http.Response, error) {
		for name := range r.Header {
			require.Contains(t, []string{"Accept", "Authorization", "Content-Type", "User-Agent"}, name, "Dixa is told nothing of traces")
		}
		return hc.Transport.RoundTrip(r)
	})
	client, err := dixaclient.New(dixaclient.Config{Token: dixaclient.StaticToken("secret-token"), URL: offline.URL, ExportsURL: offline.URL, Transport: quiet, Rate: 1e6, Burst: 1e6})
	require.NoError(t, err)
	rules, err := capability.Parse("capabilities.yaml", []byte(file))
	require.NoError(t, err)
	return gate.New(gate.Config{Rules: rules, Client: client, Audit: nowhere{}, Observer: o})
}

func call(t *testing.T, g *gate.Gate, agent, tool, arguments string) {
	g.Call(t.Context(), gate.Request{Agent: agent, Key: "k1", Tool: tool, Arguments: []byte(arguments)})
}

// scrape gives the lines of some metrics, without those that tell how long something took.
func scrape(t *testing.T, m *Metrics, prefixes ...string) []string {
	w := httptest.NewRecorder()
	m.Handler().ServeHTTP(w, httptest.NewRequest("GET", "/metrics", nil))
	require.Equal(t, http.StatusOK, w.Code)
	var lines []string
	for line := range strings.Lines(w.Body.String()) {
		for _, p := range prefixes {
			if strings.HasPrefix(line, "dixa_mcp_"+p) && !strings.Contains(line, "_bucket{") && !strings.Contains(line, "_sum") {
				lines = append(lines, strings.TrimPrefix(strings.TrimSpace(line), "dixa_mcp_"))
			}
		}
	}
	return lines
}

func TestMetricsOfCalls(t *testing.T) {
	m := NewMetrics("1.2.3")
	g := newGate(t, m, offline.Options{})
	call(t, g, "reader", "get_conversation", `{"conversationId":1234}`)
	call(t, g, "reader", "get_conversation", `{"conversationId":1235}`)
	call(t, g, "reader", "get_conversation", `{"conversationId":99999999}`)
	call(t, g, "reader", "close_conversation", `{"conversationId":1234}`)
	call(t, g, "support", "close_conversation", `{"conversationId":1234}`)
	for _, made := range []string{"up", "by_a_client", "without \"end\"\n"} {
		call(t, g, "reader", made, `{}`)
		call(t, g, made, "get_conversation", `{}`)
	}
	require.Equal(t, []string{
		`calls_total{agent="",decision="refused",outcome="refused",tool="get_conversation"} 3`,
		`calls_total{agent="reader",decision="allowed",outcome="done",tool="get_conversation"} 2`,
		`calls_total{agent="reader",decision="allowed",outcome="failed",tool="get_conversation"} 1`,
		`calls_total{agent="reader",decision="refused",outcome="refused",tool=""} 3`,
		`calls_total{agent="reader",decision="refused",outcome="refused",tool="close_conversation"} 1`,
		`calls_total{agent="support",decision="allowed",outcome="done",tool="close_conversation"} 1`,
	}, scrape(t, m, "calls_total"))
	require.Equal(t, []string{
		`call_duration_seconds_count{tool=""} 3`,
		`call_duration_seconds_count{tool="close_conversation"} 2`,
		`call_duration_seconds_count{tool="get_conversation"} 6`,
		`calls_in_flight{agent=""} 0`, `calls_in_flight{agent="reader"} 0`, `calls_in_flight{agent="support"} 0`,
		`dixa_duration_seconds_count{operation="close_conversation",status="2xx"} 1`,
		`dixa_duration_seconds_count{operation="get_conversation",status="2xx"} 3`,
		`dixa_duration_seconds_count{operation="get_conversation",status="4xx"} 1`,
		`dixa_requests_total{operation="close_conversation"} 1`,
		`dixa_requests_total{operation="get_conversation"} 4`,
		`dixa_throttled_total 0`,
		`limit_wait_seconds_count 5`,
	}, scrape(t, m, "call_duration", "calls_in_flight", "dixa_", "limit_wait"))
	require.Contains(t, scrape(t, m, "build_info")[0], `version="1.2.3"} 1`)
	require.NotContains(t, strings.Join(scrape(t, m, ""), "\n"), "1234")
}

func TestMetricsInFlight(t *testing.T) {
	m := NewMetrics("")
	_, ended := m.Call(t.Context(), gate.CallInfo{Agent: "reader", Tool: "get_tag"})
	require.Equal(t, []string{`calls_in_flight{agent="reader"} 1`}, scrape(t, m, "calls_in_flight"))
	ended(gate.CallEnd{Took: time.Second})
	require.Equal(t, []string{`calls_in_flight{agent="reader"} 0`}, scrape(t, m, "calls_in_flight"))
}

func TestMetricsOfTrouble(t *testing.T) {
	m := NewMetrics("")
	for _, end := range []gate.OperationEnd{
		{Status: 200, Attempts: 3, Throttled: 2, Waited: time.Second, Upstream: time.Second},
		{Status: 429, Attempts: 3, Throttled: 3},
		{Status: 503, Attempts: 1},
		{Attempts: 2},
		{Error: "no slot before the deadline"},
	} {
		_, ended := m.Operation(t.Context(), gate.CallInfo{}, dixaclient.GetTag.Spec)
		ended(end)
	}
	require.Equal(t, []string{
		`dixa_duration_seconds_count{operation="get_tag",status="2xx"} 1`,
		`dixa_duration_seconds_count{operation="get_tag",status="429"} 1`,
		`dixa_duration_seconds_count{operation="get_tag",status="5xx"} 1`,
		`dixa_duration_seconds_count{operation="get_tag",status="none"} 1`,
		`dixa_requests_total{operation="get_tag"} 9`,
		`dixa_throttled_total 5`,
		`limit_wait_seconds_count 5`,
	}, scrape(t, m, "dixa_", "limit_wait"))
}

func TestMetricsOfSources(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := &counted{Store: approval.NewDir(filepath.Join(t.TempDir(), "approvals"), time.Now)}
		m := NewMetrics("")
		g := newGate(t, m, offline.Options{})
		shared := true
		m.Watch(Sources{
			Gate: g, Approvals: store, Waiting: func() int { return 4 }, Streams: func() int { return 5 }, Sessions: func() int { return 6 },
			Sharing: func() (bool, int) { return shared, 3 },
		})
		call(t, g, "reader", "get_conversation", `{"conversationId":1234}`)
		want := []string{
			`approvals_waiting{agent="reader"} 0`, `approvals_waiting{agent="support"} 0`,
			`budget_left{agent="reader",budget="requests_per_day"} 99`, `budget_left{agent="reader",budget="writes_per_hour"} 7`,
			`budget_left{agent="support",budget="sends_per_day"} 3`, `budget_left{agent="support",budget="writes_per_hour"} 5`,
			`limit_waiting 4`, `replicas 3`, `sessions_open 6`, `shared 1`, `streams_open 5`,
		}
		sources := []string{"approvals", "budget", "limit_waiting", "shared", "replicas", "streams", "sessions"}
		require.Equal(t, want, scrape(t, m, sources...))

		_, err := store.Park(t.Context(), approvaltest.Request(t, 1234))
		require.NoError(t, err)
		call(t, g, "support", "close_conversation", `{"conversationId":1234}`)
		shared = false
		want[9] = `shared 0`
		require.Equal(t, want, scrape(t, m, sources...), "stores are not asked at once again")
		require.Equal(t, 1, store.lists)
		time.Sleep(lookFor)
		want[1], want[5] = `approvals_waiting{agent="support"} 1`, `budget_left{agent="support",budget="writes_per_hour"} 4`
		require.Equal(t, want, scrape(t, m, sources...))

		store.broken = errors.New("the store is away")
		time.Sleep(lookFor)
		require.Equal(t, want[2:6], scrape(t, m, "approvals", "budget"), "no number is better than a wrong one")
	})
}

// counted counts how often a store is asked for its list.
type counted struct {
	approval.Store
	lists  int
	broken error
}

func (c *counted) List(ctx context.Context, states ...approval.State) ([]approval.Request, error) {
	c.lists++
	if c.broken != nil {
		return nil, c.broken
	}
	return c.Store.List(ctx, states...)
}

func TestMetricsWithoutSources(t *testing.T) {
	m := NewMetrics("")
	m.Watch(Sources{})
	require.Empty(t, scrape(t, m, "approvals", "budget", "limit_waiting", "shared", "replicas", "streams", "sessions"))
}

func TestLog(t *testing.T) {
	var out strings.Builder
	l := Log{slog.New(slog.NewTextHandler(&out, &slog.HandlerOptions{ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
		if a.Key == slog.TimeKey || a.Key == "ms" || a.Key == "call" {
			return slog.Attr{}
		}
		return a
	}}))}
	g := newGate(t, l, offline.Options{})
	call(t, g, "support", "close_conversation", `{"conversationId":1234}`)
	call(t, g, "reader", "a customer's words", `{"text":"a customer's words"}`)
	require.Equal(t, `level=INFO msg=call agent=support key=k1 tool=close_conversation decision=allowed outcome=done
level=INFO msg=call agent=reader key=k1 tool="" decision=refused outcome=refused
`, out.String())
}

// The first failure of each kind is a step from 0, which alerts see.
func TestMetricsOfReloads(t *testing.T) {
	m := NewMetrics("")
	g := newGate(t, m, offline.Options{})
	count := func(inForce, held, refused, unchanged int) {
		t.Helper()
		require.Equal(t, []string{
			fmt.Sprintf(`capability_reloads_total{outcome="held"} %d`, held),
			fmt.Sprintf(`capability_reloads_total{outcome="in_force"} %d`, inForce),
			fmt.Sprintf(`capability_reloads_total{outcome="refused"} %d`, refused),
			fmt.Sprintf(`capability_reloads_total{outcome="unchanged"} %d`, unchanged),
		}, scrape(t, m, "capability_reloads"))
	}
	count(0, 0, 0, 0)
	g.NotReloaded(t.Context(), errors.New("line 3: there is no tool"))
	count(0, 0, 1, 0)
	g.Waits()
	g.Hold(t.Context(), g.Rules(), g.Rules())
	g.Reload(t.Context(), g.Rules())
	g.Unchanged()
	count(1, 2, 1, 1)
}

func TestMetricsOfDrafts(t *testing.T) {
	m := NewMetrics("")
	for _, outcome := range []tools.DraftOutcome{tools.DraftWritten, tools.DraftSent, tools.DraftEdited, tools.DraftDenied, tools.DraftSent} {
		m.Draft("reader", outcome)
	}
	require.Equal(t, []string{
		`drafts_total{agent="reader",outcome="denied"} 1`,
		`drafts_total{agent="reader",outcome="edited"} 1`,
		`drafts_total{agent="reader",outcome="sent"} 2`,
		`drafts_total{agent="reader",outcome="written"} 1`,
	}, scrape(t, m, "drafts"))
}

func TestMetricsOfAuthentication(t *testing.T) {
	m := NewMetrics("")
	m.AuthenticationFailed(AgentPort)(http.StatusServiceUnavailable)
	m.AuthenticationFailed(AgentPort)(http.StatusUnauthorized)
	require.Equal(t, []string{
		`authentication_failures_total{port="admin",status="401"} 0`,
		`authentication_failures_total{port="agents",status="401"} 1`,
		`authentication_failures_total{port="agents",status="503"} 1`,
	}, scrape(t, m, "authentication_failures"))
}

// The metrics of keys are those of the file in force, and say when each expires.
func TestMetricsOfKeys(t *testing.T) {
	m := NewMetrics("")
	g := newGate(t, m, offline.Options{})
	m.Watch(Sources{Gate: g})
	require.Empty(t, scrape(t, m, "key_expires"))
	sum := func(digit string) string { return strings.Repeat(digit, 64) }
	keyed, err := capability.Parse("f", fmt.Appendf(nil, `version: 1
agents:
  one: {access: {tags: read}, keys: [{id: first, sha256: %q, expires: 2027-02-01}, {id: past, sha256: %q, expires: 2020-01-01}, {id: never, sha256: %q}]}
  two: {access: {tags: read}, keys: [{id: other, sha256: %q, expires: 2027-02-02}]}
`, sum("1"), sum("2"), sum("3"), sum("4")))
	require.NoError(t, err)
	g.Reload(t.Context(), keyed)
	at := func(day string) string {
		when, err := time.Parse(time.DateOnly, day)
		require.NoError(t, err)
		return strconv.FormatFloat(float64(when.Unix()), 'g', -1, 64)
	}
	require.Equal(t, []string{
		`key_expires_timestamp_seconds{agent="one",key="first"} ` + at("2027-02-01"),
		`key_expires_timestamp_seconds{agent="one",key="past"} ` + at("2020-01-01"),
		`key_expires_timestamp_seconds{agent="two",key="other"} ` + at("2027-02-02"),
	}, scrape(t, m, "key_expires"))
}

// Calls of a frozen agent are counted as refused, also those that the freeze stopped on their way.
func TestMetricsOfFrozenCalls(t *testing.T) {
	m := NewMetrics("")
	frozen := false
	freezing := double.Transport(func(*http.Request) (*http.Response, error) { return nil, errors.New("nothing is sent") })
	client, err := dixaclient.New(dixaclient.Config{Token: dixaclient.StaticToken("secret-token"), Transport: freezing, Rate: 1e6, Burst: 1e6})
	require.NoError(t, err)
	rules, err := capability.Parse("capabilities.yaml", []byte(file))
	require.NoError(t, err)
	asked := 0
	g := gate.New(gate.Config{Rules: rules, Client: client, Audit: nowhere{}, Observer: m, Frozen: func(string) (string, bool) {
		asked++
		return "an incident", frozen || asked > 1 // the first call is frozen after it was admitted
	}})
	call(t, g, "reader", "get_conversation", `{"conversationId":1234}`)
	frozen = true
	call(t, g, "reader", "get_conversation", `{"conversationId":1234}`)
	require.Equal(t, []string{`calls_total{agent="reader",decision="refused",outcome="refused",tool="get_conversation"} 2`}, scrape(t, m, "calls_total"))
}
