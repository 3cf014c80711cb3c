package replicas

import (
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"dixa-mcp/dixaclient"
	"dixa-mcp/internal/audit"
	"dixa-mcp/internal/capability"
	"dixa-mcp/internal/gate"
	"dixa-mcp/internal/offline"
	"dixa-mcp/internal/replicas/redistest"
)

// server is one of several before the same Dixa.
type server struct {
	*Group
	gate *gate.Gate
}

type nowhere struct{}

func (nowhere) Write(context.Context, audit.Record) error { return nil }

// servers makes some as the program does.
func servers(t *testing.T, dixa *offline.Dixa, file string, rate float64, urls ...string) []server {
	t.Helper()
	hc, stop := dixa.Client()
	t.Cleanup(stop)
	rules, err := capability.Parse("capabilities.yaml", []byte(file))
	require.NoError(t, err)
	var all []server
	for _, g := range joinAll(t, urls...) {
		client, err := dixaclient.New(dixaclient.Config{
			Token: dixaclient.StaticToken("token"), URL: offline.URL, ExportsURL: offline.URL, Transport: hc.Transport, Rate: rate, Buckets: g.Bucket,
		})
		require.NoError(t, err)
		t.Cleanup(client.Close)
		all = append(all, server{g, gate.New(gate.Config{
			Rules: rules, Client: client, Audit: nowhere{}, Log: slog.New(slog.DiscardHandler),
			Budgets: g.Budgets(), Once: g.Once(), Secret: g.Secret(), Frozen: g.Freezes().Frozen, Approvals: g.Approvals(),
		})})
	}
	return all
}

const hosted = `version: 1
agents:
  reads: {access: {"*": read}}
  asks: {acts_as: c2a1d9e8-7b6a-4d5c-8e9f-001122334455, access: {"*": write}, confirm: {write: client}, budget: {writes_per_day: 2}}
`

// Three servers, each as fast as it can, use Dixa's limit and are never told that they went over it: not while they share,
// not while Redis is killed under them, not when it is back and knows nothing.
func TestNo429(t *testing.T) {
	const rate = 10
	s := redistest.Start(t)
	dixa := offline.New(offline.Options{Rate: rate, Burst: 4})
	all := servers(t, dixa, hosted, rate, same(s.URL(), 3)...)
	for range 2 { // its data is made when it is first read, and requests wait for that
		require.False(t, all[0].gate.Call(t.Context(), gate.Request{Agent: "reads", Tool: "get_organization"}).Failed)
	}
	ctx, cancel := context.WithCancel(t.Context())
	var wait sync.WaitGroup
	for _, server := range all {
		for range 4 {
			wait.Go(func() {
				for ctx.Err() == nil {
					server.gate.Call(ctx, gate.Request{Agent: "reads", Tool: "get_organization"})
				}
			})
		}
	}
	count := func() int { return len(dixa.Requests()) }
	goesOn := func() { // how fast says something about the machine, too
		first := count()
		require.Eventually(t, func() bool { return count() >= first+2*rate }, time.Minute, 10*time.Millisecond)
	}
	goesOn()
	s.Kill()
	groups := []*Group{all[0].Group, all[1].Group, all[2].Group}
	alone(t, groups...)
	time.Sleep(3 * time.Second)
	s.Start()
	see(t, 3, groups...)
	goesOn()
	cancel()
	wait.Wait()
	for i, r := range dixa.Requests() {
		require.NotEqual(t, http.StatusTooManyRequests, r.Status, "request %d of %d", i, count())
	}
}

// What one server asked a person another one takes the answer to, once; the budget is one for all.
func TestAskedHereAnsweredThere(t *testing.T) {
	t.Parallel()
	s := redistest.Start(t)
	dixa := offline.New(offline.Options{})
	all := servers(t, dixa, hosted, 1000, same(s.URL(), 3)...)
	call := func(i int, text, state string) gate.Answer {
		arguments, err := json.Marshal(map[string]any{"conversationId": 1234, "message": text})
		require.NoError(t, err)
		return all[i].gate.Call(t.Context(), gate.Request{Agent: "asks", Tool: "add_note", Arguments: arguments, CanAsk: true, State: state, Accepted: true})
	}
	for _, text := range []string{"one", "two"} {
		asked := call(0, text, "")
		require.NotNil(t, asked.Ask, asked.Text)
		var wait sync.WaitGroup
		for i := range 9 {
			wait.Go(func() { call(i%3, text, asked.Ask.State) })
		}
		wait.Wait()
	}
	require.Len(t, dixa.Effects(), 2)
	require.Contains(t, call(2, "three", "").Text, "has used up its budget: 2 writes per UTC day")
}

// While it is not known whether a confirmation was used, none is accepted.
func TestConfirmationsFailClosed(t *testing.T) {
	t.Parallel()
	s := redistest.Start(t)
	dixa := offline.New(offline.Options{})
	one := servers(t, dixa, hosted, 1000, s.URL())[0]
	r := gate.Request{Agent: "asks", Tool: "close_conversation", Arguments: json.RawMessage(`{"conversationId":1234}`), CanAsk: true}
	asked := one.gate.Call(t.Context(), r)
	require.NotNil(t, asked.Ask, asked.Text)
	s.Kill()
	r.State, r.Accepted = asked.Ask.State, true
	a := one.gate.Call(t.Context(), r)
	require.True(t, a.Failed)
	require.Contains(t, a.Text, "whether this confirmation was used already cannot be told at the moment")
	s.Start()
	see(t, 1, one.Group)
	require.True(t, one.gate.Call(t.Context(), r).Failed, "it may have been used before")
	require.Empty(t, dixa.Effects())
	r.State, r.Accepted = "", false
	asked = one.gate.Call(t.Context(), r)
	require.NotNil(t, asked.Ask, asked.Text)
	r.State, r.Accepted = asked.Ask.State, true
	require.False(t, one.gate.Call(t.Context(), r).Failed)
	require.Len(t, dixa.Effects(), 1)
}
