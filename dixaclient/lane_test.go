package dixaclient

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/time/rate"
)

// pacer is a lane of a token that does not change, and its bucket in this process.
type pacer struct {
	*lane
	local *LocalBucket
	limit *rate.Limiter
}

func newPacer(perSecond float64, burst int) *pacer {
	b := NewLocalBucket(perSecond, burst)
	spec := BucketSpec{Rate: perSecond, Burst: burst}
	l := newLane(&token{source: StaticToken(testToken)}, spec, func(BucketSpec) Bucket { return b })
	return &pacer{l, b, b.limit}
}

func (p *pacer) wait(ctx context.Context, operation string) error {
	_, err := (&lanes{all: []*lane{p.lane}}).wait(ctx, &Spec{Name: operation, Level: Write})
	return err
}

func (p *pacer) throttled() { p.local.Throttled(context.Background()) }

// line puts n callers into the queue, one after the other, and gives the order and the times in which they leave it.
type line struct {
	start time.Time
	mu    sync.Mutex
	who   []int
	when  []time.Duration
	all   sync.WaitGroup
}

func newLine() *line { return &line{start: time.Now()} }

// add puts a caller into the queue and returns when it waits or has its slot.
func (l *line) add(ctx context.Context, p *pacer, who int) {
	l.all.Go(func() {
		if p.wait(ctx, "op") != nil {
			return
		}
		l.mu.Lock()
		defer l.mu.Unlock()
		l.who, l.when = append(l.who, who), append(l.when, time.Since(l.start))
	})
	synctest.Wait()
}

func nearly(t *testing.T, want, got time.Duration) {
	t.Helper()
	require.InDelta(t, want.Seconds(), got.Seconds(), 0.001)
}

func TestPaceIsIdeal(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, l := newPacer(DefaultRate, DefaultBurst), newLine()
		for i := range 200 {
			l.add(t.Context(), p, i)
		}
		l.all.Wait()
		require.True(t, slices.IsSorted(l.who), "first come, first served")
		require.Len(t, l.who, 200)
		for i, when := range l.when {
			nearly(t, time.Duration(max(0, i-2))*100*time.Millisecond, when)
		}
	})
}

func TestPaceOfTheClient(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var arrived []time.Time
		c := memoryClient(t, func(http.ResponseWriter, *http.Request) { arrived = append(arrived, time.Now()) })
		for range 200 {
			_, err := GetConversation.Do(t.Context(), c, GetConversationIn{ConversationRef{1}})
			require.NoError(t, err)
		}
		nearly(t, 19700*time.Millisecond, arrived[199].Sub(arrived[0]))
	})
}

func TestTooLateIsToldAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, l := newPacer(DefaultRate, DefaultBurst), newLine()
		for i := range 53 {
			l.add(t.Context(), p, i)
		}
		hasty, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		for range 10 {
			err := p.wait(hasty, "close_conversation")
			var busy *BusyError
			require.ErrorAs(t, err, &busy)
			nearly(t, 5100*time.Millisecond, busy.Wait)
			require.Equal(t, time.Second, busy.Left)
			require.EqualError(t, err, "close_conversation: the rate limit delays this call by 5.1s, but its deadline is in 1s. Nothing was sent. Try again in 4.1s.")
		}
		require.Zero(t, time.Since(l.start), "it is told at once")
		l.add(t.Context(), p, 53)
		l.all.Wait()
		nearly(t, 5100*time.Millisecond, l.when[53]) // the refused took no slot
	})
}

func TestDeadlineThatIsJustMet(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPacer(DefaultRate, 1)
		require.NoError(t, p.wait(t.Context(), "op"))
		ctx, cancel := context.WithTimeout(t.Context(), 101*time.Millisecond)
		defer cancel()
		require.NoError(t, p.wait(ctx, "op"))
	})
}

func TestEndedContextTakesNoPlace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPacer(DefaultRate, DefaultBurst)
		ctx, cancel := context.WithCancelCause(t.Context())
		cause := errors.New("the client went away")
		cancel(cause)
		for range 10 {
			err := p.wait(ctx, "op")
			require.ErrorIs(t, err, context.Canceled)
			require.ErrorIs(t, err, cause)
		}
		require.Equal(t, float64(DefaultBurst), p.limit.TokensAt(time.Now()))
	})
}

func TestCancelledWaitersLeaveNoGap(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, l := newPacer(DefaultRate, DefaultBurst), newLine()
		ctx, cancel := context.WithCancel(t.Context())
		for i := range 13 {
			l.add(t.Context(), p, i)
			l.add(ctx, p, 100+i)
		}
		cancel() // 101 to 112, and the head of the queue among them
		l.all.Wait()
		require.Equal(t, []int{0, 100, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12}, l.who)
		nearly(t, 1100*time.Millisecond, l.when[13])
	})
}

func Test429HalvesThePaceOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPacer(DefaultRate, DefaultBurst)
		for range 5 {
			p.throttled()
		}
		require.EqualValues(t, 5, p.limit.Limit())
		time.Sleep(999 * time.Millisecond)
		p.throttled()
		require.EqualValues(t, 5, p.limit.Limit(), "these were on their way together")

		for want := 6.0; want <= 10; want++ { // it takes back a tenth every two seconds
			time.Sleep(recovery)
			require.NoError(t, p.wait(t.Context(), "op"))
			require.InDelta(t, want, float64(p.limit.Limit()), 1e-9)
		}
		time.Sleep(time.Hour)
		require.NoError(t, p.wait(t.Context(), "op"))
		require.EqualValues(t, DefaultRate, p.limit.Limit(), "never more than the full rate")
	})
}

func TestEvery429LaterHalvesAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPacer(DefaultRate, DefaultBurst)
		p.throttled()
		time.Sleep(recovery)
		require.NoError(t, p.wait(t.Context(), "op")) // raises the rate to 6
		p.throttled()
		require.EqualValues(t, 3, p.limit.Limit())
		for range 20 {
			time.Sleep(1500 * time.Millisecond)
			p.throttled()
		}
		require.EqualValues(t, DefaultRate*slowest, p.limit.Limit(), "but it does not stand still")
	})
}

func TestRecoveryForgetsNoTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPacer(DefaultRate, DefaultBurst)
		p.throttled()
		for range 2 {
			time.Sleep(recovery * 3 / 2)
			require.NoError(t, p.wait(t.Context(), "op"))
		}
		require.EqualValues(t, 8, p.limit.Limit())
	})
}

func Test429SlowsThoseWhoWaitAlready(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, l := newPacer(DefaultRate, 1), newLine()
		for i := range 8 {
			l.add(t.Context(), p, i)
		}
		p.throttled()
		l.all.Wait()
		nearly(t, 100*time.Millisecond, l.when[1])  // was at the head already
		nearly(t, 1400*time.Millisecond, l.when[7]) // seven intervals of 200 ms
	})
}

func TestNobodyOvertakesWhenThePaceRecovers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, l := newPacer(DefaultRate, 1), newLine()
		for range 3 {
			p.throttled()
			time.Sleep(time.Second)
		}
		for i := range 40 {
			l.add(t.Context(), p, i)
		}
		time.Sleep(5 * recovery)
		l.add(t.Context(), p, 40)
		l.all.Wait()
		require.True(t, slices.IsSorted(l.who))
		require.Len(t, l.who, 41)
	})
}

func TestTooLateSinceThePaceWasLowered(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, l := newPacer(DefaultRate, 1), newLine()
		for i := range 10 {
			l.add(t.Context(), p, i)
		}
		ctx, cancel := context.WithTimeout(t.Context(), 1050*time.Millisecond)
		defer cancel()
		told := make(chan error, 1)
		l.all.Go(func() { told <- p.wait(ctx, "op") })
		synctest.Wait()
		p.throttled()
		l.all.Wait()
		require.Error(t, <-told)
		require.Len(t, l.who, 10)
		require.Zero(t, p.waiting())
	})
}

func TestHeadIsToldThatThePaceWasLowered(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, l := newPacer(DefaultRate, 1), newLine()
		l.add(t.Context(), p, 0)
		l.add(t.Context(), p, 1)
		ctx, cancel := context.WithTimeout(t.Context(), 250*time.Millisecond)
		defer cancel()
		told := make(chan error, 1)
		l.all.Go(func() { told <- p.wait(ctx, "op") })
		synctest.Wait()
		p.throttled()
		var busy *BusyError
		require.ErrorAs(t, <-told, &busy)
		nearly(t, 100*time.Millisecond, time.Since(l.start)) // when it came to the head, not at its deadline
		nearly(t, 300*time.Millisecond, busy.Wait)
		nearly(t, 150*time.Millisecond, busy.Left)
		l.add(t.Context(), p, 2)
		l.all.Wait()
		nearly(t, 400*time.Millisecond, l.when[2]) // two intervals of 200 ms
	})
}

func TestThePaceRecoversWhileNobodyJoins(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, l := newPacer(DefaultRate, 1), newLine()
		p.throttled()
		for i := range 50 {
			l.add(t.Context(), p, i)
		}
		l.all.Wait()
		nearly(t, 200*time.Millisecond, l.when[1])
		require.EqualValues(t, 8, p.limit.Limit(), "the last was served after more than six seconds")
	})
}
