package sharedstate

import (
	"crypto/rand"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/ncruces/go-sqlite3"

	"dixa-mcp/internal/base/filelock"
)

// run shows to other processes that this one is alive: by the lock of a file of its own, which the operating system releases
// when the process ends, however it ends.
type run struct {
	id      string // in the name of the file and in the entries of the journal
	release func()
}

const runPrefix = "running-"

func (s *Store) runPath(id string) string {
	return filepath.Join(filepath.Dir(s.file.Path), runPrefix+id)
}

// beginRun returns the id of this process's run. It is called in a transaction: no other process looks at the file before
// it is locked.
func (s *Store) beginRun() (string, error) {
	if s.run != nil {
		return s.run.id, nil
	}
	if err := s.endDeadRuns(); err != nil {
		return "", err
	}
	id := strings.ToLower(rand.Text()[:12])
	release, err := filelock.TryLock(s.runPath(id))
	if err != nil {
		return "", err
	}
	if release == nil {
		return "", errors.New("the lock of a new file is held") // only this process knows its name
	}
	s.run = &run{id, release}
	return id, nil
}

// endDeadRuns takes note of processes that have ended: calls of theirs that did not end were interrupted. It is called in a
// transaction, so that of several processes one at a time tries the locks.
func (s *Store) endDeadRuns() error {
	runs := map[string]bool{}
	paths, err := filepath.Glob(s.runPath("*"))
	if err != nil {
		return err
	}
	for _, path := range paths {
		runs[strings.TrimPrefix(filepath.Base(path), runPrefix)] = true
	}
	if err := s.file.Rows(`SELECT DISTINCT run FROM journal WHERE run != ''`, func(st *sqlite3.Stmt) { runs[st.ColumnText(0)] = true }); err != nil {
		return err
	}
	for id := range runs {
		if s.run != nil && id == s.run.id {
			continue
		}
		release, err := filelock.TryLock(s.runPath(id))
		if err != nil {
			return err
		}
		if release == nil {
			continue // it is alive
		}
		err = s.file.Exec(`UPDATE journal SET run = '' WHERE run = ?`, id)
		release()
		if err = errors.Join(err, os.Remove(s.runPath(id))); err != nil {
			return err
		}
	}
	return nil
}

// endRun removes the file of this process's run. s.mu is held.
func (s *Store) endRun() error {
	if s.run == nil {
		return nil
	}
	var err error
	if s.file.IsOpen() {
		err = s.file.Exec(`UPDATE journal SET run = '' WHERE run = ?`, s.run.id)
	}
	s.run.release()
	if gone := os.Remove(s.runPath(s.run.id)); !errors.Is(gone, fs.ErrNotExist) {
		err = errors.Join(err, gone)
	}
	s.run = nil
	return err
}
