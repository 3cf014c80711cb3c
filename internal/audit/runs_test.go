package audit

import (
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"dixa-mcp/internal/test/seeds"
)

// history writes some runs that overlap: most are stopped, some are killed, some have several parts. A last run begins
// after all of them.
func history(t *testing.T, r *rand.Rand, dir string) {
	t.Helper()
	now := clock()
	var running []*Log
	for range 2 + r.IntN(5) {
		running = append(running, open(t, Options{Dir: dir, Now: now, MaxBytes: []int64{0, 1, 900}[r.IntN(3)]}))
		for range r.IntN(8) {
			write(t, running[r.IntN(len(running))], closing(NewCallID(), EventRead))
		}
		for len(running) > 0 && r.IntN(2) == 0 {
			i := r.IntN(len(running))
			end(t, r, running[i])
			running = slices.Delete(running, i, i+1)
		}
	}
	for _, l := range running {
		end(t, r, l)
	}
	require.NoError(t, open(t, Options{Dir: dir, Now: now}).Close())
}

func end(t *testing.T, r *rand.Rand, l *Log) {
	t.Helper()
	if r.IntN(4) == 0 {
		require.NoError(t, l.file.Close()) // killed
		return
	}
	require.NoError(t, l.Close())
}

// Whatever is cut, dropped, swapped, renamed or copied of runs that a later run follows is found.
func TestRunsCannotBeChangedUnseen(t *testing.T) {
	seeds.Run(t, func(t *testing.T, r *rand.Rand) {
		dir := folder(t)
		history(t, r, dir)
		before := verify(t, dir)
		require.True(t, before.OK(), "%v", before.Problems)
		require.Empty(t, before.Missing)
		all := files(t, dir)
		older := all[:len(all)-1] // nothing follows the last one
		path := older[r.IntN(len(older))]
		other := older[r.IntN(len(older))]
		lines := readLines(t, path)
		i := r.IntN(len(lines))
		elsewhere := filepath.Join(dir, strings.Replace(filepath.Base(path), noon.Format("20060102"), noon.AddDate(0, 0, r.IntN(3)-1).Format("20060102"), 1))
		what := []string{"cut", "empty", "drop a line", "swap lines", "drop a file", "swap files", "rename", "copy"}[r.IntN(8)]
		switch what {
		case "cut":
			writeLines(t, path, lines[:i]...)
		case "empty":
			require.NoError(t, os.Truncate(path, 0))
		case "drop a line":
			writeLines(t, path, slices.Delete(slices.Clone(lines), i, i+1)...)
		case "swap lines":
			if len(lines) < 2 {
				return
			}
			j := (i + 1) % len(lines)
			lines[i], lines[j] = lines[j], lines[i]
			writeLines(t, path, lines...)
		case "drop a file":
			require.NoError(t, os.Remove(path))
		case "swap files":
			if path == other {
				return
			}
			require.NoError(t, os.Rename(path, path+"x"))
			require.NoError(t, os.Rename(other, path))
			require.NoError(t, os.Rename(path+"x", other))
		case "rename", "copy":
			if elsewhere == path {
				return
			}
			data, err := os.ReadFile(path)
			require.NoError(t, err)
			require.NoError(t, os.WriteFile(elsewhere, data, 0o600))
			if what == "rename" {
				require.NoError(t, os.Remove(path))
			}
		}
		after := verify(t, dir)
		require.False(t, after.OK() && len(after.Missing) == 0, "%s of %s is not seen", what, filepath.Base(path))
	})
}

// A run that began after another one hides nothing of it: the next run names both.
func TestEveryRunIsNamed(t *testing.T) {
	dir, now := folder(t), clock()
	long := open(t, Options{Dir: dir, Now: now})
	short := open(t, Options{Dir: dir, Now: now})
	require.NoError(t, short.Close())
	write(t, long, closing("one", EventRead))
	require.NoError(t, long.Close())
	next := open(t, Options{Dir: dir, Now: now})
	require.NoError(t, next.Close())
	_, head := long.Head()
	start := readAll(t, next.path)[0]
	require.Equal(t, filepath.Base(short.path), start.Follows)
	require.Equal(t, []Head{{filepath.Base(long.path), head}}, start.Heads)
	last := open(t, Options{Dir: dir, Now: now})
	require.NoError(t, last.Close())
	require.Empty(t, readAll(t, last.path)[0].Heads, "they are named already")

	lines := readLines(t, long.path)
	writeLines(t, long.path, lines[:len(lines)-1]...)
	report := verify(t, dir)
	require.Len(t, report.Problems, 1)
	require.Contains(t, report.Problems[0].Reason, "that "+filepath.Base(next.path)+" names as the last")
}

// A run whose last record is no stop is reported, and is no alteration: it may be running.
func TestRunsWithoutAStop(t *testing.T) {
	dir := folder(t)
	l := open(t, Options{Dir: dir})
	write(t, l, closing("one", EventRead))
	report := verify(t, dir)
	require.True(t, report.OK())
	require.Equal(t, []Place{{filepath.Base(l.path), 2, 2}}, report.Unended)
	require.NoError(t, l.Close())
	require.Empty(t, verify(t, dir).Unended)
	require.NoError(t, os.Truncate(l.path, 0))
	require.Equal(t, []Place{{File: filepath.Base(l.path)}}, verify(t, dir).Unended)
}

// Directories of releases that named neither the run nor other runs still verify.
func TestOldRecordsVerify(t *testing.T) {
	dir := folder(t)
	require.NoError(t, os.CopyFS(dir, os.DirFS("testdata/1.0")))
	require.NoError(t, os.Chmod(dir, 0o700))
	require.True(t, verify(t, dir).OK(), "%v", verify(t, dir).Problems)
	require.Empty(t, verify(t, dir).Missing)
	next := open(t, Options{Dir: dir, Now: time.Now})
	require.NoError(t, next.Close())
	require.True(t, verify(t, dir).OK())
	require.NotEmpty(t, readAll(t, next.path)[0].Heads, "what nobody had named is named now")
}

// A start reads little of each earlier run: a client that starts the program anew for each session leaves thousands.
func TestOpenReadsLittleOfEarlierRuns(t *testing.T) {
	const n = 200
	dir := manyRuns(t, n)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	l := open(t, Options{Dir: dir, Now: time.Now})
	runtime.ReadMemStats(&after)
	require.NoError(t, l.Close())
	require.Less(t, after.TotalAlloc-before.TotalAlloc, uint64(n*16<<10))
}

// BenchmarkOpen opens a log beside 1,000 earlier runs.
func BenchmarkOpen(b *testing.B) {
	dir := manyRuns(b, 1000)
	b.ReportAllocs()
	for b.Loop() {
		l := open(b, Options{Dir: dir, Now: time.Now})
		b.StopTimer()
		require.NoError(b, l.Close())
		require.NoError(b, os.Remove(l.path))
		b.StartTimer()
	}
}

// manyRuns returns a directory with n runs of 8 records.
func manyRuns(t testing.TB, n int) (dir string) {
	dir = folder(t)
	require.NoError(t, sample(t, Options{Dir: dir}).Close())
	text, err := os.ReadFile(files(t, dir)[0])
	require.NoError(t, err)
	for i := range n - 1 {
		require.NoError(t, os.WriteFile(partPath(dir, runName(noon, 100_000+i), 1), text, 0o600))
	}
	return dir
}
