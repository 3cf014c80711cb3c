// Package records finds records among millions: by agent, person, tool, decision, conversation, customer and time, and as
// figures over time.
//
// It keeps an index beside the files of records, made from them alone: it holds ids and numbers, and where each record is. What is
// shown is read from the files. The index may be deleted at any time; it is then made anew.
package records

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"github.com/ncruces/go-sqlite3"

	"dixa-mcp/internal/audit"
	"dixa-mcp/internal/base/sqlitefile"
)

// FileName is the name of the index in the directory of records. A version that indexes otherwise uses another name, so that two
// versions do not disturb each other.
const FileName = "index-1.db"

// IsIndex reports whether a file in a directory of records is an index, of this version or another, or belongs to one.
func IsIndex(name string) bool {
	return strings.HasPrefix(name, "index-") && strings.Contains(name, ".db")
}

// schema makes the tables. A record is known by its time in milliseconds, its run and its number in the run. name has each agent,
// person, tool and event once. mention says which records are about a word: its id is a hash of it, so that the millions of words
// need no table. minute sums up the calls of an agent in a minute.
const schema = `
CREATE TABLE IF NOT EXISTS run (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, position TEXT NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS part (run INTEGER NOT NULL, part INTEGER NOT NULL, first INTEGER NOT NULL, last INTEGER NOT NULL,
	PRIMARY KEY (run, part)) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS name (id INTEGER PRIMARY KEY, text TEXT NOT NULL UNIQUE) STRICT;
CREATE TABLE IF NOT EXISTS record (at INTEGER NOT NULL, run INTEGER NOT NULL, seq INTEGER NOT NULL, part INTEGER NOT NULL,
	offset INTEGER NOT NULL, event INTEGER NOT NULL, agent INTEGER NOT NULL, person INTEGER NOT NULL, tool INTEGER NOT NULL,
	refused INTEGER NOT NULL, changes INTEGER NOT NULL, level INTEGER NOT NULL, PRIMARY KEY (at, run, seq)) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS mention (word INTEGER NOT NULL, at INTEGER NOT NULL, run INTEGER NOT NULL, seq INTEGER NOT NULL,
	PRIMARY KEY (word, at, run, seq)) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS minute (at INTEGER NOT NULL, agent INTEGER NOT NULL, calls INTEGER NOT NULL, refused INTEGER NOT NULL,
	changes INTEGER NOT NULL, requests INTEGER NOT NULL, waited INTEGER NOT NULL, tokens INTEGER NOT NULL,
	PRIMARY KEY (at, agent)) STRICT, WITHOUT ROWID;`

// Index finds the records of a directory. It is safe for concurrent use, also by several processes.
type Index struct {
	dir string

	mu   sync.Mutex
	file sqlitefile.File
}

// Open returns the index of a directory of records. Nothing is opened or made yet.
func Open(dir string) *Index {
	return &Index{dir: dir, file: sqlitefile.File{Path: filepath.Join(dir, FileName), Schema: schema, Layout: 1}}
}

// Close closes the index. Its next use opens it again.
func (x *Index) Close() error {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.file.Close()
}

// batch is how many records are indexed in one transaction: few enough that others do not wait long.
const batch = 5000

var errBatch = errors.New("enough for one transaction")

// Update indexes what was written since the last update, and forgets what was removed. It ends with the error of ctx where that
// comes first: what was indexed until then stays. Lines that are no records are passed over: [audit.Verify] reports them.
func (x *Index) Update(ctx context.Context) error {
	if _, err := os.Stat(x.dir); errors.Is(err, fs.ErrNotExist) {
		return nil // no records yet
	}
	for more := true; more; {
		if err := ctx.Err(); err != nil {
			return err
		}
		var err error
		if more, err = x.step(); err != nil {
			return x.broken(err)
		}
	}
	return x.forget(ctx)
}

// broken deletes an index that SQLite finds damaged, so that the next update makes it anew.
func (x *Index) broken(err error) error {
	if errors.Is(err, sqlite3.CORRUPT) || errors.Is(err, sqlite3.NOTADB) {
		x.mu.Lock()
		defer x.mu.Unlock()
		err = errors.Join(err, x.file.Close(), sqlitefile.Remove(x.file.Path))
		return fmt.Errorf("the index of records %s was damaged and was deleted; the next search makes it anew: %w", x.file.Path, err)
	}
	return fmt.Errorf("the index of records %s cannot be used: %w", x.file.Path, err)
}

// step indexes one batch, and reports whether there may be more.
func (x *Index) step() (more bool, err error) {
	x.mu.Lock()
	defer x.mu.Unlock()
	err = x.file.Update(func() error {
		more = false
		w := newWriter(&x.file)
		if err := w.begin(); err != nil {
			return err
		}
		read := 0
		err := audit.ReadAfter(x.dir, w.cursor, func(e audit.Entry) error {
			if read++; read > batch {
				return errBatch
			}
			return w.add(e)
		})
		var skipped *audit.SkippedError
		switch {
		case errors.Is(err, errBatch):
			more = true
		case err != nil && !errors.As(err, &skipped):
			return err
		}
		return w.end()
	})
	return more, err
}
