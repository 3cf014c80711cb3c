package main

import (
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"

	"dixa-mcp/internal/archive"
	"dixa-mcp/internal/audit"
	"dixa-mcp/internal/base/safetext"
	"dixa-mcp/internal/export"
)

type archiveQueryCmd struct {
	SQL                  string `arg:"" optional:"" help:"One SELECT in SQLite's SQL, such as 'SELECT name, count(*) FROM tags GROUP BY name ORDER BY 2 DESC'."`
	Tables               bool   `help:"Print the tables and columns, and query nothing."`
	Limit                int    `default:"1000" help:"Maximum number of rows, from 1 to 100000."`
	CSV                  bool   `name:"csv" help:"Print CSV. A text that a spreadsheet would run as a formula gets a ' before it."`
	jsonFlag             `embed:""`
	recordedArchiveFlags `embed:""`
}

// mostQueried is the maximum number of rows of a query.
const mostQueried = 100_000

// Run prints the rows of a query.
func (c *archiveQueryCmd) Run(ctx context.Context, out *output) error {
	switch {
	case c.JSON && c.CSV:
		return usagef("--json and --csv exclude each other; nothing was queried")
	case c.Tables && c.SQL != "":
		return usagef("--tables prints the tables and takes no query; nothing was queried")
	case c.Tables:
		return c.tables(out)
	case c.SQL == "":
		return usagef("a query is missing: give one SELECT, or --tables for the tables and columns")
	case c.Limit < 1 || c.Limit > mostQueried:
		return usagef("--limit must be from 1 to %d, not %d; nothing was queried", mostQueried, c.Limit)
	}
	var table archive.Table
	asked := map[string]any{"sql": c.SQL, "limit": c.Limit}
	err := c.recorded(ctx, "archive_query", audit.Verb{Past: "queried", Infinitive: "query", Object: "the archive"}, asked, func(store archiveStore) (err error) {
		table, err = store.Query(ctx, c.SQL, c.Limit)
		asked["rows"] = len(table.Rows)
		return err
	})
	var wrong *archive.QueryError
	switch {
	case errors.As(err, &wrong):
		return usagef("the query: %w; dixa-mcp archive query --tables prints the tables and columns", err)
	case err != nil:
		return err
	}
	if err := c.write(out, table); err != nil {
		return err
	}
	if table.More && !c.JSON {
		fmt.Fprintf(os.Stderr, "There are more rows: raise --limit.\n")
	}
	return nil
}

func (c *archiveQueryCmd) write(out *output, table archive.Table) error {
	switch {
	case c.JSON:
		if table.Rows == nil {
			table.Rows = [][]any{}
		}
		return out.json(map[string]any{"columns": table.Columns, "rows": table.Rows, "more": table.More})
	case c.CSV:
		return writeRows(out, table)
	}
	rows := [][]string{texts(table.Columns, shown)}
	for _, row := range table.Rows {
		rows = append(rows, texts(row, shown))
	}
	out.table(rows)
	return nil
}

// writeRows writes rows for spreadsheets.
func writeRows(w io.Writer, table archive.Table) error {
	guarded := func(v any) string {
		if text, ok := v.(string); ok {
			return export.Guard(text)
		}
		return valueText(v)
	}
	rows := csv.NewWriter(w)
	if err := rows.Write(texts(table.Columns, guarded)); err != nil {
		return err
	}
	for _, row := range table.Rows {
		if err := rows.Write(texts(row, guarded)); err != nil {
			return err
		}
	}
	rows.Flush()
	return rows.Error()
}

func texts[T any](values []T, as func(any) string) []string {
	cells := make([]string, len(values))
	for i, v := range values {
		cells[i] = as(v)
	}
	return cells
}

// mostShown is how many characters of a value are printed; JSON and CSV have all.
const mostShown = 120

// shown returns a value in one line, as outsiders may have written it.
func shown(v any) string { return safetext.Brief(valueText(v), mostShown) }

// valueText returns a value of a table as text, "" for NULL.
func valueText(v any) string {
	switch v := v.(type) {
	case nil:
		return ""
	case string:
		return v
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64)
	}
	return fmt.Sprint(v)
}

// tables prints the tables and columns that a query reads.
func (c *archiveQueryCmd) tables(out *output) error {
	if c.JSON {
		columns := []map[string]string{}
		for _, column := range archive.Columns {
			columns = append(columns, map[string]string{"table": column.Table, "name": column.Name, "says": column.Says})
		}
		return out.json(columns)
	}
	rows := [][]string{{"table", "column", ""}}
	for _, column := range archive.Columns {
		rows = append(rows, []string{column.Table, column.Name, column.Says})
	}
	out.table(rows)
	out.printf("\nTimes are UTC, as in 2026-03-01 14:05:00. What has no value is NULL.\n")
	return nil
}
