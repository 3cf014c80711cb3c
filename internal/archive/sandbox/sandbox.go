// Package sandbox runs a SELECT that is not trusted, in SQLite, over the tables of [archive.Columns] and nothing else. Stores
// of the archive give it a connection that has these tables.
package sandbox

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/ncruces/go-sqlite3"

	"dixa-mcp/internal/archive"
)

const (
	// queryTime is how long a query may take.
	queryTime = 5 * time.Second
	// queryMemory is how much memory it may use, in bytes, and queryValue how long a value may be.
	queryMemory = 64 << 20
	queryValue  = 1 << 20
)

// Source is where the tables of a query are.
type Source struct {
	File string // that SQLite opens, to read it alone
	// Tables makes the tables in a connection for one query. The context ends with the query, or with its time.
	Tables func(ctx context.Context, db *sqlite3.Conn) error
	// Readable reports whether a table that is not one of [archive.Columns] may be read by a view; nil for none.
	Readable func(table, column, view string) bool
}

// Run runs one SELECT, and returns up to most rows. The query ends after five seconds. A problem of the query is an [archive.QueryError].
func Run(ctx context.Context, from Source, sql string, most int) (table archive.Table, err error) {
	limited, cancel := context.WithTimeout(ctx, queryTime)
	defer cancel()
	db, err := sqlite3.OpenFlags(from.File, sqlite3.OPEN_READONLY)
	if err != nil {
		return table, err
	}
	err = guarded(func() error {
		if err := hold(limited, db, from); err != nil {
			return err
		}
		table, err = rows(db, sql, most)
		return err
	})
	err = errors.Join(err, guarded(db.Close))
	switch {
	case ctx.Err() != nil:
		return archive.Table{}, ctx.Err()
	case limited.Err() != nil:
		return archive.Table{}, &archive.QueryError{Problem: fmt.Sprintf("the query took longer than %s: read a shorter time, or fewer columns", queryTime)}
	}
	return table, err
}

// OutOfMemory reports whether a panic is the one with which the library says that SQLite has no memory left. The limit of a query makes
// that an ordinary event.
func OutOfMemory(p any) bool {
	failed, ok := p.(error)
	return ok && failed.Error() == "sqlite3: out of memory"
}

// errMemory is the error of a query that needs too much memory.
var errMemory = &archive.QueryError{Problem: fmt.Sprintf("the query needs more than %d MB of memory: sort or group fewer rows, or leave long texts out", queryMemory>>20)}

// guarded returns an error where the library would panic because a query used up its memory.
func guarded(do func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			if !OutOfMemory(p) {
				panic(p)
			}
			err = errMemory
		}
	}()
	if err = do(); errors.Is(err, sqlite3.NOMEM) {
		err = errMemory
	}
	return err
}

// hold makes the tables, and limits what a connection may do from then on.
func hold(ctx context.Context, db *sqlite3.Conn, from Source) error {
	err := db.Exec(`PRAGMA temp_store = memory; PRAGMA trusted_schema = off`) // the first would drop tables that were made before
	if err == nil {
		err = from.Tables(ctx, db)
	}
	if err == nil {
		err = db.SetAuthorizer(func(action sqlite3.AuthorizerActionCode, third, fourth, _, view string) sqlite3.AuthorizerReturnCode {
			return allowed(action, third, fourth, view, from.Readable)
		})
	}
	if err != nil {
		return err
	}
	for limit, value := range map[sqlite3.LimitCategory]int{
		sqlite3.LIMIT_LENGTH: queryValue, sqlite3.LIMIT_SQL_LENGTH: 20_000, sqlite3.LIMIT_ATTACHED: 0, sqlite3.LIMIT_COMPOUND_SELECT: 20,
		sqlite3.LIMIT_EXPR_DEPTH: 100, sqlite3.LIMIT_LIKE_PATTERN_LENGTH: 1000, sqlite3.LIMIT_COLUMN: 200,
	} {
		db.Limit(limit, value)
	}
	db.HardHeapLimit(queryMemory)
	db.SetInterrupt(ctx)
	return nil
}

// columns are those of each table that a query reads, and "" for the number of its rows.
var columns = func() map[string][]string {
	of := map[string][]string{}
	for _, c := range archive.Columns {
		of[c.Table] = append(of[c.Table], c.Name, "")
	}
	return of
}()

// functions are those that a query may call: none that reads or writes files, and none that makes a long value of a short one.
var functions = strings.Fields(`count sum total avg min max group_concat string_agg lower upper length substr substring trim ltrim rtrim replace instr like glob
	abs round sign ceil ceiling floor coalesce ifnull nullif iif if typeof date time datetime julianday strftime unixepoch timediff
	row_number rank dense_rank percent_rank cume_dist ntile lag lead first_value last_value nth_value json_extract -> ->>`)

// allowed decides what a query may do: read the tables, and call the functions.
func allowed(action sqlite3.AuthorizerActionCode, third, fourth, view string, readable func(table, column, view string) bool) sqlite3.AuthorizerReturnCode {
	switch action {
	case sqlite3.AUTH_SELECT:
		return sqlite3.AUTH_OK
	case sqlite3.AUTH_READ:
		if slices.Contains(columns[strings.ToLower(third)], strings.ToLower(fourth)) || readable != nil && readable(third, fourth, view) {
			return sqlite3.AUTH_OK
		}
	case sqlite3.AUTH_FUNCTION:
		if slices.Contains(functions, strings.ToLower(fourth)) {
			return sqlite3.AUTH_OK
		}
	}
	return sqlite3.AUTH_DENY
}

// rows runs a SELECT and reads its rows.
func rows(db *sqlite3.Conn, sql string, most int) (table archive.Table, err error) {
	st, rest, err := db.Prepare(sql)
	if err != nil {
		return table, problem(err)
	}
	if st == nil { // an empty text, or a comment
		return table, &archive.QueryError{Problem: "must be one SELECT"}
	}
	defer func() { err = errors.Join(err, st.Close()) }()
	switch {
	case st.ColumnCount() == 0 || !st.ReadOnly():
		return table, &archive.QueryError{Problem: "must be one SELECT"}
	case strings.Trim(rest, "; \t\r\n") != "":
		return table, &archive.QueryError{Problem: "must be one SELECT, and nothing after it"}
	}
	for i := range st.ColumnCount() {
		table.Columns = append(table.Columns, st.ColumnName(i))
	}
	for st.Step() {
		if len(table.Rows) == most {
			table.More = true
			return table, nil
		}
		row := make([]any, st.ColumnCount())
		for i := range row {
			switch st.ColumnType(i) {
			case sqlite3.INTEGER:
				row[i] = st.ColumnInt64(i)
			case sqlite3.FLOAT:
				row[i] = st.ColumnFloat(i)
			case sqlite3.TEXT, sqlite3.BLOB:
				row[i] = strings.ToValidUTF8(st.ColumnText(i), "\uFFFD")
			}
		}
		table.Rows = append(table.Rows, row)
	}
	return table, problem(st.Err())
}
