// Package sharedstate shares what the processes of one machine decide together: Dixa's rate limit, the budgets of agents,
// which confirmations were used and what was written in the last hour. The processes are those that use the same state
// directory. In it they share a small file for each limit of Dixa's and one SQLite database for the rest; each is opened by
// the first call that needs it.
package sharedstate

import (
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/ncruces/go-sqlite3"

	"dixa-mcp/internal/base/stored"
)

// FileName is the name of the SQLite file in the state directory.
const FileName = "shared.db"

// busy is how long a change waits for another process to finish its own.
const busy = 2 * time.Second

// layout is the number of the file's tables, kept as SQLite's user_version. A version that adds tables or columns raises it by
// one: older versions use the file as before, and leave alone what they do not know. One that changes what older versions use
// raises it to the next multiple of generation: they then refuse the file.
const (
	layout     = 4
	generation = 100
)

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
	path string
	api  string
	log  *slog.Logger

	mu         sync.Mutex
	db         *sqlite3.Conn // nil until the first transaction
	statements map[string]*sqlite3.Stmt
	buckets    []*bucket
	run        *run // of this process; nil until its first entry in the journal
	closed     bool
	warned     bool // that the file cannot be used
}

// New returns the shared state in a directory, for an API at this address: tokens at another address have other limits.
// Nothing is opened yet.
func New(dir, api string, log *slog.Logger) *Store {
	return &Store{path: filepath.Join(dir, FileName), api: api, log: log, statements: map[string]*sqlite3.Stmt{}}
}

var errClosed = errors.New("the shared state is closed")

// Close closes the files. What is asked of the store afterwards fails.
func (s *Store) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed = true
	err := s.endRun()
	err = errors.Join(err, s.release())
	for _, b := range s.buckets {
		err = errors.Join(err, b.file.close())
	}
	return err
}

// release closes the file if it is open. s.mu is held.
func (s *Store) release() error {
	if s.db == nil {
		return nil
	}
	var err error
	for _, st := range s.statements {
		err = errors.Join(err, st.Close())
	}
	clear(s.statements)
	err = errors.Join(err, s.db.Close())
	s.db = nil
	return err
}

// open opens the file, for its owner alone, and makes its tables. s.mu is held.
func (s *Store) open() error {
	if s.closed {
		return errClosed
	}
	if s.db != nil {
		return nil
	}
	if err := os.MkdirAll(filepath.Dir(s.path), 0o700); err != nil {
		return err
	}
	db, err := sqlite3.Open(s.path)
	if err != nil {
		return err
	}
	err = db.BusyTimeout(busy)
	if err == nil {
		err = prepare(db)
	}
	if err != nil {
		return errors.Join(err, db.Close())
	}
	for _, suffix := range []string{"", "-wal", "-shm"} { // SQLite makes them readable for all
		err = errors.Join(err, os.Chmod(s.path+suffix, 0o600))
	}
	if err != nil {
		return errors.Join(err, db.Close())
	}
	s.db = db
	return nil
}

// prepare makes the tables, unless a newer version's are there, which this one cannot use.
func prepare(db *sqlite3.Conn) error {
	found := 0
	st, _, err := db.Prepare(`PRAGMA user_version`)
	if err != nil {
		return err
	}
	if st.Step() {
		found = st.ColumnInt(0)
	}
	if err := st.Close(); err != nil {
		return err
	}
	if found/generation > layout/generation {
		return fmt.Errorf("%w: its layout is %d, and this version knows those below %d", stored.ErrNewer, found, (layout/generation+1)*generation)
	}
	return db.Exec(`PRAGMA journal_mode = wal; PRAGMA synchronous = normal; PRAGMA foreign_keys = on; PRAGMA secure_delete = on;` +
		schema + fmt.Sprintf(`PRAGMA user_version = %d;`, max(found, layout)))
}

// update runs f in a transaction that no other process interleaves with. f is given the time, in microseconds.
func (s *Store) update(f func(now int64) error) (err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	defer func() {
		if err != nil {
			err = fmt.Errorf("the shared state in %s cannot be used: %w", s.path, err)
		}
	}()
	if err := s.open(); err != nil {
		return err
	}
	if err := s.exec(`BEGIN IMMEDIATE`); err != nil {
		return errors.Join(err, s.release()) // the next one opens it anew: the file may have been replaced
	}
	if err := f(time.Now().UnixMicro()); err != nil { // after the lock: a wait must not be given out twice
		return errors.Join(err, s.exec(`ROLLBACK`))
	}
	if err := s.exec(`COMMIT`); err != nil {
		return errors.Join(err, s.release())
	}
	return nil
}

// exec runs a statement that returns nothing. s.mu is held.
func (s *Store) exec(sql string, args ...any) error {
	_, err := s.row(sql, nil, args...)
	return err
}

// row runs a statement and reads its first row. s.mu is held.
func (s *Store) row(sql string, read func(*sqlite3.Stmt), args ...any) (found bool, err error) {
	st, err := s.prepare(sql, args)
	if err != nil {
		return false, err
	}
	if found = st.Step(); found && read != nil {
		read(st)
	}
	return found, st.Reset()
}

// rows runs a statement and reads all its rows. s.mu is held.
func (s *Store) rows(sql string, read func(*sqlite3.Stmt), args ...any) error {
	st, err := s.prepare(sql, args)
	if err != nil {
		return err
	}
	for st.Step() {
		read(st)
	}
	return st.Reset()
}

// prepare returns a statement with its arguments. s.mu is held.
func (s *Store) prepare(sql string, args []any) (*sqlite3.Stmt, error) {
	st := s.statements[sql]
	if st == nil {
		var err error
		if st, _, err = s.db.Prepare(sql); err != nil {
			return nil, err
		}
		s.statements[sql] = st
	}
	for i, a := range args {
		var err error
		switch a := a.(type) {
		case string:
			err = st.BindText(i+1, a)
		case int64:
			err = st.BindInt64(i+1, a)
		case float64:
			err = st.BindFloat(i+1, a)
		default:
			err = fmt.Errorf("a %T cannot be stored", a)
		}
		if err != nil {
			return nil, err
		}
	}
	return st, nil
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
