package pgstore

import (
	"context"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"

	"dixa-mcp/internal/archive"
)

// Cover implements [archive.Store].
func (s *Store) Cover(ctx context.Context, what archive.What, span archive.Span) error {
	if !span.From.Before(span.To) {
		return nil
	}
	return s.update(ctx, func(ctx context.Context, tx pgx.Tx) error {
		first, last := span.From.UnixMilli(), span.To.UnixMilli()
		// Spans that touch it become one with it.
		err := tx.QueryRow(ctx, `SELECT least($2, min(first)), greatest($3, max(last)) FROM span WHERE what = $1 AND first <= $3 AND last >= $2`, string(what), first, last).Scan(&first, &last)
		if err != nil || first >= last {
			return err
		}
		if _, err := tx.Exec(ctx, `DELETE FROM span WHERE what = $1 AND first >= $2 AND last <= $3`, string(what), first, last); err != nil {
			return err
		}
		_, err = tx.Exec(ctx, `INSERT INTO span (what, first, last) VALUES ($1, $2, $3)`, string(what), first, last)
		return err
	})
}

// Covered implements [archive.Store].
func (s *Store) Covered(ctx context.Context, what archive.What) (spans []archive.Span, err error) {
	err = s.view(ctx, func(ctx context.Context, tx pgx.Tx) error {
		all, err := spansOf(ctx, tx)
		spans = all[what]
		return err
	})
	return spans, err
}

// spansOf returns the spans of each source.
func spansOf(ctx context.Context, tx pgx.Tx) (map[archive.What][]archive.Span, error) {
	all := map[archive.What][]archive.Span{}
	rows, err := tx.Query(ctx, `SELECT what, first, last FROM span ORDER BY what, first`)
	if err != nil {
		return nil, err
	}
	var what string
	var first, last int64
	_, err = pgx.ForEachRow(rows, []any{&what, &first, &last}, func() error {
		all[archive.What(what)] = append(all[archive.What(what)], archive.Span{From: moment(first), To: moment(last)})
		return nil
	})
	return all, err
}

// floorOf returns the time before which nothing is kept, in milliseconds.
func floorOf(ctx context.Context, tx pgx.Tx) (ms int64, err error) {
	err = tx.QueryRow(ctx, `SELECT value FROM setting WHERE name = 'floor'`).Scan(&ms)
	if errors.Is(err, pgx.ErrNoRows) {
		err = nil
	}
	return ms, err
}

// set notes a number.
func set(ctx context.Context, tx pgx.Tx, name string, value int64) error {
	_, err := tx.Exec(ctx, `INSERT INTO setting (name, value) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET value = excluded.value`, name, value)
	return err
}

// Floor implements [archive.Store].
func (s *Store) Floor(ctx context.Context) (floor time.Time, err error) {
	err = s.view(ctx, func(ctx context.Context, tx pgx.Tx) error {
		ms, err := floorOf(ctx, tx)
		floor = moment(ms)
		return err
	})
	return floor, err
}

// Lower implements [archive.Store].
func (s *Store) Lower(ctx context.Context, floor time.Time) error {
	return s.update(ctx, func(ctx context.Context, tx pgx.Tx) error {
		was, err := floorOf(ctx, tx)
		if err != nil || was != 0 && was <= floor.UnixMilli() {
			return err
		}
		return set(ctx, tx, "floor", floor.UnixMilli())
	})
}

// Unread implements [archive.Store].
func (s *Store) Unread(ctx context.Context, most int) (all []archive.Unread, err error) {
	err = s.update(ctx, func(ctx context.Context, tx pgx.Tx) error {
		_, err := tx.Exec(ctx, `UPDATE conversation SET read_to = last_message_at WHERE last_message_at > read_to AND (last_message_at < (SELECT value FROM setting WHERE name = 'floor')
			OR EXISTS (SELECT FROM message WHERE message.conversation = conversation.id AND message.created_at >= last_message_at))`)
		if err != nil {
			return err
		}
		rows, err := tx.Query(ctx, `SELECT id, last_message_at FROM conversation WHERE last_message_at > read_to ORDER BY id LIMIT $1`, most)
		if err != nil {
			return err
		}
		all, err = pgx.CollectRows(rows, pgx.RowToStructByPos[archive.Unread])
		return err
	})
	return all, err
}

// Read implements [archive.Store].
func (s *Store) Read(ctx context.Context, conversation, lastMessageAt int64) error {
	return s.update(ctx, func(ctx context.Context, tx pgx.Tx) error {
		_, err := tx.Exec(ctx, `UPDATE conversation SET read_to = $2 WHERE id = $1 AND read_to < $2`, conversation, lastMessageAt)
		return err
	})
}

// Unchecked implements [archive.Store].
func (s *Store) Unchecked(ctx context.Context, since time.Time, most int) (ids []int64, err error) {
	err = s.view(ctx, func(ctx context.Context, tx pgx.Tx) error {
		ids, err = numbers(tx.Query(ctx, `SELECT id FROM conversation WHERE checked_at < $1 AND NOT erased ORDER BY checked_at, id LIMIT $2`, since.UnixMilli(), most))
		return err
	})
	return ids, err
}

// Checked implements [archive.Store].
func (s *Store) Checked(ctx context.Context, conversations []int64, at time.Time) error {
	return s.update(ctx, func(ctx context.Context, tx pgx.Tx) error {
		_, err := tx.Exec(ctx, `UPDATE conversation SET checked_at = $2 WHERE id = ANY ($1) AND checked_at < $2`, conversations, at.UnixMilli())
		return err
	})
}
