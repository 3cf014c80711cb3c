package offline

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"dixa-mcp/internal/offline/desk"
)

// A day has conversations from its beginning to its end, of which people take a part; the others wait for an answer.
func TestPlay(t *testing.T) {
	const dayConversations = 120
	synctest.Test(t, func(t *testing.T) {
		d := New(Options{Rate: 10, Burst: 4})
		ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
		defer cancel()
		d.Play(ctx, 59*time.Minute)
		made := d.world().Conversations[desk.SeededConversations:]
		require.Greater(t, len(made), dayConversations*9/10)
		closed, waiting, again := 0, 0, 0
		early, late := false, false
		for _, c := range made {
			require.NotEmpty(t, c.Messages)
			require.False(t, c.Messages[0].Out)
			if c.State == desk.StateClosed {
				closed++
				require.NotEmpty(t, c.Agent)
			}
			if c.Agent == "" {
				waiting++
				require.Equal(t, desk.StateOpen, c.State)
				if len(c.Messages) > 1 {
					again++
				}
			}
			early = early || time.Since(c.Created) > 50*time.Minute
			late = late || time.Since(c.Created) < 8*time.Minute
		}
		require.True(t, early && late)
		require.Greater(t, closed, dayConversations/6)
		require.Greater(t, waiting, dayConversations/3)
		require.Greater(t, again, dayConversations/10)
	})
}

// A seed plays the same day again, and another day after it.
func TestCast(t *testing.T) {
	a, b := New(Options{Anchor: anchor}), New(Options{Anchor: anchor})
	require.Equal(t, a.cast(0), b.cast(0))
	require.NotEqual(t, a.cast(0), a.cast(1))
	require.NotEmpty(t, a.cast(0).Patterns)
}
