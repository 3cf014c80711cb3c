package archivetest

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"dixa-mcp/internal/archive"
)

// Queries runs the tests of queries in SQL. open returns an empty store.
func Queries(t *testing.T, open func(t *testing.T) Opened) {
	o := open(t)
	at := time.Date(2026, 3, 1, 14, 5, 0, 0, time.UTC).UnixMilli()
	require.NoError(t, o.First.Put(t.Context(), archive.Rows{At: time.UnixMilli(at), Conversations: []archive.Conversation{ // the second is anonymized
		{ID: 7, CreatedAt: at, UpdatedAt: at, ClosedAt: at + 60_000, LastMessageAt: at, Channel: "email", Status: "closed", QueueName: "Billing", RequesterID: "c7", Tags: []string{"refund", "urgent"},
			Rest: json.RawMessage(`{"requester_name":"Emma","requester_email":"emma@example.org","subject":"Order 1","rating_score":4}`)},
		{ID: 8, CreatedAt: at, UpdatedAt: at, AnonymizedAt: at, Channel: "email", Status: "open"},
	}, Messages: []archive.Message{{ID: "m1", Conversation: 7, CreatedAt: at, Direction: "inbound", Text: "Where is my voucher?", Rest: json.RawMessage(`{"author_name":"Emma"}`)}}}))
	s := o.First
	t.Run("answers", func(t *testing.T) { queryAnswers(t, s) })
	t.Run("columns", func(t *testing.T) { queryColumns(t, s) })
	t.Run("attacks", func(t *testing.T) {
		before := o.Bytes(t)
		queryAttacks(t, s)
		require.Equal(t, before, o.Bytes(t))
	})
	t.Run("ends", func(t *testing.T) { queryEnds(t, s) })
}

func queryAnswers(t *testing.T, s archive.Store) {
	for sql, want := range map[string][][]any{
		`SELECT id, created_at, closed_at, assigned_at, queue, assignee, customer_name, subject, rating_score, anonymized FROM conversations ORDER BY id`: {
			{int64(7), "2026-03-01 14:05:00", "2026-03-01 14:06:00", nil, "Billing", nil, "Emma", "Order 1", int64(4), int64(0)},
			{int64(8), "2026-03-01 14:05:00", nil, nil, nil, nil, nil, nil, nil, int64(1)}},
		`SELECT m.conversation, author_name, text FROM messages m JOIN tags t USING (conversation) WHERE t.name = 'URGENT' AND text LIKE '%voucher%'`: {{int64(7), "Emma", "Where is my voucher?"}},
		`WITH closed AS (SELECT strftime('%Y-%m', closed_at) AS month, avg(unixepoch(closed_at) - unixepoch(created_at)) AS seconds FROM conversations WHERE closed_at IS NOT NULL GROUP BY 1)
			SELECT month, seconds, row_number() OVER (ORDER BY month) FROM closed;`: {{"2026-03", 60.0, int64(1)}},
		`SELECT name, count(*) FROM tags GROUP BY name HAVING count(*) > 5`: nil,
	} {
		got, err := s.Query(t.Context(), sql, 10)
		require.NoError(t, err, sql)
		require.Equal(t, want, got.Rows, sql)
	}
	got, err := s.Query(t.Context(), `SELECT name FROM tags ORDER BY name`, 1)
	require.NoError(t, err)
	require.Equal(t, archive.Table{Columns: []string{"name"}, Rows: [][]any{{"refund"}}, More: true}, got)
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = s.Query(ended, `SELECT count(*) FROM messages`, 1)
	require.ErrorIs(t, err, context.Canceled)
}

// queryColumns checks that every documented column is there, and no other one.
func queryColumns(t *testing.T, s archive.Store) {
	of := map[string][]string{}
	for _, c := range archive.Columns {
		of[c.Table] = append(of[c.Table], c.Name)
	}
	for table, columns := range of {
		got, err := s.Query(t.Context(), `SELECT * FROM `+table, 1)
		require.NoError(t, err)
		require.Equal(t, columns, got.Columns, table)
	}
}

// queryAttacks checks that a query reads the documented tables and nothing else, and changes nothing.
func queryAttacks(t *testing.T, s archive.Store) {
	outside := t.TempDir() + "/outside.db"
	for sql, want := range map[string]string{
		``:                                       "must be one SELECT",
		`-- nothing`:                             "must be one SELECT",
		`SELECT 1; SELECT 2`:                     "nothing after it",
		`SELECT 1; DROP TABLE message`:           "nothing after it",
		`DELETE FROM message`:                    "",
		`DELETE FROM tags`:                       "",
		`INSERT INTO tag VALUES ('a', 1)`:        "",
		`CREATE TEMP TABLE x (y)`:                "only SELECT",
		`CREATE VIRTUAL TABLE x USING messages`:  "",
		`DROP TABLE messages`:                    "",
		`ATTACH '` + outside + `' AS o`:          "",
		`VACUUM INTO '` + outside + `'`:          "",
		`PRAGMA table_info(message)`:             "only SELECT",
		`PRAGMA hard_heap_limit = 0`:             "only SELECT",
		`BEGIN`:                                  "only SELECT",
		`ROLLBACK`:                               "only SELECT",
		`SAVEPOINT x`:                            "only SELECT",
		`REINDEX`:                                "",
		`ANALYZE`:                                "",
		`SELECT * FROM sqlite_master`:            "only SELECT",
		`SELECT * FROM sqlite_temp_master`:       "only SELECT",
		`SELECT * FROM pragma_table_list`:        "",
		`SELECT * FROM pragma_module_list`:       "",
		`SELECT * FROM pg_catalog.pg_authid`:     "",
		`SELECT pg_read_file('/etc/passwd')`:     "no such function",
		`SELECT current_setting('data_dir')`:     "no such function",
		`SELECT * FROM erased`:                   "",
		`SELECT * FROM main.origin`:              "",
		`SELECT who FROM lease`:                  "",
		`SELECT count(*) FROM lease`:             "",
		`SELECT * FROM word`:                     "",
		`SELECT * FROM dbstat`:                   "",
		`SELECT rest FROM conversation_rest`:     "",
		`SELECT * FROM main.conversation_rest`:   "",
		`SELECT body FROM message_text`:          "",
		`SELECT queue_id FROM conversation`:      "",
		`SELECT rowid FROM tags`:                 "",
		`SELECT _rowid_ FROM messages`:           "",
		`SELECT load_extension('x')`:             "no such function",
		`SELECT zeroblob(1000000000)`:            "only SELECT",
		`SELECT randomblob(1000000000)`:          "only SELECT",
		`SELECT hex(text) FROM messages`:         "only SELECT",
		`SELECT printf('%1000000d', 1)`:          "only SELECT",
		`SELECT fts5(1)`:                         "",
		`SELECT readfile('/etc/passwd')`:         "no such function",
		`SELECT * FROM fsdir('/')`:               "",
		`SELECT sbuject FROM conversations`:      "did you mean subject?",
		`SELECT c.sbuject FROM conversations c`:  "did you mean subject?",
		`SELECT * FROM conversation_tags`:        "did you mean conversations?",
		`SELECT 'emma@example.org' FROM mesages`: "did you mean messages?",
		`WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n`:                                                                     "no recursion",
		`WITH conversations AS (SELECT * FROM erased) SELECT * FROM conversations`:                                                                                   "",
		`WITH conversations AS (SELECT rest FROM conversation_rest) SELECT * FROM conversations`:                                                                     "",
		`WITH conversations AS (SELECT rest FROM main.conversation_rest) SELECT * FROM conversations`:                                                                "",
		`WITH messages AS (SELECT body FROM main.message_text) SELECT * FROM messages`:                                                                               "",
		`WITH tags AS (SELECT * FROM main.tag) SELECT * FROM tags`:                                                                                                   "",
		`SELECT * FROM (SELECT rest FROM main.conversation_rest) AS conversations`:                                                                                   "",
		`WITH conversation AS (SELECT requester_id FROM main.conversation) SELECT * FROM conversation`:                                                               "",
		`SELECT (SELECT rest FROM conversation_rest r WHERE r.id = c.id) FROM conversations c`:                                                                       "",
		`WITH erased AS (SELECT who FROM lease) SELECT * FROM erased`:                                                                                                "",
		`SELECT '` + strings.Repeat("x", 30_000) + `'`:                                                                                                               "",
		`SELECT 1 ` + strings.Repeat(`UNION ALL SELECT 1 `, 30):                                                                                                      "too many terms",
		`SELECT 1` + strings.Repeat(`+1`, 200):                                                                                                                       "too large",
		`SELECT * FROM messages WHERE text LIKE '` + strings.Repeat("%x", 2000) + `'`:                                                                                "too complex",
		`SELECT replace(replace(replace(replace(substr('` + strings.Repeat("x", 1000) + `', 1), ` + strings.Repeat(`'x', 'xxxxxxxxxx'), `, 3) + `'x', 'xxxxxxxxxx')`: "too big",
	} {
		_, err := s.Query(t.Context(), sql, 10)
		var refused *archive.QueryError
		require.ErrorAs(t, err, &refused, "%.100s", sql)
		require.ErrorContains(t, err, want, "%.100s", sql)
		require.NotContains(t, err.Error(), "emma@example.org")
	}
	require.NoFileExists(t, outside)
}

// queryEnds checks that a query that would take long or much memory ends.
func queryEnds(t *testing.T, s archive.Store) {
	var values []string
	for i := range 400 {
		values = append(values, fmt.Sprintf("(%d)", i))
	}
	list := `(VALUES ` + strings.Join(values, ",") + `)`
	long := strings.Repeat("x", 10_000) // so that the memory is used up long before the time, also where everything is slow
	for sql, want := range map[string]string{
		`SELECT count(*) FROM ` + strings.Join([]string{list + " a", list + " b", list + " c", list + " d"}, ", "):                               "longer than 5s",
		`SELECT max(x) FROM (SELECT group_concat(a.column1 || '-----' || b.column1) AS x FROM ` + list + ` a, ` + list + ` b)`:                   "",
		`SELECT count(DISTINCT a.column1 || '` + long + `' || b.column1 || c.column1) FROM ` + list + ` a, ` + list + ` b, ` + list + ` c`:       "64 MB",
		`SELECT a.column1 || text || '` + long + `' AS x, b.column1 FROM messages, ` + list + ` a, ` + list + ` b, ` + list + ` c ORDER BY x, 2`: "64 MB",
	} {
		begun := time.Now()
		_, err := s.Query(t.Context(), sql, 10)
		var refused *archive.QueryError
		require.ErrorAs(t, err, &refused, "after %s", time.Since(begun))
		require.ErrorContains(t, err, want)
	}
	got, err := s.Query(t.Context(), `SELECT count(*) FROM conversations`, 1)
	require.NoError(t, err)
	require.Equal(t, int64(2), got.Rows[0][0])
}
