package dixaclient

import (
	"context"
	"errors"
	"net/http"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

// farBucket is a bucket that others share: it takes a while to answer, and has fewer tokens than its spec says.
type farBucket struct {
	*LocalBucket
	spec  BucketSpec
	trip  time.Duration
	mu    sync.Mutex
	asked int // at the same time
	most  int
	given int
}

func (b *farBucket) count(n int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.asked += n
	b.most = max(b.most, b.asked)
}

func (b *farBucket) Reserve(ctx context.Context) (time.Duration, func(), error) {
	b.count(1)
	defer b.count(-1)
	if err := sleep(ctx, b.trip); err != nil {
		return 0, nil, err
	}
	wait, giveBack, err := b.LocalBucket.Reserve(ctx)
	return wait, func() { b.given++; giveBack() }, err
}

func farClient(t *testing.T, b *farBucket, h http.HandlerFunc) *Client {
	c, err := New(Config{
		Token: StaticToken(testToken), URL: "http://127.0.0.1", Transport: &http.Transport{DialContext: serveMemory(t, h).dial},
		Buckets: func(s BucketSpec) Bucket { b.spec = s; return b },
	})
	require.NoError(t, err)
	t.Cleanup(c.Close)
	return c
}

func get(ctx context.Context, c *Client) error {
	_, err := GetConversation.Do(ctx, c, GetConversationIn{ConversationRef{1}})
	return err
}

// Only the head of the queue asks a bucket, and what the way to it takes is not lost.
func TestSharedBucket(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		served := 0
		b := &farBucket{LocalBucket: NewLocalBucket(DefaultRate, 1), trip: 20 * time.Millisecond}
		c := farClient(t, b, func(http.ResponseWriter, *http.Request) { served++ })
		var all sync.WaitGroup
		start := time.Now()
		for range 50 {
			all.Go(func() { require.NoError(t, get(t.Context(), c)) })
		}
		synctest.Wait()
		require.Equal(t, 50, c.Waiting(), "nobody waits for the bucket with the lock held")
		all.Wait()
		require.Equal(t, 50, served)
		require.Equal(t, 1, b.most)
		nearly(t, 4920*time.Millisecond, time.Since(start))
		require.Equal(t, BucketSpec{Token: "743530e4ca1c699f", Host: API, Rate: DefaultRate, Burst: DefaultBurst}, b.spec)
	})
}

// What others take from the bucket shows with the first slot, and then in the estimates, too.
func TestSharedBucketIsBusy(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := &farBucket{LocalBucket: NewLocalBucket(1, 1), trip: 20 * time.Millisecond}
		c := farClient(t, b, func(http.ResponseWriter, *http.Request) {})
		_, _, err := b.LocalBucket.Reserve(t.Context()) // somebody else
		require.NoError(t, err)

		ctx, cancel := context.WithTimeout(t.Context(), 500*time.Millisecond)
		defer cancel()
		start := time.Now()
		var busy *BusyError
		require.ErrorAs(t, get(ctx, c), &busy)
		require.Equal(t, 980*time.Millisecond, busy.Wait)
		require.Equal(t, b.trip, time.Since(start), "told when the bucket was asked")
		require.Equal(t, 1, b.given, "and the slot is free again")

		var all sync.WaitGroup
		all.Go(func() { require.NoError(t, get(t.Context(), c)) })
		time.Sleep(100 * time.Millisecond)
		before := time.Now()
		require.ErrorAs(t, get(ctx, c), &busy)
		require.Zero(t, time.Since(before), "told at once, behind the other")
		nearly(t, 1880*time.Millisecond, busy.Wait)
		all.Wait()
		nearly(t, time.Second, time.Since(start))
	})
}

func TestEndWhileTheBucketIsAsked(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := &farBucket{LocalBucket: NewLocalBucket(DefaultRate, 1), trip: time.Second}
		c := farClient(t, b, func(http.ResponseWriter, *http.Request) { t.Error("it was sent") })
		ctx, cancel := context.WithCancelCause(t.Context())
		time.AfterFunc(100*time.Millisecond, func() { cancel(errors.New("the client went away")) })
		err := get(ctx, c)
		require.EqualError(t, err, "get_conversation: it was not sent: the call ended while it waited for Dixa's limit: context canceled: the client went away.")
		require.ErrorIs(t, err, context.Canceled)
		require.Zero(t, c.Waiting())
	})
}

// A 429 goes to the bucket, and is counted, as is the time that was spent.
func TestTimesOfACall(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := 0
		c := memoryClient(t, func(w http.ResponseWriter, _ *http.Request) {
			n++
			time.Sleep(200 * time.Millisecond)
			if n < 3 {
				w.WriteHeader(http.StatusTooManyRequests)
				return
			}
			_ = http.NewResponseController(w).Flush()
			time.Sleep(100 * time.Millisecond)
			_, _ = w.Write([]byte(`{"data":{"id":1}}`))
		})
		for range DefaultBurst {
			_, err := c.lanes[API].wait(t.Context(), GetConversation.Spec)
			require.NoError(t, err)
		}
		var call *Call
		require.NoError(t, get(t.Context(), c.With(func(ctx context.Context, c *Call, next func(context.Context) error) error {
			call = c
			return next(ctx)
		})))
		nearly(t, 100*time.Millisecond, call.Waited) // the pauses before the repetitions were longer
		nearly(t, 700*time.Millisecond, call.Upstream)
		require.Equal(t, 2, call.Throttled)
	})
}
