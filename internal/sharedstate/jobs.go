package sharedstate

import (
	"context"
	"errors"
	"os"
	"time"

	"github.com/ncruces/go-sqlite3"

	"dixa-mcp/internal/base/filelock"
	"dixa-mcp/internal/jobs"
)

// shelf keeps the jobs that the processes share.
type shelf struct {
	store *Store
	now   func() time.Time
}

var _ jobs.Shelf = shelf{}

// Jobs returns the jobs that all processes share, encrypted with a key that is derived from the secret. now tells the time.
func (s *Store) Jobs(secret []byte, now func() time.Time) *jobs.Store {
	return jobs.New(shelf{s, now}, secret, now)
}

// Insert implements [jobs.Shelf].
func (s shelf) Insert(_ context.Context, agent, handle, text string, expires time.Time) (added bool, err error) {
	err = s.store.update(func(int64) error {
		if err := s.store.file.Exec(`DELETE FROM job WHERE expires <= ?`, s.now().UnixMicro()); err != nil {
			return err
		}
		taken, err := s.store.file.Row(`SELECT 1 FROM job WHERE handle = ?`, nil, handle)
		if added = !taken; err != nil || taken {
			return err
		}
		if err := s.store.file.Exec(`INSERT INTO job (handle, agent, expires, job) VALUES (?, ?, ?, ?)`, handle, agent, expires.UnixMicro(), text); err != nil {
			return err
		}
		return s.store.file.Exec(`DELETE FROM job WHERE agent = ?1 AND id <= (SELECT id FROM job WHERE agent = ?1 ORDER BY id DESC LIMIT 1 OFFSET ?2)`,
			agent, int64(jobs.MostOfAgent))
	})
	return added && err == nil, err
}

// Get implements [jobs.Shelf].
func (s shelf) Get(_ context.Context, handle string) (text string, err error) {
	err = s.store.update(func(int64) error {
		text, err = s.text(handle)
		return err
	})
	return text, err
}

// Swap implements [jobs.Shelf].
func (s shelf) Swap(_ context.Context, handle, old, new string) (swapped bool, err error) {
	err = s.store.update(func(int64) error {
		is, err := s.text(handle)
		if swapped = err == nil && is != "" && is == old; !swapped {
			return err
		}
		if new == "" {
			return s.store.file.Exec(`DELETE FROM job WHERE handle = ?`, handle)
		}
		return s.store.file.Exec(`UPDATE job SET job = ? WHERE handle = ?`, new, handle)
	})
	return swapped && err == nil, err
}

// List implements [jobs.Shelf].
func (s shelf) List(context.Context) (all map[string]string, err error) {
	err = s.store.update(func(int64) error {
		all = map[string]string{}
		return s.store.file.Rows(`SELECT handle, job FROM job`, func(st *sqlite3.Stmt) { all[st.ColumnText(0)] = st.ColumnText(1) })
	})
	return all, err
}

func (s shelf) text(handle string) (text string, err error) {
	_, err = s.store.file.Row(`SELECT job FROM job WHERE handle = ?`, func(st *sqlite3.Stmt) { text = st.ColumnText(0) }, handle)
	return text, err
}

// Process implements [jobs.Shelf].
func (s shelf) Process(context.Context) (id string, err error) {
	err = s.store.update(func(int64) error {
		id, err = s.store.beginRun()
		return err
	})
	return id, err
}

// Alive implements [jobs.Shelf].
func (s shelf) Alive(_ context.Context, id string) (alive bool, err error) {
	err = s.store.update(func(int64) error {
		if s.store.run != nil && s.store.run.id == id {
			alive = true
			return nil
		}
		release, err := filelock.TryLock(s.store.runPath(id))
		if alive = release == nil; err != nil || alive {
			return err
		}
		release()
		if gone := os.Remove(s.store.runPath(id)); !errors.Is(gone, os.ErrNotExist) {
			return gone
		}
		return nil
	})
	return alive, err
}
