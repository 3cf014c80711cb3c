// Package eventstest has the tests that every store of events passes.
package eventstest

import (
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"dixa-mcp/internal/events"
)

// Noon is when the tests begin.
var Noon = time.Date(2026, 11, 30, 12, 0, 0, 0, time.UTC)

// Bounds of the stores under test.
const (
	Keep      = 7 * 24 * time.Hour
	MaxEvents = 200
)

// Opened is one store that several processes use: Open returns a further process's view of it.
type Opened struct {
	Open func() events.Store
	// Later makes time pass for all of them.
	Later func(time.Duration)
}

// Run runs the tests. open returns an empty store, which is bounded by Keep, MaxEvents and bytes, 0 for any number of bytes.
func Run(t *testing.T, open func(t *testing.T, bytes int64) Opened) {
	for name, test := range map[string]func(*testing.T, Opened){
		"order": order, "duplicates": duplicates, "restart": restart, "age": age, "number": number, "known after removal": known, "cursors": cursors,
		"whole events": whole, "several processes": several, "status": status, "random": random, "turns": turns,
	} {
		t.Run(name, func(t *testing.T) { test(t, open(t, 0)) })
	}
	t.Run("bytes", func(t *testing.T) { bytes(t, open(t, 5000)) })
}

// Event returns the event with a number.
func Event(n int) events.Event {
	return events.Event{
		ID: fmt.Sprintf("0c1a2b3c-4d5e-4f60-8a7b-%012d", n), Type: "ConversationMessageAdded", Time: Noon.Add(time.Duration(n) * time.Second), Conversation: int64(1000 + n),
		Queue: "0b9f0a57-2f3c-4c1e-9d6c-000000000001", Fields: events.Fields{Status: "OPEN", Message: fmt.Sprintf("m%d", n)},
	}
}

// Number returns the number of an event.
func Number(e events.Event) int { return int(e.Conversation - 1000) }

func numbers(all []events.Event) (n []int) {
	for _, e := range all {
		n = append(n, Number(e))
	}
	return n
}

func put(t *testing.T, s events.Store, from, to int) {
	t.Helper()
	var all []events.Event
	for n := from; n <= to; n++ {
		all = append(all, Event(n))
	}
	added, err := s.Put(t.Context(), all...)
	require.NoError(t, err)
	require.Equal(t, len(all), added)
}

func list(t *testing.T, s events.Store, after events.Cursor, most int) events.Page {
	t.Helper()
	p, err := s.List(t.Context(), after, most)
	require.NoError(t, err)
	return p
}

// from lists all events behind a cursor.
func from(t *testing.T, s events.Store, after events.Cursor) []int {
	t.Helper()
	return numbers(list(t, s, after, 1000).Events)
}

// Events come in the order in which they were stored, page by page, whatever their own time says.
func order(t *testing.T, o Opened) {
	s := o.Open()
	require.Empty(t, list(t, s, "", 10).Events)
	for _, n := range []int{3, 1, 2, 5, 4} {
		put(t, s, n, n)
	}
	p := list(t, s, "", 2)
	require.Equal(t, []int{3, 1}, numbers(p.Events))
	require.True(t, p.More)
	require.Equal(t, p.Events[1].Cursor, p.Next)
	p = list(t, s, p.Next, 3)
	require.Equal(t, []int{2, 5, 4}, numbers(p.Events))
	require.False(t, p.More)
	require.Equal(t, []int{5, 4}, from(t, s, p.Events[0].Cursor), "a reader may stop at any event")
	end := list(t, s, p.Next, 3)
	require.Equal(t, events.Page{Next: p.Next}, end)
	now, err := s.End(t.Context())
	require.NoError(t, err)
	require.Equal(t, end.Next, now)
	put(t, s, 6, 6)
	require.Equal(t, []int{6}, from(t, s, end.Next))
	require.Equal(t, []int{6}, from(t, s, now))
}

// An event is stored once, however often and beside whatever it comes.
func duplicates(t *testing.T, o Opened) {
	s := o.Open()
	put(t, s, 1, 3)
	changed := Event(2)
	changed.Conversation = 1
	for _, again := range [][]events.Event{{Event(1)}, {changed, Event(4), Event(4)}, {Event(4), Event(3)}, {}} {
		_, err := s.Put(t.Context(), again...)
		require.NoError(t, err)
	}
	require.Equal(t, []int{1, 2, 3, 4}, from(t, s, ""))
	added, err := s.Put(t.Context(), Event(4), Event(5), Event(1), Event(6))
	require.NoError(t, err)
	require.Equal(t, 2, added)
}

// A cursor is valid after a restart, and no number is given twice, also when all events were removed.
func restart(t *testing.T, o Opened) {
	s := o.Open()
	put(t, s, 1, 3)
	next := list(t, s, "", 2).Next
	require.NoError(t, s.Close())
	s = o.Open()
	require.Equal(t, []int{3}, from(t, s, next))
	end, err := s.End(t.Context())
	require.NoError(t, err)
	o.Later(Keep + time.Hour)
	require.Empty(t, from(t, s, ""))
	require.NoError(t, s.Close())
	s = o.Open()
	again, err := s.End(t.Context())
	require.NoError(t, err)
	require.Equal(t, end, again)
	put(t, s, 4, 5)
	p := list(t, s, end, 10)
	require.Equal(t, []int{4, 5}, numbers(p.Events))
	require.False(t, p.Truncated)
}

// What is no cursor is refused; that of another store begins at the beginning.
func cursors(t *testing.T, o Opened) {
	s := o.Open()
	put(t, s, 1, 2)
	good := list(t, s, "", 1).Next
	for _, bad := range []events.Cursor{"x", "1", good + "a", good[1:], "A" + good, good[:len(good)-1] + "!", " " + good} {
		_, err := s.List(t.Context(), bad, 1)
		require.ErrorIs(t, err, events.ErrCursor, bad)
	}
	require.NotContains(t, string(good), "1000")
}

// An event is returned as it was stored.
func whole(t *testing.T, o Opened) {
	s := o.Open()
	score := 4.5
	one := events.Event{ID: "0c1a2b3c-4d5e-4f60-8a7b-000000000001", Type: "ConversationRated", Time: Noon.Add(123 * time.Millisecond), Conversation: 1, Queue: "q",
		Fields: events.Fields{Channel: "EMAIL", Status: "CLOSED", Direction: "INBOUND", Requester: "r", Assignee: "a", Author: "b", AuthorType: "Contact", Message: "m",
			MessageSide: "inbound", Note: "n", Tag: "tæg '\"\x00 ⟦", Agent: "c", Score: &score, RatingType: "Csat"}}
	bare := events.Event{ID: "0c1a2b3c-4d5e-4f60-8a7b-000000000002", Type: "TypingStarted", Time: Noon}
	o.Later(time.Minute)
	_, err := s.Put(t.Context(), one, bare)
	require.NoError(t, err)
	got := list(t, s, "", 2).Events
	for i := range got {
		require.Equal(t, Noon.Add(time.Minute), got[i].Received)
		require.NotEmpty(t, got[i].Cursor)
		got[i].Received, got[i].Cursor = time.Time{}, ""
	}
	require.Equal(t, []events.Event{one, bare}, got)
}

// Several processes that store the same events store each once, and a reader who follows misses none and sees none twice.
func several(t *testing.T, o Opened) {
	const each = MaxEvents / 2
	var writers sync.WaitGroup
	for range 3 {
		s := o.Open()
		writers.Go(func() {
			for _, n := range rand.Perm(each) {
				if _, err := s.Put(t.Context(), Event(n)); err != nil {
					t.Error(err)
				}
			}
		})
	}
	reader := o.Open()
	var seen []int
	var next events.Cursor
	for len(seen) < each {
		p := list(t, reader, next, 7)
		require.False(t, p.Truncated)
		seen, next = append(seen, numbers(p.Events)...), p.Next
	}
	writers.Wait()
	seen = append(seen, from(t, reader, next)...)
	require.Len(t, seen, each)
	require.ElementsMatch(t, rand.Perm(each), seen)
	require.Equal(t, seen, from(t, reader, ""))
}

func status(t *testing.T, o Opened) {
	s := o.Open()
	st, err := s.Status(t.Context())
	require.NoError(t, err)
	require.Zero(t, st)
	put(t, s, 1, 1)
	o.Later(time.Hour)
	put(t, s, 2, 3)
	st, err = s.Status(t.Context())
	require.NoError(t, err)
	require.EqualValues(t, 3, st.Events)
	require.Positive(t, st.Bytes)
	require.Equal(t, Noon, st.Oldest)
	require.Equal(t, Noon.Add(time.Hour), st.Newest)
	o.Later(Keep + time.Minute)
	st, err = s.Status(t.Context())
	require.NoError(t, err)
	require.Zero(t, st)
}

// Readers who follow at random see every event once and in order, or are told that some were removed.
func random(t *testing.T, o Opened) {
	s := o.Open()
	r := rand.New(rand.NewPCG(1, 2))
	type reader struct {
		next events.Cursor
		last int
	}
	readers := make([]reader, 5)
	for i := range readers {
		end, err := s.End(t.Context())
		require.NoError(t, err)
		readers[i].next = end
	}
	n := 0
	for range 300 {
		if r.IntN(3) == 0 {
			to := n + 1 + r.IntN(MaxEvents/3)
			put(t, s, n+1, to)
			n = to
		}
		who := &readers[r.IntN(len(readers))]
		p := list(t, s, who.next, 1+r.IntN(50))
		for i, got := range numbers(p.Events) {
			if i == 0 && p.Truncated {
				require.Greater(t, got, who.last+1)
			} else {
				require.Equal(t, who.last+1, got)
			}
			who.last = got
		}
		who.next = p.Next
		require.Equal(t, who.last < n, p.More)
	}
}
