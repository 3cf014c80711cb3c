package pgstore

import (
	"bytes"
	"encoding/json"
	"errors"
	"strconv"

	"github.com/ncruces/go-sqlite3"

	"dixa-mcp/internal/base/jsonscan"
)

// table is a table in a connection of SQLite.
type table struct {
	r *reader
	v *virtual
}

// BestIndex implements [sqlite3.VTab].
func (t *table) BestIndex(info *sqlite3.IndexInfo) (err error) {
	defer t.r.guard("BestIndex", &err)
	return t.r.best(t.v, info)
}

// Open implements [sqlite3.VTab].
func (t *table) Open() (sqlite3.VTabCursor, error) {
	return &cursor{r: t.r, stream: t.r.stream()}, nil
}

// cursor is a place in the rows of a table.
type cursor struct {
	r        *reader
	stream   *stream
	plan     *plan
	found    []packed // of a conversation, from blocks
	lookedUp bool     // rows are those of found, and not of the stream
	current  row      // nil after the last
	checked  bool     // rest of the current row is JSON
}

// Close gives the stream back.
func (c *cursor) Close() (err error) {
	defer c.r.guard("Close", &err)
	c.stream.stop()
	c.r.streams = append(c.r.streams, c.stream)
	return nil
}

// Filter implements [sqlite3.VTabCursor].
func (c *cursor) Filter(index int, _ string, values ...sqlite3.Value) (err error) {
	defer c.r.guard("Filter", &err)
	c.plan = c.r.plans[index]
	c.found, c.lookedUp, c.current = nil, true, nil
	var conds conditions
	key, keyed := int64(0), false
	for i, use := range c.plan.uses {
		col := c.plan.columns[use.column]
		if i == 0 && c.plan.keyed && values[0].Type() != sqlite3.NULL {
			if key, keyed = wholeNumber(values[0]); keyed {
				continue
			}
		}
		conds.apply(col, use.op, values[i])
		if c.plan.compares(sqlite3.INDEX_CONSTRAINT_LIKE) && col.sql == `t.created_at` { // texts have it too, in an index of their own
			conds.apply(column{kind: col.kind, sql: `r.created_at`}, use.op, values[i])
		}
	}
	if conds.never {
		return nil
	}
	if keyed {
		rows, ok, err := c.plan.blocks.find(key, &conds)
		if err != nil {
			return err
		}
		if ok {
			c.found = rows
			return c.Next()
		}
		conds.addNumber(c.plan.columns[c.plan.key].sql+" = ?", key)
	}
	c.lookedUp = false
	if err := c.stream.start(c.plan.statement(&conds), conds.values); err != nil {
		return err
	}
	return c.Next()
}

// wholeNumber returns the whole number that is equal to a value, if it is easily known.
func wholeNumber(value sqlite3.Value) (n int64, ok bool) {
	switch value.Type() {
	case sqlite3.INTEGER:
		return value.Int64(), true
	case sqlite3.TEXT:
		n, err := strconv.ParseInt(value.Text(), 10, 64)
		return n, err == nil
	}
	return 0, false
}

// Next implements [sqlite3.VTabCursor].
func (c *cursor) Next() (err error) {
	defer c.r.guard("Next", &err)
	c.current, c.checked = nil, false
	if c.lookedUp {
		if len(c.found) > 0 {
			c.current, c.found = c.found[0].row(nil), c.found[1:]
		}
		return nil
	}
	more, err := c.stream.next()
	if more {
		c.current = c.stream.current
	}
	return err
}

// EOF implements [sqlite3.VTabCursor].
func (c *cursor) EOF() bool { return c.current == nil }

// RowID implements [sqlite3.VTabCursor]. That of a tag is its place in PostgreSQL, such as (12,3), which stays the same in a transaction.
func (c *cursor) RowID() (n int64, err error) {
	defer c.r.guard("RowID", &err)
	id := c.row()[0]
	if page, item, ok := bytes.Cut(bytes.Trim(id, "()"), []byte(",")); ok {
		return integer(page)<<16 | integer(item), nil
	}
	return integer(id), nil
}

// row returns the current row, which may have been copied since [cursor.Next].
func (c *cursor) row() row {
	if c.lookedUp {
		return c.current
	}
	return c.stream.current
}

func integer(text []byte) int64 {
	n, _ := strconv.ParseInt(string(text), 10, 64) // PostgreSQL gave it as a number
	return n
}

// Column implements [sqlite3.VTabCursor].
func (c *cursor) Column(ctx sqlite3.Context, n int) (err error) {
	defer c.r.guard("Column", &err)
	value := c.row()[c.plan.at[n]]
	if value == nil {
		return nil
	}
	switch col := c.plan.columns[n]; col.kind {
	case asNumber:
		ctx.ResultInt64(integer(value))
	case asText, asBody:
		ctx.ResultText(string(value))
	case asOptional:
		if len(value) > 0 {
			ctx.ResultText(string(value))
		}
	case asMoment:
		if ms := integer(value); ms != 0 {
			if text := momentText(ms); text != "" {
				ctx.ResultText(text)
			}
		}
	case asMember:
		return c.member(ctx, value, col.sql)
	}
	return nil
}

// member returns a member of a JSON object as SQLite's ->> does.
func (c *cursor) member(ctx sqlite3.Context, object []byte, name string) error {
	if !c.checked && !json.Valid(object) {
		return errors.New("malformed JSON")
	}
	c.checked = true
	object = object[jsonscan.SkipSpace(object, 0):]
	if object[0] != '{' {
		return nil
	}
	for found, value := range jsonscan.Members(object) {
		if string(found) != name {
			continue
		}
		switch value[0] {
		case '"':
			ctx.ResultText(jsonscan.Unquote(value[1 : len(value)-1]))
		case 't':
			ctx.ResultInt64(1)
		case 'f':
			ctx.ResultInt64(0)
		case 'n':
		case '{', '[':
			var compact bytes.Buffer
			_ = json.Compact(&compact, value) // it is valid
			ctx.ResultText(compact.String())
		default:
			if n, err := strconv.ParseInt(string(value), 10, 64); err == nil {
				ctx.ResultInt64(n)
			} else {
				f, _ := strconv.ParseFloat(string(value), 64) // out of range it is infinite
				ctx.ResultFloat(f)
			}
		}
		return nil
	}
	return nil
}
