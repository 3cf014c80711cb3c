package eventstest

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"dixa-mcp/internal/events"
)

// One process at a time may do a task, and the next one is told as of when it was done.
func turns(t *testing.T, o Opened) {
	a, b := o.Open(), o.Open()
	turn := func(s events.Store, task string) (bool, time.Time) {
		mine, last, err := s.ClaimTask(t.Context(), task, time.Hour)
		require.NoError(t, err)
		return mine, last
	}
	mine, last := turn(a, "fill")
	require.True(t, mine)
	require.Zero(t, last)
	for _, s := range []events.Store{a, b} {
		mine, _ = turn(s, "fill")
		require.False(t, mine)
	}
	mine, _ = turn(b, "poll")
	require.True(t, mine, "another task")
	require.NoError(t, a.Done(t.Context(), "fill", Noon.Add(time.Minute)))
	o.Later(time.Hour)
	mine, last = turn(b, "fill")
	require.True(t, mine)
	require.Equal(t, Noon.Add(time.Minute), last)
	require.NoError(t, b.Done(t.Context(), "fill", Noon))
	o.Later(time.Hour)
	_, last = turn(a, "fill")
	require.Equal(t, Noon.Add(time.Minute), last, "what is done stays done")
}
