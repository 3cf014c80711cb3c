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
	for name, open := range map[string]func(t *testing.T) []gate.Once{
		"in process": func(*testing.T) []gate.Once { return []gate.Once{gate.NewOnce()} },
		"shared by three": func(t *testing.T) (list []gate.Once) {
			for _, g := range joinAll(t, same(redistest.Start(t).URL(), 3)...) {
				list = append(list, g.Once())
			}
			return list
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			all := open(t)
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
		})
	}
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
	sh := &shelf{approvals: &approvals{link: g.link, now: g.Now}, ctx: t.Context(), at: g.Now()}
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
	s := redistest.Start(t)
	all := joinAll(t, same(s.URL(), 3)...)
	desk, err := Connect(t.Context(), Options{URL: s.URL()})
	require.NoError(t, err)
	defer desk.Close()
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
	see(t, 3, all...)
}

func TestSessions(t *testing.T) {
	const idle = 500 * time.Millisecond
	for name, open := range map[string]func(t *testing.T) []serve.Sessions{
		"in process": func(*testing.T) []serve.Sessions { return []serve.Sessions{serve.NewSessions(2, idle)} },
		"shared by three": func(t *testing.T) (list []serve.Sessions) {
			for _, g := range joinAll(t, same(redistest.Start(t).URL(), 3)...) {
				list = append(list, g.Sessions(2, idle))
			}
			time.Sleep(idle) // what began to remember just now cannot tell what it does not know
			return list
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			all := open(t)
			first, last := all[0], all[len(all)-1]
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
		})
	}
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
