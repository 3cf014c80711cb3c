// Package sqlitestore keeps the archive in one SQLite file of the state directory.
package sqlitestore

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/ncruces/go-sqlite3"
	"github.com/ncruces/go-sqlite3/ext/fts5"

	"dixa-mcp/internal/archive"
	"dixa-mcp/internal/base/filelock"
	"dixa-mcp/internal/base/sqlitefile"
)

// FileName is the name of the archive in the state directory. lockName is that of the file whose lock the process holds that fills it.
const (
	FileName = "archive.db"
	lockName = "archive.lock"
)

// IsTemporary reports whether a file of the state directory belongs to an archive and means nothing without its processes.
func IsTemporary(name string) bool {
	return sqlitefile.IsLog(name, FileName) || name == lockName
}

// Name returns the path of the file.
func (s *Store) Name() string { return s.file.Path }

// Exists reports whether the state directory has an archive.
func (s *Store) Exists(context.Context) (bool, error) { return sqlitefile.Exists(s.file.Path) }

// Remove deletes the archive, unless a process fills it: other names that one.
func (s *Store) Remove(ctx context.Context) (other string, err error) {
	release, other, err := s.Lease(ctx, "a removal")
	if err != nil || release == nil {
		return other, err
	}
	return "", errors.Join(release(), s.Close(), sqlitefile.Remove(s.file.Path))
}

// Copy writes a copy of the archive of a directory to another one, as of one moment, while processes use it. Without an archive it
// does nothing.
func Copy(dir, to string) error {
	return sqlitefile.Copy(filepath.Join(dir, FileName), filepath.Join(to, FileName))
}

// Store is the archive of a state directory. It is safe for concurrent use, also by several processes.
type Store struct {
	dir  string
	mu   sync.Mutex
	file sqlitefile.File
}

// Open returns the archive of a state directory. The file is opened, and made where there is none, by the first use.
func Open(dir string) *Store {
	return &Store{dir: dir, file: sqlitefile.File{Path: filepath.Join(dir, FileName), Schema: schema, Layout: layout, Load: load}}
}

// load prepares a connection.
func load(db *sqlite3.Conn) error {
	if err := db.Exec(`PRAGMA temp_store = memory`); err != nil {
		return err
	}
	return fts5.Register(db)
}

// Close implements [archive.Store].
func (s *Store) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.file.Close()
}

// update changes the file in one transaction.
func (s *Store) update(ctx context.Context, change func() error) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := ctx.Err(); err != nil {
		return err
	}
	return s.named(s.file.Update(change))
}

// view reads the file in one transaction, which ends with ctx.
func (s *Store) view(ctx context.Context, read func() error) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	err := s.file.View(ctx, read)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return s.named(err)
}

// named adds the name of the file to an error.
func (s *Store) named(err error) error {
	if err != nil {
		return fmt.Errorf("the archive %s: %w", s.file.Path, err)
	}
	return nil
}

// Lease implements [archive.Store]. The lock of a file holds it, which the operating system releases when the process ends.
func (s *Store) Lease(ctx context.Context, who string) (release func() error, other string, err error) {
	if err := os.MkdirAll(s.dir, 0o700); err != nil {
		return nil, "", err
	}
	unlock, err := filelock.TryLock(filepath.Join(s.dir, lockName))
	if err != nil {
		return nil, "", err
	}
	if unlock == nil {
		other = "another process"
		return nil, other, s.view(ctx, func() error {
			_, err := s.file.Row(`SELECT who FROM lease`, func(st *sqlite3.Stmt) { other = st.ColumnText(0) })
			return err
		})
	}
	err = s.update(ctx, func() error {
		return s.file.Exec(`INSERT INTO lease (id, who) VALUES (1, ?) ON CONFLICT (id) DO UPDATE SET who = excluded.who`, who)
	})
	if err != nil {
		unlock()
		return nil, "", err
	}
	return func() error {
		defer unlock()
		return s.update(context.WithoutCancel(ctx), func() error { return s.file.Exec(`DELETE FROM lease`) })
	}, "", nil
}

// Origin implements [archive.Store].
func (s *Store) Origin(ctx context.Context, o archive.Origin) (noted archive.Origin, err error) {
	read := func() error {
		noted = archive.Origin{}
		_, err := s.file.Row(`SELECT api, organization FROM origin`, func(st *sqlite3.Stmt) {
			noted = archive.Origin{API: st.ColumnText(0), Organization: st.ColumnText(1)}
		})
		return err
	}
	if o == (archive.Origin{}) {
		err = s.view(ctx, read)
		return noted, err
	}
	err = s.update(ctx, func() error {
		if err := s.file.Exec(`INSERT OR IGNORE INTO origin (id, api, organization) VALUES (1, ?, ?)`, o.API, o.Organization); err != nil {
			return err
		}
		return read()
	})
	return noted, err
}

// Reserve implements [archive.Store].
func (s *Store) Reserve(ctx context.Context, now time.Time, most int, per time.Duration) (wait time.Duration, err error) {
	err = s.update(ctx, func() error {
		wait = 0
		at, span := now.UnixMilli(), per.Milliseconds()
		// Those in the future are of a clock that was set back.
		if err := s.file.Exec(`DELETE FROM request WHERE at <= ? OR at > ?`, at-span, at); err != nil {
			return err
		}
		full, err := s.file.Row(`SELECT at FROM request ORDER BY at DESC LIMIT 1 OFFSET ?`, func(st *sqlite3.Stmt) {
			wait = time.Duration(st.ColumnInt64(0)+span-at) * time.Millisecond
		}, int64(most-1))
		if err != nil || full {
			return err
		}
		return s.file.Exec(`INSERT INTO request (at) VALUES (?)`, at)
	})
	return wait, err
}

// Cover implements [archive.Store].
func (s *Store) Cover(ctx context.Context, what archive.What, span archive.Span) error {
	first, last := span.From.UnixMilli(), span.To.UnixMilli()
	if first >= last {
		return nil
	}
	return s.update(ctx, func() error {
		// Spans that touch it become one with it.
		_, err := s.file.Row(`SELECT min(first), max(last) FROM span WHERE what = ? AND first <= ? AND last >= ? HAVING count(*) > 0`, func(st *sqlite3.Stmt) {
			first, last = min(first, st.ColumnInt64(0)), max(last, st.ColumnInt64(1))
		}, string(what), last, first)
		if err != nil {
			return err
		}
		if err := s.file.Exec(`DELETE FROM span WHERE what = ? AND first >= ? AND last <= ?`, string(what), first, last); err != nil {
			return err
		}
		return s.file.Exec(`INSERT INTO span (what, first, last) VALUES (?, ?, ?)`, string(what), first, last)
	})
}

// Covered implements [archive.Store].
func (s *Store) Covered(ctx context.Context, what archive.What) (spans []archive.Span, err error) {
	err = s.view(ctx, func() error {
		spans = nil
		return s.file.Rows(`SELECT first, last FROM span WHERE what = ? ORDER BY first`, func(st *sqlite3.Stmt) {
			spans = append(spans, archive.Span{From: moment(st.ColumnInt64(0)), To: moment(st.ColumnInt64(1))})
		}, string(what))
	})
	return spans, err
}

// moment returns a time of the file; 0 is none.
func moment(ms int64) time.Time {
	if ms == 0 {
		return time.Time{}
	}
	return time.UnixMilli(ms).UTC()
}

// Unread implements [archive.Store].
func (s *Store) Unread(ctx context.Context, most int) (all []archive.Unread, err error) {
	err = s.update(ctx, func() error {
		all = nil
		err := s.file.Exec(`UPDATE conversation SET read_to = last_message_at WHERE last_message_at > read_to AND (last_message_at < (SELECT value FROM setting WHERE name = 'floor')
			OR EXISTS (SELECT 1 FROM message WHERE message.conversation = conversation.id AND message.created_at >= last_message_at))`)
		if err != nil {
			return err
		}
		return s.file.Rows(`SELECT id, last_message_at FROM conversation WHERE last_message_at > read_to ORDER BY id LIMIT ?`, func(st *sqlite3.Stmt) {
			all = append(all, archive.Unread{ID: st.ColumnInt64(0), LastMessageAt: st.ColumnInt64(1)})
		}, int64(most))
	})
	return all, err
}

// Read implements [archive.Store].
func (s *Store) Read(ctx context.Context, conversation, lastMessageAt int64) error {
	return s.update(ctx, func() error {
		return s.file.Exec(`UPDATE conversation SET read_to = max(read_to, ?) WHERE id = ?`, lastMessageAt, conversation)
	})
}

// Unchecked implements [archive.Store].
func (s *Store) Unchecked(ctx context.Context, since time.Time, most int) (ids []int64, err error) {
	err = s.view(ctx, func() error {
		ids = nil
		return s.file.Rows(`SELECT id FROM conversation WHERE checked_at < ? AND erased = 0 ORDER BY checked_at, id LIMIT ?`, func(st *sqlite3.Stmt) {
			ids = append(ids, st.ColumnInt64(0))
		}, since.UnixMilli(), int64(most))
	})
	return ids, err
}

// Checked implements [archive.Store].
func (s *Store) Checked(ctx context.Context, conversations []int64, at time.Time) error {
	return s.update(ctx, func() error {
		for _, id := range conversations {
			if err := s.file.Exec(`UPDATE conversation SET checked_at = max(checked_at, ?) WHERE id = ?`, at.UnixMilli(), id); err != nil {
				return err
			}
		}
		return nil
	})
}
