package replicas

import (
	"context"
	"crypto/rand"
	"errors"
	"log/slog"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"dixa-mcp/dixaclient"
	"dixa-mcp/internal/replicas/redistest"
)

// joinedLink makes a link that shares, whose heartbeats a test sends.
func joinedLink(t *testing.T, url string) *link {
	t.Helper()
	l := &link{
		id: "test-" + rand.Text()[:8], prefix: "{link}:", client: dialed(t, url), log: slog.Default(),
		onNews:   func(context.Context, news) error { return nil },
		onReturn: func(context.Context) error { return nil },
	}
	require.NoError(t, l.join(t.Context()))
	return l
}

var errTest = errors.New("made by the test")

// A replica shares again only after it knows what others changed and they know what it did alone, in this order.
func TestReturnInOrder(t *testing.T) {
	t.Parallel()
	l := joinedLink(t, redistest.Start(t).URL())
	var calls []string
	results := map[string]error{"news": errTest, "return": errTest}
	call := func(name string) error {
		shared, _ := l.shared()
		if shared {
			name += " shared"
		}
		calls = append(calls, name)
		return results[name]
	}
	l.onNews = func(context.Context, news) error { return call("news") }
	l.onReturn = func(context.Context) error {
		if l.alone.TryRLock() {
			l.alone.RUnlock()
			t.Error("something may be done alone while this replica tells what it did alone")
		}
		return call("return")
	}
	l.disconnect(0, errTest)
	for _, want := range []struct {
		fixed  string // what no longer fails
		calls  []string
		shared bool
	}{
		{"", []string{"news"}, false},
		{"news", []string{"news", "return"}, false},
		{"return", []string{"news", "return", "news shared"}, true},
	} {
		delete(results, want.fixed)
		calls = nil
		l.comeBack(t.Context())
		require.Equal(t, want.calls, calls)
		require.Equal(t, want.shared, l.State().Shared)
	}
	l.disconnect(0, errTest)
	require.True(t, l.State().Shared, "an error of an earlier connection")
	l.disconnect(1, errTest)
	require.False(t, l.State().Shared)
}

// A replica that is alone keeps to the share that it had, and for a while after its return it leaves the others theirs.
func TestReplicasThatAreKnown(t *testing.T) {
	t.Parallel()
	l := joinedLink(t, redistest.Start(t).URL())
	l.state.Replicas = 3
	l.disconnect(0, errTest)
	require.NoError(t, l.exchange(t.Context(), apart))
	require.Equal(t, 3, l.State().Replicas, "others may be cut off, too")
	l.comeBack(t.Context())
	require.Equal(t, 3, l.State().Replicas)
	require.WithinDuration(t, time.Now().Add(seenFor), l.knownUntil, callTimeout)

	for _, c := range []struct {
		after      time.Duration // knownUntil
		seen, want int
	}{{-1, 0, 3}, {-1, 2, 3}, {-1, 4, 4}, {0, 2, 2}, {0, 0, 1}} {
		got := l.knownUntil.Add(c.after)
		l.countReplicas(beat{got: got, replicas: c.seen})
		require.Equal(t, c.want, l.State().Replicas, "%+v", c)
		require.Equal(t, got, l.noted)
	}
}

// A share is used only after the others have left it to this replica: they count from the last heartbeat that the server
// may have received, also if its answer was lost.
func TestShareWaitsForOthers(t *testing.T) {
	t.Parallel()
	p := redistest.Between(t, redistest.Start(t))
	l := joinedLink(t, p.URL())
	p.Mute()
	sent := time.Now()
	require.Error(t, l.exchange(t.Context(), sharing))
	noted := l.noted
	require.False(t, noted.Before(sent.Add(callTimeout)))
	l.disconnect(0, errTest)
	require.Error(t, l.exchange(t.Context(), apart))
	require.Equal(t, noted, l.noted, "this heartbeat says that it is alone")

	l.state.Replicas = 1
	require.True(t, l.whileAlone(func(o outage) { require.Equal(t, outage{term: 1, replicas: 1}, o) }), "there is no other")
	l.state.Replicas = 2
	l.noted = time.Now().Add(time.Minute)
	require.True(t, l.whileAlone(func(o outage) {
		require.Equal(t, outage{1, 2, l.noted.Add(freshFor)}, o)
	}))
	b := (&Group{link: l}).Bucket(dixaclient.BucketSpec{Rate: 4, Burst: 3})
	wait, _, err := b.Reserve(t.Context())
	require.NoError(t, err)
	require.InDelta(t, (time.Minute + freshFor + time.Second/2).Seconds(), wait.Seconds(), 5, "one token of two a second after that")
	require.Greater(t, wait, time.Minute)
}
