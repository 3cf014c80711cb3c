// Package sharedstate shares what the processes of one machine decide together: Dixa's rate limit, the budgets of agents,
// which confirmations were used and what was written in the last hour. The processes are those that use the same state
// directory. In it they share a small file for each limit of Dixa's and one SQLite database for the rest; each is opened by
// the first call that needs it.
package sharedstate

import (
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"sync"
	"time"

	"dixa-mcp/internal/base/sqlitefile"
)

// FileName is the name of the SQLite file in the state directory.
const FileName = "shared.db"

// layout is the number of the tables of schema: see [sqlitefile.File].
const layout = 4

// schema makes the tables.
const schema = `
CREATE TABLE IF NOT EXISTS bucket (name TEXT PRIMARY KEY, tokens REAL NOT NULL, at INTEGER NOT NULL, taken INTEGER NOT NULL,
	factor REAL NOT NULL, lowered INTEGER NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS used (agent TEXT NOT NULL, what TEXT NOT NULL, period INTEGER NOT NULL, ends INTEGER NOT NULL,
	used INTEGER NOT NULL, PRIMARY KEY (agent, what, period)) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS nonce (nonce TEXT PRIMARY KEY, expires INTEGER NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS journal (id INTEGER PRIMARY KEY, call TEXT NOT NULL UNIQUE, agent TEXT NOT NULL, digest TEXT NOT NULL,
	changed INTEGER NOT NULL, overtaken INTEGER NOT NULL, run TEXT NOT NULL, entry TEXT NOT NULL) STRICT;
CREATE INDEX IF NOT EXISTS journal_digest ON journal (digest);
CREATE INDEX IF NOT EXISTS journal_agent ON journal (agent);
CREATE INDEX IF NOT EXISTS journal_changed ON journal (changed);
CREATE TABLE IF NOT EXISTS journal_thing (thing TEXT NOT NULL, call TEXT NOT NULL REFERENCES journal (call) ON DELETE CASCADE,
	changes INTEGER NOT NULL, PRIMARY KEY (thing, call)) STRICT, WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS journal_thing_call ON journal_thing (call);
CREATE TABLE IF NOT EXISTS job (id INTEGER PRIMARY KEY, handle TEXT NOT NULL UNIQUE, agent TEXT NOT NULL, expires INTEGER NOT NULL,
	job TEXT NOT NULL) STRICT;
CREATE INDEX IF NOT EXISTS job_agent ON job (agent);
CREATE TABLE IF NOT EXISTS signin (id INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE, owner TEXT NOT NULL, expires INTEGER NOT NULL,
	text TEXT NOT NULL) STRICT;
CREATE INDEX IF NOT EXISTS signin_owner ON signin (owner);
CREATE INDEX IF NOT EXISTS signin_expires ON signin (expires);`

// Store is the shared state of the processes of one machine. It is safe for concurrent use.
type Store struct {
	api string
	log *slog.Logger

	mu      sync.Mutex
	file    sqlitefile.File
	buckets []*bucket
	run     *run // of this process; nil until its first entry in the journal
	closed  bool
	warned  bool // that the file cannot be used
}

// New returns the shared state in a directory, for an API at this address: tokens at another address have other limits.
// Nothing is opened yet.
func New(dir, api string, log *slog.Logger) *Store {
	return &Store{api: api, log: log, file: sqlitefile.File{Path: filepath.Join(dir, FileName), Schema: schema, Layout: layout}}
}

var errClosed = errors.New("the shared state is closed")

// Close closes the files. What is asked of the store afterwards fails.
func (s *Store) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed = true
	err := s.endRun()
	err = errors.Join(err, s.file.Close())
	for _, b := range s.buckets {
		err = errors.Join(err, b.file.close())
	}
	return err
}

// update runs f in a transaction that no other process interleaves with. f is given the time, in microseconds.
func (s *Store) update(f func(now int64) error) (err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	defer func() {
		if err != nil {
			err = fmt.Errorf("the shared state in %s cannot be used: %w", s.file.Path, err)
		}
	}()
	if s.closed {
		return errClosed
	}
	return s.file.Update(func() error {
		return f(time.Now().UnixMicro()) // after the lock: a wait must not be given out twice
	})
}

// warn logs once that the file cannot be used, and what follows.
func (s *Store) warn(err error, consequence string) {
	s.mu.Lock()
	first := !s.warned
	s.warned = true
	s.mu.Unlock()
	if first {
		s.log.Warn(consequence, "error", err)
	}
}
