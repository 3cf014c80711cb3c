package pgstore

import (
	"context"
	"encoding/binary"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/ncruces/go-sqlite3"

	"dixa-mcp/internal/archive"
)

// row is a row in PostgreSQL's text format: its rowid, the number of its conversation, and what the plan reads. nil is NULL.
type row [][]byte

// packed is a row that is kept: for each value its length and one, 0 for NULL, and its bytes.
type packed []byte

// pack returns a row that stays when the next one comes.
func (w row) pack() packed {
	size := 0
	for _, value := range w {
		size += len(value) + 2
	}
	p := make(packed, 0, size)
	for _, value := range w {
		if value == nil {
			p = append(p, 0)
			continue
		}
		p = append(binary.AppendUvarint(p, uint64(len(value))+1), value...)
	}
	return p
}

// row returns the row, of which w has the memory.
func (p packed) row(w row) row {
	w = w[:0]
	for rest := p; len(rest) > 0; {
		size, n := binary.Uvarint(rest)
		if rest = rest[n:]; size == 0 {
			w = append(w, nil)
			continue
		}
		w = append(w, rest[:size-1:size-1])
		rest = rest[size-1:]
	}
	return w
}

// bytes returns how much memory a row takes, roughly.
func (p packed) bytes() int { return cap(p) + 48 }

// mostHeld is how many bytes of rows one query keeps.
const mostHeld = 64 << 20

// errHeld is the error of a query that would keep more.
var errHeld = &archive.QueryError{Problem: "the query needs too much memory: compare fewer rows, or leave long texts out"}

// reader reads tables for one query, in one transaction. Its rows come as SQLite asks for them, so that a table is never in memory.
type reader struct {
	ctx      context.Context // ends with the query
	conn     *pgconn.PgConn
	messages float64 // how many the archive has, roughly
	plans    []*plan
	streams  []*stream // that nothing reads now
	made     int       // streams
	active   *stream   // the one whose rows are on their way
	held     int       // bytes of rows
	err      error     // the first error of PostgreSQL, or [errHeld]
}

// fail notes an error, of which SQLite keeps the text alone, unless the query has ended.
func (r *reader) fail(err error) error {
	if err != nil && r.err == nil && r.ctx.Err() == nil {
		r.err = err
	}
	return err
}

// register makes the tables in a connection of SQLite.
func (r *reader) register(db *sqlite3.Conn) error {
	// Before the first ANALYZE it is not known.
	found := r.conn.ExecParams(r.ctx, `SELECT reltuples::bigint FROM pg_class WHERE oid = 'message'::regclass`, nil, nil, nil, nil).Read()
	if found.Err != nil {
		return r.fail(found.Err)
	}
	if r.messages = float64(integer(found.Rows[0][0])); r.messages <= 0 {
		r.messages = 100_000
	}
	for _, v := range virtuals {
		//lint:ignore SA1019 the method that is to replace it needs Go 1.27
		err := sqlite3.CreateModule(db, v.name, nil, func(db *sqlite3.Conn, _, _, _ string, _ ...string) (*table, error) {
			return &table{r, v}, db.DeclareVTab(v.declaration())
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// close ends what is on its way, so that the connection can be used again.
func (r *reader) close() error {
	if r.active != nil {
		r.active.stop()
	}
	return r.err
}

// hold changes how many bytes of rows the query keeps.
func (r *reader) hold(bytes int) error {
	if r.held += bytes; r.held > mostHeld {
		return r.fail(errHeld)
	}
	return nil
}

// free takes the connection from the stream whose rows are on their way: it keeps them.
func (r *reader) free() error {
	if r.active == nil {
		return nil
	}
	return r.active.park()
}
