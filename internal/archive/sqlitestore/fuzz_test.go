package sqlitestore

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"dixa-mcp/internal/archive"
)

// A query of an agent ends with rows or with a problem, and reads nothing that no column has.
func FuzzQuery(f *testing.F) {
	for _, seed := range []string{
		`SELECT id, customer_name FROM conversations WHERE text LIKE '%a%'`,
		`WITH c AS (SELECT strftime('%Y', created_at) y FROM conversations) SELECT y, count(*) OVER (PARTITION BY y) FROM c`,
		`SELECT rest FROM main.conversation_rest`, `SELECT * FROM tags NATURAL JOIN conversations LEFT JOIN messages m ON m.conversation = id`,
		`WITH conversations AS (SELECT * FROM main.conversation_rest) SELECT * FROM conversations`, `SELECT json_extract(subject, '$.a') -> '$' FROM conversations`,
		`SELECT * FROM conversations WHERE rowid IN (SELECT key FROM message)`, `VALUES (1), (x'00')`, `SELECT group_concat(text, char(0)) FROM messages;`,
		`SELECT * FROM main.message_text`, `SELECT * FROM sqlite_master`, `EXPLAIN SELECT 1`, `SELECT "rest" FROM conversations`, `SELECT lag(text) OVER w FROM messages WINDOW w AS (ORDER BY id)`,
	} {
		f.Add(seed)
	}
	s := Open(f.TempDir())
	f.Cleanup(func() { _ = s.Close() })
	at := time.Date(2026, 3, 1, 14, 5, 0, 0, time.UTC).UnixMilli()
	require.NoError(f, s.Put(f.Context(), archive.Rows{At: time.UnixMilli(at), Conversations: []archive.Conversation{
		{ID: 7, CreatedAt: at, UpdatedAt: at, Channel: "email", Status: "closed", QueueName: "Billing", RequesterID: "c7", Tags: []string{"refund"},
			Rest: json.RawMessage(`{"requester_name":"Emma","subject":"Order 1","to_address":"planted"}`)},
	}, Messages: []archive.Message{{ID: "m1", Conversation: 7, CreatedAt: at, Direction: "inbound", Text: "Where?", Rest: json.RawMessage(`{"author_name":"Emma","cc":"planted"}`)}}}))
	f.Fuzz(func(t *testing.T, sql string) {
		if strings.Contains(strings.ToLower(sql), "plant") {
			t.Skip("it says what must not be read")
		}
		got, err := s.Query(t.Context(), sql, 20)
		if err != nil {
			require.True(t, errors.As(err, new(*archive.QueryError)), "%v", err)
			require.NotContains(t, err.Error(), "planted")
			return
		}
		require.NotContains(t, fmt.Sprint(got.Rows), "planted")
	})
}
