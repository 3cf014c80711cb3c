package pgstore

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"dixa-mcp/internal/base/stored"
)

// schema is the namespace of the archive, so that it can be in a database that others use.
const schema = "dixa_archive"

// least is the oldest version of PostgreSQL that is supported.
const least = 14

// generation is the span of layouts that read each other's tables.
const generation = 100

// step makes the tables of a layout from those of the one before. A version of this program that adds tables or columns adds a step with the next
// number: older versions use the tables as before, and leave alone what they do not know. One that changes what older versions use
// takes the next multiple of 100: they then refuse the archive with [stored.ErrNewer].
type step struct {
	layout int
	sql    string
}

// steps make the tables. Texts are apart from what figures are made of. Names of tables are looked up in schema alone; the order of texts does not
// depend on the server's locale, whose changes would break indexes. message_text.words are the words of body, made by [vector]. Of texts there are no statistics, which
// would keep some of them after they were removed.
var steps = []step{{1, `
CREATE TABLE conversation (id bigint PRIMARY KEY, created_at bigint NOT NULL, updated_at bigint NOT NULL, queued_at bigint NOT NULL,
	assigned_at bigint NOT NULL, closed_at bigint NOT NULL, last_message_at bigint NOT NULL, anonymized_at bigint NOT NULL, handling bigint NOT NULL,
	channel text COLLATE "C" NOT NULL, direction text COLLATE "C" NOT NULL, status text COLLATE "C" NOT NULL, queue_id text COLLATE "C" NOT NULL,
	queue_name text COLLATE "C" NOT NULL, assignee_id text COLLATE "C" NOT NULL, assignee_name text COLLATE "C" NOT NULL,
	requester_id text COLLATE "C" NOT NULL, read_to bigint NOT NULL, checked_at bigint NOT NULL, erased boolean NOT NULL);
CREATE INDEX conversation_updated ON conversation (updated_at);
CREATE INDEX conversation_requester ON conversation (requester_id);
CREATE INDEX conversation_checked ON conversation (checked_at, id) WHERE NOT erased;
CREATE INDEX conversation_unread ON conversation (id) WHERE last_message_at > read_to;
CREATE TABLE conversation_rest (id bigint PRIMARY KEY, rest text NOT NULL);
ALTER TABLE conversation_rest ALTER rest SET STATISTICS 0;
CREATE TABLE tag (name text COLLATE "C" NOT NULL, conversation bigint NOT NULL);
CREATE UNIQUE INDEX tag_name ON tag (lower(name), conversation);
CREATE INDEX tag_conversation ON tag (conversation);
CREATE TABLE message (key bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, id text COLLATE "C" NOT NULL UNIQUE, conversation bigint NOT NULL,
	created_at bigint NOT NULL, direction text COLLATE "C" NOT NULL, automated boolean NOT NULL, duration bigint NOT NULL, erased boolean NOT NULL);
CREATE INDEX message_conversation ON message (conversation, created_at);
CREATE INDEX message_time ON message (created_at);
CREATE TABLE message_text (key bigint PRIMARY KEY, created_at bigint NOT NULL, body text NOT NULL, rest text NOT NULL, words tsvector NOT NULL);
ALTER TABLE message_text ALTER body SET STATISTICS 0, ALTER rest SET STATISTICS 0, ALTER words SET STATISTICS 0;
CREATE INDEX message_text_time ON message_text (created_at, key);
CREATE INDEX message_text_words ON message_text USING gin (words);
CREATE TABLE erased (kind text COLLATE "C" NOT NULL, id text COLLATE "C" NOT NULL, at bigint NOT NULL, PRIMARY KEY (kind, id));
CREATE TABLE span (what text COLLATE "C" NOT NULL, first bigint NOT NULL, last bigint NOT NULL, PRIMARY KEY (what, first));
CREATE TABLE request (at bigint NOT NULL);
CREATE TABLE setting (name text COLLATE "C" PRIMARY KEY, value bigint NOT NULL);
CREATE TABLE origin (id integer PRIMARY KEY CHECK (id = 1), api text NOT NULL, organization text NOT NULL);
CREATE TABLE lease (id integer PRIMARY KEY CHECK (id = 1), who text NOT NULL);
`}, {2, `
CREATE INDEX conversation_created ON conversation (created_at);
CREATE INDEX conversation_closed ON conversation (closed_at);
DROP INDEX tag_conversation;
CREATE INDEX tag_conversation ON tag (conversation) INCLUDE (name);
CREATE INDEX message_answer ON message (conversation, created_at) WHERE direction = 'outbound' AND NOT automated;
`}, {3, cleanRests}}

// cleanRests changes what [cleanJSON] would have changed, had the version that wrote it called it. Where a conversation of an older version has such
// an escape, PostgreSQL's functions fail for all of them. The escape of a backslash before one makes it none.
const cleanRests = `UPDATE conversation_rest SET rest = regexp_replace(regexp_replace(regexp_replace(rest,
	'(?<!\\)((?:\\\\)*)\\u0000', ` + replaced + `),
	'(?<!\\)((?:\\\\)*)` + high + `(?!` + low + `)', ` + replaced + `),
	'(?<!\\|(?<!\\)(?:\\\\)*` + high + `)((?:\\\\)*)` + low + `', ` + replaced + `)
	WHERE rest ~* '\\u(0000|d[89a-f])'`

const (
	// high and low match the escapes of the halves of a surrogate pair.
	high, low = `\\u[dD][89abAB][0-9a-fA-F]{2}`, `\\u[dD][c-fC-F][0-9a-fA-F]{2}`
	// replaced is how a match is replaced, after the escaped backslashes before it.
	replaced = `'\1` + "\uFFFD" + `', 'g'`
)

// found is what a database has.
type found struct {
	schema, tables bool
	layout         int
}

// look reads what the database has, and refuses one that cannot have an archive.
func (s *Store) look(ctx context.Context, db interface {
	QueryRow(context.Context, string, ...any) pgx.Row
}) (f found, err error) {
	var encoding string
	var version int
	err = db.QueryRow(ctx, `SELECT EXISTS (SELECT FROM pg_namespace WHERE nspname = $1), EXISTS (SELECT FROM pg_tables WHERE schemaname = $1 AND tablename = 'layout'),
			current_setting('server_encoding'), current_setting('server_version_num')::int / 10000`, schema).
		Scan(&f.schema, &f.tables, &encoding, &version)
	switch {
	case err != nil:
		return f, err
	case version < least:
		return f, fmt.Errorf("it is PostgreSQL %d; the archive requires %d or newer", version, least)
	case encoding != "UTF8":
		return f, fmt.Errorf("the database has the encoding %s; make one for the archive with: CREATE DATABASE name ENCODING 'UTF8' TEMPLATE template0", encoding)
	}
	if f.tables {
		err = db.QueryRow(ctx, `SELECT coalesce(max(layout), 0) FROM `+schema+`.layout`).Scan(&f.layout)
	}
	return f, err
}

// migrate makes the tables of this version, unless a newer version's are there, which this one cannot use.
func (s *Store) migrate(ctx context.Context, pool *pgxpool.Pool) error {
	f, err := s.look(ctx, pool)
	if err != nil {
		return err
	}
	last := s.steps[len(s.steps)-1].layout
	if current, err := s.current(f, last); current || err != nil {
		return err
	}
	return pgx.BeginFunc(ctx, pool, func(tx pgx.Tx) error {
		// A version that is at it already has made them when the lock is free.
		if _, err := tx.Exec(ctx, `SELECT pg_advisory_xact_lock($1, $2)`, lockSpace, lockWrite); err != nil {
			return err
		}
		f, err := s.look(ctx, tx)
		if err != nil {
			return err
		}
		if current, err := s.current(f, last); current || err != nil {
			return err
		}
		if !f.schema {
			if _, err := tx.Exec(ctx, `CREATE SCHEMA `+schema); err != nil {
				return err
			}
		}
		if !f.tables {
			if _, err := tx.Exec(ctx, `CREATE TABLE layout (layout integer NOT NULL)`); err != nil {
				return err
			}
		}
		for _, step := range s.steps {
			if step.layout <= f.layout {
				continue
			}
			if _, err := tx.Exec(ctx, step.sql); err != nil {
				return fmt.Errorf("make the tables of layout %d: %w", step.layout, err)
			}
		}
		_, err = tx.Exec(ctx, `DELETE FROM layout`)
		if err == nil {
			_, err = tx.Exec(ctx, `INSERT INTO layout (layout) VALUES ($1)`, last)
		}
		return err
	})
}

// current reports whether the tables need no step, and refuses those that a newer version changed.
func (s *Store) current(f found, last int) (bool, error) {
	if f.layout/generation > last/generation {
		return false, fmt.Errorf("%w: its layout is %d, and this version knows those below %d", stored.ErrNewer, f.layout, (last/generation+1)*generation)
	}
	return f.tables && f.layout >= last, nil
}

// Exists reports whether the database has an archive.
func (s *Store) Exists(ctx context.Context) (exists bool, err error) {
	err = s.with(ctx, answerTime, func(ctx context.Context) error {
		conn, err := pgx.ConnectConfig(ctx, s.config.Copy())
		if err != nil {
			return err
		}
		f, err := s.look(ctx, conn)
		exists = f.tables
		return errors.Join(err, conn.Close(ctx))
	})
	return exists, err
}

// Remove removes the tables of the archive, also those of a newer version, unless a process fills it: other names that one. The schema stays.
func (s *Store) Remove(ctx context.Context) (other string, err error) {
	if exists, err := s.Exists(ctx); err != nil || !exists {
		return "", err
	}
	release, other, err := s.Lease(ctx, "a removal")
	if err != nil || release == nil {
		return other, err
	}
	defer func() { err = errors.Join(err, release(), s.Close()) }() // a further use makes the tables anew
	return "", s.update(ctx, func(ctx context.Context, tx pgx.Tx) error {
		tables, err := texts(tx.Query(ctx, `SELECT tablename FROM pg_tables WHERE schemaname = $1`, schema))
		if err != nil {
			return err
		}
		for _, name := range tables {
			if _, err := tx.Exec(ctx, `DROP TABLE `+pgx.Identifier{schema, name}.Sanitize()+` CASCADE`); err != nil {
				return err
			}
		}
		return nil
	})
}

// texts reads a column of texts.
func texts(rows pgx.Rows, err error) ([]string, error) {
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowTo[string])
}

// numbers reads a column of numbers.
func numbers(rows pgx.Rows, err error) ([]int64, error) {
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowTo[int64])
}
