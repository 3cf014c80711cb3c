package audit

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// lineOf is the line of data, from 1, on which the byte at i stands.
func lineOf(data []byte, i int) int {
	return 1 + bytes.Count(data[:i], []byte("\n"))
}

func TestVerifyNamesEveryFlippedBit(t *testing.T) {
	l := open(t, Options{Dir: folder(t)})
	write(t, l, closing("abc", EventRead))
	require.NoError(t, l.Close())
	path := l.path
	require.Equal(t, Report{Files: 1, Records: 3}, verify(t, path))
	data, err := os.ReadFile(path)
	require.NoError(t, err)
	for i := range data {
		damaged := slices.Clone(data)
		damaged[i] ^= 1 << (i % 8)
		require.NoError(t, os.WriteFile(path, damaged, 0o600))
		report := verify(t, path)
		require.NotEmpty(t, report.Problems, "byte %d", i)
		require.Equal(t, lineOf(data, i), report.Problems[0].Line, "byte %d: %v", i, report.Problems)
		require.Equal(t, uint64(lineOf(data, i)), report.Problems[0].Seq)
		require.Contains(t, report.Problems[0].Reason, "altered")
	}
}

func TestVerifyNamesEveryLineThatIsGone(t *testing.T) {
	path := sample(t, Options{Dir: folder(t)}).path
	lines := readLines(t, path)
	for i := range lines[:len(lines)-1] {
		writeLines(t, path, slices.Delete(slices.Clone(lines), i, i+1)...)
		report := verify(t, path)
		require.Len(t, report.Problems, 1)
		require.Equal(t, Problem{Place{filepath.Base(path), i + 1, uint64(i + 1)}, "missing: " + span(uint64(i+1), uint64(i+1))}, report.Problems[0])
	}
	writeLines(t, path, lines[0], lines[5])
	require.Equal(t, filepath.Base(path)+":2 (record 2): missing: records 2 to 5", verify(t, path).Problems[0].String())
}

func TestOnlyTheHeadRevealsACutTail(t *testing.T) {
	l := sample(t, Options{Dir: folder(t)})
	seq, hash := l.Head()
	require.Equal(t, uint64(8), seq)
	require.True(t, verify(t, l.path, ExpectHead(seq, hash)).OK())
	require.False(t, verify(t, l.path, ExpectHead(seq+1, hash)).OK())
	lines := readLines(t, l.path)
	for n := range lines {
		writeLines(t, l.path, lines[:n]...)
		require.True(t, verify(t, l.path).OK(), "the first %d lines", n)
		report := verify(t, l.path, ExpectHead(seq, hash))
		require.Len(t, report.Problems, 1)
		require.Contains(t, report.Problems[0].String(), "(record 8): missing: the record that was the newest")
	}
}

func TestATailThatIsCutOffAnEarlierRunIsSeen(t *testing.T) {
	dir, now := folder(t), clock()
	first := sample(t, Options{Dir: dir, Now: now})
	second := sample(t, Options{Dir: dir, Now: now})
	lines := readLines(t, first.path)
	writeLines(t, first.path, lines[:6]...)
	report := verify(t, dir)
	require.Len(t, report.Problems, 1)
	require.Equal(t, filepath.Base(first.path), report.Problems[0].File)
	require.Contains(t, report.Problems[0].Reason, "missing: a record is cut off or altered that "+filepath.Base(second.path)+" names as the last")
	require.True(t, verify(t, second.path).OK(), "the other run was not asked for")
	require.Empty(t, verify(t, second.path).Missing)

	require.NoError(t, os.Remove(first.path))
	report = verify(t, dir)
	require.True(t, report.OK(), "retention may have deleted it")
	require.Equal(t, []string{filepath.Base(first.path)}, report.Missing)
}

func TestVerifyNamesReorderedAndExchangedLines(t *testing.T) {
	l := sample(t, Options{Dir: folder(t)})
	other := sample(t, Options{Dir: folder(t), Now: func() time.Time { return noon.Add(time.Hour) }})
	lines, others := readLines(t, l.path), readLines(t, other.path)
	at := func(i int) []byte { return lines[i-1] }
	for _, test := range []struct {
		name  string
		lines [][]byte
		line  int
		want  string
	}{
		{"two neighbours", [][]byte{at(1), at(2), at(4), at(3), at(5)}, 3, "reordered: record 3 is at "},
		{"moved to the end", [][]byte{at(1), at(3), at(4), at(5), at(2)}, 2, "reordered: record 2 is at "},
		{"moved to the front", [][]byte{at(1), at(2), at(1)}, 3, "reordered: record 1 is here"},
		{"twice", [][]byte{at(1), at(2), at(2), at(3)}, 3, "reordered: record 2 is here"},
		{"from another run", [][]byte{at(1), at(2), others[2], at(4)}, 3, "exchanged: the record does not name the one before it"},
		{"an empty line", [][]byte{at(1), {}, at(2)}, 2, "altered: the line does not end with its hash"},
		{"not a record", [][]byte{at(1), []byte(`{"a":1}`), at(2)}, 2, "altered: the line does not end with its hash"},
	} {
		t.Run(test.name, func(t *testing.T) {
			writeLines(t, l.path, test.lines...)
			report := verify(t, l.path)
			require.Len(t, report.Problems, 1)
			require.Equal(t, test.line, report.Problems[0].Line)
			require.Contains(t, report.Problems[0].Reason, test.want)
		})
	}
}

func TestATornLastLineIsNoTampering(t *testing.T) {
	path := sample(t, Options{Dir: folder(t)}).path
	data, err := os.ReadFile(path)
	require.NoError(t, err)
	last := len(data) - len(readLines(t, path)[7]) - 1
	for cut := last + 1; cut < len(data); cut++ {
		require.NoError(t, os.WriteFile(path, data[:cut], 0o600))
		report := verify(t, path)
		require.Empty(t, report.Problems)
		require.Equal(t, []Place{{filepath.Base(path), 8, 8}}, report.Torn)
		require.Equal(t, 7, report.Records)
		if cut < len(data)-1 { // at the last cut, only the newline is missing
			require.Len(t, readAll(t, path), 7)
		}
	}
	next := open(t, Options{Dir: filepath.Dir(path), Now: func() time.Time { return noon.Add(time.Hour) }})
	require.NoError(t, next.Close())
	require.True(t, verify(t, filepath.Dir(path)).OK(), "the next run follows the last whole record")
	require.Equal(t, filepath.Base(path), readAll(t, next.path)[0].Follows)
}

func TestPartsThatAreGone(t *testing.T) {
	dir := folder(t)
	l := sample(t, Options{Dir: dir, MaxBytes: 1})
	parts := files(t, dir)
	require.Len(t, parts, 8)

	require.NoError(t, os.Remove(parts[0]))
	report := verify(t, dir)
	require.True(t, report.OK())
	require.Equal(t, []string{"what was before " + filepath.Base(parts[1])}, report.Missing)

	require.NoError(t, os.Remove(parts[3]))
	report = verify(t, dir)
	require.Equal(t, []Problem{{Place{filepath.Base(parts[4]), 1, 4}, "missing: record 4"}}, report.Problems)

	sample(t, Options{Dir: dir, MaxBytes: 1, Now: func() time.Time { return noon.Add(time.Hour) }})
	require.Len(t, verify(t, dir).Problems, 1, "each run is judged by itself")
	require.Equal(t, 14, verify(t, dir).Records)
	require.Equal(t, 6, verify(t, l.path).Records)
}

func TestTheFirstPartEmptiedIsNoRetention(t *testing.T) {
	dir := folder(t)
	sample(t, Options{Dir: dir, MaxBytes: 1})
	require.NoError(t, os.Truncate(files(t, dir)[0], 0))
	require.Equal(t, "missing: record 1", verify(t, dir).Problems[0].Reason)
}

func TestIntentsWithoutOutcome(t *testing.T) {
	l := open(t, Options{Dir: folder(t)})
	write(t, l, closing("one", EventIntent))
	write(t, l, closing("two", EventIntent))
	write(t, l, closing("one", EventOutcome))
	report := verify(t, l.path)
	require.True(t, report.OK())
	require.Len(t, report.Unfinished, 1)
	require.Equal(t, filepath.Base(l.path)+":3 (record 3)", report.Unfinished[0].String())
	require.Equal(t, "two", report.Unfinished[0].Record.Call)
	require.NoError(t, l.Close())
}

func TestVerifyWithoutRecords(t *testing.T) {
	require.Equal(t, Report{}, verify(t, t.TempDir()))
	_, err := Verify(filepath.Join(t.TempDir(), "none"))
	require.ErrorIs(t, err, os.ErrNotExist)
	copied := filepath.Join(t.TempDir(), "june.jsonl")
	writeLines(t, copied, readLines(t, sample(t, Options{Dir: folder(t)}).path)...)
	require.Equal(t, Report{Files: 1, Records: 8}, verify(t, copied), "a file of another name is a run of its own")
}
