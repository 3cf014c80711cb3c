package sharedstate

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"dixa-mcp/internal/journal"
	"dixa-mcp/internal/journal/journaltest"
	"dixa-mcp/internal/seal"
	"dixa-mcp/internal/test/clock"
)

func TestJournal(t *testing.T) {
	journaltest.TestStore(t, func(t *testing.T, now func() time.Time) (both [2]journaltest.Process) {
		secret := seal.Secret()
		for i, s := range processes(t, 2) {
			both[i] = journaltest.Process{Store: s.Journal(secret, now), Kill: func() {
				s.mu.Lock()
				defer s.mu.Unlock()
				s.run.release() // as the operating system does it
				s.run = nil
				require.NoError(t, s.file.Close())
			}}
		}
		return both
	})
}

// A process leaves no file behind, and removes those of processes that were killed.
func TestJournalFiles(t *testing.T) {
	all := processes(t, 2)
	dir := filepath.Dir(all[0].file.Path)
	files := func() []string {
		found, err := filepath.Glob(filepath.Join(dir, runPrefix+"*"))
		require.NoError(t, err)
		return found
	}
	require.NoError(t, os.WriteFile(all[0].runPath("killed"), nil, 0o600))
	clock := &clock.Clock{}
	for i, s := range all {
		_, err := s.Journal(nil, clock.Now).Begin(t.Context(), journaltest.Entry(fmt.Sprint("call", i), i, i), false)
		require.NoError(t, err)
		require.Len(t, files(), i+1)
	}
	for i, s := range all {
		require.NoError(t, s.Close())
		require.Len(t, files(), len(all)-1-i)
	}
}

// A call whose process ended in good order without ending the call was interrupted, too.
func TestJournalOfAClosedProcess(t *testing.T) {
	all := processes(t, 2)
	clock := &clock.Clock{}
	e := journaltest.Entry("a", 1, 1)
	e.Steps[0].State = journal.Sent
	_, err := all[0].Journal(nil, clock.Now).Begin(t.Context(), e, false)
	require.NoError(t, err)
	require.NoError(t, all[0].Close())
	found, err := all[1].Journal(nil, clock.Now).Find(t.Context(), e.Digest)
	require.NoError(t, err)
	require.True(t, found.Interrupted)
}

// What was deleted is not in the files either.
func TestJournalLeavesNothing(t *testing.T) {
	s := processes(t, 1)[0]
	clock := &clock.Clock{}
	j := s.Journal(seal.Secret(), clock.Now)
	e := journaltest.Entry("a", 1, 1)
	_, err := j.Begin(t.Context(), e, false)
	require.NoError(t, err)
	require.NoError(t, j.Save(t.Context(), journaltest.Done(e)))
	require.NoError(t, j.Forget(t.Context(), "", "conversation:1"))
	require.NoError(t, s.update(func(int64) error { return nil }))
	require.NoError(t, s.Close())
	content, err := os.ReadFile(s.file.Path)
	require.NoError(t, err)
	require.NotContains(t, string(content), "conversation:1")
	require.NotContains(t, string(content), e.Digest)
}

func BenchmarkJournal(b *testing.B) {
	s := New(b.TempDir(), "https://dixa.example", nil)
	defer s.Close()
	clock := &clock.Clock{}
	j := s.Journal(seal.Secret(), clock.Now)
	for i := 0; b.Loop(); i++ {
		e := journaltest.Entry(fmt.Sprint("call", i), i, i)
		_, err := j.Begin(b.Context(), e, false)
		require.NoError(b, err)
		e.Steps[0].State = journal.Sent
		require.NoError(b, j.Save(b.Context(), e))
		require.NoError(b, j.Save(b.Context(), journaltest.Done(e)))
	}
}
