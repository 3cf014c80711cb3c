// Package sqlitefile keeps tables in a SQLite file that several processes and several versions of this program use.
package sqlitefile

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/ncruces/go-sqlite3"

	"dixa-mcp/internal/base/stored"
)

// Busy is how long a change waits for another process to finish its own.
const Busy = 2 * time.Second

// generation is the span of layouts that read each other's files.
const generation = 100

// File is a SQLite file that only its owner can read. It is opened by the first transaction. One goroutine uses it at a time.
//
// Layout is the number of the file's tables, kept as SQLite's user_version. A version that adds tables or columns raises it by
// one: older versions use the file as before, and leave alone what they do not know. One that changes what older versions use
// raises it to the next multiple of 100: they then refuse the file with [stored.ErrNewer].
type File struct {
	Path   string
	Schema string // statements that make the tables where they are missing
	Layout int
	Load   func(*sqlite3.Conn) error // loads the extensions that Schema needs; nil for none
	// Durable makes each change wait until it is on the disk, so that it survives a loss of power.
	Durable bool

	db         *sqlite3.Conn // nil until the first transaction
	statements map[string]*sqlite3.Stmt
}

// IsOpen reports whether the file is open.
func (f *File) IsOpen() bool { return f.db != nil }

// Close closes the file if it is open. The next transaction opens it again.
func (f *File) Close() error {
	if f.db == nil {
		return nil
	}
	var err error
	for _, st := range f.statements {
		err = errors.Join(err, st.Close())
	}
	f.statements = nil
	err = errors.Join(err, f.db.Close())
	f.db = nil
	return err
}

// open opens the file, for its owner alone, and makes its tables.
func (f *File) open() error {
	if f.db != nil {
		return nil
	}
	if err := os.MkdirAll(filepath.Dir(f.Path), 0o700); err != nil {
		return err
	}
	db, err := sqlite3.Open(f.Path)
	if err != nil {
		return err
	}
	err = db.BusyTimeout(Busy)
	if err == nil && f.Load != nil {
		err = f.Load(db)
	}
	if err == nil {
		// SQLite itself does not wait while another process switches a new file to a write-ahead log.
		for begun := time.Now(); ; time.Sleep(time.Millisecond) {
			if err = f.makeTables(db); !errors.Is(err, sqlite3.BUSY) || time.Since(begun) > Busy {
				break
			}
		}
	}
	if err != nil {
		return errors.Join(err, db.Close())
	}
	for _, suffix := range []string{"", "-wal", "-shm"} { // SQLite makes them readable for all
		err = errors.Join(err, os.Chmod(f.Path+suffix, 0o600))
	}
	if err != nil {
		return errors.Join(err, db.Close())
	}
	f.db, f.statements = db, map[string]*sqlite3.Stmt{}
	return nil
}

// makeTables makes the tables, unless a newer version's are there, which this one cannot use.
func (f *File) makeTables(db *sqlite3.Conn) error {
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
	if found/generation > f.Layout/generation {
		return fmt.Errorf("%w: its layout is %d, and this version knows those below %d", stored.ErrNewer, found, (f.Layout/generation+1)*generation)
	}
	synchronous := "normal"
	if f.Durable {
		synchronous = "full"
	}
	if err := db.Exec(`PRAGMA journal_mode = wal; PRAGMA synchronous = ` + synchronous + `; PRAGMA foreign_keys = on; PRAGMA secure_delete = on;`); err != nil {
		return err
	}
	// One that reads before it writes would fail at once where another process writes in between.
	return db.Exec(`BEGIN IMMEDIATE;` + f.Schema + fmt.Sprintf(`PRAGMA user_version = %d; COMMIT;`, max(found, f.Layout)))
}

// Update runs change in a transaction that no other process interleaves with.
func (f *File) Update(change func() error) error { return f.transaction(`BEGIN IMMEDIATE`, change) }

// View runs read in a transaction that sees one state of the file and does not wait for changes. It is interrupted when ctx ends.
func (f *File) View(ctx context.Context, read func() error) error {
	if err := f.open(); err != nil {
		return err
	}
	defer f.db.SetInterrupt(f.db.SetInterrupt(ctx))
	return f.transaction(`BEGIN`, read)
}

func (f *File) transaction(begin string, do func() error) error {
	if err := f.open(); err != nil {
		return err
	}
	if err := f.Exec(begin); err != nil {
		return errors.Join(err, f.Close()) // the next one opens it anew: the file may have been replaced
	}
	if err := do(); err != nil {
		return errors.Join(err, f.Exec(`ROLLBACK`))
	}
	if err := f.Exec(`COMMIT`); err != nil {
		return errors.Join(err, f.Close())
	}
	return nil
}

// Exec runs a statement that returns nothing, in a transaction.
func (f *File) Exec(sql string, args ...any) error {
	_, err := f.Row(sql, nil, args...)
	return err
}

// Row runs a statement in a transaction, and reads its first row.
func (f *File) Row(sql string, read func(*sqlite3.Stmt), args ...any) (found bool, err error) {
	st, err := f.prepare(sql, args)
	if err != nil {
		return false, err
	}
	if found = st.Step(); found && read != nil {
		read(st)
	}
	return found, st.Reset()
}

// Rows runs a statement in a transaction, and reads all its rows.
func (f *File) Rows(sql string, read func(*sqlite3.Stmt), args ...any) error {
	st, err := f.prepare(sql, args)
	if err != nil {
		return err
	}
	for st.Step() {
		read(st)
	}
	return st.Reset()
}

// Truncate writes the write-ahead log into the file and empties it, so that nothing which was deleted is left in it. It reports
// false if a process that reads the file kept it from doing so.
func (f *File) Truncate() (done bool, err error) {
	if err := f.open(); err != nil {
		return false, err
	}
	_, err = f.Row(`PRAGMA wal_checkpoint(TRUNCATE)`, func(st *sqlite3.Stmt) { done = st.ColumnInt(0) == 0 })
	if errors.Is(err, sqlite3.BUSY) || errors.Is(err, sqlite3.LOCKED) {
		return false, nil
	}
	return done, err
}

// Changed returns how many rows the last statement inserted, updated or deleted.
func (f *File) Changed() int64 { return f.db.Changes() }

// Inserted returns the rowid of the row that was inserted last.
func (f *File) Inserted() int64 { return f.db.LastInsertRowID() }

// prepare returns a statement with its arguments.
func (f *File) prepare(sql string, args []any) (*sqlite3.Stmt, error) {
	st := f.statements[sql]
	if st == nil {
		var err error
		if st, _, err = f.db.Prepare(sql); err != nil {
			return nil, err
		}
		f.statements[sql] = st
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
