package events_test

import (
	"context"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"dixa-mcp/internal/events"
	"dixa-mcp/internal/events/eventstest"
)

// Every event that comes after the beginning is told once and in its order, also after the inbox could not be read.
func TestHeed(t *testing.T) {
	in, store := newInbox(t, t.TempDir())
	put(t, in, 1)
	told, failed := make(chan int, 100), atomic.Int64{}
	stop := events.HeedEvery(time.Millisecond, in, func(_ context.Context, e events.Event) { told <- eventstest.Number(e) }, func(error) { failed.Add(1) })
	defer stop()
	begun := 2
	for ; len(told) == 0; begun++ { // until it listens
		put(t, in, begun)
	}
	last := begun - 1
	all := []int{<-told}
	store.broken.Store(true)
	put(t, in, begun)
	require.Eventually(t, func() bool { return failed.Load() > 2 }, limit, time.Millisecond)
	put(t, in, begun+1)
	store.broken.Store(false)
	for all[len(all)-1] < begun+1 {
		all = append(all, <-told)
	}
	require.Greater(t, all[0], 1)
	require.LessOrEqual(t, all[0], last)
	for i, n := range all {
		require.Equal(t, all[0]+i, n, "%v", all)
	}
	stop()
	require.Empty(t, told)
}
