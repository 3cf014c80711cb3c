package sharedstate

import (
	"bytes"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"dixa-mcp/dixaclient"
	"dixa-mcp/internal/base/filelock"
	"dixa-mcp/internal/base/sqlitefile"
	"dixa-mcp/internal/gate"
)

var spec = dixaclient.BucketSpec{Token: "0123456789abcdef", Rate: 10, Burst: 3}

// processes returns stores on one directory, as several processes have them.
func processes(t *testing.T, n int) []*Store {
	t.Helper()
	dir := t.TempDir()
	stores := make([]*Store, n)
	for i := range stores {
		stores[i] = New(dir, "https://dixa.example", slog.New(slog.DiscardHandler))
		t.Cleanup(func() { require.NoError(t, stores[i].Close()) })
	}
	return stores
}

// Processes that share a bucket get together what one would get alone, and nothing is given out twice.
func TestBucketIsShared(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var waits []time.Duration
		for _, s := range processes(t, 4) {
			b := s.Bucket(spec)
			for range 5 {
				wait, _, err := b.Reserve(t.Context())
				require.NoError(t, err)
				waits = append(waits, wait)
			}
		}
		for i, wait := range waits {
			require.Equal(t, max(0, time.Duration(i-2)*100*time.Millisecond), wait, i)
		}
		time.Sleep(time.Minute)
		wait, _, err := processes(t, 1)[0].Bucket(spec).Reserve(t.Context())
		require.NoError(t, err)
		require.Zero(t, wait)
	})
}

func TestBucketOfAnotherTokenHostOrAddress(t *testing.T) {
	dir := t.TempDir()
	other := spec
	other.Token = "fedcba9876543210"
	exports := spec
	exports.Host = dixaclient.Exports
	a, b := New(dir, "https://a.example", slog.Default()), New(dir, "https://b.example", slog.Default())
	defer a.Close()
	defer b.Close()
	for _, bucket := range []dixaclient.Bucket{a.Bucket(spec), a.Bucket(other), a.Bucket(exports), b.Bucket(spec)} {
		for range spec.Burst {
			wait, _, err := bucket.Reserve(t.Context())
			require.NoError(t, err)
			require.Zero(t, wait)
		}
	}
}

func TestGiveBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		all := processes(t, 2)
		a, b := all[0].Bucket(spec), all[1].Bucket(spec)
		for range spec.Burst {
			_, _, _ = a.Reserve(t.Context())
		}
		wait, giveBack, err := a.Reserve(t.Context())
		require.NoError(t, err)
		require.Equal(t, 100*time.Millisecond, wait)
		giveBack()
		giveBack() // once is enough
		wait, early, _ := b.Reserve(t.Context())
		require.Equal(t, 100*time.Millisecond, wait)
		wait, _, _ = a.Reserve(t.Context())
		require.Equal(t, 200*time.Millisecond, wait)
		early() // another one was taken after it: it is lost, not given out twice
		wait, _, _ = a.Reserve(t.Context())
		require.Equal(t, 300*time.Millisecond, wait)
	})
}

// A 429 that one process gets slows all of them down, and all recover.
func TestThrottledIsShared(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		all := processes(t, 2)
		a, b := all[0].Bucket(spec), all[1].Bucket(spec)
		a.Throttled(t.Context())
		a.Throttled(t.Context()) // of a request that was on its way together with the first
		for range spec.Burst {
			_, _, _ = b.Reserve(t.Context())
		}
		require.Equal(t, 5.0, b.Rate())
		wait, _, err := b.Reserve(t.Context())
		require.NoError(t, err)
		require.Equal(t, 200*time.Millisecond, wait)
		time.Sleep(time.Minute)
		_, _, _ = b.Reserve(t.Context())
		require.Equal(t, 10.0, b.Rate())
	})
}

// A clock that is set back neither fills the bucket nor stops it for an hour.
func TestClockSetBack(t *testing.T) {
	x := tokens{level: 0, at: 10_000_000}
	x.fill(4_000_000, 10, 3)
	require.Zero(t, x.level)
	x.fill(4_100_000, 10, 3)
	require.InDelta(t, 1, x.level, 1e-9)
}

func TestBudgetsAreShared(t *testing.T) {
	all := processes(t, 4)
	lines := []gate.Allowance{{What: "requests", Period: 24 * time.Hour}, {What: "writes", Most: 50, Period: time.Hour}}
	var done atomic.Int32
	var wg sync.WaitGroup
	for _, s := range all {
		wg.Go(func() {
			for range 20 {
				taken, err := s.Budgets().Take(t.Context(), "triage", lines, 0)
				if err == nil && taken.Over == nil {
					done.Add(1)
				}
			}
		})
	}
	wg.Wait()
	require.EqualValues(t, 50, done.Load())
	counts, err := all[0].Budgets().Counts(t.Context(), "triage", lines)
	require.NoError(t, err)
	require.Equal(t, 50, counts[1].Used)
	require.Zero(t, counts[1].Left)
	taken, err := all[1].Budgets().Take(t.Context(), "reader", lines, 0)
	require.NoError(t, err)
	require.Nil(t, taken.Over, "each agent has its own budget")
}

func TestBudgetsBeginAnew(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := processes(t, 1)[0].Budgets()
		lines := []gate.Allowance{{What: "writes", Most: 1, Period: time.Hour}}
		take := func() bool {
			taken, err := b.Take(t.Context(), "a", lines, 0)
			require.NoError(t, err)
			return taken.Over == nil
		}
		require.True(t, take())
		require.False(t, take())
		time.Sleep(time.Hour)
		require.True(t, take())
	})
}

func TestOwnRateIsShared(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		all := processes(t, 2)
		take := func(i int) gate.Taken {
			taken, err := all[i].Budgets().Take(t.Context(), "a", nil, 2)
			require.NoError(t, err)
			return taken
		}
		require.Zero(t, take(0).Wait)
		require.Zero(t, take(1).Wait)
		third := take(0)
		require.Equal(t, 500*time.Millisecond, third.Wait)
		third.GiveBack()
		require.Equal(t, 500*time.Millisecond, take(1).Wait)
	})
}

func TestConfirmationsAreUsedOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		all := processes(t, 2)
		now := time.Now()
		require.NoError(t, all[0].Use(t.Context(), "n", now, now.Add(time.Minute)))
		require.ErrorIs(t, all[1].Use(t.Context(), "n", now, now.Add(time.Minute)), gate.ErrUsed)
		require.NoError(t, all[1].Use(t.Context(), "m", now, now.Add(time.Minute)))
	})
}

// A bucket that a loss of power has torn begins empty: it was in use.
func TestTornBucket(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := processes(t, 1)[0]
		b := s.Bucket(spec)
		reserve := func() time.Duration {
			wait, _, err := b.Reserve(t.Context())
			require.NoError(t, err)
			return wait
		}
		require.Zero(t, reserve())
		path := b.(*bucket).file.path
		whole, err := os.ReadFile(path)
		require.NoError(t, err)
		flipped := bytes.Clone(whole)
		flipped[3] ^= 1
		for _, torn := range [][]byte{whole[:20], flipped, make([]byte, len(whole))} {
			time.Sleep(time.Minute)
			require.NoError(t, os.WriteFile(path, torn, 0o600))
			require.Equal(t, 100*time.Millisecond, reserve(), "%x", torn)
			require.Equal(t, 200*time.Millisecond, reserve(), "it is written anew")
		}
		time.Sleep(time.Minute)
		require.NoError(t, os.WriteFile(path, nil, 0o600)) // made, and nothing written to it yet
		require.Zero(t, reserve())
	})
}

// A process that is stopped while it holds the lock does not stop the others for long.
func TestBucketThatAnotherHolds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		all := processes(t, 2)
		spec := spec
		spec.Rate = 0.1
		b := all[0].Bucket(spec)
		other := all[1].Bucket(spec).(*bucket)
		require.NoError(t, other.file.open())
		require.NoError(t, filelock.Lock(other.file.file, sqlitefile.Busy))
		begun := time.Now()
		for i := range spec.Burst + 1 {
			wait, _, err := b.Reserve(t.Context())
			require.NoError(t, err)
			require.Equal(t, i < spec.Burst, wait == 0, "this process keeps to the limit by itself")
		}
		require.Less(t, time.Since(begun), time.Duration(spec.Burst+1)*(sqlitefile.Busy+10*time.Millisecond))
		require.NoError(t, other.file.release())
		begun = time.Now()
		for range spec.Burst {
			wait, _, err := b.Reserve(t.Context())
			require.NoError(t, err)
			require.Zero(t, wait)
		}
		require.Zero(t, time.Since(begun))
	})
}

// Where the files cannot be used, the rate limit holds for each process, and what has a budget is refused.
func TestFileThatCannotBeUsed(t *testing.T) {
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, FileName), []byte("this is no database, it is a text of some length"), 0o600))
	s := New(dir, "https://dixa.example", slog.New(slog.DiscardHandler))
	defer s.Close()
	b := s.Bucket(spec)
	require.NoError(t, os.Mkdir(b.(*bucket).file.path, 0o700))
	for range spec.Burst {
		wait, _, err := b.Reserve(t.Context())
		require.NoError(t, err)
		require.Zero(t, wait)
	}
	wait, _, err := b.Reserve(t.Context())
	require.NoError(t, err)
	require.NotZero(t, wait)
	_, err = s.Budgets().Take(t.Context(), "a", []gate.Allowance{{What: "writes", Most: 1, Period: time.Hour}}, 0)
	require.ErrorContains(t, err, "the shared state in "+filepath.Join(dir, FileName)+" cannot be used")
	_, err = s.Budgets().Take(t.Context(), "a", []gate.Allowance{{What: "writes", Period: time.Hour}}, 0)
	require.NoError(t, err)
	require.ErrorContains(t, s.Use(t.Context(), "n", time.Now(), time.Now()), "cannot be used")
}

func TestFileIsForItsOwnerAlone(t *testing.T) {
	s := processes(t, 1)[0]
	_, _, err := s.Bucket(spec).Reserve(t.Context())
	require.NoError(t, err)
	require.NoError(t, s.Use(t.Context(), "n", time.Now(), time.Now()))
	files, err := filepath.Glob(filepath.Join(filepath.Dir(s.file.Path), "*"))
	require.NoError(t, err)
	require.Greater(t, len(files), 1)
	for _, f := range files {
		info, err := os.Stat(f)
		require.NoError(t, err)
		require.Zero(t, info.Mode().Perm()&0o077, f)
	}
}
