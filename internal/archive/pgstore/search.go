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
func (s *Store) Search(ctx context.Context, q archive.Query) (hits []archive.Hit, err error) {
	sql, args, ok := statement(q)
	if !ok {
		return nil, nil
	}
	err = s.with(ctx, answerTime, func(ctx context.Context) error {
		pool, err := s.open(ctx)
		if err != nil {
			return err
		}
		rows, err := pool.Query(ctx, sql, args...)
		if err != nil {
			return err
		}
		var h archive.Hit
		var at int64
		var body, rest string
		_, err = pgx.ForEachRow(rows, []any{&h.Conversation, &h.Message, &at, &h.Automated, &h.Channel, &h.Queue, &h.Assignee, &body, &rest}, func() error {
			var author struct {
				Name string `json:"author_name"`
			}
			_ = json.Unmarshal([]byte(rest), &author) // a name of another type is as one that is missing
			h.At, h.Author, h.Passage = moment(at), author.Name, passage(body, q.Words)
			hits = append(hits, h)
			return nil
		})
		return err
	})
	return hits, err
}

// statement returns the statement of a search. ok is false if nothing can match.
func statement(q archive.Query) (sql string, args []any, ok bool) {
	words := tsquery(q.Words)
	if words == "" {
		return "", nil, false
	}
	where := []string{}
	filter := func(condition string, value any) {
		args = append(args, value)
		where = append(where, strings.ReplaceAll(condition, "?", fmt.Sprintf("$%d", len(args))))
	}
	filter(`words @@ ?::text::tsquery`, words)
	if !q.Since.IsZero() {
		filter(`message_text.created_at >= ?`, q.Since.UnixMilli())
	}
	if !q.Until.IsZero() {
		filter(`message_text.created_at < ?`, q.Until.UnixMilli())
	}
	if q.Queue != "" {
		filter(`(lower(queue_name) = lower(? COLLATE "C") OR queue_id = ?)`, clean(q.Queue))
	}
	if q.Channel != "" {
		filter(`channel = ?`, clean(q.Channel))
	}
	if q.Agent != "" {
		filter(`(lower(assignee_name) = lower(? COLLATE "C") OR assignee_id = ?)`, clean(q.Agent))
	}
	if q.Tag != "" {
		filter(`EXISTS (SELECT FROM tag WHERE lower(tag.name) = lower(? COLLATE "C") AND tag.conversation = message.conversation)`, clean(q.Tag))
	}
	args = append(args, q.Limit)
	return fmt.Sprintf(`SELECT message.conversation, message.id, message.created_at, automated, coalesce(channel, ''), coalesce(queue_name, ''), coalesce(assignee_name, ''), body, message_text.rest
		FROM message_text JOIN message USING (key) LEFT JOIN conversation ON conversation.id = message.conversation
		WHERE %s ORDER BY message_text.created_at DESC, message_text.key DESC LIMIT $%d`, strings.Join(where, " AND "), len(args)), args, true
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
