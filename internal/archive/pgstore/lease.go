package pgstore

import (
	"context"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"

	"dixa-mcp/internal/archive"
)

// Lease implements [archive.Store]. A lock of a session holds it, which PostgreSQL releases when the connection ends.
func (s *Store) Lease(ctx context.Context, who string) (release func() error, other string, err error) {
	err = s.with(ctx, answerTime, func(ctx context.Context) error {
		pool, err := s.open(ctx)
		if err != nil {
			return err
		}
		conn, err := pgx.ConnectConfig(ctx, s.config.Copy())
		if err != nil {
			return err
		}
		taken := false
		if err = conn.QueryRow(ctx, `SELECT pg_try_advisory_lock($1, $2)`, lockSpace, lockLease).Scan(&taken); err == nil && taken {
			_, err = conn.Exec(ctx, `INSERT INTO lease (id, who) VALUES (1, $1) ON CONFLICT (id) DO UPDATE SET who = excluded.who`, clean(who))
		}
		if err == nil && taken {
			release = func() error { return s.release(context.WithoutCancel(ctx), conn) }
			return nil
		}
		err = errors.Join(err, conn.Close(ctx))
		other = "another process"
		if err == nil {
			err = pool.QueryRow(ctx, `SELECT who FROM lease`).Scan(&other)
		}
		if errors.Is(err, pgx.ErrNoRows) { // it has not said who it is yet
			err = nil
		}
		return err
	})
	if err != nil {
		return nil, "", err
	}
	return release, other, nil
}

// release ends a lease. One whose connection was lost has ended already.
func (s *Store) release(ctx context.Context, conn *pgx.Conn) error {
	if conn.IsClosed() {
		return nil
	}
	return s.with(ctx, answerTime, func(ctx context.Context) (err error) {
		defer func() { err = errors.Join(err, conn.Close(ctx)) }()
		if _, err := conn.Exec(ctx, `SELECT pg_advisory_unlock($1, $2)`, lockSpace, lockLease); err != nil && !conn.IsClosed() {
			return err
		}
		return nil
	})
}

// holder returns who holds the lease, "" for none.
func holder(ctx context.Context, tx pgx.Tx) (who string, err error) {
	err = tx.QueryRow(ctx, `SELECT coalesce((SELECT coalesce((SELECT who FROM lease), 'another process') FROM pg_locks JOIN pg_database ON pg_database.oid = database
		WHERE locktype = 'advisory' AND classid = $1 AND objid = $2 AND objsubid = 2 AND granted AND datname = current_database()), '')`, lockSpace, lockLease).Scan(&who)
	return who, err
}

// Origin implements [archive.Store].
func (s *Store) Origin(ctx context.Context, o archive.Origin) (noted archive.Origin, err error) {
	read := func(ctx context.Context, tx pgx.Tx) error {
		noted = archive.Origin{}
		err := tx.QueryRow(ctx, `SELECT api, organization FROM origin`).Scan(&noted.API, &noted.Organization)
		if errors.Is(err, pgx.ErrNoRows) {
			return nil
		}
		return err
	}
	if o == (archive.Origin{}) {
		err = s.view(ctx, read)
		return noted, err
	}
	err = s.update(ctx, func(ctx context.Context, tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, `INSERT INTO origin (id, api, organization) VALUES (1, $1, $2) ON CONFLICT DO NOTHING`, clean(o.API), clean(o.Organization)); err != nil {
			return err
		}
		return read(ctx, tx)
	})
	return noted, err
}

// Reserve implements [archive.Store].
func (s *Store) Reserve(ctx context.Context, now time.Time, most int, per time.Duration) (wait time.Duration, err error) {
	err = s.update(ctx, func(ctx context.Context, tx pgx.Tx) error {
		wait = 0
		at, span := now.UnixMilli(), per.Milliseconds()
		// Those in the future are of a clock that was set back.
		if _, err := tx.Exec(ctx, `DELETE FROM request WHERE at <= $1 OR at > $2`, at-span, at); err != nil {
			return err
		}
		first, err := numbers(tx.Query(ctx, `SELECT at FROM request ORDER BY at DESC LIMIT 1 OFFSET $1`, most-1))
		if err != nil {
			return err
		}
		if len(first) > 0 {
			wait = time.Duration(first[0]+span-at) * time.Millisecond
			return nil
		}
		_, err = tx.Exec(ctx, `INSERT INTO request (at) VALUES ($1)`, at)
		return err
	})
	return wait, err
}
