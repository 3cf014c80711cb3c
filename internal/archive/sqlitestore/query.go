package sqlitestore

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/ncruces/go-sqlite3"

	"dixa-mcp/internal/archive"
	"dixa-mcp/schemas"
)

const (
	// queryTime is how long a query may take.
	queryTime = 5 * time.Second
	// queryMemory is how much memory it may use, in bytes, and queryValue how long a value may be.
	queryMemory = 64 << 20
	queryValue  = 1 << 20
)

// views are the tables of [archive.Columns].
var views = []string{
	`CREATE TEMP VIEW conversations AS SELECT id, ` + moments("created_at", "queued_at", "assigned_at", "closed_at", "updated_at", "last_message_at") + `,
		handling AS handling_seconds, channel, direction, status, nullif(queue_name, '') AS queue, nullif(assignee_name, '') AS assignee, nullif(requester_id, '') AS customer_id,
		rest ->> '$.requester_name' AS customer_name, rest ->> '$.requester_email' AS customer_email, rest ->> '$.requester_phone_number' AS customer_phone,
		rest ->> '$.subject' AS subject, rest ->> '$.rating_score' AS rating_score, rest ->> '$.rating_message' AS rating_message, erased AS anonymized
		FROM main.conversation LEFT JOIN main.conversation_rest USING (id)`,
	`CREATE TEMP VIEW messages AS SELECT message.id, conversation, ` + moments("created_at") + `, direction, automated, duration AS call_seconds,
		rest ->> '$.author_name' AS author_name, rest ->> '$.author_email' AS author_email, body AS text
		FROM main.message LEFT JOIN main.message_text USING (key)`,
	`CREATE TEMP VIEW tags AS SELECT conversation, name FROM main.tag`,
}

// moments are columns of milliseconds as texts.
func moments(names ...string) string {
	for i, name := range names {
		names[i] = fmt.Sprintf(`iif(%[1]s = 0, NULL, datetime(%[1]s / 1000, 'unixepoch')) AS %[1]s`, name)
	}
	return strings.Join(names, ", ")
}

// readable are the tables that a query reads, by way of the views.
var readable = []string{"conversations", "messages", "tags", "conversation", "conversation_rest", "message", "message_text", "tag"}

// functions are those that a query may call: none that reads or writes files, and none that makes a long value of a short one.
var functions = strings.Fields(`count sum total avg min max group_concat string_agg lower upper length substr substring trim ltrim rtrim replace instr like glob
	abs round sign ceil ceiling floor coalesce ifnull nullif iif if typeof date time datetime julianday strftime unixepoch timediff
	row_number rank dense_rank percent_rank cume_dist ntile lag lead first_value last_value nth_value json_extract -> ->>`)

// allowed decides what a query may do: read the tables, and call the functions.
func allowed(action sqlite3.AuthorizerActionCode, third, fourth, _, _ string) sqlite3.AuthorizerReturnCode {
	switch action {
	case sqlite3.AUTH_SELECT:
		return sqlite3.AUTH_OK
	case sqlite3.AUTH_READ:
		if slices.Contains(readable, strings.ToLower(third)) {
			return sqlite3.AUTH_OK
		}
	case sqlite3.AUTH_FUNCTION:
		if slices.Contains(functions, strings.ToLower(fourth)) {
			return sqlite3.AUTH_OK
		}
	}
	return sqlite3.AUTH_DENY
}

// Query runs one SELECT over the tables of [archive.Columns], and returns up to most rows. It has a connection of its own that can only
// read, for at most five seconds. A problem of the query is an [archive.QueryError].
func (s *Store) Query(ctx context.Context, sql string, most int) (table archive.Table, err error) {
	if err := s.view(ctx, func() error { return nil }); err != nil { // makes the file
		return table, err
	}
	db, err := s.reader()
	if err != nil {
		return table, s.named(err)
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	limited, cancel := context.WithTimeout(ctx, queryTime)
	defer cancel()
	db.SetInterrupt(limited)
	table, err = query(db, sql, most)
	switch {
	case ctx.Err() != nil:
		return table, ctx.Err()
	case limited.Err() != nil:
		return table, &archive.QueryError{Problem: fmt.Sprintf("the query took longer than %s: read a shorter time, or fewer columns", queryTime)}
	}
	return table, err
}

// reader opens a connection that can do nothing but read.
func (s *Store) reader() (*sqlite3.Conn, error) {
	db, err := sqlite3.OpenFlags(s.file.Path, sqlite3.OPEN_READONLY)
	if err != nil {
		return nil, err
	}
	err = db.Exec(`PRAGMA temp_store = memory; PRAGMA trusted_schema = off`)
	for _, view := range views {
		if err == nil {
			err = db.Exec(view)
		}
	}
	if err == nil {
		err = db.SetAuthorizer(allowed)
	}
	if err != nil {
		return nil, errors.Join(err, db.Close())
	}
	for limit, value := range map[sqlite3.LimitCategory]int{
		sqlite3.LIMIT_LENGTH: queryValue, sqlite3.LIMIT_SQL_LENGTH: 20_000, sqlite3.LIMIT_ATTACHED: 0, sqlite3.LIMIT_COMPOUND_SELECT: 20,
		sqlite3.LIMIT_EXPR_DEPTH: 100, sqlite3.LIMIT_LIKE_PATTERN_LENGTH: 1000, sqlite3.LIMIT_COLUMN: 200,
	} {
		db.Limit(limit, value)
	}
	db.HardHeapLimit(queryMemory)
	return db, nil
}

func query(db *sqlite3.Conn, sql string, most int) (table archive.Table, err error) {
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

// unknown finds the name in SQLite's message about a column or a table that is not there.
var unknown = regexp.MustCompile(`no such (column|table): (?:\w+\.)?(\S+)`)

// problem says what is wrong with a query, without the query.
func problem(err error) error {
	if err == nil {
		return nil
	}
	if errors.Is(err, sqlite3.INTERRUPT) {
		return err
	}
	text, _, _ := strings.Cut(strings.TrimPrefix(err.Error(), "sqlite3: "), "\n")
	var code sqlite3.ErrorCode
	if errors.As(err, &code) && (code == sqlite3.AUTH || code == sqlite3.READONLY) || strings.Contains(text, "not authorized") || strings.Contains(text, "prohibited") {
		text = "only SELECT over conversations, messages and tags is possible, with the usual functions, and no recursion (" + text + ")"
	}
	if found := unknown.FindStringSubmatch(text); found != nil {
		var names []string
		for _, c := range archive.Columns {
			if found[1] == "table" {
				names = append(names, c.Table)
			} else {
				names = append(names, c.Name)
			}
		}
		if near := schemas.Nearest(found[2], names); near != "" {
			text += "; did you mean " + near + "?"
		}
	}
	return &archive.QueryError{Problem: text}
}
