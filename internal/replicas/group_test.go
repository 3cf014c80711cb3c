package replicas

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"dixa-mcp/internal/approval"
	"dixa-mcp/internal/approval/approvaltest"
	"dixa-mcp/internal/freeze"
	"dixa-mcp/internal/freeze/freezetest"
	"dixa-mcp/internal/replicas/redistest"
	"dixa-mcp/internal/test/double"
)

// join makes a replica, which leaves with the test.
func join(t testing.TB, url string) *Group {
	t.Helper()
	logs := &double.Log{}
	g, err := Connect(context.Background(), Options{URL: url, Replica: "test", Log: slog.New(slog.NewTextHandler(logs, nil))})
	require.NoError(t, err)
	t.Cleanup(func() {
		g.Close()
		if t.Failed() {
			t.Log(logs)
		}
	})
	return g
}

// joinAll makes some replicas that know each other.
func joinAll(t testing.TB, urls ...string) []*Group {
	t.Helper()
	all := make([]*Group, len(urls))
	for i, url := range urls {
		all[i] = join(t, url)
	}
	see(t, len(all), all...)
	return all
}

// see waits until replicas see so many and share.
func see(t testing.TB, n int, all ...*Group) {
	t.Helper()
	require.Eventually(t, func() bool {
		for _, g := range all {
			if s := g.State(); !s.Shared || s.Replicas != n {
				return false
			}
		}
		return true
	}, time.Minute, 5*time.Millisecond)
}

// alone waits until replicas say that they are.
func alone(t testing.TB, all ...*Group) {
	t.Helper()
	require.Eventually(t, func() bool {
		for _, g := range all {
			if g.State().Shared {
				return false
			}
		}
		return true
	}, time.Minute, 5*time.Millisecond)
}

// threeOf makes three replicas that know each other and share a server of their own.
func threeOf(t *testing.T) func() []*Group {
	return func() []*Group { return joinAll(t, same(redistest.Start(t).URL(), 3)...) }
}

func same(url string, n int) []string {
	urls := make([]string, n)
	for i := range urls {
		urls[i] = url
	}
	return urls
}

func TestConnectRefuses(t *testing.T) {
	_, err := Connect(t.Context(), Options{URL: "redis://user:geheim@127.0.0.1:1/0"})
	require.ErrorContains(t, err, "the Redis at 127.0.0.1:1 cannot be used")
	require.NotContains(t, err.Error(), "geheim")
	for _, url := range []string{"127.0.0.1:6379", "http://user:geheim@host", "redis://user:geheim@host:port:x", "redis://user:geheim@host/x", "", "redis://user:geh%eim@host"} {
		_, err := Connect(t.Context(), Options{URL: url})
		require.ErrorContains(t, err, "must look like redis://", url)
		require.NotContains(t, err.Error(), "geh", url)
	}
	s := redistest.Start(t, "--requirepass", "geheim")
	_, err = Connect(t.Context(), Options{URL: "redis://:falsch@" + s.Addr})
	require.ErrorContains(t, err, "WRONGPASS")
	require.NotContains(t, err.Error(), "falsch")
	g := join(t, "redis://:geheim@"+s.Addr)
	require.True(t, g.State().Shared)
}

func TestReplicasSeeEachOther(t *testing.T) {
	t.Parallel()
	s := redistest.Start(t)
	all := joinAll(t, same(s.URL(), 3)...)
	require.Len(t, all[0].Secret(), 32)
	require.Equal(t, all[0].Secret(), all[2].Secret())
	require.WithinDuration(t, time.Now(), all[0].Now(), time.Second)

	all[2].Close()
	see(t, 2, all[0], all[1])
	elsewhere, err := Connect(t.Context(), Options{URL: s.URL(), Prefix: "another", Replica: "x"})
	require.NoError(t, err)
	defer elsewhere.Close()
	require.Equal(t, 1, elsewhere.State().Replicas)
	require.NotEqual(t, all[0].Secret(), elsewhere.Secret())
	guest, err := Connect(t.Context(), Options{URL: s.URL()})
	require.NoError(t, err)
	guest.Close()
	see(t, 2, all[0], all[1])
}

// However the server goes away, the replicas notice, say so, and come back by themselves.
func TestAwayAndBack(t *testing.T) {
	for name, away := range map[string]func(*redistest.Server, *redistest.Proxy) (back func()){
		"killed":  func(s *redistest.Server, _ *redistest.Proxy) func() { s.Kill(); return s.Start },
		"stopped": func(s *redistest.Server, _ *redistest.Proxy) func() { s.Freeze(); return s.Thaw },
		"cut off": func(_ *redistest.Server, p *redistest.Proxy) func() { p.Cut(); return p.Restore },
		"held":    func(_ *redistest.Server, p *redistest.Proxy) func() { p.Hold(); return p.Restore },
		"mute":    func(_ *redistest.Server, p *redistest.Proxy) func() { p.Mute(); return p.Restore },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := redistest.Start(t)
			p := redistest.Between(t, s)
			logs := &double.Log{}
			g, err := Connect(t.Context(), Options{URL: p.URL(), Replica: "test", Log: slog.New(slog.NewTextHandler(logs, nil))})
			require.NoError(t, err)
			defer g.Close()
			secret, since := g.Secret(), g.State().Since
			require.NoError(t, g.Freezes().Set(t.Context(), "triage", freeze.Freeze{By: "anna", Reason: "nonsense"}))

			back := away(s, p)
			alone(t, g)
			require.True(t, g.State().Since.After(since))
			require.Contains(t, logs.String(), "keeps to its share")
			reason, frozen := g.Freezes().Frozen("triage")
			require.True(t, frozen, "the marks that were known hold")
			require.Equal(t, "nonsense", reason)
			for what, err := range map[string]error{
				"once":   g.Once().Use(t.Context(), "nonce", time.Now(), time.Now().Add(time.Minute)),
				"freeze": g.Freezes().Set(t.Context(), "support", freeze.Freeze{By: "anna"}),
				"park":   second(g.Approvals().Park(t.Context(), approvaltest.Request(t, 1))),
				"find":   second(g.Approvals().Find(t.Context(), "support", "x")),
				"take":   second(g.Approvals().Take(t.Context(), "support", "x")),
				"end":    g.Sessions(2, time.Minute).End(t.Context(), "support", "s"),
			} {
				require.ErrorIs(t, err, ErrAway, what)
			}
			there, err := g.Sessions(2, time.Minute).Use(t.Context(), "support", "s")
			require.NoError(t, err)
			require.True(t, there, "its id is signed")

			back()
			see(t, 1, g)
			require.Contains(t, logs.String(), "can be reached again")
			later := join(t, s.URL())
			require.Equal(t, secret, later.Secret(), "kept by who had it")
			_, frozen = later.Freezes().Frozen("triage")
			require.True(t, frozen, "a server that forgot the marks got them back")
			_, frozen = later.Freezes().Frozen("support")
			require.False(t, frozen)
		})
	}
}

func second[T any](_ T, err error) error { return err }

func TestApprovals(t *testing.T) {
	s := redistest.Start(t)
	n := 0
	approvaltest.TestStore(t, func(t *testing.T, now func() time.Time) approval.Store {
		n++
		g, err := Connect(t.Context(), Options{URL: s.URL(), Prefix: fmt.Sprint("approvals", n), Replica: "test"})
		require.NoError(t, err)
		t.Cleanup(g.Close)
		return g.approvals(now, func() time.Time { return time.Time{} })
	})
}

func TestFreezes(t *testing.T) {
	s := redistest.Start(t)
	n := 0
	freezetest.Run(t, func(t *testing.T) freezetest.Open {
		n++
		prefix := fmt.Sprint("freezes", n)
		return func() freeze.Store {
			g, err := Connect(context.Background(), Options{URL: s.URL(), Prefix: prefix, Replica: "test"})
			require.NoError(t, err)
			t.Cleanup(g.Close)
			return g.Freezes()
		}
	})
}

func TestMain(m *testing.M) {
	slog.SetDefault(slog.New(slog.NewTextHandler(&double.Log{}, nil)))
	os.Exit(m.Run())
}
