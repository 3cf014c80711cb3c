package pgstore

import (
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/ncruces/go-sqlite3"
)

// conditions are those of a statement, with their values in the text format of PostgreSQL.
type conditions struct {
	where  []string
	values [][]byte
	never  bool // no row has them
}

// add adds a condition, in which ? is a value.
func (c *conditions) add(condition, value string) {
	c.values = append(c.values, []byte(value))
	c.where = append(c.where, strings.ReplaceAll(condition, "?", fmt.Sprintf("$%d", len(c.values))))
}

// addNumber adds a condition, in which ? is a number.
func (c *conditions) addNumber(condition string, value int64) {
	c.add(strings.ReplaceAll(condition, "?", "?::bigint"), strconv.FormatInt(value, 10))
}

// operators are those of PostgreSQL.
var operators = map[sqlite3.IndexConstraintOp]string{sqlite3.INDEX_CONSTRAINT_EQ: "=", sqlite3.INDEX_CONSTRAINT_GT: ">", sqlite3.INDEX_CONSTRAINT_GE: ">=",
	sqlite3.INDEX_CONSTRAINT_LT: "<", sqlite3.INDEX_CONSTRAINT_LE: "<="}

// apply adds a condition that SQLite gave, if all rows that it lets through in SQLite have it in PostgreSQL too. Values of types that SQLite would
// convert are left to it.
func (c *conditions) apply(col column, op sqlite3.IndexConstraintOp, value sqlite3.Value) {
	switch value.Type() {
	case sqlite3.NULL: // compares as true with nothing
		c.never = true
	case sqlite3.INTEGER:
		if col.kind == asNumber {
			c.addNumber(col.sql+" "+operators[op]+" ?", value.Int64())
		}
	case sqlite3.TEXT:
		c.applyText(col, op, value.Text())
	}
}

// longestPattern is the longest pattern of LIKE that PostgreSQL compares texts with; SQLite refuses longer ones.
const longestPattern = 1000

func (c *conditions) applyText(col column, op sqlite3.IndexConstraintOp, value string) {
	if strings.Contains(value, "\x00") || !utf8.ValidString(value) { // which PostgreSQL does not take
		return
	}
	switch {
	case col.kind == asMoment:
		c.applyMoment(col, op, value)
	case op == sqlite3.INDEX_CONSTRAINT_LIKE: // in either case as far as letters are ASCII, and without an escape character
		if len(value) > longestPattern {
			return
		}
		c.add(col.sql+` COLLATE "C" ILIKE ?::text ESCAPE ''`, value)
	case col.name == "name": // of a tag
		c.add(`lower(name) = lower(?::text COLLATE "C")`, value)
	case col.kind == asText, col.kind == asOptional:
		c.add(col.sql+" = ?::text", value)
	}
}

// The first and the last second whose text has a year of four digits.
const firstSecond, lastSecond = -62167219200, 253402300799

// applyMoment turns a comparison of texts into one of milliseconds. Texts of times are in the order of the times from the year 0 on; times
// before 1970, which there are none of, are left to SQLite.
func (c *conditions) applyMoment(col column, op sqlite3.IndexConstraintOp, value string) {
	switch op {
	case sqlite3.INDEX_CONSTRAINT_EQ, sqlite3.INDEX_CONSTRAINT_GT, sqlite3.INDEX_CONSTRAINT_GE:
		if from := firstText(value, false); from > lastSecond { // no text of a time, since a minus sign comes first
			c.never = true
		} else if from > 0 { // milliseconds before 1970 are rounded up
			c.addNumber(col.sql+" >= ?", from*1000)
		}
	}
	switch op {
	case sqlite3.INDEX_CONSTRAINT_EQ, sqlite3.INDEX_CONSTRAINT_LT, sqlite3.INDEX_CONSTRAINT_LE:
		if to := firstText(value, true); to > 0 && to <= lastSecond {
			c.addNumber(col.sql+" < ?", to*1000)
		}
	}
}

// firstText returns the first second whose text comes after a value, or is the value unless after is set. Where there is none it is after
// lastSecond.
func firstText(value string, after bool) int64 {
	from, to := int64(firstSecond), int64(lastSecond)+1
	for from < to {
		middle := from + (to-from)/2
		if text := momentText(middle * 1000); text > value || text == value && !after {
			to = middle
		} else {
			from = middle + 1
		}
	}
	return from
}

// momentText returns milliseconds as SQLite's datetime does, "" for times that it does not know.
func momentText(ms int64) string {
	const dayZero = -210866760000 // of the Julian calendar, in seconds
	seconds := ms / 1000
	if seconds < dayZero || seconds > lastSecond {
		return ""
	}
	t := time.Unix(seconds, 0).UTC()
	if year := t.Year(); year < 0 {
		return fmt.Sprintf("-%04d", -year) + t.Format("-01-02 15:04:05")
	}
	return t.Format(time.DateTime)
}
