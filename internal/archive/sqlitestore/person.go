package sqlitestore

import (
	"context"
	"encoding/json"

	"github.com/ncruces/go-sqlite3"

	"dixa-mcp/internal/archive"
)

// Of implements [archive.Store].
func (s *Store) Of(ctx context.Context, customers []string, conversations []int64) (rows archive.Rows, err error) {
	err = s.view(ctx, func() error {
		rows = archive.Rows{}
		ids := conversations
		for _, customer := range customers {
			of, err := s.ids(`SELECT id FROM conversation WHERE requester_id = ?`, customer)
			if err != nil {
				return err
			}
			ids = append(ids[:len(ids):len(ids)], of...)
		}
		for _, id := range ids {
			if err := s.readConversations(&rows, `conversation.id = ?`, id); err != nil {
				return err
			}
			if err := s.readMessages(&rows, `message.conversation = ?`, id); err != nil {
				return err
			}
		}
		return nil
	})
	return rows, err
}

// Naming implements [archive.Store].
func (s *Store) Naming(ctx context.Context, text string) (rows archive.Rows, err error) {
	err = s.view(ctx, func() error {
		rows = archive.Rows{}
		if err := s.readConversations(&rows, `instr(lower(rest), lower(?)) > 0`, text); err != nil {
			return err
		}
		return s.readMessages(&rows, `instr(lower(body), lower(?1)) > 0 OR instr(lower(rest), lower(?1)) > 0`, text)
	})
	return rows, err
}

// readConversations reads the conversations for which a condition holds.
func (s *Store) readConversations(rows *archive.Rows, condition string, arg any) error {
	return s.file.Rows(`SELECT id, created_at, updated_at, queued_at, assigned_at, closed_at, last_message_at, anonymized_at, handling, channel, direction, status,
			queue_id, queue_name, assignee_id, assignee_name, requester_id, coalesce(rest, ''), (SELECT json_group_array(name) FROM tag WHERE tag.conversation = conversation.id)
		FROM conversation LEFT JOIN conversation_rest USING (id) WHERE `+condition, func(st *sqlite3.Stmt) {
		c := archive.Conversation{
			ID: st.ColumnInt64(0), CreatedAt: st.ColumnInt64(1), UpdatedAt: st.ColumnInt64(2), QueuedAt: st.ColumnInt64(3), AssignedAt: st.ColumnInt64(4), ClosedAt: st.ColumnInt64(5),
			LastMessageAt: st.ColumnInt64(6), AnonymizedAt: st.ColumnInt64(7), Handling: st.ColumnInt64(8), Channel: st.ColumnText(9), Direction: st.ColumnText(10), Status: st.ColumnText(11),
			QueueID: st.ColumnText(12), QueueName: st.ColumnText(13), AssigneeID: st.ColumnText(14), AssigneeName: st.ColumnText(15), RequesterID: st.ColumnText(16), Rest: rest(st.ColumnText(17)),
		}
		_ = json.Unmarshal([]byte(st.ColumnText(18)), &c.Tags) // SQLite made it
		rows.Conversations = append(rows.Conversations, c)
	}, arg)
}

// readMessages reads the messages for which a condition holds.
func (s *Store) readMessages(rows *archive.Rows, condition string, arg any) error {
	return s.file.Rows(`SELECT message.id, conversation, created_at, direction, automated, duration, coalesce(body, ''), coalesce(rest, '')
		FROM message LEFT JOIN message_text USING (key) WHERE `+condition, func(st *sqlite3.Stmt) {
		rows.Messages = append(rows.Messages, archive.Message{
			ID: st.ColumnText(0), Conversation: st.ColumnInt64(1), CreatedAt: st.ColumnInt64(2), Direction: st.ColumnText(3), Automated: st.ColumnBool(4), Duration: st.ColumnInt64(5),
			Text: st.ColumnText(6), Rest: rest(st.ColumnText(7)),
		})
	}, arg)
}

// rest returns the other fields of a row, nil for one that was erased.
func rest(text string) json.RawMessage {
	if text == "" {
		return nil
	}
	return json.RawMessage(text)
}
