// Package sqlitestore keeps the inbox of events in one SQLite file of the state directory.
package sqlitestore

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"github.com/ncruces/go-sqlite3"

	"dixa-mcp/dixaclient"
	"dixa-mcp/internal/base/sqlitefile"
	"dixa-mcp/internal/events"
)

// FileName is the name of the inbox in the state directory.
const FileName = "events.db"

// layout is the number of the tables of schema: see [sqlitefile.File].
const layout = 2

// schema makes the tables. Events are numbered in the order in which they were stored; a number is never given again. known has
// the ids of events that were removed early. inbox has one row: a random name, the last number that was removed, and how many
// events there are. task has when a task was last begun, and as of when it was done.
const schema = `
CREATE TABLE IF NOT EXISTS event (seq INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, type TEXT NOT NULL, at INTEGER NOT NULL,
	received INTEGER NOT NULL, conversation INTEGER NOT NULL, queue TEXT NOT NULL, fields TEXT NOT NULL, size INTEGER NOT NULL) STRICT;
CREATE INDEX IF NOT EXISTS event_received ON event (received);
CREATE TABLE IF NOT EXISTS known (id TEXT PRIMARY KEY, received INTEGER NOT NULL) STRICT, WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS known_received ON known (received);
CREATE TABLE IF NOT EXISTS inbox (one INTEGER PRIMARY KEY CHECK (one = 1), name TEXT NOT NULL, removed INTEGER NOT NULL,
	events INTEGER NOT NULL, bytes INTEGER NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS task (name TEXT PRIMARY KEY, begun INTEGER NOT NULL, done INTEGER NOT NULL) STRICT, WITHOUT ROWID;
INSERT OR IGNORE INTO inbox (one, name, removed, events, bytes) VALUES (1, ` + newName + `, 0, 0, 0);`

// newName makes the name of a store.
const newName = `lower(hex(randomblob(8)))`

// rowSize is what a row takes besides its texts, with its part of the indexes.
const rowSize = 160

// ageEvery is how often events that are too old are looked for.
const ageEvery = time.Minute

// Exists reports whether a state directory has an inbox.
func Exists(dir string) (bool, error) { return sqlitefile.Exists(filepath.Join(dir, FileName)) }

// IsTemporary reports whether a file of the state directory belongs to an inbox and means nothing without its processes.
func IsTemporary(name string) bool { return sqlitefile.IsLog(name, FileName) }

// Copy writes a copy of the inbox of a directory to another one, as of one moment, while processes use it. The copy has another
// name: what it gets later is not what the cursors of the original are about. Without an inbox it does nothing.
func Copy(dir, to string) (err error) {
	if exists, err := Exists(dir); err != nil || !exists {
		return err
	}
	if err := sqlitefile.Copy(filepath.Join(dir, FileName), filepath.Join(to, FileName)); err != nil {
		return err
	}
	db, err := sqlite3.Open(filepath.Join(to, FileName))
	if err != nil {
		return err
	}
	return errors.Join(db.Exec(`UPDATE inbox SET name = `+newName), db.Close())
}

// Options bound a store. A zero value means the bound of package events.
type Options struct {
	Keep   time.Duration
	Events int64
	Bytes  int64
	Now    func() time.Time // nil: the system's clock
}

// Store is the inbox of a state directory. It implements [events.Store].
type Store struct {
	Options
	puts  events.Puts
	write connection
	read  connection   // of its own, so that no reader waits until a change is on the disk
	aged  atomic.Int64 // when events that are too old were last removed, in Unix milliseconds
}

// connection is a connection to the file.
type connection struct {
	sync.Mutex
	file sqlitefile.File
}

// Open returns the inbox of a state directory. The file is opened, and made where there is none, by the first use.
func Open(dir string, o Options) *Store {
	o.Keep, o.Events, o.Bytes = cmp.Or(o.Keep, events.Keep), cmp.Or(o.Events, events.MaxEvents), cmp.Or(o.Bytes, events.MaxBytes)
	if o.Now == nil {
		o.Now = time.Now
	}
	s := &Store{Options: o}
	s.write.file = sqlitefile.File{Path: filepath.Join(dir, FileName), Schema: schema, Layout: layout, Durable: true}
	s.read.file = sqlitefile.File{Path: filepath.Join(dir, FileName), Schema: schema, Layout: layout}
	return s
}

// Close implements [events.Store].
func (s *Store) Close() error {
	var err error
	for _, c := range []*connection{&s.read, &s.write} {
		c.Lock()
		err = errors.Join(err, c.file.Close())
		c.Unlock()
	}
	return err
}

// named adds the name of the file to an error.
func (s *Store) named(err error) error {
	if err != nil {
		return fmt.Errorf("the inbox of events %s: %w", s.write.file.Path, err)
	}
	return nil
}

// Put implements [events.Store].
func (s *Store) Put(ctx context.Context, all ...events.Event) (added int, err error) {
	return s.puts.Do(ctx, all, func(puts []*events.Waiting) error {
		s.write.Lock()
		defer s.write.Unlock()
		return s.named(s.write.file.Update(func() error { return s.put(puts) }))
	})
}

// put stores events in a transaction.
func (s *Store) put(puts []*events.Waiting) error {
	f, now := &s.write.file, s.Now().UnixMilli()
	var count, bytes int64
	for _, p := range puts {
		p.Added = 0
		for _, e := range p.Events {
			fields, err := json.Marshal(e.Fields)
			if err != nil {
				return err
			}
			size := int64(len(e.ID) + len(e.Type) + len(e.Queue) + len(fields) + rowSize)
			err = f.Exec(`INSERT INTO event (id, type, at, received, conversation, queue, fields, size) SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8
				WHERE NOT EXISTS (SELECT 1 FROM known WHERE id = ?1) ON CONFLICT (id) DO NOTHING`,
				e.ID, string(e.Type), e.Time.UnixMilli(), now, e.Conversation, e.Queue, string(fields), size)
			if err != nil {
				return err
			}
			if f.Changed() > 0 {
				p.Added++
				count, bytes = count+1, bytes+size
			}
		}
	}
	if count > 0 {
		if err := f.Exec(`UPDATE inbox SET events = events + ?, bytes = bytes + ?`, count, bytes); err != nil {
			return err
		}
	}
	return s.bound()
}

// List implements [events.Store].
func (s *Store) List(ctx context.Context, after events.Cursor, most int) (p events.Page, err error) {
	from, err := after.Position()
	if err != nil {
		return p, err
	}
	if err := s.age(); err != nil {
		return p, err
	}
	err = s.view(ctx, func(f *sqlitefile.File) error {
		p = events.Page{}
		name, removed, newest, err := position(f)
		if err != nil {
			return err
		}
		seq := from.Number
		if from.Store != "" && (from.Store != name || seq < removed || seq > newest) {
			p.Truncated = true
			if from.Store != name || seq > newest {
				seq = 0
			}
		}
		var failed error
		err = f.Rows(`SELECT seq, id, type, at, received, conversation, queue, fields FROM event WHERE seq > ? ORDER BY seq LIMIT ?`, func(st *sqlite3.Stmt) {
			if len(p.Events) == most {
				p.More = true
				return
			}
			e := events.Event{ID: st.ColumnText(1), Type: dixaclient.WebhookEvent(st.ColumnText(2)), Time: moment(st.ColumnInt64(3)), Received: moment(st.ColumnInt64(4)),
				Conversation: st.ColumnInt64(5), Queue: st.ColumnText(6), Cursor: events.Position{Store: name, Number: st.ColumnInt64(0)}.Cursor()}
			failed = errors.Join(failed, json.Unmarshal(st.ColumnRawText(7), &e.Fields))
			p.Events = append(p.Events, e)
		}, seq, int64(most)+1)
		p.Next = events.Position{Store: name, Number: newest}.Cursor()
		if n := len(p.Events); n > 0 {
			p.Next = p.Events[n-1].Cursor
		}
		return errors.Join(err, failed)
	})
	return p, err
}

// End implements [events.Store].
func (s *Store) End(ctx context.Context) (end events.Cursor, err error) {
	err = s.view(ctx, func(f *sqlitefile.File) error {
		name, _, newest, err := position(f)
		end = events.Position{Store: name, Number: newest}.Cursor()
		return err
	})
	return end, err
}

// Status implements [events.Store].
func (s *Store) Status(ctx context.Context) (st events.Status, err error) {
	if err := s.age(); err != nil {
		return st, err
	}
	err = s.view(ctx, func(f *sqlitefile.File) error {
		st = events.Status{}
		_, err := f.Row(`SELECT events, bytes FROM inbox`, func(row *sqlite3.Stmt) { st.Events, st.Bytes = row.ColumnInt64(0), row.ColumnInt64(1) })
		if err != nil || st.Events == 0 {
			return err
		}
		_, err = f.Row(`SELECT min(received), max(received) FROM event`, func(row *sqlite3.Stmt) {
			st.Oldest, st.Newest = moment(row.ColumnInt64(0)), moment(row.ColumnInt64(1))
		})
		return err
	})
	return st, err
}

// view reads the file in one transaction, which ends with ctx.
func (s *Store) view(ctx context.Context, read func(*sqlitefile.File) error) error {
	s.read.Lock()
	defer s.read.Unlock()
	err := s.read.file.View(ctx, func() error { return read(&s.read.file) })
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return s.named(err)
}

// position returns the name of the store, the last number that was removed, and the last one that was given.
func position(f *sqlitefile.File) (name string, removed, newest int64, err error) {
	_, err = f.Row(`SELECT name, removed, coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'event'), 0) FROM inbox`, func(st *sqlite3.Stmt) {
		name, removed, newest = st.ColumnText(0), st.ColumnInt64(1), st.ColumnInt64(2)
	})
	return name, removed, newest, err
}

// moment returns a time of the file.
func moment(ms int64) time.Time { return time.UnixMilli(ms).UTC() }
