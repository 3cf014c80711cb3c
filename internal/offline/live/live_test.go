package live

import (
	"testing"

	"github.com/stretchr/testify/require"

	"dixa-mcp/internal/offline/fiction"
)

// The same random numbers play the same day again; a day is in the order of its steps, and ends.
func TestDay(t *testing.T) {
	cast := func(n int64) Cast {
		return Cast{fiction.NewRNG(1, "live", n), []Pattern{{"u", "Subject", []Message{{"Hello", false}, {"Hi", true}, {"More", false}}}}, []string{"a", "b"}}
	}
	first := cast(0).day()
	require.Equal(t, first, cast(0).day())
	require.NotEqual(t, first, cast(1).day())
	for i, s := range first {
		require.Less(t, s.at, dayLength)
		require.True(t, i == 0 || first[i-1].at <= s.at)
	}
}
