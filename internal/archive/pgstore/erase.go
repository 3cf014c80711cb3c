package pgstore

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"

	"dixa-mcp/internal/archive"
)

// The kinds of what was erased.
const (
	erasedConversation = "conversation"
	erasedMessage      = "message"
	erasedCustomer     = "customer"
)

// Erase implements [archive.Store].
func (s *Store) Erase(ctx context.Context, e archive.Erasure, at time.Time) (rows int64, err error) {
	err = s.update(ctx, func(ctx context.Context, tx pgx.Tx) error {
		switch {
		case e.Conversation != 0:
			rows, err = eraseConversations(ctx, tx, []int64{e.Conversation}, at)
		case e.Message != "":
			rows, err = eraseMessage(ctx, tx, clean(e.Message), at)
		case e.Customer != "":
			rows, err = eraseCustomer(ctx, tx, clean(e.Customer), at)
		}
		return err
	})
	if err == nil && rows > 0 {
		err = s.vacuum(ctx, quick)
	}
	return rows, err
}

// note notes that something was erased.
func note(ctx context.Context, tx pgx.Tx, kind string, ids []string, at time.Time) error {
	_, err := tx.Exec(ctx, `INSERT INTO erased (kind, id, at) SELECT $1, unnest($2::text[]), $3 ON CONFLICT DO NOTHING`, kind, ids, at.UnixMilli())
	return err
}

func eraseCustomer(ctx context.Context, tx pgx.Tx, id string, at time.Time) (int64, error) {
	if err := note(ctx, tx, erasedCustomer, []string{id}, at); err != nil {
		return 0, err
	}
	conversations, err := numbers(tx.Query(ctx, `SELECT id FROM conversation WHERE requester_id = $1`, id))
	if err != nil || len(conversations) == 0 {
		return 0, err
	}
	return eraseConversations(ctx, tx, conversations, at)
}

func eraseConversations(ctx context.Context, tx pgx.Tx, conversations []int64, at time.Time) (rows int64, err error) {
	var ids []string
	for _, c := range conversations {
		ids = append(ids, strconv.FormatInt(c, 10))
	}
	if err := note(ctx, tx, erasedConversation, ids, at); err != nil {
		return 0, err
	}
	if _, err := tx.Exec(ctx, `UPDATE conversation SET erased = true WHERE id = ANY ($1) AND NOT erased`, conversations); err != nil {
		return 0, err
	}
	gone, err := tx.Exec(ctx, `DELETE FROM conversation_rest WHERE id = ANY ($1)`, conversations)
	if err != nil {
		return 0, err
	}
	rows, err = eraseMessages(ctx, tx, `conversation = ANY ($1)`, conversations)
	return rows + gone.RowsAffected(), err
}

func eraseMessage(ctx context.Context, tx pgx.Tx, id string, at time.Time) (int64, error) {
	if err := note(ctx, tx, erasedMessage, []string{id}, at); err != nil {
		return 0, err
	}
	return eraseMessages(ctx, tx, `id = $1`, id)
}

// eraseMessages removes the texts of the messages for which a condition holds.
func eraseMessages(ctx context.Context, tx pgx.Tx, condition string, value any) (int64, error) {
	if _, err := tx.Exec(ctx, `DELETE FROM message_text USING message WHERE message_text.key = message.key AND NOT erased AND `+condition, value); err != nil {
		return 0, err
	}
	erased, err := tx.Exec(ctx, `UPDATE message SET erased = true WHERE NOT erased AND `+condition, value)
	if err != nil || erased.RowsAffected() == 0 {
		return 0, err
	}
	return erased.RowsAffected(), set(ctx, tx, stale, 1)
}

// purgedAtOnce is how many rows one transaction removes: few enough that others do not wait long.
const purgedAtOnce = 2000

// Purge implements [archive.Store].
func (s *Store) Purge(ctx context.Context, before time.Time) (gone archive.Removed, err error) {
	ms := before.UnixMilli()
	err = s.update(ctx, func(ctx context.Context, tx pgx.Tx) error {
		was, err := floorOf(ctx, tx)
		if err != nil {
			return err
		}
		if err := set(ctx, tx, "floor", max(was, ms)); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `DELETE FROM span WHERE last <= $1`, ms); err != nil {
			return err
		}
		_, err = tx.Exec(ctx, `UPDATE span SET first = $1 WHERE first < $1`, ms)
		return err
	})
	for more := err == nil; more && err == nil; {
		more, err = s.purgeSome(ctx, ms, &gone)
	}
	if err == nil && gone != (archive.Removed{}) {
		err = s.vacuum(ctx, whole)
	}
	return gone, err
}

// purgeSome removes some of what is older, and reports whether there may be more.
func (s *Store) purgeSome(ctx context.Context, before int64, gone *archive.Removed) (more bool, err error) {
	var messages, conversations int64
	err = s.update(ctx, func(ctx context.Context, tx pgx.Tx) error {
		tag, err := tx.Exec(ctx, `WITH old AS (SELECT key FROM message WHERE created_at < $1 ORDER BY created_at LIMIT $2),
				texts AS (DELETE FROM message_text USING old WHERE message_text.key = old.key)
			DELETE FROM message USING old WHERE message.key = old.key`, before, purgedAtOnce)
		if err != nil {
			return err
		}
		if messages = tag.RowsAffected(); messages > 0 {
			if err := set(ctx, tx, stale, 1); err != nil {
				return err
			}
		}
		tag, err = tx.Exec(ctx, `WITH old AS (SELECT id FROM conversation WHERE updated_at < $1 ORDER BY updated_at LIMIT $2),
				rests AS (DELETE FROM conversation_rest USING old WHERE conversation_rest.id = old.id),
				tags AS (DELETE FROM tag USING old WHERE tag.conversation = old.id)
			DELETE FROM conversation USING old WHERE conversation.id = old.id`, before, purgedAtOnce)
		conversations = tag.RowsAffected()
		return err
	})
	if err != nil {
		return false, err
	}
	gone.Messages += messages
	gone.Conversations += conversations
	return messages == purgedAtOnce || conversations == purgedAtOnce, nil
}

// stale is the setting that says that the index of words may have words of texts that were removed. VACUUM removes its references
// and leaves the words; only building it again removes them.
const stale = "stale"

// The ways to vacuum: quick removes the texts of what was deleted, and whole also what indexes have of it.
const (
	quick = `VACUUM (INDEX_CLEANUP OFF) ` + schema + `.message_text, ` + schema + `.conversation_rest`
	whole = `VACUUM (INDEX_CLEANUP ON) ` + schema + `.message_text, ` + schema + `.conversation_rest, ` + schema + `.message, ` + schema + `.conversation, ` + schema + `.tag`
)

// vacuum removes the rows that were deleted.
func (s *Store) vacuum(ctx context.Context, how string) error {
	return s.upkeep(ctx, func(ctx context.Context, conn *pgx.Conn) error { return vacuum(ctx, conn, how) })
}

// errOwner is what PostgreSQL only warns of.
var errOwner = errors.New("the role does not own them")

func vacuum(ctx context.Context, conn *pgx.Conn, how string) error {
	owner := false
	err := conn.QueryRow(ctx, `SELECT bool_and(pg_has_role(relowner, 'USAGE')) FROM pg_class WHERE relnamespace = to_regnamespace($1) AND relkind = 'r'`, schema).Scan(&owner)
	if err == nil && !owner {
		err = errOwner
	}
	if err == nil {
		_, err = conn.Exec(ctx, how)
	}
	if err != nil {
		return fmt.Errorf("what was removed is no longer found, but its rows may stay in the tables until the next VACUUM: %w", err)
	}
	return nil
}

// rebuild builds the index of words again if it may have words of texts that were removed. Searches and changes go on meanwhile.
func rebuild(ctx context.Context, conn *pgx.Conn) error {
	// What is removed from now on notes it again.
	tag, err := conn.Exec(ctx, `DELETE FROM setting WHERE name = $1`, stale)
	if err != nil || tag.RowsAffected() == 0 {
		return err
	}
	// A rebuilding that was killed leaves its index behind.
	left, err := texts(conn.Query(ctx, `SELECT relname FROM pg_class JOIN pg_index ON indexrelid = pg_class.oid WHERE relnamespace = to_regnamespace($1) AND NOT indisvalid AND relname LIKE 'message\_text\_words\_cc%'`, schema))
	for _, name := range left {
		if _, failed := conn.Exec(ctx, `DROP INDEX `+pgx.Identifier{schema, name}.Sanitize()); failed != nil {
			err = errors.Join(err, failed)
		}
	}
	if err == nil {
		_, err = conn.Exec(ctx, `REINDEX INDEX CONCURRENTLY `+schema+`.message_text_words`)
	}
	if err != nil {
		_, again := conn.Exec(context.WithoutCancel(ctx), `INSERT INTO setting (name, value) VALUES ($1, 1) ON CONFLICT DO NOTHING`, stale)
		return errors.Join(fmt.Errorf("the index of words could not be built again, and may have words of texts that were removed: %w", err), again)
	}
	return nil
}
