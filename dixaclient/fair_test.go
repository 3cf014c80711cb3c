package dixaclient

import (
	"context"
	"errors"
	"math/rand/v2"
	"net/http"
	"strconv"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"dixa-mcp/internal/test/seeds"
)

const interval = time.Second / DefaultRate

func TestFlowsTakeTurns(t *testing.T) {
	tests := map[string]struct {
		joined []int // the tens are the flow
		want   []int
	}{
		"one flow":                        {[]int{10, 11, 12, 13, 14}, []int{10, 11, 12, 13, 14}},
		"two flows":                       {[]int{10, 11, 12, 13, 20, 21}, []int{10, 11, 20, 12, 21, 13}},
		"three flows":                     {[]int{10, 11, 12, 13, 20, 21, 30}, []int{10, 11, 20, 30, 12, 21, 13}},
		"in the order in which they join": {[]int{10, 11, 30, 20, 12, 31}, []int{10, 11, 30, 20, 12, 31}},
		"the flow that drained comes last": {
			[]int{10, 20, 30, 31, 10, 21}, []int{10, 20, 30, 10, 21, 31},
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p, l := newPacer(DefaultRate, 1), newLine()
				for _, who := range test.joined {
					l.add(inFlow(t.Context(), who/10), p, who)
				}
				l.all.Wait()
				require.Equal(t, test.want, l.who)
				nearly(t, time.Duration(len(test.joined)-1)*interval, l.when[len(l.when)-1])
				require.Empty(t, p.queue, "nothing is kept of a flow that drained")
			})
		})
	}
}

func inFlow(ctx context.Context, flow int) context.Context {
	return WithFlow(ctx, strconv.Itoa(flow))
}

func TestNoFlowIsTheEmptyFlow(t *testing.T) {
	require.Equal(t, "", flowOf(t.Context()))
	require.Equal(t, "b", flowOf(WithFlow(WithFlow(t.Context(), "a"), "b")))
	synctest.Test(t, func(t *testing.T) {
		p, l := newPacer(DefaultRate, 1), newLine()
		for i := range 4 {
			l.add(t.Context(), p, 2*i)
			l.add(WithFlow(t.Context(), ""), p, 2*i+1)
		}
		l.all.Wait()
		require.Equal(t, []int{0, 1, 2, 3, 4, 5, 6, 7}, l.who)
	})
}

func TestNobodyStarvesBehindABusyFlow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, l := newPacer(DefaultRate, DefaultBurst), newLine()
		for i := range 100 {
			l.add(WithFlow(t.Context(), "busy"), p, i)
		}
		calls := 0
		for ; p.waiting() > 1; calls++ {
			before := time.Now()
			require.NoError(t, p.wait(WithFlow(t.Context(), "calm"), "op"))
			require.LessOrEqual(t, time.Since(before), 2*interval+time.Microsecond)
			time.Sleep(1013 * time.Millisecond) // so that it joins at all times between two slots
		}
		l.all.Wait()
		require.Greater(t, calls, 7)
		require.LessOrEqual(t, l.when[99], time.Duration(100+calls-DefaultBurst)*interval+time.Millisecond, "no slot is lost")
	})
}

// A flow with many calls at once gets no more than one that sends call after call.
func TestFlowsGetEqualShares(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const flows = 24
		p := newPacer(DefaultRate, DefaultBurst)
		for range DefaultBurst { // while nobody waits, nobody takes turns
			require.NoError(t, p.wait(t.Context(), "op"))
		}
		ctx, cancel := context.WithCancel(t.Context())
		var served [flows]int
		var mu sync.Mutex
		var all sync.WaitGroup
		for f := range flows {
			for range 1 + 2*f {
				all.Go(func() {
					for p.wait(inFlow(ctx, f), "op") == nil {
						mu.Lock()
						served[f]++
						mu.Unlock()
					}
				})
			}
		}
		time.Sleep(time.Minute + interval/2)
		cancel()
		all.Wait()
		sum, least, most := 0, served[0], served[0]
		for _, n := range served {
			sum, least, most = sum+n, min(least, n), max(most, n)
		}
		require.Equal(t, 60*DefaultRate, sum)
		require.LessOrEqual(t, most-least, 1, "%v", served)
		require.Empty(t, p.queue)
	})
}

func TestCancelledInAFlow(t *testing.T) {
	tests := map[string]struct {
		cancelled []int
		want      []int
	}{
		"nobody":                     {nil, []int{10, 11, 20, 30, 12, 21, 31, 13, 22, 32}},
		"the head, not its flow":     {[]int{11}, []int{10, 12, 20, 30, 13, 21, 31, 22, 32}},
		"the first of another flow":  {[]int{20}, []int{10, 11, 21, 30, 12, 22, 31, 13, 32}},
		"in the middle and the last": {[]int{12, 21, 32}, []int{10, 11, 20, 30, 13, 22, 31}},
		"the head's flow":            {[]int{11, 12, 13}, []int{10, 20, 30, 21, 31, 22, 32}},
		"another flow":               {[]int{20, 21, 22}, []int{10, 11, 30, 12, 31, 13, 32}},
		"all":                        {[]int{11, 12, 13, 20, 21, 22, 30, 31, 32}, []int{10}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p, l := newPacer(DefaultRate, 1), newLine()
				cancels := map[int]context.CancelFunc{}
				for _, who := range []int{10, 11, 12, 13, 20, 21, 22, 30, 31, 32} {
					ctx, cancel := context.WithCancel(inFlow(t.Context(), who/10))
					defer cancel()
					cancels[who] = cancel
					l.add(ctx, p, who)
				}
				time.Sleep(interval / 2)
				for _, who := range test.cancelled {
					cancels[who]()
				}
				synctest.Wait()
				require.Equal(t, 9-len(test.cancelled), p.waiting())
				l.all.Wait()
				require.Equal(t, test.want, l.who)
				for i, when := range l.when {
					nearly(t, time.Duration(i)*interval, when)
				}
				require.Empty(t, p.queue)
			})
		})
	}
}

// What a refused caller is told is when it would have been served, unless others join or leave.
func TestEstimates(t *testing.T) {
	seeds.Run(t, func(t *testing.T, r *rand.Rand) {
		synctest.Test(t, func(t *testing.T) {
			p, l := newPacer(DefaultRate, 1), newLine()
			flows := 1 + r.IntN(5) // a single one, too
			for n := range 2 + r.IntN(30) {
				l.add(inFlow(t.Context(), r.IntN(flows)), p, n)
			}
			time.Sleep(time.Duration(r.Int64N(int64(interval) * int64(p.waiting()))))
			before := p.waiting()
			require.Positive(t, before)

			mine := inFlow(t.Context(), r.IntN(flows+1))
			hasty, cancel := context.WithTimeout(mine, time.Nanosecond)
			var busy *BusyError
			require.ErrorAs(t, p.wait(hasty, "op"), &busy)
			cancel()
			require.Equal(t, before, p.waiting(), "it took no slot")

			start := time.Now()
			require.NoError(t, p.wait(mine, "op"))
			nearly(t, busy.Wait, time.Since(start))
			l.all.Wait()
		})
	})
}

func TestFlowsOfTheClient(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		answers := serveMemory(t, func(http.ResponseWriter, *http.Request) {})
		c := transportClient(t, &http.Transport{DialContext: answers.dial, MaxConnsPerHost: 1})
		get := func(ctx context.Context) {
			_, err := GetConversation.Do(ctx, c.With(), GetConversationIn{ConversationRef{1}})
			require.NoError(t, err)
		}
		var all sync.WaitGroup
		for range 50 {
			all.Go(func() { get(WithFlow(t.Context(), "busy")) })
		}
		synctest.Wait()
		require.Equal(t, 50-DefaultBurst, c.Waiting())
		start := time.Now()
		get(WithFlow(t.Context(), "calm"))
		require.LessOrEqual(t, time.Since(start), 2*interval)
		all.Wait()
		require.Zero(t, c.Waiting())
	})
}

func TestManyFlowsAtOnce(t *testing.T) {
	p := newPacer(1e5, 100)
	var all sync.WaitGroup
	for i := range 64 {
		all.Go(func() {
			for n := range 50 {
				limit := time.Minute
				if n%5 == 0 {
					limit = time.Microsecond
				}
				ctx, cancel := context.WithTimeout(inFlow(t.Context(), (i+n)%16), limit)
				if n%3 == 0 {
					all.Go(cancel)
				}
				var busy *BusyError
				if err := p.wait(ctx, "op"); err != nil && !errors.As(err, &busy) && ctx.Err() == nil {
					t.Errorf("call %d: %v", n, err)
				}
				cancel()
			}
		})
	}
	all.Wait()
	require.Empty(t, p.queue)
}
