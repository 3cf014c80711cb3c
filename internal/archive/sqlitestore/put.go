package sqlitestore

import (
	"context"
	"errors"
	"hash/fnv"
	"strconv"
	"time"

	"github.com/ncruces/go-sqlite3"

	"dixa-mcp/internal/archive"
)

// Put implements [archive.Store].
func (s *Store) Put(ctx context.Context, rows archive.Rows) error {
	erased := false
	err := s.update(ctx, func() error {
		floor, err := s.floor()
		if err != nil {
			return err
		}
		for _, c := range rows.Conversations {
			if c.UpdatedAt < floor {
				continue
			}
			took, err := s.putConversation(c, rows.At)
			if err != nil {
				return err
			}
			erased = erased || took
		}
		for _, m := range rows.Messages {
			if m.CreatedAt < floor {
				continue
			}
			if err := s.putMessage(m); err != nil {
				return err
			}
		}
		return nil
	})
	if err == nil && erased {
		if err = s.truncate(); errors.Is(err, errReader) {
			err = nil // a later one empties it, at the latest when the last process closes the file
		}
	}
	return err
}

// isErased reports whether something was erased.
func (s *Store) isErased(kind, id string) (bool, error) {
	return s.file.Row(`SELECT 1 FROM erased WHERE kind = ? AND id = ?`, nil, kind, id)
}

// putConversation keeps a conversation. It reports whether texts were erased that were kept before.
func (s *Store) putConversation(c archive.Conversation, at time.Time) (took bool, err error) {
	id := strconv.FormatInt(c.ID, 10)
	gone := c.AnonymizedAt > 0
	if !gone {
		if gone, err = s.isErased(erasedConversation, id); err != nil {
			return false, err
		}
	}
	if !gone && c.RequesterID != "" {
		if gone, err = s.isErased(erasedCustomer, c.RequesterID); err != nil {
			return false, err
		}
	}
	stored := int64(-1)
	if _, err := s.file.Row(`SELECT updated_at FROM conversation WHERE id = ?`, func(st *sqlite3.Stmt) { stored = st.ColumnInt64(0) }, c.ID); err != nil {
		return false, err
	}
	if c.UpdatedAt >= stored {
		if err := s.writeConversation(c, at); err != nil {
			return false, err
		}
	}
	if gone {
		n, err := s.eraseConversation(c.ID, at)
		return n > 0, err
	}
	return false, s.file.Exec(`UPDATE conversation SET checked_at = max(checked_at, ?) WHERE id = ?`, at.UnixMilli(), c.ID)
}

// writeConversation replaces the row of a conversation.
func (s *Store) writeConversation(c archive.Conversation, at time.Time) error {
	err := s.file.Exec(`INSERT INTO conversation (id, created_at, updated_at, queued_at, assigned_at, closed_at, last_message_at, anonymized_at, handling,
			channel, direction, status, queue_id, queue_name, assignee_id, assignee_name, requester_id, read_to, checked_at, erased)
		VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, 0, ?18, 0)
		ON CONFLICT (id) DO UPDATE SET created_at = ?2, updated_at = ?3, queued_at = ?4, assigned_at = ?5, closed_at = ?6, last_message_at = ?7,
			anonymized_at = ?8, handling = ?9, channel = ?10, direction = ?11, status = ?12, queue_id = ?13, queue_name = ?14, assignee_id = ?15,
			assignee_name = ?16, requester_id = ?17`,
		c.ID, c.CreatedAt, c.UpdatedAt, c.QueuedAt, c.AssignedAt, c.ClosedAt, c.LastMessageAt, c.AnonymizedAt, c.Handling,
		c.Channel, c.Direction, c.Status, c.QueueID, c.QueueName, c.AssigneeID, c.AssigneeName, c.RequesterID, at.UnixMilli())
	if err != nil {
		return err
	}
	if err := s.file.Exec(`DELETE FROM tag WHERE conversation = ?`, c.ID); err != nil {
		return err
	}
	for _, name := range c.Tags {
		if err := s.file.Exec(`INSERT OR IGNORE INTO tag (name, conversation) VALUES (?, ?)`, name, c.ID); err != nil {
			return err
		}
	}
	return s.file.Exec(`INSERT INTO conversation_rest (id, rest) VALUES (?1, ?2) ON CONFLICT (id) DO UPDATE SET rest = ?2 WHERE rest != ?2`, c.ID, string(c.Rest))
}

// putMessage keeps a message, without text if it or its conversation was erased.
func (s *Store) putMessage(m archive.Message) error {
	gone, err := s.isErased(erasedConversation, strconv.FormatInt(m.Conversation, 10))
	if err == nil && !gone {
		gone, err = s.isErased(erasedMessage, m.ID)
	}
	if err != nil {
		return err
	}
	key, body, rest := int64(0), "", ""
	found, err := s.file.Row(`SELECT message.key, coalesce(body, ''), coalesce(rest, '') FROM message LEFT JOIN message_text USING (key) WHERE id = ?`,
		func(st *sqlite3.Stmt) { key, body, rest = st.ColumnInt64(0), st.ColumnText(1), st.ColumnText(2) }, m.ID)
	if err != nil {
		return err
	}
	if !found {
		if key, err = s.freeKey(m); err != nil {
			return err
		}
	}
	err = s.file.Exec(`INSERT INTO message (key, id, conversation, created_at, direction, automated, duration, erased) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
		ON CONFLICT (key) DO UPDATE SET direction = ?5, automated = ?6, duration = ?7, erased = max(erased, ?8)`,
		key, m.ID, m.Conversation, m.CreatedAt, m.Direction, flag(m.Automated), m.Duration, flag(gone))
	if err != nil || gone {
		return err
	}
	if found && body == m.Text && rest == string(m.Rest) {
		return nil
	}
	return s.writeText(key, m.Text, string(m.Rest))
}

func flag(b bool) int64 {
	if b {
		return 1
	}
	return 0
}

// keyBits is how many bits of a key tell messages of one millisecond apart.
const keyBits = 10

// firstKey returns the first key that messages of a time have.
func firstKey(ms int64) int64 { return ms << keyBits }

// freeKey returns a key for a new message.
func (s *Store) freeKey(m archive.Message) (int64, error) {
	h := fnv.New32a()
	_, _ = h.Write([]byte(m.ID)) // a hash does not fail
	for n := int64(h.Sum32()); ; n++ {
		key := firstKey(m.CreatedAt) | n&(1<<keyBits-1)
		taken, err := s.file.Row(`SELECT 1 FROM message WHERE key = ?`, nil, key)
		if err != nil || !taken {
			return key, err
		}
		if n-int64(h.Sum32()) >= 1<<keyBits { // all keys of this millisecond are taken
			m.CreatedAt++
		}
	}
}

// writeText replaces the text of a message, and what the index has of it.
func (s *Store) writeText(key int64, body, rest string) error {
	if err := s.dropText(key); err != nil {
		return err
	}
	if err := s.file.Exec(`INSERT INTO message_text (key, body, rest) VALUES (?, ?, ?)`, key, body, rest); err != nil {
		return err
	}
	return s.file.Exec(`INSERT INTO word (rowid, body) VALUES (?, ?)`, key, body)
}

// dropText removes the text of a message, and what the index has of it.
func (s *Store) dropText(key int64) error {
	body := ""
	found, err := s.file.Row(`SELECT body FROM message_text WHERE key = ?`, func(st *sqlite3.Stmt) { body = st.ColumnText(0) }, key)
	if err != nil || !found {
		return err
	}
	if err := s.file.Exec(`INSERT INTO word (word, rowid, body) VALUES ('delete', ?, ?)`, key, body); err != nil {
		return err
	}
	return s.file.Exec(`DELETE FROM message_text WHERE key = ?`, key)
}
