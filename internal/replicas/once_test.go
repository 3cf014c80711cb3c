package replicas

import (
	"errors"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"dixa-mcp/internal/approval"
	"dixa-mcp/internal/approval/approvaltest"
	"dixa-mcp/internal/gate"
	"dixa-mcp/internal/replicas/redistest"
	"dixa-mcp/internal/serve"
)

// Of many who come with the same confirmation, on several replicas at once, one may use it.
func TestOnce(t *testing.T) {
	oneOfMany := func(t testing.TB, all ...gate.Once) {
		made := time.Now()
		var uses [20]atomic.Int32
		var wait sync.WaitGroup
		for i := range 30 {
			wait.Go(func() {
				for n := range uses {
					switch err := all[i%len(all)].Use(t.Context(), strconv.Itoa(n), made, made.Add(time.Minute)); {
					case err == nil:
						uses[n].Add(1)
					case !errors.Is(err, gate.ErrUsed):
						t.Error(err)
					}
				}
			})
		}
		wait.Wait()
		for n := range uses {
			require.EqualValues(t, 1, uses[n].Load())
		}
	}
	t.Run("in process", func(t *testing.T) {
		t.Parallel()
		oneOfMany(t, gate.NewOnce())
	})
	t.Run("shared by three", func(t *testing.T) {
		t.Parallel()
		undisturbed(t, threeOf(t), func(t testing.TB, all []*Group) { oneOfMany(t, all[0].Once(), all[1].Once(), all[2].Once()) })
	})
}

// Confirmations and approvals from before the server started are invalid, since it may have forgotten them.
func TestForgotten(t *testing.T) {
	t.Parallel()
	s := redistest.Start(t)
	g := join(t, s.URL())
	made := time.Now()
	require.NoError(t, g.Once().Use(t.Context(), "used", made, made.Add(time.Minute)))
	r, err := g.Approvals().Park(t.Context(), approvaltest.Request(t, 1))
	require.NoError(t, err)
	_, err = g.Approvals().Decide(t.Context(), r.Number, approval.Verdict{Approve: true, Approver: "anna", KeyID: "2c26b46b"})
	require.NoError(t, err)
	r, err = g.Approvals().Get(t.Context(), r.Number)
	require.NoError(t, err)
	s.Kill()
	alone(t, g)
	s.Start()
	see(t, 1, g)
	for _, nonce := range []string{"used", "not used"} {
		require.ErrorContains(t, g.Once().Use(t.Context(), nonce, made, made.Add(time.Minute)), "may have forgotten")
	}
	require.NoError(t, g.Once().Use(t.Context(), "new", time.Now().Add(time.Millisecond), made.Add(time.Minute)))

	// A server that came back with what it had saved some time ago still has the approval.
	sh := &approvalsTry{approvals: &approvals{link: g.link, now: g.Now}, ctx: t.Context(), at: g.Now()}
	require.NoError(t, sh.Put(r))
	require.NoError(t, sh.commit())
	_, err = g.Approvals().Take(t.Context(), r.Agent, r.Digest)
	require.Error(t, err)
	again, err := g.Approvals().Park(t.Context(), approvaltest.Request(t, 1))
	require.NoError(t, err)
	require.NotEqual(t, r.Number, again.Number)
}

// Approvals hold between replicas, and for who only decides.
func TestApprovalsBetweenReplicas(t *testing.T) {
	t.Parallel()
	four := func() []*Group {
		s := redistest.Start(t)
		desk, err := Connect(t.Context(), Options{URL: s.URL()})
		require.NoError(t, err)
		t.Cleanup(desk.Close)
		return append(joinAll(t, same(s.URL(), 3)...), desk)
	}
	undisturbed(t, four, approvalsBetweenReplicas)
}

func approvalsBetweenReplicas(t testing.TB, all []*Group) {
	all, desk := all[:3], all[3]
	for i := range int64(5) {
		r, err := all[0].Approvals().Park(t.Context(), approvaltest.Request(t, i))
		require.NoError(t, err)
		_, err = desk.Approvals().Decide(t.Context(), r.Number, approval.Verdict{Approve: true, Approver: "anna", KeyID: "2c26b46b"})
		require.NoError(t, err)
		var taken atomic.Int32
		var wait sync.WaitGroup
		for i := range 12 {
			wait.Go(func() {
				if _, err := all[i%3].Approvals().Take(t.Context(), r.Agent, r.Digest); err == nil {
					taken.Add(1)
				}
			})
		}
		wait.Wait()
		require.EqualValues(t, 1, taken.Load())
	}
	for _, g := range all {
		require.Equal(t, 3, g.State().Replicas, "who only decides is not counted")
	}
}

func TestSessions(t *testing.T) {
	const idle = 500 * time.Millisecond
	beginAndEnd := func(t testing.TB, first, last serve.Sessions) {
		use := func(want bool, agent, id string) {
			t.Helper()
			there, err := last.Use(t.Context(), agent, id)
			require.NoError(t, err)
			require.Equal(t, want, there)
		}
		use(false, "a", "never begun")
		for _, id := range []string{"1", "2"} {
			require.NoError(t, first.Begin(t.Context(), "a", id))
			time.Sleep(2 * time.Millisecond)
		}
		use(true, "a", "1")
		use(false, "b", "1")
		require.NoError(t, last.Begin(t.Context(), "a", "3"))
		use(false, "a", "2")
		use(true, "a", "3")
		require.NoError(t, first.End(t.Context(), "a", "3"))
		use(false, "a", "3")
		for range 4 { // for longer than the idle time
			time.Sleep(idle / 3)
			use(true, "a", "1")
			use(false, "a", "3")
		}
		time.Sleep(idle * 11 / 10)
		use(false, "a", "1")
		require.NoError(t, first.Begin(t.Context(), "a", "4"))
		use(true, "a", "4")
	}
	t.Run("in process", func(t *testing.T) {
		t.Parallel()
		s := serve.NewSessions(2, idle)
		beginAndEnd(t, s, s)
	})
	t.Run("shared by three", func(t *testing.T) {
		t.Parallel()
		undisturbed(t, threeOf(t), func(t testing.TB, all []*Group) {
			time.Sleep(idle) // what began to remember just now cannot tell what it does not know
			beginAndEnd(t, all[0].Sessions(2, idle), all[2].Sessions(2, idle))
		})
	})
}

// Sessions that a server forgot go on.
func TestSessionsGoOn(t *testing.T) {
	t.Parallel()
	s := redistest.Start(t)
	g := join(t, s.URL())
	sessions := g.Sessions(2, time.Minute)
	require.NoError(t, sessions.Begin(t.Context(), "a", "1"))
	s.Kill()
	alone(t, g)
	require.NoError(t, sessions.Begin(t.Context(), "a", "2"))
	s.Start()
	see(t, 1, g)
	for _, id := range []string{"1", "2"} {
		there, err := sessions.Use(t.Context(), "a", id)
		require.NoError(t, err)
		require.True(t, there)
	}
	require.NoError(t, sessions.End(t.Context(), "a", "1"))
	there, err := sessions.Use(t.Context(), "a", "1")
	require.NoError(t, err)
	require.False(t, there)
}
