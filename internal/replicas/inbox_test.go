package replicas

import (
	"errors"
	"fmt"
	"os"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"dixa-mcp/internal/events"
	"dixa-mcp/internal/events/eventstest"
	"dixa-mcp/internal/replicas/redistest"
)

// inboxes returns a function that opens inboxes of one Redis, each of a replica of its own, with a clock that only the test moves.
func inboxes(t *testing.T, url, prefix string, bounds inboxBounds) eventstest.Opened {
	var at atomic.Int64
	at.Store(eventstest.Noon.UnixMilli())
	return eventstest.Opened{
		Open: func() events.Store {
			g, err := Connect(t.Context(), Options{URL: url, Prefix: prefix, Replica: "test"})
			require.NoError(t, err)
			t.Cleanup(g.Close)
			b := g.Events().(*inbox)
			b.now, b.bounds = func() time.Time { return time.UnixMilli(at.Load()) }, bounds
			return b
		},
		Later: func(d time.Duration) { at.Add(d.Milliseconds()) },
	}
}

func TestInbox(t *testing.T) {
	s := redistest.Start(t)
	n := 0
	eventstest.Run(t, func(t *testing.T, bytes int64) eventstest.Opened {
		n++
		return inboxes(t, s.URL(), fmt.Sprint("inbox", n), inboxBounds{eventstest.Keep, eventstest.MaxEvents, bytes})
	})
}

// After a loss of the last events no number is given again: a reader who is behind a lost one gets those that come, and is not told of
// events that it has read.
func TestInboxLost(t *testing.T) {
	s := redistest.Start(t)
	o := inboxes(t, s.URL(), "lost", inboxBounds{})
	b := o.Open()
	_, err := b.Put(t.Context(), eventstest.Event(1), eventstest.Event(2), eventstest.Event(3))
	require.NoError(t, err)
	all, err := b.List(t.Context(), "", 10)
	require.NoError(t, err)
	s.CLI("xdel", "{lost}:events:stream", "3-0")
	s.CLI("srem", "{lost}:events:ids", eventstest.Event(3).ID)
	s.CLI("hset", "{lost}:events", "newest", "2", "run", "another")
	p, err := b.List(t.Context(), all.Next, 10)
	require.NoError(t, err)
	require.Empty(t, p.Events)
	require.False(t, p.Truncated)
	_, err = b.Put(t.Context(), eventstest.Event(3), eventstest.Event(4))
	require.NoError(t, err)
	for _, at := range []events.Cursor{all.Next, p.Next} {
		p, err = b.List(t.Context(), at, 10)
		require.NoError(t, err)
		require.Len(t, p.Events, 2)
		require.False(t, p.Truncated)
	}
	s.Kill()
	require.Eventually(t, func() bool {
		_, err := b.Put(t.Context(), eventstest.Event(5))
		return errors.Is(err, events.ErrAway)
	}, time.Minute, time.Millisecond)
	s.Start()
	require.Eventually(t, func() bool { _, err = b.List(t.Context(), p.Next, 10); return err == nil }, time.Minute, time.Millisecond)
	p, err = b.List(t.Context(), p.Next, 10)
	require.NoError(t, err)
	require.True(t, p.Truncated, "another inbox")
}

// An inbox takes half of a Redis at most, however large it may be.
func TestInboxInASmallRedis(t *testing.T) {
	s := redistest.Start(t, "--maxmemory", "40mb", "--maxmemory-policy", "noeviction")
	g := join(t, s.URL())
	b := g.Events()
	long := strings.Repeat("x", 150)
	const all = 60_000
	for i := 0; i < all; i += 200 {
		var some []events.Event
		for j := range 200 {
			e := eventstest.Event(i + j)
			e.Fields = events.Fields{Tag: long, Message: long, Note: long}
			some = append(some, e)
		}
		_, err := b.Put(t.Context(), some...)
		require.NoError(t, err)
	}
	st, err := b.Status(t.Context())
	require.NoError(t, err)
	require.LessOrEqual(t, st.Bytes, int64(20<<20))
	require.Greater(t, st.Bytes, int64(15<<20))
}

// Who waits hears at once of what another server stores, with the rights of the user that is proposed.
func TestInboxTells(t *testing.T) {
	text, err := os.ReadFile("../../deploy/redis-users.conf.example")
	require.NoError(t, err)
	rights := regexp.MustCompile(`(?m)^user dixa-mcp on >REPLACE-ME (.*)$`).FindStringSubmatch(string(text))
	require.NotNil(t, rights)
	s := redistest.Start(t, strings.Fields("--user dixa-mcp on >geheim "+rights[1])...)
	all := joinAll(t, same("redis://dixa-mcp:geheim@"+s.Addr, 2)...)
	var woken atomic.Int64
	stop := all[0].Events().(events.Notifier).Notify(func() { woken.Add(1) })
	n := 0
	require.Eventually(t, func() bool { // it does not listen yet
		n++
		_, err := all[1].Events().Put(t.Context(), eventstest.Event(n))
		return err == nil && woken.Load() > 0
	}, time.Minute, 20*time.Millisecond)
	stop()
	heard := woken.Load()
	_, err = all[1].Events().Put(t.Context(), eventstest.Event(0))
	require.NoError(t, err)
	require.Equal(t, heard, woken.Load())
	_, _, err = all[0].Events().ClaimTask(t.Context(), "fill", time.Hour)
	require.NoError(t, err)
	st, err := all[0].Events().Status(t.Context())
	require.NoError(t, err)
	require.EqualValues(t, n+1, st.Events)
}

// What is set is there for all, and what was lost is put back only where there is nothing else.
func TestSlot(t *testing.T) {
	all := joinAll(t, same(redistest.Start(t).URL(), 2)...)
	text, err := all[0].Webhooks().Get()
	require.NoError(t, err)
	require.Empty(t, text)
	require.NoError(t, all[0].Webhooks().Restore("a"))
	require.NoError(t, all[1].Webhooks().Restore("b"))
	text, err = all[1].Webhooks().Get()
	require.NoError(t, err)
	require.Equal(t, "a", text)
	require.NoError(t, all[1].Webhooks().Set("b"))
	text, err = all[0].Webhooks().Get()
	require.NoError(t, err)
	require.Equal(t, "b", text)
}
