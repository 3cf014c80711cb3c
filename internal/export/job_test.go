package export

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"dixa-mcp/dixaclient"
)

func TestJobsOfFlags(t *testing.T) {
	day := func(s string) (at time.Time) {
		if s != "" {
			var err error
			at, err = time.Parse(time.DateOnly, s)
			require.NoError(t, err)
		}
		return at
	}
	for _, test := range []struct {
		name  string
		csids []int32
		spans []Span
		err   string
	}{
		{"a span", nil, []Span{{"updated", day("2026-01-01"), day("2026-03-01")}, {"created", day(""), day("")}}, ""},
		{"until now", nil, []Span{{"updated", day("2026-01-01"), day("")}}, ""},
		{"ids", []int32{3, 1, 3}, []Span{{"updated", day(""), day("")}}, ""},
		{"nothing", nil, []Span{{"updated", day(""), day("")}}, "say which conversations: --updated-after, such as 2026-01-31"},
		{"no beginning", nil, []Span{{"closed", day(""), day("2026-01-01")}}, "--closed-before needs --closed-after"},
		{"two spans", nil, []Span{{"updated", day("2026-01-01"), day("")}, {"closed", day("2026-01-01"), day("")}},
			"--updated-after and --closed-after exclude each other: an export is split into windows of one kind"},
		{"one day twice", nil, []Span{{"updated", day("2026-01-01"), day("2026-01-01")}},
			"--updated-before must be later than --updated-after"},
		{"ids and a span", []int32{1}, []Span{{"updated", day("2026-01-01"), day("")}}, "--csids and --updated-after exclude each other"},
		{"the future", nil, []Span{{"updated", day("2028-01-01"), day("")}}, "--updated-after lies in the future"},
	} {
		t.Run(test.name, func(t *testing.T) {
			j, err := NewJob(Conversations, "here", january.AddDate(1, 0, 0), test.csids, test.spans...)
			if test.err != "" {
				require.EqualError(t, err, test.err)
				return
			}
			require.NoError(t, err)
			require.NotEmpty(t, j.Windows(january.AddDate(1, 0, 0)))
		})
	}
}

func TestWindows(t *testing.T) {
	now := january.AddDate(0, 1, 0)
	for _, test := range []struct {
		name   string
		job    Job
		starts []time.Duration // of the windows, from january on
		end    time.Duration
	}{
		{"less than one", Job{By: "updated", After: january, Before: january.Add(time.Hour)}, []time.Duration{0}, time.Hour},
		{"exactly one", Job{By: "updated", After: january, Before: january.Add(windowSpan)}, []time.Duration{0}, windowSpan},
		{"one and a bit", Job{By: "updated", After: january, Before: january.Add(windowSpan + 1)}, []time.Duration{0, windowSpan - overlap}, windowSpan + 1},
		{"until now", Job{By: "updated", After: january}, []time.Duration{0, windowSpan - overlap, 2*windowSpan - overlap, 3*windowSpan - overlap, 4*windowSpan - overlap}, now.Sub(january)},
		{"beyond now", Job{By: "updated", After: now.Add(-time.Hour), Before: now.AddDate(1, 0, 0)}, []time.Duration{now.Add(-time.Hour).Sub(january)}, now.Sub(january)},
	} {
		t.Run(test.name, func(t *testing.T) {
			windows := test.job.Windows(now)
			require.Len(t, windows, len(test.starts))
			for i, w := range windows {
				require.Equal(t, test.starts[i], w.After.Sub(january))
				require.LessOrEqual(t, w.Before.Sub(w.After), dixaclient.MaxExportSpan)
				if i > 0 {
					require.Equal(t, overlap, windows[i-1].Before.Sub(w.After), "neighbours share a millisecond")
				}
			}
			require.Equal(t, test.end, windows[len(windows)-1].Before.Sub(january))
		})
	}
}

func TestIDsGoInPieces(t *testing.T) {
	ids := make([]int32, 250)
	for i := range ids {
		ids[i] = int32(300 - i)
	}
	j, err := NewJob(Conversations, "here", january, append(ids, 300, 299))
	require.NoError(t, err)
	windows := j.Windows(january)
	require.Len(t, windows, 3)
	require.Equal(t, int32(51), windows[0].CSIDs[0])
	require.Len(t, windows[2].CSIDs, 50)
}
