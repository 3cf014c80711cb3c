package events_test

import (
	"context"
	"errors"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"dixa-mcp/internal/events"
	"dixa-mcp/internal/events/eventstest"
	"dixa-mcp/internal/events/sqlitestore"
)

const limit = time.Minute

// counted counts how often a store is read.
type counted struct {
	events.Store
	reads  atomic.Int64
	broken atomic.Bool
	away   atomic.Bool
}

var errBroken = errors.New("broken")

func (c *counted) List(ctx context.Context, after events.Cursor, most int) (events.Page, error) {
	c.reads.Add(1)
	if c.broken.Load() {
		return events.Page{}, errBroken
	}
	if c.away.Load() {
		return events.Page{}, events.ErrAway
	}
	return c.Store.List(ctx, after, most)
}

func newInbox(t *testing.T, dir string) (*events.Inbox, *counted) {
	c := &counted{Store: sqlitestore.Open(dir, sqlitestore.Options{})}
	in := events.NewInbox(c)
	t.Cleanup(func() { require.NoError(t, in.Close()) })
	return in, c
}

// about matches the event with a number.
func about(n int) func(context.Context, events.Event) (bool, error) {
	return func(_ context.Context, e events.Event) (bool, error) { return eventstest.Number(e) == n, nil }
}

func put(t *testing.T, s events.Store, n ...int) {
	t.Helper()
	for _, one := range n {
		_, err := s.Put(t.Context(), eventstest.Event(one))
		require.NoError(t, err)
	}
}

// A wait finds what is there already, from a cursor on.
func TestWaitForThePast(t *testing.T) {
	in, _ := newInbox(t, t.TempDir())
	put(t, in, 1, 2, 3)
	found, err := in.Wait(t.Context(), "", about(2))
	require.NoError(t, err)
	require.Equal(t, 2, eventstest.Number(*found.Event))
	require.Equal(t, found.Event.Cursor, found.Next)
	ctx, cancel := context.WithCancel(t.Context())
	matched := 0
	found, err = in.Wait(ctx, found.Next, func(context.Context, events.Event) (bool, error) {
		matched++
		cancel()
		return false, nil
	})
	require.ErrorIs(t, err, context.Canceled)
	require.Nil(t, found.Event)
	require.Equal(t, 1, matched)
	put(t, in, 4)
	found, err = in.Wait(t.Context(), found.Next, about(4))
	require.NoError(t, err)
	require.Equal(t, 4, eventstest.Number(*found.Event))
}

// A wait finds what this process stores, and what another one does.
func TestWaitForWhatComes(t *testing.T) {
	dir := t.TempDir()
	in, c := newInbox(t, dir)
	other, _ := newInbox(t, dir)
	put(t, in, 1)
	for i, s := range []events.Store{in, other} {
		n := 10 + i
		end, err := in.End(t.Context())
		require.NoError(t, err)
		before := c.reads.Load()
		var waiting sync.WaitGroup
		waiting.Go(func() {
			found, err := in.Wait(t.Context(), end, about(n))
			if err != nil || eventstest.Number(*found.Event) != n {
				t.Error(found, err)
			}
		})
		require.Eventually(t, func() bool { return c.reads.Load() > before }, limit, time.Millisecond)
		put(t, s, n)
		waiting.Wait()
	}
}

// What this process stores is passed on at once, without looking for it.
func TestPutWakes(t *testing.T) {
	c := &counted{Store: sqlitestore.Open(t.TempDir(), sqlitestore.Options{})}
	in := events.NewInboxPolling(c, 24*time.Hour)
	t.Cleanup(func() { require.NoError(t, in.Close()) })
	var waiting sync.WaitGroup
	waiting.Go(func() {
		if _, err := in.Wait(t.Context(), "", about(7)); err != nil {
			t.Error(err)
		}
	})
	require.Eventually(t, func() bool { return c.reads.Load() >= 2 }, limit, time.Millisecond, "the one who waits has looked, and so has the inbox")
	put(t, in, 7)
	waiting.Wait()
}

// A thousand who wait read the store no more often than one, and only while they wait.
func TestManyWait(t *testing.T) {
	in, c := newInbox(t, t.TempDir())
	const many = 1000
	end, err := in.End(t.Context())
	require.NoError(t, err)
	before := runtime.NumGoroutine()
	var waiting sync.WaitGroup
	for i := range many {
		waiting.Go(func() {
			found, err := in.Wait(t.Context(), end, about(i%10))
			if err != nil || eventstest.Number(*found.Event) != i%10 {
				t.Error(found, err)
			}
		})
	}
	require.Eventually(t, func() bool { return c.reads.Load() > many }, limit, time.Millisecond, "each has looked once, and one goes on")
	require.LessOrEqual(t, runtime.NumGoroutine(), before+many)
	reads := c.reads.Load()
	put(t, in, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9)
	waiting.Wait()
	require.Less(t, c.reads.Load()-reads, int64(many/2))
	idle := c.reads.Load()
	put(t, in, 11)
	_, err = in.Wait(t.Context(), end, about(11))
	require.NoError(t, err)
	require.LessOrEqual(t, c.reads.Load()-idle, int64(4), "nobody waited, so nothing was read")
}

// Events that are stored while a wait begins are found, whenever it begins.
func TestWaitMissesNothing(t *testing.T) {
	dir := t.TempDir()
	in, _ := newInbox(t, dir)
	other, _ := newInbox(t, dir)
	const many = 300
	var writing sync.WaitGroup
	writing.Go(func() {
		for n := range many {
			put(t, []events.Store{in, other}[n%2], n)
		}
	})
	var readers sync.WaitGroup
	for range 8 {
		readers.Go(func() {
			var next events.Cursor
			for n := range many { // one call after the other, each from where the last one ended
				found, err := in.Wait(t.Context(), next, func(context.Context, events.Event) (bool, error) { return true, nil })
				if err != nil || eventstest.Number(*found.Event) != n || found.Truncated {
					t.Error(n, found, err)
					return
				}
				next = found.Next
			}
		})
	}
	writing.Wait()
	readers.Wait()
}

// An error of the store or of the match ends a wait, and so does closing.
func TestWaitFails(t *testing.T) {
	c := &counted{Store: sqlitestore.Open(t.TempDir(), sqlitestore.Options{})}
	in := events.NewInbox(c)
	put(t, in, 1)
	_, err := in.Wait(t.Context(), "", func(context.Context, events.Event) (bool, error) { return false, errBroken })
	require.ErrorIs(t, err, errBroken)
	_, err = in.Wait(t.Context(), "nonsense", about(1))
	require.ErrorIs(t, err, events.ErrCursor)
	failed := make(chan error)
	wait := func() {
		reads := c.reads.Load()
		go func() {
			_, err := in.Wait(context.Background(), "", about(2))
			failed <- err
		}()
		require.Eventually(t, func() bool { return c.reads.Load() > reads+1 }, limit, time.Millisecond)
	}
	wait()
	c.broken.Store(true)
	require.ErrorIs(t, <-failed, errBroken)
	c.broken.Store(false)
	wait()
	require.NoError(t, in.Close())
	require.ErrorIs(t, <-failed, events.ErrClosed)
}

// While a store is away a wait goes on, whether it began before or begins then.
func TestWaitWhileAway(t *testing.T) {
	in, c := newInbox(t, t.TempDir())
	put(t, in, 1)
	heard := make(chan error)
	wait := func() {
		reads := c.reads.Load()
		go func() {
			_, err := in.Wait(context.Background(), "", about(2))
			heard <- err
		}()
		require.Eventually(t, func() bool { return c.reads.Load() > reads+2 }, limit, time.Millisecond)
	}
	wait()
	c.away.Store(true)
	wait()
	reads := c.reads.Load()
	require.Eventually(t, func() bool { return c.reads.Load() > reads+3 }, limit, time.Millisecond)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := in.Wait(ctx, "", about(2))
	require.ErrorIs(t, err, context.Canceled)
	c.away.Store(false)
	put(t, in, 2)
	require.NoError(t, <-heard)
	require.NoError(t, <-heard)
}

// A wait reports that what followed its cursor was removed.
func TestWaitTruncated(t *testing.T) {
	o := sqlitestore.Options{Events: 5}
	in := events.NewInbox(sqlitestore.Open(t.TempDir(), o))
	t.Cleanup(func() { require.NoError(t, in.Close()) })
	put(t, in, 1)
	end, err := in.End(t.Context())
	require.NoError(t, err)
	for n := 2; n < 20; n++ {
		put(t, in, n)
	}
	found, err := in.Wait(t.Context(), end, about(19))
	require.NoError(t, err)
	require.True(t, found.Truncated)
}
