package main

import (
	"bytes"
	"errors"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"dixa-mcp/internal/audit"
	"dixa-mcp/internal/export"
)

// The progress estimates the time left from the windows of this run alone.
func TestExportEstimatesTheTimeLeft(t *testing.T) {
	var b bytes.Buffer
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	m := newMeter(&b, false, func() time.Time { return now })
	step := func(done int, after time.Duration) string {
		b.Reset()
		m.show(export.Progress{Windows: 60, Done: done, Waiting: true})
		now = now.Add(after)
		m.show(export.Progress{Windows: 60, Done: done + 1})
		return strings.TrimSpace(b.String())
	}
	require.Equal(t, "[#######.............] 21/60 windows, 0 rows, 0.0 kB, about 4 min left", step(20, 6*time.Second))
	require.Contains(t, step(21, 6*time.Second), "22/60 windows, 0 rows, 0.0 kB, about 4 min left")
	require.Contains(t, step(22, 24*time.Second), ", about 7 min left", "windows became slower")
	require.Contains(t, step(57, 0), ", a few seconds left")
	require.NotContains(t, step(59, 0), "left")

	m = newMeter(&b, true, func() time.Time { return now })
	step(0, time.Minute)
	b.Reset()
	now = now.Add(45 * time.Second)
	m.show(export.Progress{Windows: 60, Done: 1, Waiting: true})
	require.Contains(t, b.String(), "about 58 min left, waiting for Dixa")
}

func TestTimeLeft(t *testing.T) {
	for d, want := range map[time.Duration]string{-time.Hour: "a few seconds left", 9 * time.Second: "a few seconds left", 47 * time.Second: "about 45 s left",
		89 * time.Minute: "about 89 min left", 150 * time.Minute: "about 2.5 h left"} {
		require.Equal(t, want, left(d))
	}
}

// The record of an export is one sentence, whatever its number of requests.
func TestRecordOfALongExport(t *testing.T) {
	day := time.Date(2016, 1, 1, 0, 0, 0, 0, time.UTC)
	job := export.Job{What: export.Conversations, By: "updated", After: day, Before: day.AddDate(10, 0, 0)}
	sent := slices.Repeat([]audit.Operation{{Operation: "export_conversations", Status: 200, Millis: 400, Attempts: 1, Outcome: audit.OutcomeDone}}, 520)
	text := func(sent []audit.Operation, failed error) string {
		dir := filepath.Join(t.TempDir(), "audit")
		log, err := audit.Open(audit.Options{Dir: dir})
		require.NoError(t, err)
		require.NoError(t, exportDeed(job, sent).record(t.Context(), log, audit.EventRead, failed))
		require.NoError(t, log.Close())
		var found string
		require.NoError(t, audit.Read(dir, func(r audit.Record) error {
			if r.Event == audit.EventRead {
				found = r.Text
			}
			return nil
		}))
		return found
	}
	require.Equal(t, "operator exported conversations updated after 2016-01-01T00:00:00Z and before 2026-01-01T00:00:00Z (520 operations, Dixa 200 (520 times), 208000 ms)", text(sent, nil))
	sent = append(sent[:100:100], audit.Operation{Operation: "export_conversations", Status: 500, Millis: 1, Attempts: 3, Outcome: audit.OutcomeNotDone})
	require.Equal(t, "operator tried to export conversations updated after 2016-01-01T00:00:00Z and before 2026-01-01T00:00:00Z: only 100 of 101 operations succeeded "+
		"(101 operations, Dixa 200 (100 times), 500, 40001 ms)", text(sent, errors.New("broken")))
}

// A date is read in the person's time zone, and --…-before includes its day.
func TestExportReadsDatesInAZone(t *testing.T) {
	written := func(text string) (f timeFlag) {
		require.NoError(t, f.UnmarshalText([]byte(text)))
		return f
	}
	for _, test := range []struct{ zone, after, before, from, to string }{
		{"Europe/Copenhagen", "2026-03-01", "2026-03-29", "2026-02-28T23:00:00Z", "2026-03-29T22:00:00Z"}, // the clocks go forward on the last day
		{"America/New_York", "2026-03-01 09:00", "2026-03-07T09:00", "2026-03-01T14:00:00Z", "2026-03-07T14:00:00Z"},
		{"UTC", "2026-03-01T00:00:00+01:00", "1772323200000", "2026-02-28T23:00:00Z", "2026-03-01T00:00:00Z"},
	} {
		spans, err := exportFlags{Timezone: test.zone}.place([]span{{"updated", written(test.after), written(test.before)}, {by: "created"}})
		require.NoError(t, err)
		require.Len(t, spans, 2)
		require.Equal(t, test.from, spans[0].After.UTC().Format(time.RFC3339))
		require.Equal(t, test.to, spans[0].Before.UTC().Format(time.RFC3339))
		require.True(t, spans[1].After.IsZero() && spans[1].Before.IsZero())
	}
}
