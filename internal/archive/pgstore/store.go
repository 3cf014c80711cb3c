// Package pgstore keeps the archive in PostgreSQL, for servers that share it.
package pgstore

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgconn/ctxwatch"
	"github.com/jackc/pgx/v5/pgxpool"

	"dixa-mcp/internal/archive"
)

const (
	// answerTime is how long a statement may take, and upkeepTime one that removes what was deleted.
	answerTime, upkeepTime = time.Minute, 30 * time.Minute
	// lockTime is how long a statement waits for another process.
	lockTime = 30 * time.Second
	// connectTime is how long making a connection may take.
	connectTime = 10 * time.Second
	// connections is the maximum number of connections of one process, beside that of a sync.
	connections = 4
)

// The advisory locks of the archive: "Dixa" as a number, and one of these.
const (
	lockSpace = 0x44697861
	lockLease = 1 // is held by a session that fills the archive
	lockWrite = 2 // is held by a transaction that changes it
)

// Store is the archive in the schema dixa_archive of a database. It is safe for concurrent use, also by several processes.
type Store struct {
	config *pgx.ConnConfig
	name   string
	steps  []step

	mu   sync.Mutex
	pool *pgxpool.Pool // nil until the first use
}

// ErrAddress is the error for what is not an address of a database. It does not repeat the address, which may have a password.
var ErrAddress = errors.New("it is not an address of a PostgreSQL database, such as postgres://user:password@host:5432/database?sslmode=verify-full")

// Open returns the archive in a database. It is connected to, and the tables are made where there are none, by the first use.
func Open(address string) (*Store, error) {
	if !strings.HasPrefix(address, "postgres://") && !strings.HasPrefix(address, "postgresql://") {
		return nil, ErrAddress
	}
	c, err := pgx.ParseConfig(address)
	if err != nil {
		return nil, ErrAddress
	}
	c.ConnectTimeout = connectTime
	for name, value := range map[string]string{
		"application_name": "dixa-mcp", "search_path": schema,
		"statement_timeout": milliseconds(answerTime), "lock_timeout": milliseconds(lockTime), "idle_in_transaction_session_timeout": milliseconds(answerTime),
		"plan_cache_mode": "force_custom_plan", // the best plan depends on how common a word is
		"jit":             "off",               // which takes longer than a search
		// The lock of a machine that lost its network is free after a minute.
		"tcp_keepalives_idle": "30", "tcp_keepalives_interval": "10", "tcp_keepalives_count": "3",
	} {
		c.RuntimeParams[name] = value
	}
	c.BuildContextWatcherHandler = func(conn *pgconn.PgConn) ctxwatch.Handler { // so that the server stops too
		return &pgconn.CancelRequestContextWatcherHandler{Conn: conn, DeadlineDelay: time.Second}
	}
	return &Store{config: c, name: "postgres://" + net.JoinHostPort(c.Host, strconv.Itoa(int(c.Port))) + "/" + c.Database, steps: steps}, nil
}

func milliseconds(d time.Duration) string { return strconv.FormatInt(d.Milliseconds(), 10) }

// Name returns the address of the database without user and password.
func (s *Store) Name() string { return s.name }

// Close implements [archive.Store].
func (s *Store) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.pool != nil {
		s.pool.Close()
		s.pool = nil
	}
	return nil
}

// open returns the connections, and makes the tables before the first use.
func (s *Store) open(ctx context.Context) (*pgxpool.Pool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.pool != nil {
		return s.pool, nil
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	c, err := pgxpool.ParseConfig("")
	if err != nil {
		return nil, err
	}
	c.ConnConfig, c.MaxConns, c.MinConns = s.config.Copy(), connections, 0
	pool, err := pgxpool.NewWithConfig(context.WithoutCancel(ctx), c)
	if err != nil {
		return nil, err
	}
	if err := s.migrate(ctx, pool); err != nil {
		pool.Close()
		return nil, err
	}
	s.pool = pool
	return pool, nil
}

// update changes the archive in one transaction, with which no other process interleaves.
func (s *Store) update(ctx context.Context, change func(context.Context, pgx.Tx) error) error {
	return s.with(ctx, answerTime, func(ctx context.Context) error {
		pool, err := s.open(ctx)
		if err != nil {
			return err
		}
		return pgx.BeginFunc(ctx, pool, func(tx pgx.Tx) error {
			if _, err := tx.Exec(ctx, `SELECT pg_advisory_xact_lock($1, $2)`, lockSpace, lockWrite); err != nil {
				return err
			}
			return change(ctx, tx)
		})
	})
}

// view reads one state of the archive.
func (s *Store) view(ctx context.Context, read func(context.Context, pgx.Tx) error) error {
	return s.with(ctx, answerTime, func(ctx context.Context) error {
		pool, err := s.open(ctx)
		if err != nil {
			return err
		}
		return pgx.BeginTxFunc(ctx, pool, pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly}, func(tx pgx.Tx) error { return read(ctx, tx) })
	})
}

// upkeep runs do with a connection whose statements may take long.
func (s *Store) upkeep(ctx context.Context, do func(context.Context, *pgx.Conn) error) error {
	return s.with(ctx, upkeepTime, func(ctx context.Context) (err error) {
		pool, err := s.open(ctx)
		if err != nil {
			return err
		}
		conn, err := pool.Acquire(ctx)
		if err != nil {
			return err
		}
		defer conn.Release()
		for _, limit := range []string{"statement_timeout", "lock_timeout"} {
			if _, err := conn.Exec(ctx, `SET `+limit+` = `+milliseconds(upkeepTime)); err != nil {
				return err
			}
		}
		defer func() {
			ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), answerTime)
			defer cancel()
			if _, failed := conn.Exec(ctx, `RESET statement_timeout; RESET lock_timeout`); failed != nil {
				err = errors.Join(err, conn.Conn().Close(ctx)) // it is used for nothing else then
			}
		}()
		return do(ctx, conn.Conn())
	})
}

// with runs do for a while at most, and says what an error means.
func (s *Store) with(ctx context.Context, most time.Duration, do func(context.Context) error) error {
	limited, cancel := context.WithTimeout(ctx, most)
	defer cancel()
	err := do(limited)
	switch {
	case err == nil:
		return nil
	case ctx.Err() != nil:
		return ctx.Err()
	}
	return fmt.Errorf("the archive %s: %w", s.name, s.meaning(err))
}

// denied is PostgreSQL's code for a right that a role does not have.
const denied = "42501"

// meaning adds to an error what to do about it.
func (s *Store) meaning(err error) error {
	var refused *pgconn.PgError
	if errors.As(err, &refused) && refused.Code == denied {
		return fmt.Errorf("%w: the role %s must own the schema %s and its tables; an administrator of the database can make it with: %s", err, s.config.User, schema, s.grant())
	}
	return err
}

// grant returns the statement that lets the role make its tables.
func (s *Store) grant() string {
	return fmt.Sprintf("CREATE SCHEMA %s AUTHORIZATION %s", schema, pgx.Identifier{s.config.User}.Sanitize())
}

// clean returns a text as PostgreSQL takes it: UTF-8 without the character 0.
func clean(text string) string {
	return strings.ReplaceAll(strings.ToValidUTF8(text, "\uFFFD"), "\x00", "\uFFFD")
}

// moment returns a time of the archive; 0 is none.
func moment(ms int64) time.Time {
	if ms == 0 {
		return time.Time{}
	}
	return time.UnixMilli(ms).UTC()
}

var _ archive.Store = (*Store)(nil)
