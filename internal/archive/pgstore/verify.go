package pgstore

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"
)

// checks count what must not be.
var checks = []struct{ problem, sql string }{
	{"%d erased messages still have a text", `SELECT count(*) FROM message JOIN message_text USING (key) WHERE erased`},
	{"%d erased conversations still have names and addresses", `SELECT count(*) FROM conversation JOIN conversation_rest USING (id) WHERE erased`},
	{"%d messages have no text and were not erased", `SELECT count(*) FROM message WHERE NOT erased AND NOT EXISTS (SELECT FROM message_text WHERE message_text.key = message.key)`},
	{"%d texts belong to no message", `SELECT count(*) FROM message_text WHERE NOT EXISTS (SELECT FROM message WHERE message.key = message_text.key)`},
	{"%d conversations of erased customers still have names and addresses", `SELECT count(*) FROM conversation JOIN erased ON kind = 'customer' AND erased.id = requester_id WHERE NOT conversation.erased`},
	{"%d messages are older than what is kept", `SELECT count(*) FROM message WHERE created_at < (SELECT value FROM setting WHERE name = 'floor')`},
	{"%d indexes are not valid, and are used by no search: an administrator can repair them with REINDEX SCHEMA " + schema,
		`SELECT count(*) FROM pg_class JOIN pg_index ON indexrelid = pg_class.oid WHERE relnamespace = to_regnamespace('` + schema + `') AND NOT indisvalid`},
}

// Verify implements [archive.Store]. It also removes what is left of deleted rows, and builds the index of words again if it may have words of them.
func (s *Store) Verify(ctx context.Context) (problems []string, err error) {
	err = s.upkeep(ctx, func(ctx context.Context, conn *pgx.Conn) error {
		if err := vacuum(ctx, conn, whole); err != nil {
			return err
		}
		if err := rebuild(ctx, conn); err != nil {
			return err
		}
		for _, check := range checks {
			n := 0
			if err := conn.QueryRow(ctx, check.sql).Scan(&n); err != nil {
				return err
			}
			if n > 0 {
				problems = append(problems, fmt.Sprintf(check.problem, n))
			}
		}
		wrong, err := wrongWords(ctx, conn)
		if wrong > 0 {
			problems = append(problems, fmt.Sprintf("the index of words does not agree with %d texts", wrong))
		}
		return err
	})
	return problems, err
}

// comparedAtOnce is how many texts are read in one statement.
const comparedAtOnce = 500

// wrongWords counts the texts whose words are not what is found of them.
func wrongWords(ctx context.Context, conn *pgx.Conn) (wrong int64, err error) {
	for last := int64(-1); ; {
		rows, err := conn.Query(ctx, `SELECT key, body FROM message_text WHERE key > $1 ORDER BY key LIMIT $2`, last, comparedAtOnce)
		if err != nil {
			return wrong, err
		}
		var key int64
		var body string
		var keys []int64
		var bodies, vectors []string
		if _, err := pgx.ForEachRow(rows, []any{&key, &body}, func() error {
			keys, bodies, vectors = append(keys, key), append(bodies, body), append(vectors, vector(body))
			return nil
		}); err != nil || len(keys) == 0 {
			return wrong, err
		}
		last = keys[len(keys)-1]
		n := int64(0)
		err = conn.QueryRow(ctx, `SELECT count(*) FROM message_text JOIN unnest($1::bigint[], $2::text[], $3::text[]) AS read (key, body, words) USING (key)
			WHERE message_text.body = read.body AND message_text.words <> read.words::tsvector`, keys, bodies, vectors).Scan(&n)
		if err != nil {
			return wrong, err
		}
		wrong += n
	}
}
