package eventstest

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"dixa-mcp/internal/events"
)

// Events are removed when they are too old, and a reader who has missed some is told so, once.
func age(t *testing.T, o Opened) {
	s := o.Open()
	put(t, s, 1, 2)
	first := list(t, s, "", 1).Next
	second := list(t, s, "", 2).Next
	o.Later(Keep - time.Hour)
	put(t, s, 3, 3)
	require.Equal(t, []int{1, 2, 3}, from(t, s, ""))
	o.Later(2 * time.Hour)
	p := list(t, s, first, 10)
	require.Equal(t, []int{3}, numbers(p.Events))
	require.True(t, p.Truncated)
	require.False(t, list(t, s, p.Next, 10).Truncated)
	p = list(t, s, second, 10)
	require.Equal(t, []int{3}, numbers(p.Events))
	require.False(t, p.Truncated, "nothing behind it was removed")
	require.False(t, list(t, s, "", 10).Truncated, "who begins has missed nothing")
	o.Later(Keep)
	p = list(t, s, second, 10)
	require.Empty(t, p.Events)
	require.True(t, p.Truncated)
	require.False(t, list(t, s, p.Next, 10).Truncated)
}

// There are never more events than the bound, and the newest stay.
func number(t *testing.T, o Opened) {
	s := o.Open()
	put(t, s, 1, 1)
	first := list(t, s, "", 1).Next
	put(t, s, 2, MaxEvents)
	require.Len(t, from(t, s, ""), MaxEvents)
	put(t, s, MaxEvents+1, MaxEvents+1)
	all := from(t, s, "")
	require.LessOrEqual(t, len(all), MaxEvents)
	require.Greater(t, len(all), MaxEvents*9/10)
	require.Equal(t, MaxEvents+1, all[len(all)-1])
	put(t, s, MaxEvents+2, MaxEvents+2)
	require.True(t, list(t, s, first, 1).Truncated)
	put(t, s, 2000, 2000+3*MaxEvents)
	all = from(t, s, "")
	require.LessOrEqual(t, len(all), MaxEvents)
	require.NotEmpty(t, all)
	require.Equal(t, 2000+3*MaxEvents, all[len(all)-1])
}

// Events are removed when they take too much room.
func bytes(t *testing.T, o Opened) {
	s := o.Open()
	put(t, s, 1, 1)
	st, err := s.Status(t.Context())
	require.NoError(t, err)
	put(t, s, 2, 100)
	n := int64(len(from(t, s, "")))
	require.Less(t, n, 5000/st.Bytes+1)
	require.Greater(t, n, 5000/st.Bytes/2)
	one := Event(200)
	for range 60 {
		one.Fields.Tag += "a long name of a tag, over and over: "
	}
	_, err = s.Put(t.Context(), one)
	require.NoError(t, err)
	st, err = s.Status(t.Context())
	require.NoError(t, err)
	require.LessOrEqual(t, st.Bytes, int64(5000))
	all := from(t, s, "")
	require.Equal(t, 200, all[len(all)-1])
}

// The id of an event that was removed for want of room is remembered for as long as its delivery can be replayed, and no longer.
func known(t *testing.T, o Opened) {
	s := o.Open()
	put(t, s, 1, 3*MaxEvents)
	_, err := s.Put(t.Context(), Event(1))
	require.NoError(t, err)
	require.NotContains(t, from(t, s, ""), 1)
	o.Later(events.Known - time.Hour)
	added, err := s.Put(t.Context(), Event(1), Event(2))
	require.NoError(t, err)
	require.Zero(t, added)
	o.Later(2 * time.Hour)
	put(t, s, 5000, 5000)
	added, err = s.Put(t.Context(), Event(1))
	require.NoError(t, err)
	require.Equal(t, 1, added, "the memory is bounded")
}
