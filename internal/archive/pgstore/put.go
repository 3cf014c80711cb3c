package pgstore

import (
	"context"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"

	"dixa-mcp/internal/archive"
)

// Put implements [archive.Store].
func (s *Store) Put(ctx context.Context, rows archive.Rows) error {
	erased := int64(0)
	err := s.update(ctx, func(ctx context.Context, tx pgx.Tx) error {
		floor, err := floorOf(ctx, tx)
		if err != nil {
			return err
		}
		if erased, err = putConversations(ctx, tx, floor, rows); err != nil {
			return err
		}
		return putMessages(ctx, tx, floor, rows.Messages)
	})
	if err == nil && erased > 0 {
		err = s.vacuum(ctx, quick)
	}
	return err
}

// putConversations keeps conversations. It returns how many texts were erased that were kept before.
func putConversations(ctx context.Context, tx pgx.Tx, floor int64, rows archive.Rows) (erased int64, err error) {
	var all []archive.Conversation
	for _, c := range rows.Conversations {
		if c.UpdatedAt >= floor {
			all = append(all, c)
		}
	}
	if len(all) == 0 {
		return 0, nil
	}
	gone, err := goneOf(ctx, tx, all)
	if err != nil {
		return 0, err
	}
	var b pgx.Batch
	var erase, seen []int64
	for _, c := range all {
		queueConversation(&b, c, rows.At, gone[c.ID])
		if gone[c.ID] {
			erase = append(erase, c.ID)
		} else {
			seen = append(seen, c.ID)
		}
	}
	b.Queue(`UPDATE conversation SET checked_at = $2 WHERE id = ANY ($1) AND checked_at < $2`, seen, rows.At.UnixMilli())
	if err := tx.SendBatch(ctx, &b).Close(); err != nil || len(erase) == 0 {
		return 0, err
	}
	return eraseConversations(ctx, tx, erase, rows.At)
}

// goneOf returns which conversations were anonymized, by themselves or with their customer.
func goneOf(ctx context.Context, tx pgx.Tx, all []archive.Conversation) (map[int64]bool, error) {
	var ids, customers []string
	for _, c := range all {
		ids = append(ids, strconv.FormatInt(c.ID, 10))
		if c.RequesterID != "" {
			customers = append(customers, clean(c.RequesterID))
		}
	}
	names, err := texts(tx.Query(ctx, `SELECT kind || ' ' || id FROM erased WHERE kind = $1 AND id = ANY ($2) OR kind = $3 AND id = ANY ($4)`, erasedConversation, ids, erasedCustomer, customers))
	if err != nil {
		return nil, err
	}
	known := map[string]bool{}
	for _, name := range names {
		known[name] = true
	}
	gone := map[int64]bool{}
	for i, c := range all {
		if c.AnonymizedAt > 0 || known[erasedConversation+" "+ids[i]] || c.RequesterID != "" && known[erasedCustomer+" "+clean(c.RequesterID)] {
			gone[c.ID] = true
		}
	}
	return gone, nil
}

// ifWritten holds if the row of a conversation was written, which is not so if a newer one is there.
const ifWritten = `EXISTS (SELECT FROM conversation WHERE id = $1 AND updated_at = $3)`

// queueConversation replaces a conversation, unless that is newer, without names and addresses if it is gone.
func queueConversation(b *pgx.Batch, c archive.Conversation, at time.Time, gone bool) {
	b.Queue(`INSERT INTO conversation (id, created_at, updated_at, queued_at, assigned_at, closed_at, last_message_at, anonymized_at, handling,
			channel, direction, status, queue_id, queue_name, assignee_id, assignee_name, requester_id, read_to, checked_at, erased)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, 0, $18, false)
		ON CONFLICT (id) DO UPDATE SET created_at = $2, updated_at = $3, queued_at = $4, assigned_at = $5, closed_at = $6, last_message_at = $7,
			anonymized_at = $8, handling = $9, channel = $10, direction = $11, status = $12, queue_id = $13, queue_name = $14, assignee_id = $15,
			assignee_name = $16, requester_id = $17, checked_at = greatest(conversation.checked_at, $18) WHERE conversation.updated_at <= $3`,
		c.ID, c.CreatedAt, c.UpdatedAt, c.QueuedAt, c.AssignedAt, c.ClosedAt, c.LastMessageAt, c.AnonymizedAt, c.Handling,
		clean(c.Channel), clean(c.Direction), clean(c.Status), clean(c.QueueID), clean(c.QueueName), clean(c.AssigneeID), clean(c.AssigneeName), clean(c.RequesterID), at.UnixMilli())
	tags := []string{}
	for _, name := range c.Tags {
		tags = append(tags, clean(name))
	}
	b.Queue(`DELETE FROM tag WHERE conversation = $1 AND name <> ALL ($2) AND `+ifWritten, c.ID, tags, c.UpdatedAt)
	b.Queue(`INSERT INTO tag (conversation, name) SELECT $1, unnest($2::text[]) WHERE `+ifWritten+` ON CONFLICT DO NOTHING`, c.ID, tags, c.UpdatedAt)
	if !gone {
		b.Queue(`INSERT INTO conversation_rest (id, rest) SELECT $1, $2 WHERE `+ifWritten+`
			ON CONFLICT (id) DO UPDATE SET rest = excluded.rest WHERE conversation_rest.rest <> excluded.rest`, c.ID, cleanJSON(string(c.Rest)), c.UpdatedAt)
	}
}

// putMessages keeps messages, without text if they or their conversations were erased. A row that is as before is not written.
func putMessages(ctx context.Context, tx pgx.Tx, floor int64, all []archive.Message) error {
	var b pgx.Batch
	for _, m := range all {
		if m.CreatedAt < floor {
			continue
		}
		id, text := clean(m.ID), clean(m.Text)
		b.Queue(`INSERT INTO message (id, conversation, created_at, direction, automated, duration, erased)
			SELECT $1, $2, $3, $4, $5, $6, EXISTS (SELECT FROM erased WHERE kind = $7 AND id = $8 OR kind = $9 AND id = $1)
			ON CONFLICT (id) DO UPDATE SET direction = $4, automated = $5, duration = $6, erased = message.erased OR excluded.erased
			WHERE (message.direction, message.automated, message.duration, message.erased) IS DISTINCT FROM ($4, $5, $6, message.erased OR excluded.erased)`,
			id, m.Conversation, m.CreatedAt, clean(m.Direction), m.Automated, m.Duration, erasedConversation, strconv.FormatInt(m.Conversation, 10), erasedMessage)
		b.Queue(`INSERT INTO message_text (key, created_at, body, rest, words) SELECT key, created_at, $2, $3, $4::text::tsvector FROM message WHERE id = $1 AND NOT erased
			ON CONFLICT (key) DO UPDATE SET body = excluded.body, rest = excluded.rest, words = excluded.words
			WHERE (message_text.body, message_text.rest) IS DISTINCT FROM (excluded.body, excluded.rest)`, id, text, cleanJSON(string(m.Rest)), vector(text))
	}
	if b.Len() == 0 {
		return nil
	}
	return tx.SendBatch(ctx, &b).Close()
}
