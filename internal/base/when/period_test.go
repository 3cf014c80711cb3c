package when

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestPeriods(t *testing.T) {
	zone, err := time.LoadLocation("Europe/Copenhagen")
	require.NoError(t, err)
	const form = "Mon 2006-01-02 15:04"
	for _, c := range []struct{ now, text, start, end, beforeStart, beforeEnd string }{
		{"2026-03-04 10:00", "today", "Wed 2026-03-04 00:00", "Thu 2026-03-05 00:00", "Tue 2026-03-03 00:00", "Tue 2026-03-03 10:00"},
		{"2026-03-04 10:00", " Yesterday", "Tue 2026-03-03 00:00", "Wed 2026-03-04 00:00", "Mon 2026-03-02 00:00", "Tue 2026-03-03 00:00"},
		{"2026-03-04 10:00", "", "Mon 2026-02-23 00:00", "Mon 2026-03-02 00:00", "Mon 2026-02-16 00:00", "Mon 2026-02-23 00:00"},
		{"2026-03-01 10:00", "last  week", "Mon 2026-02-16 00:00", "Mon 2026-02-23 00:00", "Mon 2026-02-09 00:00", "Mon 2026-02-16 00:00"}, // a Sunday
		{"2026-03-04 10:00", "this week", "Mon 2026-03-02 00:00", "Mon 2026-03-09 00:00", "Mon 2026-02-23 00:00", "Wed 2026-02-25 10:00"},
		{"2026-03-31 10:00", "last month", "Sun 2026-02-01 00:00", "Sun 2026-03-01 00:00", "Thu 2026-01-01 00:00", "Sun 2026-02-01 00:00"},
		{"2026-03-31 10:00", "this month", "Sun 2026-03-01 00:00", "Wed 2026-04-01 00:00", "Sun 2026-02-01 00:00", "Sun 2026-03-01 00:00"}, // as much as February has
		{"2026-03-04 10:00", "last 7 days", "Thu 2026-02-26 00:00", "Thu 2026-03-05 00:00", "Thu 2026-02-19 00:00", "Wed 2026-02-25 10:00"},
		{"2026-03-04 10:00", "2026-01-05", "Mon 2026-01-05 00:00", "Tue 2026-01-06 00:00", "Sun 2026-01-04 00:00", "Mon 2026-01-05 00:00"},
		{"2026-04-04 10:00", "2026-03-23 to 2026-03-29", "Mon 2026-03-23 00:00", "Mon 2026-03-30 00:00", "Mon 2026-03-16 00:00", "Mon 2026-03-23 00:00"}, // the clocks are put forward
	} {
		t.Run(c.text, func(t *testing.T) {
			now, err := time.ParseInLocation("2006-01-02 15:04", c.now, zone)
			require.NoError(t, err)
			p, err := ReadPeriod(c.text, now)
			require.NoError(t, err)
			b := p.Before(now)
			require.Equal(t, []string{c.start, c.end, c.beforeStart, c.beforeEnd},
				[]string{p.Start.Format(form), p.End.Format(form), b.Start.Format(form), b.End.Format(form)})
			days := p.Each()
			require.Equal(t, p.Start, days[0].Start)
			require.Equal(t, p.End, days[len(days)-1].End)
			require.Len(t, days, p.Days())
		})
	}
	now := time.Date(2026, 3, 4, 10, 0, 0, 0, zone)
	for _, bad := range []string{"next week", "2026-02-30", "2026-03-02 to 2026-03-01", "2020-01-01 to 2026-01-01", "last 0 days", "last 9999 days", "2026-03-01T10:00:00Z", "to", "2026-01-01 to", "1 to 2"} {
		_, err := ReadPeriod(bad, now)
		require.Error(t, err, bad)
	}
}

func FuzzPeriods(f *testing.F) {
	for _, s := range []string{"", "today", "last 7 days", "2026-01-01 to 2026-01-31", "last 366 days"} {
		f.Add(s, int64(1_772_000_000))
	}
	f.Fuzz(func(t *testing.T, s string, at int64) {
		now := time.Unix(at%(1<<33), 0).UTC()
		p, err := ReadPeriod(s, now)
		if err != nil {
			return
		}
		require.True(t, p.End.After(p.Start))
		require.LessOrEqual(t, len(p.Each()), LongestPeriod+1)
		b := p.Before(now)
		require.False(t, b.End.After(p.Start))
		require.False(t, b.Start.After(b.End))
	})
}
