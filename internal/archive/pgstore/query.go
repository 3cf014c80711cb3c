package pgstore

import (
	"context"
	"errors"

	"github.com/jackc/pgx/v5"
	"github.com/ncruces/go-sqlite3"

	"dixa-mcp/internal/archive"
	"dixa-mcp/internal/archive/sandbox"
)

// Query runs one SELECT over the tables of [archive.Columns], and returns up to most rows. It runs in SQLite, so that PostgreSQL, whose
// role owns the archive, never sees a text of the query: only statements of this package, which read the rows that SQLite asks for. A
// problem of the query is an [archive.QueryError].
func (s *Store) Query(ctx context.Context, sql string, most int) (table archive.Table, err error) {
	var wrong *archive.QueryError
	err = s.view(ctx, func(ctx context.Context, tx pgx.Tx) error {
		r := &reader{conn: tx.Conn().PgConn()}
		var err error
		table, err = sandbox.Run(ctx, sandbox.Source{File: ":memory:", Tables: func(ctx context.Context, db *sqlite3.Conn) error {
			r.ctx = ctx
			return r.register(db)
		}}, sql, most)
		if failed := r.close(); failed != nil {
			err = failed
		}
		if errors.As(err, &wrong) {
			return nil
		}
		return err
	})
	if wrong != nil && ctx.Err() == nil {
		return archive.Table{}, wrong
	}
	return table, err
}
