package pgstore

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"

	"dixa-mcp/internal/archive"
)

// Search implements [archive.Store].
//
// PostgreSQL cannot read its index of words in the order of time, and does not know how rare a word is that it has seen seldom. So the newest
// messages are searched one by one first, which finds words that are common; and all by the index if these are not enough.
func (s *Store) Search(ctx context.Context, q archive.Query) (hits []archive.Hit, err error) {
	words := tsquery(q.Words)
	if words == "" {
		return nil, nil
	}
	err = s.with(ctx, answerTime, func(ctx context.Context) error {
		pool, err := s.open(ctx)
		if err != nil {
			return err
		}
		for _, recent := range []bool{true, false} {
			sql, args := statement(q, words, recent)
			rows, err := pool.Query(ctx, sql, args...)
			if err != nil {
				return err
			}
			if hits, err = collect(rows, q.Words); err != nil || len(hits) == q.Limit {
				return err
			}
		}
		return nil
	})
	return hits, err
}

// collect reads what a search found.
func collect(rows pgx.Rows, words []archive.Word) (hits []archive.Hit, err error) {
	var h archive.Hit
	var at int64
	var body, rest string
	_, err = pgx.ForEachRow(rows, []any{&h.Conversation, &h.Message, &at, &h.Automated, &h.Channel, &h.Queue, &h.Assignee, &body, &rest}, func() error {
		var author struct {
			Name string `json:"author_name"`
		}
		_ = json.Unmarshal([]byte(rest), &author) // a name of another type is as one that is missing
		h.At, h.Author, h.Passage = moment(at), author.Name, passage(body, words)
		hits = append(hits, h)
		return nil
	})
	return hits, err
}

// fewRecent is how many of the newest messages are searched one by one: so many that a search by the index, which reads all
// messages with the words, has few to read if these had too few; and so few that it takes no longer.
const fewRecent = 2000

// statement returns the statement of a search: of the newest messages, or by the index of words.
func statement(q archive.Query, words string, recent bool) (sql string, args []any) {
	var given arguments
	where, span := []string{given.in(`words @@ ?::text::tsquery`, words)}, []string{`true`}
	if !q.Since.IsZero() {
		span = append(span, given.in(`message_text.created_at >= ?`, q.Since.UnixMilli()))
	}
	if !q.Until.IsZero() {
		span = append(span, given.in(`message_text.created_at < ?`, q.Until.UnixMilli()))
	}
	from := len(where)
	where = append(where, given.filter(q.Filter, "message.conversation")...)
	joined := ""
	if len(where) > from {
		joined = `JOIN message USING (key) LEFT JOIN conversation ON conversation.id = message.conversation`
	}
	// With + 0, rows are not read in the order of time until there are enough: of a rare word that would be all.
	source, order := `message_text`, `message_text.created_at + 0 DESC, message_text.key + 0 DESC`
	if recent {
		order = `message_text.created_at DESC, message_text.key DESC`
		source = given.in(`(SELECT key, created_at, words FROM message_text WHERE `+strings.Join(span, " AND ")+` ORDER BY `+order+` LIMIT ?) AS message_text`, max(fewRecent, 20*q.Limit))
	} else {
		where = append(where, span...)
	}
	newest := given.in(fmt.Sprintf(`SELECT message_text.key, message_text.created_at FROM %s %s WHERE %s ORDER BY %s LIMIT ?`, source, joined, strings.Join(where, " AND "), order), q.Limit)
	return fmt.Sprintf(`SELECT message.conversation, message.id, message.created_at, automated, coalesce(channel, ''), coalesce(queue_name, ''), coalesce(assignee_name, ''), body, message_text.rest
		FROM (%s) AS newest JOIN message_text USING (key) JOIN message USING (key) LEFT JOIN conversation ON conversation.id = message.conversation
		ORDER BY newest.created_at DESC, newest.key DESC`, newest), given
}

// Status implements [archive.Store].
func (s *Store) Status(ctx context.Context) (status archive.Status, err error) {
	err = s.view(ctx, func(ctx context.Context, tx pgx.Tx) (err error) {
		status = archive.Status{}
		var checked int64
		err = tx.QueryRow(ctx, `SELECT (SELECT count(*) FROM conversation), (SELECT count(*) FROM message),
				(SELECT count(*) FROM conversation WHERE erased) + (SELECT count(*) FROM message WHERE erased),
				coalesce((SELECT min(checked_at) FROM conversation WHERE NOT erased), 0),
				(SELECT coalesce(sum(pg_total_relation_size(oid)), 0)::bigint FROM pg_class WHERE relnamespace = to_regnamespace($1) AND relkind = 'r')`, schema).
			Scan(&status.Conversations, &status.Messages, &status.Erased, &checked, &status.Bytes)
		if err != nil {
			return err
		}
		floor, err := floorOf(ctx, tx)
		if err != nil {
			return err
		}
		status.Checked, status.Floor = moment(checked), moment(floor)
		if status.Syncing, err = holder(ctx, tx); err != nil {
			return err
		}
		status.Covered, err = spansOf(ctx, tx)
		return err
	})
	return status, err
}
