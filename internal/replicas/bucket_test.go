package replicas

import (
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"dixa-mcp/dixaclient"
	"dixa-mcp/internal/freeze"
	"dixa-mcp/internal/replicas/redistest"
)

// Every bucket must pass these: for one process, and of several that share.
func TestBuckets(t *testing.T) {
	for what, test := range map[string]func(t testing.TB, open func(rate float64, burst int) []dixaclient.Bucket){
		"keeps the limit": keepsLimit, "slows down": slowsDown, "takes back": takesBack,
	} {
		t.Run("in process/"+what, func(t *testing.T) {
			t.Parallel()
			test(t, func(rate float64, burst int) []dixaclient.Bucket {
				return []dixaclient.Bucket{dixaclient.NewLocalBucket(rate, burst)}
			})
		})
		t.Run("shared by three/"+what, func(t *testing.T) {
			t.Parallel()
			undisturbed(t, threeOf(t), func(t testing.TB, all []*Group) {
				test(t, func(rate float64, burst int) []dixaclient.Bucket { return bucketsOf(all, rate, burst) })
			})
		})
	}
}

func bucketsOf(all []*Group, rate float64, burst int) []dixaclient.Bucket {
	var list []dixaclient.Bucket
	for _, g := range all {
		list = append(list, g.Bucket(dixaclient.BucketSpec{Token: "0123456789abcdef", Rate: rate, Burst: burst}))
	}
	return list
}

// turns are when turns may be used at the earliest and at the latest: when the server decided is not known, only when it
// was asked and when it had answered.
type turns struct {
	mu   sync.Mutex
	list []turn
}

type turn struct{ early, late time.Time }

// spend uses all turns of a bucket until the time, as the head of a queue does.
func (u *turns) spend(t testing.TB, b dixaclient.Bucket, until time.Time) {
	for {
		asked := time.Now()
		wait, giveBack, err := b.Reserve(t.Context())
		if err != nil {
			t.Error(err)
			return
		}
		got := turn{asked.Add(wait), time.Now().Add(wait)}
		if got.late.After(until) {
			giveBack()
			return
		}
		time.Sleep(time.Until(got.late))
		u.mu.Lock()
		u.list = append(u.list, got)
		u.mu.Unlock()
	}
}

// all spends from several buckets at once.
func (u *turns) all(t testing.TB, buckets []dixaclient.Bucket, d time.Duration) {
	var wait sync.WaitGroup
	until := time.Now().Add(d)
	for _, b := range buckets {
		wait.Go(func() { u.spend(t, b, until) })
	}
	wait.Wait()
}

// require requires that no time had more turns than the limit lets through, with so many more.
func (u *turns) require(t testing.TB, rate float64, burst int, more float64) {
	t.Helper()
	u.mu.Lock()
	defer u.mu.Unlock()
	slices.SortFunc(u.list, func(a, b turn) int { return a.early.Compare(b.early) })
	for i := range u.list {
		for j := i; j < len(u.list); j++ {
			window := u.list[j].late.Sub(u.list[i].early)
			require.LessOrEqual(t, float64(j-i+1), float64(burst)+rate*window.Seconds()+more, "turns %d to %d of %d in %s", i, j, len(u.list), window)
		}
	}
}

func keepsLimit(t testing.TB, open func(float64, int) []dixaclient.Bucket) {
	buckets := open(100, 3)
	var u turns
	for len(u.list) < 150 { // however slow the machine is
		u.all(t, buckets, 500*time.Millisecond)
	}
	u.require(t, 100, 3, 1)
}

func slowsDown(t testing.TB, open func(float64, int) []dixaclient.Bucket) {
	buckets := open(100, 3)
	var u turns
	u.all(t, buckets, 100*time.Millisecond)
	for _, b := range buckets { // together they count once
		b.Throttled(t.Context())
	}
	u.list = nil
	u.all(t, buckets, 900*time.Millisecond)
	u.require(t, 50, 3, 1)
	require.GreaterOrEqual(t, len(u.list), 10)
	for _, b := range buckets {
		require.InDelta(t, 50.0/float64(len(buckets)), b.Rate(), 0.1)
	}
	time.Sleep(200 * time.Millisecond) // the server's second
	buckets[0].Throttled(t.Context())
	require.InDelta(t, 25.0/float64(len(buckets)), buckets[0].Rate(), 0.1)
	require.Eventually(t, func() bool { // a tenth every two seconds
		_, giveBack, err := buckets[0].Reserve(t.Context())
		giveBack()
		return err == nil && buckets[0].Rate()*float64(len(buckets)) > 34
	}, time.Minute, 20*time.Millisecond)
}

func takesBack(t testing.TB, open func(float64, int) []dixaclient.Bucket) {
	buckets := open(2, 1)
	b, other := buckets[0], buckets[len(buckets)-1]
	reserve := func(b dixaclient.Bucket) (time.Duration, func()) {
		wait, giveBack, err := b.Reserve(t.Context())
		require.NoError(t, err)
		return wait, giveBack
	}
	first, _ := reserve(b)
	second, giveBack := reserve(b)
	require.InDelta(t, 0.5, (second - first).Seconds(), 0.1)
	giveBack()
	again, newest := reserve(other)
	require.InDelta(t, second.Seconds(), again.Seconds(), 0.1, "the newest comes back")
	last, _ := reserve(b)
	newest()
	after, _ := reserve(other)
	require.InDelta(t, 0.5, (after - last).Seconds(), 0.1, "one that others wait behind does not")
}

// While replicas come, go, lose the server and return, they never have more turns together than one would have.
func TestBucketAwayAndBack(t *testing.T) {
	const rate = 30
	for name, test := range map[string]struct {
		away func(*redistest.Server, []*redistest.Proxy) (back func())
		all  bool // lose the server
	}{
		"killed":      {func(s *redistest.Server, _ []*redistest.Proxy) func() { s.Kill(); return s.Start }, true},
		"stopped":     {func(s *redistest.Server, _ []*redistest.Proxy) func() { s.Freeze(); return s.Thaw }, true},
		"one cut off": {func(_ *redistest.Server, p []*redistest.Proxy) func() { p[0].Cut(); return p[0].Restore }, false},
		"one held":    {func(_ *redistest.Server, p []*redistest.Proxy) func() { p[0].Hold(); return p[0].Restore }, false},
		"one mute":    {func(_ *redistest.Server, p []*redistest.Proxy) func() { p[0].Mute(); return p[0].Restore }, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := redistest.Start(t)
			var proxies []*redistest.Proxy
			var urls []string
			for range 3 {
				p := redistest.Between(t, s)
				proxies, urls = append(proxies, p), append(urls, p.URL())
			}
			all := joinAll(t, urls...)
			buckets := bucketsOf(all, rate, 3)
			var u turns
			var wait sync.WaitGroup
			wait.Go(func() { u.all(t, buckets, 6800*time.Millisecond) })
			time.Sleep(700 * time.Millisecond)
			back := test.away(s, proxies)
			lost := all[:1]
			if test.all {
				lost = all
			}
			alone(t, lost...)
			began := time.Now()
			for _, b := range buckets {
				require.InDelta(t, rate/3.0, b.Rate(), 0.01)
			}
			time.Sleep(3 * time.Second)
			back()
			see(t, 3, all...)
			returned := time.Now()
			wait.Wait()
			u.require(t, rate, 3, 1)
			// Alone, and after it, turns are used; how many depends on the machine, too.
			require.Positive(t, u.between(began.Add(time.Second), began.Add(3*time.Second)))
			require.Positive(t, u.between(returned, returned.Add(time.Minute)))
		})
	}
}

func (u *turns) between(from, to time.Time) (n int) {
	for _, got := range u.list {
		if got.late.After(from) && got.late.Before(to) {
			n++
		}
	}
	return n
}

// A 429 that came while a replica was alone slows all down when it is back.
func TestThrottledAlone(t *testing.T) {
	t.Parallel()
	s := redistest.Start(t)
	p := redistest.Between(t, s)
	all := joinAll(t, p.URL(), s.URL())
	buckets := bucketsOf(all, 1000, 3)
	p.Cut()
	alone(t, all[0])
	buckets[0].Throttled(t.Context())
	p.Restore()
	see(t, 2, all...)
	for _, b := range buckets {
		_, _, err := b.Reserve(t.Context())
		require.NoError(t, err)
		require.Less(t, b.Rate(), 450.0)
	}
}

// A caller that waits for a token learns of another replica's freeze with it.
func TestReserveBringsFreezes(t *testing.T) {
	undisturbed(t, threeOf(t), func(t testing.TB, all []*Group) {
		b := bucketsOf(all, 1000, 3)[0]
		for i := range 20 {
			name := "agent" + strconv.Itoa(i)
			require.NoError(t, all[1].Freezes().Set(t.Context(), name, freeze.Freeze{By: "anna"}))
			_, _, err := b.Reserve(t.Context())
			require.NoError(t, err)
			_, frozen := all[0].Freezes().Frozen(name)
			require.True(t, frozen)
		}
	})
}

func BenchmarkReserve(b *testing.B) {
	g := join(b, redistest.Start(b).URL())
	bucket := g.Bucket(dixaclient.BucketSpec{Token: "x", Rate: 1e9, Burst: 1000})
	took := make([]time.Duration, 0, b.N)
	for b.Loop() {
		start := time.Now()
		if _, _, err := bucket.Reserve(b.Context()); err != nil {
			b.Fatal(err)
		}
		took = append(took, time.Since(start))
	}
	slices.Sort(took)
	b.ReportMetric(float64(took[len(took)/2].Microseconds()), "p50-µs")
	b.ReportMetric(float64(took[len(took)*99/100].Microseconds()), "p99-µs")
}
