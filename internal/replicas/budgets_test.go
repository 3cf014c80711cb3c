package replicas

import (
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"dixa-mcp/internal/gate"
	"dixa-mcp/internal/replicas/redistest"
)

const day = 24 * time.Hour

// Every count of budgets must pass these: for one process, and of several that share.
func TestBudgets(t *testing.T) {
	for what, test := range map[string]func(t testing.TB, all []gate.Budgets){
		"all lines or none": allLinesOrNone, "in sum": inSum, "several at once": severalAtOnce, "the agent's pace": agentsPace, "changed limits": changedLimits,
	} {
		t.Run("in process/"+what, func(t *testing.T) {
			t.Parallel()
			test(t, []gate.Budgets{gate.NewBudgets()})
		})
		t.Run("shared by three/"+what, func(t *testing.T) {
			t.Parallel()
			undisturbed(t, threeOf(t), func(t testing.TB, all []*Group) { test(t, budgetsOf(all)) })
		})
	}
}

func budgetsOf(all []*Group) []gate.Budgets {
	var list []gate.Budgets
	for _, g := range all {
		list = append(list, g.Budgets())
	}
	return list
}

func take(t testing.TB, b gate.Budgets, agent string, lines ...gate.Allowance) gate.Taken {
	t.Helper()
	taken, err := b.Take(t.Context(), agent, lines, 0)
	require.NoError(t, err)
	require.Nil(t, taken.GiveBack)
	return taken
}

func used(t testing.TB, b gate.Budgets, agent string, lines ...gate.Allowance) (n []int) {
	t.Helper()
	counts, err := b.Counts(t.Context(), agent, lines)
	require.NoError(t, err)
	for i, c := range counts {
		require.Equal(t, lines[i], c.Allowance)
		require.Equal(t, time.Now().UTC().Truncate(c.Period).Add(c.Period), c.Ends)
		n = append(n, c.Used)
	}
	return n
}

func allLinesOrNone(t testing.TB, all []gate.Budgets) {
	first, last := all[0], all[len(all)-1]
	lines := []gate.Allowance{{What: "requests", Most: 5, Period: day}, {What: "writes", Most: 2, Period: time.Hour}, {What: "writes", Period: day}}
	require.Equal(t, []int{0, 0, 0}, used(t, first, "a", lines...))
	for i := 1; i <= 2; i++ {
		taken := take(t, first, "a", lines...)
		require.Nil(t, taken.Over)
		require.Equal(t, []int{5 - i, 2 - i}, []int{taken.Counts[0].Left, taken.Counts[1].Left})
	}
	over := take(t, last, "a", lines...).Over
	require.NotNil(t, over)
	require.Equal(t, lines[1], over.Allowance)
	require.Equal(t, 2, over.Used)
	require.Equal(t, []int{2, 2, 2}, used(t, last, "a", lines...), "nothing was counted of what is over")
	require.Nil(t, take(t, last, "a", lines[0]).Over)
	require.Equal(t, []int{3, 2, 2}, used(t, first, "a", lines...))
	require.Equal(t, []int{0, 0, 0}, used(t, last, "b", lines...))
	require.Nil(t, take(t, last, "b", lines...).Over)
}

// Several are counted whole or not at all, however many take at once.
func severalAtOnce(t testing.TB, all []gate.Budgets) {
	line := gate.Allowance{What: "rows", Most: 100, Period: time.Hour, Takes: 30}
	var taken atomic.Int32
	var wait sync.WaitGroup
	for i := range 9 {
		wait.Go(func() {
			got, err := all[i%len(all)].Take(t.Context(), "a", []gate.Allowance{line}, 0)
			if err != nil {
				t.Error(err)
			}
			if got.Over == nil {
				taken.Add(1)
			} else if got.Over.Left != 10 {
				t.Errorf("%d are left, and not 10", got.Over.Left)
			}
		})
	}
	wait.Wait()
	require.EqualValues(t, 3, taken.Load())
	require.Equal(t, []int{90}, used(t, all[0], "a", line))
	line.Takes = 10
	require.Nil(t, take(t, all[len(all)-1], "a", line).Over)
	line.Takes = 1
	require.NotNil(t, take(t, all[0], "a", line).Over)
}

func inSum(t testing.TB, all []gate.Budgets) {
	line := gate.Allowance{What: "requests", Most: 100, Period: day}
	var taken atomic.Int32
	var wait sync.WaitGroup
	for i := range 12 {
		wait.Go(func() {
			for range 15 {
				got, err := all[i%len(all)].Take(t.Context(), "a", []gate.Allowance{line}, 0)
				if err != nil {
					t.Error(err)
				}
				if got.Over == nil {
					taken.Add(1)
				}
			}
		})
	}
	wait.Wait()
	require.EqualValues(t, 100, taken.Load())
	require.Equal(t, []int{100}, used(t, all[0], "a", line))
}

func agentsPace(t testing.TB, all []gate.Budgets) {
	line := gate.Allowance{What: "requests", Period: day}
	turn := func(i int, agent string) gate.Taken {
		taken, err := all[i%len(all)].Take(t.Context(), agent, []gate.Allowance{line}, 2)
		require.NoError(t, err)
		return taken
	}
	for i, want := range []float64{0, 0, 0.5, 1} {
		require.InDelta(t, want, turn(i, "a").Wait.Seconds(), 0.2)
	}
	turn(0, "a").GiveBack()
	require.InDelta(t, 1.5, turn(1, "a").Wait.Seconds(), 0.2)
	require.Zero(t, turn(2, "b").Wait)
}

func changedLimits(t testing.TB, all []gate.Budgets) {
	line := gate.Allowance{What: "sends", Most: 2, Period: day}
	for i := range 2 {
		require.Nil(t, take(t, all[i%len(all)], "a", line).Over)
	}
	require.NotNil(t, take(t, all[0], "a", line).Over)
	line.Most = 3
	require.Nil(t, take(t, all[0], "a", line).Over)
	line.Most = 2
	require.NotNil(t, take(t, all[0], "a", line).Over)
}

// know waits until all replicas know how much was used.
func know(t *testing.T, n int, line gate.Allowance, all ...*Group) {
	t.Helper()
	require.Eventually(t, func() bool {
		for _, g := range all {
			g.budgets.mu.Lock()
			known := g.budgets.of("a").counts([]gate.Allowance{line}, time.Now(), nil)[0].Used
			g.budgets.mu.Unlock()
			if known != n {
				return false
			}
		}
		return true
	}, time.Minute, 5*time.Millisecond)
}

// takeAll takes what a replica gets, and at most so many.
func takeAll(t *testing.T, g *Group, line gate.Allowance, most int) (n int) {
	for n < most && take(t, g.Budgets(), "a", line).Over == nil {
		n++
	}
	return n
}

// Alone each replica has its share of what was left, and what they took is there when they are back, also where the server
// has forgotten all.
func TestBudgetsAwayAndBack(t *testing.T) {
	line := gate.Allowance{What: "requests", Most: 90, Period: day}
	for name, away := range map[string]func(*redistest.Server) (back func()){
		"killed":  func(s *redistest.Server) func() { s.Kill(); return s.Start },
		"stopped": func(s *redistest.Server) func() { s.Freeze(); return s.Thaw },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := redistest.Start(t)
			all := joinAll(t, same(s.URL(), 3)...)
			for i, g := range all {
				require.Equal(t, 5*(i+1), takeAll(t, g, line, 5*(i+1)))
			}
			know(t, 30, line, all...)

			back := away(s)
			alone(t, all...)
			require.Equal(t, 7, takeAll(t, all[0], line, 7))
			require.Equal(t, 20, takeAll(t, all[1], line, 100), "its share of 60")
			over := take(t, all[1].Budgets(), "a", line).Over
			require.Equal(t, 50, over.Used, "it says what is known")
			back()
			see(t, 3, all...)
			require.Equal(t, []int{57}, used(t, all[2].Budgets(), "a", line))

			know(t, 57, line, all...)
			back = away(s)
			alone(t, all...)
			for _, g := range all {
				require.Equal(t, 11, takeAll(t, g, line, 100), "its share of 33")
			}
			back()
			see(t, 3, all...)
			for _, g := range all {
				require.NotNil(t, take(t, g.Budgets(), "a", line).Over)
				require.Equal(t, []int{90}, used(t, g.Budgets(), "a", line))
			}
		})
	}
}

// A count whose answer is lost is counted once, and a server that forgot all at once gets all back.
func TestBudgetsInMidCall(t *testing.T) {
	t.Parallel()
	line := gate.Allowance{What: "requests", Most: 1000, Period: day}
	s := redistest.Start(t)
	p := redistest.Between(t, s)
	all := joinAll(t, p.URL(), s.URL())
	require.Equal(t, 3, takeAll(t, all[1], line, 3))
	for i := range 3 {
		p.Mute()
		require.Nil(t, take(t, all[0].Budgets(), "a", line).Over)
		alone(t, all[0])
		p.Restore()
		see(t, 2, all...)
		require.Equal(t, []int{3 + i + 1}, used(t, all[1].Budgets(), "a", line))
	}
	know(t, 6, line, all...)
	require.NoError(t, second(all[0].link.client.do(t.Context(), "FLUSHALL")))
	require.Nil(t, take(t, all[0].Budgets(), "a", line).Over)
	know(t, 7, line, all...) // the one that took nothing may notice later that the server forgot it, and knows 6 until then
	see(t, 2, all...)
	require.Equal(t, []int{7}, used(t, all[1].Budgets(), "a", line))
}

func BenchmarkTake(b *testing.B) {
	budgets := join(b, redistest.Start(b).URL()).Budgets()
	lines := []gate.Allowance{{What: "requests", Most: 1e9, Period: day}, {What: "writes", Most: 1e9, Period: time.Hour}, {What: "writes", Most: 1e9, Period: day}}
	for i := 0; b.Loop(); i++ {
		take(b, budgets, "agent"+strconv.Itoa(i%50), lines...)
	}
}
