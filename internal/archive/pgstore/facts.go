package pgstore

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"

	"dixa-mcp/internal/archive"
)

// selectFacts reads what reports count. The texts are read of rated conversations alone.
const selectFacts = `SELECT c.id, c.created_at, c.closed_at, coalesce((SELECT min(m.created_at) FROM message m WHERE m.conversation = c.id AND direction = 'outbound' AND NOT automated), 0),
		channel, queue_name, assignee_name, requester_id, (SELECT rest FROM conversation_rest r WHERE r.id = c.id AND position('"rating_score"' IN rest) > 0),
		ARRAY(SELECT name FROM tag WHERE tag.conversation = c.id)
	FROM conversation c WHERE c.created_at >= $1 AND c.created_at < $2 OR c.closed_at >= $1 AND c.closed_at < $2`

// Facts implements [archive.Store].
func (s *Store) Facts(ctx context.Context, span archive.Span, each func(archive.Fact)) error {
	return s.view(ctx, func(ctx context.Context, tx pgx.Tx) error {
		rows, err := tx.Query(ctx, selectFacts, span.From.UnixMilli(), span.To.UnixMilli())
		if err != nil {
			return err
		}
		var f archive.Fact
		var rest []byte // nil without a rating
		_, err = pgx.ForEachRow(rows, []any{&f.ID, &f.CreatedAt, &f.ClosedAt, &f.AnsweredAt, &f.Channel, &f.Queue, &f.Assignee, &f.Customer, &rest, &f.Tags}, func() error {
			f.Rated, f.Satisfied = archive.Satisfied(rest)
			each(f)
			f.Tags = nil // what was given is the caller's
			return nil
		})
		return err
	})
}

// Customers implements [archive.Store].
func (s *Store) Customers(ctx context.Context, name string, most int) (all []archive.Customer, err error) {
	err = s.view(ctx, func(ctx context.Context, tx pgx.Tx) error {
		rows, err := tx.Query(ctx, `SELECT DISTINCT ON (requester_id) requester_id, name, email, phone, id FROM (SELECT id, requester_id, rest::json ->> 'requester_name' AS name,
				coalesce(rest::json ->> 'requester_email', '') AS email, coalesce(rest::json ->> 'requester_phone_number', '') AS phone FROM conversation_rest JOIN conversation USING (id)) c
			WHERE name ILIKE $1 AND requester_id <> '' ORDER BY requester_id, id DESC`, archive.Containing(clean(name)))
		if err != nil {
			return err
		}
		type newest struct {
			archive.Customer
			conversation int64
		}
		var found []newest
		var n newest
		_, err = pgx.ForEachRow(rows, []any{&n.ID, &n.Name, &n.Email, &n.Phone, &n.conversation}, func() error {
			found = append(found, n)
			return nil
		})
		slices.SortFunc(found, func(a, b newest) int { return cmp.Compare(b.conversation, a.conversation) })
		all = nil
		for _, n := range found[:min(most, len(found))] {
			all = append(all, n.Customer)
		}
		return err
	})
	return all, err
}

// Find implements [archive.Store].
func (s *Store) Find(ctx context.Context, q archive.ConversationQuery) (found []archive.Found, err error) {
	var given arguments
	where := append(given.filter(q.Filter, "conversation.id"), "true")
	if q.CustomerName != "" {
		where = append(where, given.in(`id IN (SELECT id FROM conversation_rest WHERE rest::json ->> 'requester_name' ILIKE ?)`, archive.Containing(clean(q.CustomerName))))
	}
	if q.Customer != "" {
		where = append(where, given.in(`requester_id = ?`, clean(strings.ToLower(q.Customer))))
	}
	if q.Unassigned {
		where = append(where, `assignee_id = ''`)
	}
	if q.Status != "" {
		where = append(where, given.in(`status = ?`, clean(q.Status)))
	}
	if q.Rating != "" {
		where = append(where, rated(q.Rating))
	}
	if !q.Since.IsZero() {
		where = append(where, given.in(`created_at >= ?`, q.Since.UnixMilli()))
	}
	if !q.Until.IsZero() {
		where = append(where, given.in(`created_at < ?`, q.Until.UnixMilli()))
	}
	since, order := `0`, `id DESC`
	if q.Waiting {
		where = append(where, `status <> 'closed' AND NOT erased`)
		since, order = waitingSince, `since, id`
	}
	switch q.Order {
	case archive.Newest:
		order = `id DESC`
	case archive.Oldest:
		order = `id`
	}
	sql := given.in(fmt.Sprintf(`SELECT id, since FROM (SELECT id, %s::bigint AS since FROM conversation WHERE %s) c WHERE since IS NOT NULL ORDER BY %s LIMIT ?`,
		since, strings.Join(where, " AND "), order), q.Limit)
	err = s.view(ctx, func(ctx context.Context, tx pgx.Tx) error {
		rows, err := tx.Query(ctx, sql, given...)
		if err != nil {
			return err
		}
		found = nil
		var id, at int64
		_, err = pgx.ForEachRow(rows, []any{&id, &at}, func() error {
			found = append(found, archive.Found{ID: id, Since: moment(at)})
			return nil
		})
		return err
	})
	return found, err
}

// Loads implements [archive.Store].
func (s *Store) Loads(ctx context.Context) (all archive.Loads, err error) {
	err = s.view(ctx, func(ctx context.Context, tx pgx.Tx) error {
		rows, err := tx.Query(ctx, `SELECT queue_id, id, coalesce(`+waitingSince+`, 0)::bigint FROM conversation WHERE status = 'open' AND assignee_id = ''`)
		if err != nil {
			return err
		}
		all = archive.Loads{}
		var queue string
		var id, at int64
		_, err = pgx.ForEachRow(rows, []any{&queue, &id, &at}, func() error {
			all.Add(queue, id, moment(at))
			return nil
		})
		return err
	})
	return all, err
}
