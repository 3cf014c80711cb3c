package audit

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"dixa-mcp/internal/test/seeds"
)

// However several processes write, end and remove, what remains verifies, and nothing but what was removed on record is gone.
func TestRemove(t *testing.T) {
	removedFiles := 0
	seeds.Run(t, func(t *testing.T, r *rand.Rand) {
		dir, now := folder(t), noon
		var logs []*Log
		start := func() {
			logs = append(logs, open(t, Options{Dir: dir, MaxBytes: 1500, Now: func() time.Time { return now }}))
		}
		start()
		const keep = 90 * time.Minute
		for n := range 120 {
			now = now.Add(time.Duration(r.IntN(5)) * time.Minute)
			i := r.IntN(len(logs))
			switch r.IntN(16) {
			case 0:
				start()
			case 1:
				if len(logs) > 1 {
					require.NoError(t, logs[i].Close())
					logs = append(logs[:i], logs[i+1:]...)
				}
			case 2:
				before := now.Add(-keep)
				would, err := ToRemove(dir, before)
				require.NoError(t, err)
				removal, err := logs[i].Remove(t.Context(), before, "records.keep (capabilities.yaml:3)")
				require.NoError(t, err)
				require.LessOrEqual(t, removal.Files, would.Files)
				removedFiles += removal.Files
				again, err := logs[i].Remove(t.Context(), before, "")
				require.NoError(t, err)
				require.LessOrEqual(t, again.Files, 1, "only the file in which it wrote")
			default:
				write(t, logs[i], Record{Event: EventReload, Text: fmt.Sprint(n)})
			}
		}
		newest := map[string]time.Time{} // of each run
		require.NoError(t, ReadAfter(dir, Cursor{}, func(e Entry) error { newest[e.Run] = e.Time; return nil }))
		for _, l := range logs {
			require.NoError(t, l.Close())
		}
		report, err := Verify(dir)
		require.NoError(t, err)
		require.Empty(t, report.Problems)
		require.Empty(t, report.Missing)
	})
	require.NotZero(t, removedFiles)
}

// A file that somebody else removes is not taken for one that is no longer kept, and neither is a record that says so and was altered.
func TestRemovedByOthers(t *testing.T) {
	dir, now := folder(t), noon
	options := Options{Dir: dir, MaxBytes: 600, Now: func() time.Time { return now }}
	old := open(t, options)
	l := open(t, options)
	for n := range 20 {
		now = now.Add(time.Minute)
		write(t, old, Record{Event: EventReload, Text: fmt.Sprint("old ", n)})
		write(t, l, Record{Event: EventReload, Text: fmt.Sprint(n)})
	}
	removal, err := l.Remove(context.Background(), noon.Add(10*time.Minute), "records.keep (capabilities.yaml:3)")
	require.NoError(t, err)
	require.Greater(t, removal.Files, 4)
	require.Greater(t, removal.Records, uint64(15))
	require.NoError(t, old.Close())
	require.NoError(t, l.Close())
	report, err := Verify(dir)
	require.NoError(t, err)
	require.Empty(t, report.Problems)
	require.Empty(t, report.Missing)
	require.Len(t, report.Removed, 2, "the beginnings of both runs")

	paths := files(t, dir)
	first := paths[0]
	saved, err := os.ReadFile(first)
	require.NoError(t, err)
	require.NoError(t, os.Remove(first))
	report, err = Verify(dir)
	require.NoError(t, err)
	require.NotEmpty(t, append(report.Missing, fmt.Sprint(report.Problems)), "another file of the same run")
	require.Len(t, report.Missing, 1)
	require.NoError(t, os.WriteFile(first, saved, 0o600))

	for _, path := range paths {
		lines := readLines(t, path)
		if r, reason := Unseal(bytes.TrimSuffix(lines[0], []byte("\n"))); reason == "" && r.Event == EventRemoved {
			require.Equal(t, "removed 10 files with 20 records from before 2026-11-22 12:10 UTC, which are no longer kept: records.keep", r.Text)
			text, err := os.ReadFile(path)
			require.NoError(t, err)
			text[20] ^= 1
			require.NoError(t, os.WriteFile(path, text, 0o600))
		}
	}
	report, err = Verify(dir)
	require.NoError(t, err)
	require.NotEmpty(t, report.Problems)
	require.NotEmpty(t, report.Missing)
	_, err = (&Log{options: Options{Dir: dir}, closed: true}).Remove(context.Background(), now.Add(time.Hour), "")
	require.ErrorIs(t, err, os.ErrClosed, "nothing is removed that cannot be recorded")
	left, err := filepath.Glob(filepath.Join(dir, "*.jsonl"))
	require.NoError(t, err)
	require.Len(t, left, len(paths))
}
