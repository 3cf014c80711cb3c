package sharedstate

import (
	"context"
	"errors"
	"os"
	"time"

	"dixa-mcp/internal/base/filelock"
	"dixa-mcp/internal/jobs"
)

// jobShelf keeps the jobs that the processes share.
type jobShelf struct{ texts }

// Jobs returns the jobs that all processes share, encrypted with a key that is derived from the secret. now tells the time.
func (s *Store) Jobs(secret []byte, now func() time.Time) *jobs.Store {
	return jobs.New(s.jobShelf(now), secret, now)
}

func (s *Store) jobShelf(now func() time.Time) jobs.Shelf {
	return jobShelf{texts{s, now, "job", "handle", "agent", "job", jobs.MostOfAgent}}
}

// Process implements [jobs.Shelf].
func (s jobShelf) Process(context.Context) (id string, err error) {
	err = s.store.update(func(int64) error {
		id, err = s.store.beginRun()
		return err
	})
	return id, err
}

// Alive implements [jobs.Shelf].
func (s jobShelf) Alive(_ context.Context, id string) (alive bool, err error) {
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
