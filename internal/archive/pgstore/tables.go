package pgstore

import (
	"slices"
	"strings"

	"github.com/ncruces/go-sqlite3"
)

// kind is what a value of PostgreSQL becomes in a query.
type kind int

const (
	asNumber   kind = iota
	asText          // as it is
	asOptional      // a text, NULL if it is empty
	asMoment        // milliseconds as a text, NULL if 0
	asMember        // a member of the JSON object rest
	asBody          // a text that may be long, and NULL
)

// column is a column of a table that queries read. The types and collations of values, and of comparisons with them, are those that the
// views of the file have.
type column struct {
	name string
	kind kind
	sql  string // the value in PostgreSQL; of a member, its name
}

// virtual is a table that queries read.
type virtual struct {
	name    string
	columns []column
	from    string
	rest    string // joins what has the member columns and the body
	rowid   string
	key     int     // the column with the number of the conversation
	perKey  float64 // rows of a conversation
	share   float64 // rows for each message
}

var virtuals = []*virtual{
	{name: "conversations", from: `conversation AS t`, rest: ` LEFT JOIN conversation_rest AS r ON r.id = t.id`, rowid: `t.id`, perKey: 1, share: 0.2, columns: []column{
		{"id", asNumber, `t.id`},
		{"created_at", asMoment, `t.created_at`}, {"queued_at", asMoment, `queued_at`}, {"assigned_at", asMoment, `assigned_at`}, {"closed_at", asMoment, `closed_at`},
		{"updated_at", asMoment, `updated_at`}, {"last_message_at", asMoment, `last_message_at`},
		{"handling_seconds", asNumber, `handling`},
		{"channel", asText, `channel`}, {"direction", asText, `direction`}, {"status", asText, `status`},
		{"queue", asOptional, `queue_name`}, {"assignee", asOptional, `assignee_name`}, {"customer_id", asOptional, `requester_id`},
		{"customer_name", asMember, `requester_name`}, {"customer_email", asMember, `requester_email`}, {"customer_phone", asMember, `requester_phone_number`},
		{"subject", asMember, `subject`}, {"rating_score", asMember, `rating_score`}, {"rating_message", asMember, `rating_message`},
		{"anonymized", asNumber, `erased::int`},
	}},
	{name: "messages", from: `message AS t`, rest: ` LEFT JOIN message_text AS r ON r.key = t.key`, rowid: `t.key`, key: 1, perKey: 5, share: 1, columns: []column{
		{"id", asText, `t.id`}, {"conversation", asNumber, `conversation`}, {"created_at", asMoment, `t.created_at`}, {"direction", asText, `direction`},
		{"automated", asNumber, `automated::int`}, {"call_seconds", asNumber, `duration`},
		{"author_name", asMember, `author_name`}, {"author_email", asMember, `author_email`}, {"text", asBody, `body`},
	}},
	{name: "tags", from: `tag AS t`, rowid: `ctid`, perKey: 2, share: 0.4, columns: []column{{"conversation", asNumber, `conversation`}, {"name", asText, `name`}}},
}

// declaration returns the table as SQLite is told of it. Only plain columns have a type in the views of the file, and none is not the same
// as TEXT: with a type, a number would be equal to the text of its digits.
func (v *virtual) declaration() string {
	var all []string
	for _, c := range v.columns {
		switch c.kind {
		case asNumber:
			all = append(all, c.name+" INTEGER")
		case asText, asBody:
			all = append(all, c.name+" TEXT")
		default:
			all = append(all, c.name)
		}
	}
	sql := "CREATE TABLE x (" + strings.Join(all, ", ") + ")"
	if v.name == "tags" {
		sql = strings.Replace(sql, "name TEXT", "name TEXT COLLATE NOCASE", 1)
	}
	return sql
}

// use is a condition that PostgreSQL applies before SQLite does.
type use struct {
	column int
	op     sqlite3.IndexConstraintOp
}

// plan is how a table is read.
type plan struct {
	*virtual
	sql    string  // SELECT and FROM
	at     []int   // where the value of a column is in a row
	uses   []use   // in the order of their values
	order  string  // ORDER BY, "" for none
	keyed  bool    // the first is the equality of key, and the values of the others stay the same
	blocks *blocks // rows of plans with a key; SQLite opens a cursor for each run of a subquery
}

// newPlan returns a plan that reads some columns, a bit for each, and has no conditions.
func newPlan(v *virtual, columns uint64) *plan {
	p := &plan{virtual: v, at: make([]int, len(v.columns))}
	list := []string{v.rowid, v.columns[v.key].sql}
	rest, from := 0, v.from
	for i, c := range v.columns {
		switch {
		case columns&(1<<i) == 0:
			continue
		case c.kind == asMember && rest > 0: // one object for all
		case c.kind == asMember:
			list = append(list, `r.rest`)
			rest = len(list) - 1
		default:
			list = append(list, c.sql)
		}
		if p.at[i] = len(list) - 1; c.kind == asMember {
			p.at[i] = rest
		}
		if c.kind == asMember || c.kind == asBody {
			from = v.from + v.rest
		}
	}
	p.sql = "SELECT " + strings.Join(list, ", ") + " FROM " + from
	return p
}

// compares reports whether the plan has a condition with an operator.
func (p *plan) compares(op sqlite3.IndexConstraintOp) bool {
	return slices.ContainsFunc(p.uses, func(u use) bool { return u.op == op })
}

// statement returns the statement that reads the rows with some conditions.
func (p *plan) statement(c *conditions) string {
	if len(c.where) == 0 {
		return p.sql + p.order
	}
	return p.sql + " WHERE " + strings.Join(c.where, " AND ") + p.order
}

// best chooses how a table is read. SQLite applies all conditions again, so those of PostgreSQL may let more rows through, but never
// fewer.
func (r *reader) best(v *virtual, info *sqlite3.IndexInfo) error {
	p := newPlan(v, info.ColumnsUsed)
	p.blocks = &blocks{r: r, plan: p}
	take := func(i int) {
		info.ConstraintUsage[i].ArgvIndex = len(p.uses) + 1
		p.uses = append(p.uses, use{info.Constraint[i].Column, info.Constraint[i].Op})
	}
	for i, c := range info.Constraint {
		if c.Usable && c.Column == v.key && c.Op == sqlite3.INDEX_CONSTRAINT_EQ && !p.keyed {
			take(i)
			p.keyed = true
		}
	}
	rows := max(100, r.messages*v.share)
	if p.keyed {
		rows = v.perKey
	}
	for i, c := range info.Constraint {
		part := v.selects(c, info.Collation(i))
		if part == 0 || !c.Usable || info.ConstraintUsage[i].ArgvIndex != 0 {
			continue
		}
		if p.keyed { // rows of several conversations are read at once, for which a value must hold too
			if _, err := info.RHSValue(i); err != nil {
				continue
			}
		}
		take(i)
		rows *= part
	}
	if len(info.OrderBy) == 1 && !p.keyed {
		info.OrderByConsumed = p.sort(info.OrderBy[0])
	}
	weight := 1.0
	for i, c := range v.columns {
		if info.ColumnsUsed&(1<<i) != 0 && (c.kind == asMember || c.kind == asBody) {
			weight += 2
		}
	}
	info.EstimatedRows, info.EstimatedCost = int64(max(1, rows)), 10+rows*weight
	info.IdxNum = len(r.plans)
	r.plans = append(r.plans, p)
	return nil
}

// sort makes PostgreSQL sort the rows, where an index does. It reports whether it does.
func (p *plan) sort(by sqlite3.IndexOrderBy) bool {
	if by.Column < 0 || by.Column != p.key && p.columns[by.Column].name != "created_at" {
		return false
	}
	p.order = " ORDER BY " + p.columns[by.Column].sql
	if by.Desc {
		p.order += " DESC"
	}
	return true
}

// selects returns which part of the rows a condition lets through, roughly; 0 if PostgreSQL does not apply it.
func (v *virtual) selects(c sqlite3.IndexConstraint, collation string) float64 {
	if c.Column < 0 {
		return 0
	}
	kind := v.columns[c.Column].kind
	switch c.Op {
	case sqlite3.INDEX_CONSTRAINT_EQ:
		if c.Column == v.key || (kind == asText || kind == asOptional) && (collation == "BINARY" || v.name == "tags") {
			return 0.05
		}
		if kind == asMoment && collation == "BINARY" {
			return 0.001
		}
	case sqlite3.INDEX_CONSTRAINT_GT, sqlite3.INDEX_CONSTRAINT_GE, sqlite3.INDEX_CONSTRAINT_LT, sqlite3.INDEX_CONSTRAINT_LE:
		if kind == asMoment && collation == "BINARY" || c.Column == v.key {
			return 0.3
		}
	case sqlite3.INDEX_CONSTRAINT_LIKE:
		if kind == asBody {
			return 0.2
		}
	}
	return 0
}
