package sqlitestore

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/ncruces/go-sqlite3"

	"dixa-mcp/internal/archive"
	"dixa-mcp/internal/base/filelock"
)

// match returns a query in the language of FTS5: each word in quotation marks, so that none of it is read as syntax.
func match(words []archive.Word) string {
	var all []string
	for _, w := range words {
		one := `"` + strings.ReplaceAll(w.Text, `"`, " ") + `"`
		if w.Prefix {
			one += " *"
		}
		all = append(all, one)
	}
	return strings.Join(all, " ")
}

// passageWords is the maximum number of words in a passage.
const passageWords = 24

// Search implements [archive.Store].
func (s *Store) Search(ctx context.Context, q archive.Query) (hits []archive.Hit, err error) {
	var where conditions
	where.add(`word MATCH ?`, match(q.Words))
	if !q.Since.IsZero() {
		where.add(`word.rowid >= ?`, firstKey(q.Since.UnixMilli()))
	}
	if !q.Until.IsZero() {
		where.add(`word.rowid < ?`, firstKey(q.Until.UnixMilli()))
	}
	where.filter(q.Filter, "message.conversation")
	sql := fmt.Sprintf(`SELECT message.conversation, message.id, message.created_at, coalesce(json_extract(message_text.rest, '$.author_name'), ''), automated, coalesce(channel, ''), coalesce(queue_name, ''),
			coalesce(assignee_name, ''), snippet(word, 0, '', '', '…', %d)
		FROM word CROSS JOIN message ON message.key = word.rowid JOIN message_text ON message_text.key = word.rowid LEFT JOIN conversation ON conversation.id = message.conversation
		WHERE %s ORDER BY word.rowid DESC LIMIT ?`, passageWords, where)
	err = s.view(ctx, func() error {
		hits = nil
		return s.file.Rows(sql, func(st *sqlite3.Stmt) {
			hits = append(hits, archive.Hit{
				Conversation: st.ColumnInt64(0), Message: st.ColumnText(1), At: moment(st.ColumnInt64(2)), Author: st.ColumnText(3), Automated: st.ColumnInt(4) == 1,
				Channel: st.ColumnText(5), Queue: st.ColumnText(6), Assignee: st.ColumnText(7), Passage: st.ColumnText(8),
			})
		}, append(where.args, int64(q.Limit))...)
	})
	return hits, err
}

// Status implements [archive.Store].
func (s *Store) Status(ctx context.Context) (status archive.Status, err error) {
	err = s.view(ctx, func() error {
		status = archive.Status{Covered: map[archive.What][]archive.Span{}}
		_, err := s.file.Row(`SELECT (SELECT count(*) FROM conversation), (SELECT count(*) FROM message),
				(SELECT count(*) FROM conversation WHERE erased = 1) + (SELECT count(*) FROM message WHERE erased = 1),
				coalesce((SELECT min(checked_at) FROM conversation WHERE erased = 0), 0), coalesce((SELECT who FROM lease), '')`, func(st *sqlite3.Stmt) {
			status.Conversations, status.Messages, status.Erased = st.ColumnInt64(0), st.ColumnInt64(1), st.ColumnInt64(2)
			status.Checked, status.Syncing = moment(st.ColumnInt64(3)), st.ColumnText(4)
		})
		if err != nil {
			return err
		}
		floor, err := s.floor()
		if err != nil {
			return err
		}
		status.Floor = moment(floor)
		return s.file.Rows(`SELECT what, first, last FROM span ORDER BY what, first`, func(st *sqlite3.Stmt) {
			what := archive.What(st.ColumnText(0))
			status.Covered[what] = append(status.Covered[what], archive.Span{From: moment(st.ColumnInt64(1)), To: moment(st.ColumnInt64(2))})
		})
	})
	if err != nil {
		return status, err
	}
	if status.Syncing, err = s.alive(status.Syncing); err != nil {
		return status, err
	}
	for _, suffix := range []string{"", "-wal"} {
		if info, err := os.Stat(s.file.Path + suffix); err == nil {
			status.Bytes += info.Size()
		}
	}
	return status, nil
}

// alive returns the holder of the lease, or "" if it has ended.
func (s *Store) alive(who string) (string, error) {
	if who == "" {
		return "", nil
	}
	unlock, err := filelock.TryLock(filepath.Join(s.dir, lockName))
	if err != nil {
		return "", err
	}
	if unlock != nil {
		unlock()
		return "", nil
	}
	return who, nil
}

// Verify implements [archive.Store]. It also empties the log.
func (s *Store) Verify(ctx context.Context) (problems []string, err error) {
	err = s.view(ctx, func() error {
		problems = nil
		if err := s.file.Rows(`PRAGMA integrity_check(20)`, func(st *sqlite3.Stmt) {
			if text := st.ColumnText(0); text != "ok" {
				problems = append(problems, text)
			}
		}); err != nil {
			return err
		}
		for _, check := range []struct{ problem, sql string }{
			{"%d erased messages still have a text", `SELECT count(*) FROM message JOIN message_text USING (key) WHERE erased = 1`},
			{"%d erased conversations still have names and addresses", `SELECT count(*) FROM conversation JOIN conversation_rest USING (id) WHERE erased = 1`},
			{"%d messages have no text and were not erased", `SELECT count(*) FROM message WHERE erased = 0 AND key NOT IN (SELECT key FROM message_text)`},
			{"%d texts belong to no message", `SELECT count(*) FROM message_text WHERE key NOT IN (SELECT key FROM message)`},
			{"%d conversations of erased customers still have names and addresses", `SELECT count(*) FROM conversation JOIN erased ON kind = 'customer' AND erased.id = requester_id WHERE conversation.erased = 0`},
			{"%d messages are older than what is kept", `SELECT count(*) FROM message WHERE key < (SELECT value FROM setting WHERE name = 'floor') << 10`},
		} {
			if _, err := s.file.Row(check.sql, func(st *sqlite3.Stmt) {
				if n := st.ColumnInt64(0); n > 0 {
					problems = append(problems, fmt.Sprintf(check.problem, n))
				}
			}); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	err = s.update(ctx, func() error {
		if err := s.file.Exec(`INSERT INTO word (word, rank) VALUES ('integrity-check', 1)`); err != nil {
			problems = append(problems, "the index of words does not agree with the texts: "+err.Error())
		}
		return nil
	})
	if err == nil {
		err = s.truncate()
	}
	return problems, err
}

var _ archive.Store = (*Store)(nil)
