package sqlitestore

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/ncruces/go-sqlite3"

	"dixa-mcp/internal/archive"
	"dixa-mcp/internal/archive/sandbox"
)

// views are the tables of [archive.Columns].
var views = map[string]string{
	"conversations": `SELECT id, ` + moments("created_at", "queued_at", "assigned_at", "closed_at", "updated_at", "last_message_at") + `,
		handling AS handling_seconds, channel, direction, status, nullif(queue_name, '') AS queue, nullif(assignee_name, '') AS assignee, nullif(requester_id, '') AS customer_id,
		rest ->> '$.requester_name' AS customer_name, rest ->> '$.requester_email' AS customer_email, rest ->> '$.requester_phone_number' AS customer_phone,
		rest ->> '$.subject' AS subject, rest ->> '$.rating_score' AS rating_score, rest ->> '$.rating_message' AS rating_message, erased AS anonymized
		FROM main.conversation LEFT JOIN main.conversation_rest USING (id)`,
	"messages": `SELECT message.id, conversation, ` + moments("created_at") + `, direction, automated, duration AS call_seconds,
		rest ->> '$.author_name' AS author_name, rest ->> '$.author_email' AS author_email, body AS text
		FROM main.message LEFT JOIN main.message_text USING (key)`,
	"tags": `SELECT conversation, name FROM main.tag`,
}

// moments returns columns of milliseconds as texts.
func moments(names ...string) string {
	for i, name := range names {
		names[i] = fmt.Sprintf(`iif(%[1]s = 0, NULL, datetime(%[1]s / 1000, 'unixepoch')) AS %[1]s`, name)
	}
	return strings.Join(names, ", ")
}

// read are the tables that views read.
var read = []string{"conversation", "conversation_rest", "message", "message_text", "tag"}

// Query runs one SELECT over the tables of [archive.Columns], and returns up to most rows. It has a connection of its own that can only
// read. A problem of the query is an [archive.QueryError].
//
// SQLite tells on behalf of which view a table is read, and names a common table expression in the same way. So the views that
// read tables have names that cannot be guessed: with a known name, a query could read these tables with all their columns.
func (s *Store) Query(ctx context.Context, sql string, most int) (table archive.Table, err error) {
	if err := s.view(ctx, func() error { return nil }); err != nil { // makes the file
		return table, err
	}
	secret := "view" + rand.Text()
	table, err = sandbox.Run(ctx, sandbox.Source{
		File:   s.file.Path,
		Tables: func(_ context.Context, db *sqlite3.Conn) error { return makeViews(db, secret) },
		Readable: func(table, column, view string) bool {
			return strings.HasPrefix(table, secret) || slices.Contains(read, table) && (strings.HasPrefix(view, secret) || column == "") // "" for their number of rows
		},
	}, sql, most)
	var wrong *archive.QueryError
	if ctx.Err() == nil && !errors.As(err, &wrong) {
		err = s.named(err)
	}
	return table, err
}

// makeViews makes the tables of [archive.Columns], with views whose names begin with secret.
func makeViews(db *sqlite3.Conn, secret string) (err error) {
	for name, columns := range views {
		inner := secret + name
		err = errors.Join(err, db.Exec(`CREATE TEMP VIEW `+inner+` AS `+columns+`; CREATE TEMP VIEW `+name+` AS SELECT * FROM temp.`+inner))
	}
	return err
}
