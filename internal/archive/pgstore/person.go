package pgstore

import (
	"context"
	"encoding/json"

	"github.com/jackc/pgx/v5"

	"dixa-mcp/internal/archive"
)

// Of implements [archive.Store].
func (s *Store) Of(ctx context.Context, customers []string, conversations []int64) (rows archive.Rows, err error) {
	err = s.view(ctx, func(ctx context.Context, tx pgx.Tx) error {
		rows = archive.Rows{}
		ids, err := numbers(tx.Query(ctx, `SELECT id FROM conversation WHERE requester_id = ANY ($1) OR id = ANY ($2)`, customers, conversations))
		if err != nil {
			return err
		}
		if rows.Conversations, err = readConversations(tx.Query(ctx, selectConversations+`id = ANY ($1)`, ids)); err != nil {
			return err
		}
		rows.Messages, err = readMessages(tx.Query(ctx, selectMessages+`conversation = ANY ($1)`, append(ids, conversations...)))
		return err
	})
	return rows, err
}

// Naming implements [archive.Store].
func (s *Store) Naming(ctx context.Context, text string) (rows archive.Rows, err error) {
	err = s.upkeep(ctx, func(ctx context.Context, conn *pgx.Conn) error {
		rows.Conversations, err = readConversations(conn.Query(ctx, selectConversations+`position(lower($1 COLLATE "C") IN lower(rest COLLATE "C")) > 0`, clean(text)))
		if err != nil {
			return err
		}
		rows.Messages, err = readMessages(conn.Query(ctx, selectMessages+`position(lower($1 COLLATE "C") IN lower(body COLLATE "C")) > 0 OR position(lower($1 COLLATE "C") IN lower(rest COLLATE "C")) > 0`, clean(text)))
		return err
	})
	return rows, err
}

// The beginnings of statements that read rows for which a condition holds.
const (
	selectConversations = `SELECT id, created_at, updated_at, queued_at, assigned_at, closed_at, last_message_at, anonymized_at, handling, channel, direction, status,
			queue_id, queue_name, assignee_id, assignee_name, requester_id, coalesce(rest, ''), ARRAY (SELECT name FROM tag WHERE tag.conversation = conversation.id ORDER BY name)
		FROM conversation LEFT JOIN conversation_rest USING (id) WHERE `
	selectMessages = `SELECT message.id, conversation, message.created_at, direction, automated, duration, coalesce(body, ''), coalesce(rest, '')
		FROM message LEFT JOIN message_text USING (key) WHERE `
)

func readConversations(rows pgx.Rows, err error) ([]archive.Conversation, error) {
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (c archive.Conversation, err error) {
		text := ""
		err = row.Scan(&c.ID, &c.CreatedAt, &c.UpdatedAt, &c.QueuedAt, &c.AssignedAt, &c.ClosedAt, &c.LastMessageAt, &c.AnonymizedAt, &c.Handling, &c.Channel, &c.Direction, &c.Status,
			&c.QueueID, &c.QueueName, &c.AssigneeID, &c.AssigneeName, &c.RequesterID, &text, &c.Tags)
		c.Rest = rest(text)
		return c, err
	})
}

func readMessages(rows pgx.Rows, err error) ([]archive.Message, error) {
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (m archive.Message, err error) {
		text := ""
		err = row.Scan(&m.ID, &m.Conversation, &m.CreatedAt, &m.Direction, &m.Automated, &m.Duration, &m.Text, &text)
		m.Rest = rest(text)
		return m, err
	})
}

// rest returns the other fields of a row, nil for one that was erased.
func rest(text string) json.RawMessage {
	if text == "" {
		return nil
	}
	return json.RawMessage(text)
}
