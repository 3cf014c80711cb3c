package audit

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestARecordIsOneLineInAFixedOrder(t *testing.T) {
	dir := folder(t)
	l := open(t, Options{Dir: dir, Start: Record{FileDigest: "sha256:ab"}})
	r := closing("abc", EventOutcome)
	r.Time = time.Date(2026, 11, 22, 14, 2, 11, 500_999_000, time.FixedZone("CET", 3600))
	r.Text = "<b>\n & \u2028"
	write(t, l, r)
	require.NoError(t, l.Close())

	lines := readLines(t, files(t, dir)[0])
	require.Len(t, lines, 3)
	require.Contains(t, string(lines[0]), `{"time":"2026-11-22T12:00:01.000Z","seq":1,"event":"start","fileDigest":"sha256:ab","text":"started","run":"`)
	require.Regexp(t, `^\{"time":"2026-11-22T13:02:11.500Z","seq":2,"event":"outcome","call":"abc","agent":"triage","key":"triage-1",`+
		`"tool":"close_conversation","access":"write","level":"write","arguments":\{"conversationId":1234\},"decision":"allowed",`+
		`"rule":"agents.triage.allow \(capabilities.yaml:31\)","text":"<b> &","prev":"[0-9a-f]{64}","hash":"[0-9a-f]{64}"\}\n$`, string(lines[1]))

	again, err := json.Marshal(readAll(t, dir)[0])
	require.NoError(t, err)
	require.Equal(t, string(bytes.TrimSpace(lines[0])), string(again), "a record read and marshalled is its line")
}

func TestFoldersAndFilesAreForThisUserAlone(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("no permission bits")
	}
	dir := filepath.Join(t.TempDir(), "state", "audit")
	sample(t, Options{Dir: dir, MaxBytes: 1})
	for _, d := range []string{dir, filepath.Dir(dir)} {
		info, err := os.Stat(d)
		require.NoError(t, err)
		require.Equal(t, os.FileMode(0o700), info.Mode().Perm())
	}
	for _, f := range files(t, dir) {
		info, err := os.Stat(f)
		require.NoError(t, err)
		require.Equal(t, os.FileMode(0o600), info.Mode().Perm())
	}
}

func TestOpenRefusesAFolderThatIsNotSafe(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("no permission bits")
	}
	shared := filepath.Join(t.TempDir(), "shared")
	require.NoError(t, os.Mkdir(shared, 0o700))
	require.NoError(t, os.Chmod(shared, 0o770))
	_, err := Open(Options{Dir: shared})
	require.ErrorContains(t, err, "others may write to the audit directory")

	link := filepath.Join(t.TempDir(), "link")
	require.NoError(t, os.Symlink(t.TempDir(), link))
	_, err = Open(Options{Dir: link + "/"})
	require.ErrorContains(t, err, "is a symbolic link")

	_, err = Open(Options{})
	require.ErrorContains(t, err, "no directory is set")
}

func TestOpenNeverWritesToWhatIsThere(t *testing.T) {
	dir, victim := folder(t), filepath.Join(t.TempDir(), "victim")
	require.NoError(t, os.Mkdir(dir, 0o700))
	now := func() time.Time { return noon }
	planted := partPath(dir, runName(noon, os.Getpid()), 1)
	if err := os.Symlink(victim, planted); err != nil {
		t.Skip("no symbolic links here: ", err)
	}
	l := open(t, Options{Dir: dir, Now: now})
	require.NoError(t, l.Close())
	require.NoFileExists(t, victim)
	require.FileExists(t, partPath(dir, runName(noon.Add(time.Millisecond), os.Getpid()), 1))
}

func TestRunsAreChainedAndSoAreTheirParts(t *testing.T) {
	dir := folder(t)
	now := clock()
	first := sample(t, Options{Dir: dir, Now: now})
	_, head := first.Head()
	second := sample(t, Options{Dir: dir, Now: now, MaxBytes: 1000})
	require.Greater(t, second.part, 2, "rotated")

	report := verify(t, dir)
	require.True(t, report.OK(), "%v", report.Problems)
	require.Equal(t, Report{Files: 1 + second.part, Records: 16}, report)
	all := readAll(t, dir)
	require.Len(t, all, 16)
	require.Equal(t, head, all[8].Prev)
	require.Equal(t, filepath.Base(first.path), all[8].Follows)
	for i, r := range all {
		require.Equal(t, uint64(i%8+1), r.Seq)
	}
	for _, f := range files(t, dir) {
		info, err := os.Stat(f)
		require.NoError(t, err)
		require.True(t, info.Size() < 1000 || f == first.path)
	}
	require.Equal(t, 8, verify(t, second.path).Records, "one file stands for its run")
}

func TestConcurrentWritersAndProcesses(t *testing.T) {
	dir := folder(t)
	now := clock()
	logs := []*Log{open(t, Options{Dir: dir, Now: now, MaxBytes: 10_000}), open(t, Options{Dir: dir, Now: now})}
	const writers, each = 4, 50
	var wg sync.WaitGroup
	for w := range writers {
		for _, l := range logs {
			wg.Go(func() {
				for i := range each {
					if err := l.Write(context.Background(), closing(fmt.Sprint(w, "-", i), EventRead)); err != nil {
						t.Error(err)
					}
					l.Head()
				}
			})
		}
	}
	wg.Wait()
	for _, l := range logs {
		require.NoError(t, l.Close())
	}
	report := verify(t, dir)
	require.Empty(t, report.Problems)
	require.Equal(t, 2*(writers*each+2), report.Records)

	var last time.Time
	for _, r := range readAll(t, dir) {
		require.False(t, r.Time.Before(last), "two runs side by side are read in the order of time")
		last = r.Time
	}
}

// faulty is a file whose disk can be full, after half of what is written.
type faulty struct {
	*os.File
	full, cannotTruncate, cannotSync *bool
}

func (f faulty) Write(b []byte) (int, error) {
	if !*f.full {
		return f.File.Write(b)
	}
	n, err := f.File.Write(b[:len(b)/2])
	return n, errors.Join(err, syscall.ENOSPC)
}

func (f faulty) Truncate(size int64) error {
	if *f.cannotTruncate {
		return syscall.EACCES
	}
	return f.File.Truncate(size)
}

func (f faulty) Sync() error {
	if *f.cannotSync {
		return syscall.EIO
	}
	return f.File.Sync()
}

func TestAFullDisk(t *testing.T) {
	for _, test := range []struct {
		name             string
		stuck, sync      bool
		files, torn      int
		wantError, heard string
	}{
		{"the partial line is taken back", false, false, 1, 0, syscall.ENOSPC.Error(), syscall.ENOSPC.Error()},
		{"it cannot be taken back", true, false, 2, 1, syscall.ENOSPC.Error(), "ends with a torn line: the records go on in"},
		{"the line cannot be synced", false, true, 1, 0, syscall.EIO.Error(), syscall.EIO.Error()},
	} {
		t.Run(test.name, func(t *testing.T) {
			dir := folder(t)
			var full, unsynced bool
			var heard []error
			l, err := openWith(Options{Dir: dir, Now: clock(), Sync: test.sync, OnError: func(err error) { heard = append(heard, err) }},
				func(path string) (file, error) {
					f, err := os.OpenFile(path, os.O_WRONLY|os.O_APPEND|os.O_CREATE|os.O_EXCL, 0o600)
					return faulty{f, &full, &test.stuck, &unsynced}, err
				})
			require.NoError(t, err)
			seq, head := l.Head()

			full, unsynced = !test.sync, test.sync
			err = l.Write(context.Background(), closing("lost", EventIntent))
			require.ErrorContains(t, err, "was not written")
			require.ErrorContains(t, err, test.wantError)
			seqAfter, headAfter := l.Head()
			require.Equal(t, seq, seqAfter)
			require.Equal(t, head, headAfter, "a record that failed is not part of the chain")

			full, unsynced = false, false
			write(t, l, closing("kept", EventIntent))
			require.NoError(t, l.Close())
			require.ErrorContains(t, errors.Join(heard...), test.heard)

			report := verify(t, dir)
			require.Empty(t, report.Problems)
			require.Len(t, report.Torn, test.torn)
			require.Equal(t, 3, report.Records)
			require.Equal(t, test.files, report.Files)
			require.Len(t, report.Unfinished, 1)
			require.Equal(t, "kept", report.Unfinished[0].Record.Call)
		})
	}
}

func TestARealFullDisk(t *testing.T) {
	const device = "/dev/full"
	if _, err := os.Stat(device); err != nil {
		t.Skip("no ", device)
	}
	dir := folder(t)
	_, err := openWith(Options{Dir: dir}, func(path string) (file, error) { return os.OpenFile(device, os.O_WRONLY, 0) })
	require.ErrorIs(t, err, syscall.ENOSPC)
	require.ErrorContains(t, err, "the audit record was not written")
}

func TestAFileThatIsTakenAwayIsNotWrittenToAnyMore(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("an open file cannot be removed")
	}
	for name, take := range map[string]func(l *Log) error{
		"removed":   func(l *Log) error { return os.Remove(l.path) },
		"moved":     func(l *Log) error { return os.Rename(l.path, l.path+".old") },
		"replaced":  func(l *Log) error { return errors.Join(os.Remove(l.path), os.WriteFile(l.path, nil, 0o600)) },
		"all of it": func(l *Log) error { return os.RemoveAll(l.options.Dir) },
		"written to by somebody else": func(l *Log) error {
			f, err := os.OpenFile(l.path, os.O_WRONLY|os.O_APPEND, 0)
			_, errWrite := f.WriteString("half a li")
			return errors.Join(err, errWrite, f.Close())
		},
		"its successor is there already": func(l *Log) error {
			return errors.Join(os.Remove(l.path), os.WriteFile(partPath(l.options.Dir, l.run, 2), nil, 0o600))
		},
	} {
		t.Run(name, func(t *testing.T) {
			var heard []error
			l := open(t, Options{Dir: folder(t), OnError: func(err error) { heard = append(heard, err) }})
			require.NoError(t, take(l))
			write(t, l, closing("abc", EventRead))
			require.NoError(t, l.Close())
			require.Len(t, heard, 1)
			require.ErrorContains(t, heard[0], "the records go on in audit-")
			all := readAll(t, l.path)
			require.Equal(t, "abc", all[len(all)-2].Call)
		})
	}
}

func TestAPartThatCannotBeBegunDoesNotStopTheRecords(t *testing.T) {
	dir := folder(t)
	var heard []error
	begun := 0
	l, err := openWith(Options{Dir: dir, Now: clock(), MaxBytes: 1, OnError: func(err error) { heard = append(heard, err) }},
		func(path string) (file, error) {
			if begun++; begun > 1 {
				return nil, syscall.EMFILE
			}
			return createFile(path)
		})
	require.NoError(t, err)
	write(t, l, closing("abc", EventRead))
	require.Len(t, heard, 1)
	require.ErrorIs(t, heard[0], syscall.EMFILE)
	require.NoError(t, l.Close())
	require.Equal(t, Report{Files: 1, Records: 3}, verify(t, dir))
}

func TestWriteRefusesWhatCannotBeALine(t *testing.T) {
	l := open(t, Options{Dir: folder(t)})
	require.ErrorContains(t, l.Write(context.Background(), Record{Arguments: Unreduced([]byte("{"))}), "was not written")
	write(t, l, closing("abc", EventRead))
	require.NoError(t, l.Close())
	require.NoError(t, l.Close(), "a second time")
	require.ErrorIs(t, l.Write(context.Background(), Record{}), os.ErrClosed)
	require.Equal(t, Report{Files: 1, Records: 3}, verify(t, l.path))
}

func TestACancelledCallIsRecorded(t *testing.T) {
	l := open(t, Options{Dir: folder(t)})
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	require.NoError(t, l.Write(ctx, closing("abc", EventOutcome)))
	require.NoError(t, l.Close())
}

func TestNewCallID(t *testing.T) {
	require.Regexp(t, `^[a-z2-7]{12}$`, NewCallID())
	require.NotEqual(t, NewCallID(), NewCallID())
}

func BenchmarkWrite(b *testing.B) {
	l := open(b, Options{Dir: folder(b), Now: time.Now})
	r := closing("abcdefghijkl", EventOutcome)
	r.Operations = []Operation{{Operation: "close_conversation", Status: 204, Millis: 212, Attempts: 1, Outcome: OutcomeDone}}
	r.Text = "triage closed conversation 1234: allowed by agents.triage.allow (Dixa 204, 212 ms)"
	b.ReportAllocs()
	for b.Loop() {
		if err := l.Write(context.Background(), r); err != nil {
			b.Fatal(err)
		}
	}
	b.StopTimer()
	if err := l.Close(); err != nil {
		b.Fatal(err)
	}
}
