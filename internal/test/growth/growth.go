//go:build linux

// Package growth is test support: it tells whether work grows with its input as the input does. It compares CPU time of
// one thread with CPU time of the same thread, so that neither the speed of the machine nor what else it does matters.
package growth

import (
	"math"
	"runtime"
	"runtime/debug"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"dixa-mcp/internal/test/race"
)

const (
	// factor is how much larger the large input is.
	factor = 8
	// most is how much more work it may cost: linear work takes about 8 times as much, quadratic work 64 times.
	most = 24
	// least is CPU time below which a difference is noise.
	least = 200 * time.Microsecond
	tries = 3
)

// Linear fails a test whose work does not grow linearly with its input. prepare makes an input of size n and returns the
// work that is done with it, which must not leave its goroutine.
func Linear(t testing.TB, n int, prepare func(n int) (work func())) {
	t.Helper()
	race.Skip(t)
	small := max(cost(prepare(n)), least)
	large := cost(prepare(factor * n))
	if large > most*small {
		t.Errorf("%d times the input costs %.0f times the work (%v, then %v): it must be linear", factor, float64(large)/float64(small), small, large)
	}
}

// cost returns the least CPU time of a few tries: what disturbs a try can only add to it.
func cost(work func()) time.Duration {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	// The garbage collector makes a thread that allocates pay for what others left: it runs between tries only, or when
	// memory becomes scarce.
	defer debug.SetMemoryLimit(debug.SetMemoryLimit(1 << 30))
	defer debug.SetGCPercent(debug.SetGCPercent(-1))
	best := time.Duration(math.MaxInt64)
	for range tries {
		runtime.GC()
		start := used()
		work()
		took := used() - start
		if best = min(best, took); took > time.Second { // quadratic beyond doubt, or very large
			break
		}
	}
	return best
}

// used returns the CPU time that this thread has used.
func used() time.Duration {
	var at unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_THREAD_CPUTIME_ID, &at); err != nil {
		panic(err) // the clock is there since Linux 2.6
	}
	return time.Duration(at.Nano())
}
