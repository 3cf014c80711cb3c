package analytics

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestPresets(t *testing.T) {
	zone, err := time.LoadLocation("Europe/Copenhagen")
	require.NoError(t, err)
	now := time.Date(2026, 5, 6, 0, 30, 0, 0, zone) // a Wednesday there, still Tuesday in UTC
	for name, want := range map[string]string{
		"Today": "2026-05-06 2026-05-07", "Yesterday": "2026-05-05 2026-05-06", "ThisWeek": "2026-05-04 2026-05-11",
		"PreviousWeek": "2026-04-27 2026-05-04", "ThisMonth": "2026-05-01 2026-06-01", "PreviousMonth": "2026-04-01 2026-05-01",
		"ThisQuarter": "2026-04-01 2026-07-01", "PreviousQuarter": "2026-01-01 2026-04-01", "ThisYear": "2026-01-01 2027-01-01",
	} {
		from, to, err := presetIn{Value: name}.span(now)
		require.NoError(t, err)
		require.Equal(t, want, from.Format(time.DateOnly)+" "+to.Format(time.DateOnly), name)
		require.Zero(t, from.Hour()+to.Hour())
	}
	sunday, _, err := presetIn{Value: map[string]any{"_type": "ThisWeek"}}.span(time.Date(2026, 5, 10, 12, 0, 0, 0, zone))
	require.NoError(t, err)
	require.Equal(t, "2026-05-04", sunday.Format(time.DateOnly))
}
