package sqlitestore

import (
	"context"
	"errors"
	"strconv"
	"time"

	"github.com/ncruces/go-sqlite3"

	"dixa-mcp/internal/archive"
)

// Erase implements [archive.Store].
func (s *Store) Erase(ctx context.Context, e archive.Erasure, at time.Time) (rows int64, err error) {
	err = s.update(ctx, func() error {
		rows = 0
		switch {
		case e.Conversation != 0:
			rows, err = s.eraseConversation(e.Conversation, at)
		case e.Message != "":
			rows, err = s.eraseMessage(e.Message, at)
		case e.Customer != "":
			rows, err = s.eraseCustomer(e.Customer, at)
		}
		return err
	})
	if err == nil {
		err = s.truncate()
	}
	return rows, err
}

// errReader says that the log still has what was removed.
var errReader = errors.New("what was removed is no longer found, but its bytes stay in the write-ahead log until a process that reads the archive has ended; then run dixa-mcp archive verify")

// truncate empties the log, so that nothing is left of what was removed. It waits for readers, for a while.
func (s *Store) truncate() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	done, err := s.file.Truncate()
	if err == nil && !done {
		err = errReader
	}
	return s.named(err)
}

// note notes that something was erased.
func (s *Store) note(kind, id string, at time.Time) error {
	return s.file.Exec(`INSERT OR IGNORE INTO erased (kind, id, at) VALUES (?, ?, ?)`, kind, id, at.UnixMilli())
}

func (s *Store) eraseCustomer(id string, at time.Time) (rows int64, err error) {
	if err := s.note(erasedCustomer, id, at); err != nil {
		return 0, err
	}
	conversations, err := s.ids(`SELECT id FROM conversation WHERE requester_id = ?`, id)
	if err != nil {
		return 0, err
	}
	for _, c := range conversations {
		n, err := s.eraseConversation(c, at)
		if err != nil {
			return 0, err
		}
		rows += n
	}
	return rows, nil
}

func (s *Store) eraseConversation(id int64, at time.Time) (rows int64, err error) {
	if err := s.note(erasedConversation, strconv.FormatInt(id, 10), at); err != nil {
		return 0, err
	}
	if err := s.file.Exec(`UPDATE conversation SET erased = 1 WHERE id = ?`, id); err != nil {
		return 0, err
	}
	if err := s.file.Exec(`DELETE FROM conversation_rest WHERE id = ?`, id); err != nil {
		return 0, err
	}
	rows = s.file.Changed()
	keys, err := s.ids(`SELECT key FROM message WHERE conversation = ? AND erased = 0`, id)
	if err != nil {
		return 0, err
	}
	for _, key := range keys {
		if err := s.eraseKey(key); err != nil {
			return 0, err
		}
	}
	return rows + int64(len(keys)), nil
}

func (s *Store) eraseMessage(id string, at time.Time) (rows int64, err error) {
	if err := s.note(erasedMessage, id, at); err != nil {
		return 0, err
	}
	keys, err := s.ids(`SELECT key FROM message WHERE id = ? AND erased = 0`, id)
	for _, key := range keys {
		if err := s.eraseKey(key); err != nil {
			return 0, err
		}
	}
	return int64(len(keys)), err
}

func (s *Store) eraseKey(key int64) error {
	if err := s.dropText(key); err != nil {
		return err
	}
	return s.file.Exec(`UPDATE message SET erased = 1 WHERE key = ?`, key)
}

// ids reads a column of numbers.
func (s *Store) ids(sql string, args ...any) (all []int64, err error) {
	err = s.file.Rows(sql, func(st *sqlite3.Stmt) { all = append(all, st.ColumnInt64(0)) }, args...)
	return all, err
}

// floor returns the time before which nothing is kept, in milliseconds.
func (s *Store) floor() (ms int64, err error) {
	_, err = s.file.Row(`SELECT value FROM setting WHERE name = 'floor'`, func(st *sqlite3.Stmt) { ms = st.ColumnInt64(0) })
	return ms, err
}

func (s *Store) setFloor(ms int64) error {
	return s.file.Exec(`INSERT INTO setting (name, value) VALUES ('floor', ?1) ON CONFLICT (name) DO UPDATE SET value = ?1`, ms)
}

// Floor implements [archive.Store].
func (s *Store) Floor(ctx context.Context) (floor time.Time, err error) {
	err = s.view(ctx, func() error {
		ms, err := s.floor()
		floor = moment(ms)
		return err
	})
	return floor, err
}

// Lower implements [archive.Store].
func (s *Store) Lower(ctx context.Context, floor time.Time) error {
	return s.update(ctx, func() error {
		was, err := s.floor()
		if err != nil || was != 0 && was <= floor.UnixMilli() {
			return err
		}
		return s.setFloor(floor.UnixMilli())
	})
}

// purgedAtOnce is how many rows one transaction removes: few enough that others do not wait long.
const purgedAtOnce = 2000

// Purge implements [archive.Store].
func (s *Store) Purge(ctx context.Context, before time.Time) (gone archive.Removed, err error) {
	ms := before.UnixMilli()
	err = s.update(ctx, func() error {
		was, err := s.floor()
		if err != nil {
			return err
		}
		if err := s.setFloor(max(was, ms)); err != nil {
			return err
		}
		if err := s.file.Exec(`DELETE FROM span WHERE last <= ?`, ms); err != nil {
			return err
		}
		return s.file.Exec(`UPDATE OR REPLACE span SET first = ?1 WHERE first < ?1`, ms)
	})
	for more := err == nil; more && err == nil; {
		more, err = s.purgeSome(ctx, ms, &gone)
	}
	if err == nil && gone != (archive.Removed{}) {
		err = s.truncate()
	}
	return gone, err
}

// purgeSome removes some of what is older, and reports whether there may be more.
func (s *Store) purgeSome(ctx context.Context, before int64, gone *archive.Removed) (more bool, err error) {
	now := archive.Removed{}
	err = s.update(ctx, func() error {
		keys, err := s.ids(`SELECT key FROM message WHERE key < ? LIMIT ?`, firstKey(before), int64(purgedAtOnce))
		if err != nil {
			return err
		}
		for _, key := range keys {
			if err := s.dropText(key); err != nil {
				return err
			}
			if err := s.file.Exec(`DELETE FROM message WHERE key = ?`, key); err != nil {
				return err
			}
		}
		conversations, err := s.ids(`SELECT id FROM conversation WHERE updated_at < ? LIMIT ?`, before, int64(purgedAtOnce))
		if err != nil {
			return err
		}
		for _, id := range conversations {
			for _, sql := range []string{`DELETE FROM conversation_rest WHERE id = ?`, `DELETE FROM tag WHERE conversation = ?`, `DELETE FROM conversation WHERE id = ?`} {
				if err := s.file.Exec(sql, id); err != nil {
					return err
				}
			}
		}
		now = archive.Removed{Conversations: int64(len(conversations)), Messages: int64(len(keys))}
		return nil
	})
	if err != nil {
		return false, err
	}
	gone.Conversations += now.Conversations
	gone.Messages += now.Messages
	return now.Messages == purgedAtOnce || now.Conversations == purgedAtOnce, nil
}
