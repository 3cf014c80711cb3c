package sqlitestore

import (
	"context"
	"strings"

	"github.com/ncruces/go-sqlite3"

	"dixa-mcp/internal/archive"
)

// separator is between the tags of one row.
const separator = "\x1f"

// Facts implements [archive.Store].
func (s *Store) Facts(ctx context.Context, span archive.Span, each func(archive.Fact)) error {
	from, to := span.From.UnixMilli(), span.To.UnixMilli()
	return s.view(ctx, func() error {
		return s.file.Rows(`SELECT c.id, c.created_at, c.closed_at, coalesce((SELECT min(m.created_at) FROM message m WHERE m.conversation = c.id AND direction = 'outbound' AND automated = 0), 0),
				channel, queue_name, assignee_name, requester_id, iif(instr(rest, '"rating_score"') > 0, rest, NULL), (SELECT group_concat(name, char(31)) FROM tag WHERE tag.conversation = c.id)
			FROM conversation c LEFT JOIN conversation_rest USING (id) WHERE c.created_at >= ?1 AND c.created_at < ?2 OR c.closed_at >= ?1 AND c.closed_at < ?2`, func(st *sqlite3.Stmt) {
			f := archive.Fact{ID: st.ColumnInt64(0), CreatedAt: st.ColumnInt64(1), ClosedAt: st.ColumnInt64(2), AnsweredAt: st.ColumnInt64(3), Channel: st.ColumnText(4), Queue: st.ColumnText(5),
				Assignee: st.ColumnText(6), Customer: st.ColumnText(7)}
			f.Rated, f.Satisfied = archive.Satisfied(st.ColumnRawText(8))
			if tags := st.ColumnText(9); tags != "" {
				f.Tags = strings.Split(tags, separator)
			}
			each(f)
		}, from, to)
	})
}

// Find implements [archive.Store].
func (s *Store) Find(ctx context.Context, q archive.ConversationQuery) (found []archive.Found, err error) {
	var where conditions
	if q.CustomerName != "" {
		where.add(`id IN (SELECT id FROM conversation_rest WHERE rest ->> '$.requester_name' LIKE ? ESCAPE '\')`, archive.Containing(q.CustomerName))
	}
	if q.Customer != "" {
		where.add(`requester_id = ?`, strings.ToLower(q.Customer))
	}
	where.filter(q.Filter, "conversation.id")
	if q.Unassigned {
		where.add(`assignee_id = ''`)
	}
	if q.Status != "" {
		where.add(`status = ?`, q.Status)
	}
	if q.Rating != "" {
		where.add(rated(q.Rating))
	}
	if !q.Since.IsZero() {
		where.add(`created_at >= ?`, q.Since.UnixMilli())
	}
	if !q.Until.IsZero() {
		where.add(`created_at < ?`, q.Until.UnixMilli())
	}
	since, order := `0`, `id DESC`
	if q.Waiting {
		where.add(`status <> 'closed' AND erased = 0 AND since IS NOT NULL`)
		since, order = waitingSince, `since, id`
	}
	switch q.Order {
	case archive.Newest:
		order = `id DESC`
	case archive.Oldest:
		order = `id`
	}
	err = s.view(ctx, func() error {
		found = nil
		return s.file.Rows(`SELECT id, `+since+` AS since FROM conversation WHERE `+where.String()+` ORDER BY `+order+` LIMIT ?`, func(st *sqlite3.Stmt) {
			found = append(found, archive.Found{ID: st.ColumnInt64(0), Since: moment(st.ColumnInt64(1))})
		}, append(where.args, int64(q.Limit))...)
	})
	return found, err
}

// Loads implements [archive.Store].
func (s *Store) Loads(ctx context.Context) (all archive.Loads, err error) {
	err = s.view(ctx, func() error {
		all = archive.Loads{}
		return s.file.Rows(`SELECT queue_id, id, coalesce(`+waitingSince+`, 0) FROM conversation WHERE status = 'open' AND assignee_id = ''`, func(st *sqlite3.Stmt) {
			all.Add(st.ColumnText(0), st.ColumnInt64(1), moment(st.ColumnInt64(2)))
		})
	})
	return all, err
}

// Customers implements [archive.Store].
func (s *Store) Customers(ctx context.Context, name string, most int) (all []archive.Customer, err error) {
	err = s.view(ctx, func() error {
		all = nil
		return s.file.Rows(`SELECT requester_id, rest ->> '$.requester_name' AS name, coalesce(rest ->> '$.requester_email', ''), coalesce(rest ->> '$.requester_phone_number', ''), max(id)
			FROM conversation_rest JOIN conversation USING (id) WHERE name LIKE ? ESCAPE '\' AND requester_id <> '' GROUP BY requester_id ORDER BY max(id) DESC LIMIT ?`, func(st *sqlite3.Stmt) {
			all = append(all, archive.Customer{ID: st.ColumnText(0), Name: st.ColumnText(1), Email: st.ColumnText(2), Phone: st.ColumnText(3)})
		}, archive.Containing(name), int64(most))
	})
	return all, err
}
