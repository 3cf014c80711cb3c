package tools

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"unicode/utf8"

	d "dixa-mcp/dixaclient"
	"dixa-mcp/internal/archive"
	"dixa-mcp/internal/view"
)

// QueryArchiveIn is a query in SQL.
type QueryArchiveIn struct {
	SQL   string `json:"sql" jsonschema_description:"one SELECT"`
	Limit int    `json:"limit,omitzero" check:"min=1,max=1000" jsonschema_description:"rows, default 50"`
}

const (
	// rowsByDefault is how many rows a query returns where no limit is given.
	rowsByDefault = 50
	// rowLength is how many characters of a row count as one row of the budget: a query can put many rows of the archive into one of its own.
	rowLength = 400
)

// archiveTables lists the tables that a query reads, with their columns.
func archiveTables() string {
	var all strings.Builder
	table := ""
	for _, c := range archive.Columns {
		switch {
		case c.Table == table:
			all.WriteString(", " + c.Name)
			continue
		case table != "":
			all.WriteString("), ")
		}
		table = c.Table
		all.WriteString(table + "(" + c.Name)
	}
	return all.String() + ")"
}

// queryArchive needs every operation that reveals a column, so that no column says more than the agent may read. An agent that may not
// see all conversations gets no figure that counts the others.
var queryArchive = aside(onlyNamed(task("query_archive", "queried the archive",
	"Count and compare in the archive with one SQLite SELECT, for at most 5 s. Times are UTC. Tables: "+archiveTables()+".",
	[]*d.Spec{d.GetConversation.Spec, d.ListMessages.Spec, d.SearchConversations.Spec, d.GetEndUser.Spec, d.ListConversationTags.Spec, d.ListRatings.Spec, d.ListQueues.Spec, d.ListAgents.Spec}, nil,
	func(ctx context.Context, r *Reads, in QueryArchiveIn) (Output, error) {
		if r.Archive == nil {
			return Output{}, errNoArchive
		}
		a := archiveReader{r}
		if limited := a.limited(queryArchiveReads...); limited != "" {
			return Output{}, fmt.Errorf("query_archive is for agents that may read all conversations, and this one may not: %s; use search_messages", limited)
		}
		most, err := r.RowsLeft()
		if err != nil {
			return Output{}, err
		}
		if in.Limit == 0 {
			in.Limit = rowsByDefault
		}
		if most < in.Limit {
			in.Limit = most
			r.leave("more rows", "the agent's budget allows no more")
		}
		fresh, err := a.fresh(ctx)
		if err != nil {
			return Output{}, err
		}
		table, err := r.Archive.Query(ctx, in.SQL, in.Limit)
		var wrong *archive.QueryError
		switch {
		case errors.As(err, &wrong):
			return Output{}, problem("query_archive", "sql", wrong)
		case err != nil:
			return Output{}, fmt.Errorf("the archive could not be queried: %w", err)
		case len(table.Rows) == 0:
			return Output{Parts: []view.Part{view.Sentence("rows", "The query has no rows."), fresh}}, nil
		}
		list := rowsOf(table)
		counted, err := r.fitting(&list, most)
		if err != nil {
			return Output{}, err
		}
		if err := r.ShowRows(counted); err != nil {
			return Output{}, err
		}
		parts := []view.Part{list, fresh}
		if table.More {
			parts = append(parts, view.Sentence("more", "There are more rows: add a condition, or raise limit."))
		}
		return Output{Parts: parts}, nil
	})))

// fitting leaves of the rows those that the budget still allows, and returns as how many they count.
func (r *Reads) fitting(list *view.Part, most int) (counted int, err error) {
	for i, row := range list.Items {
		length := 0
		for _, f := range row.Facts {
			length += utf8.RuneCountInString(f.Value)
		}
		rows := 1 + max(length-1, 0)/rowLength
		switch {
		case counted+rows <= most:
			counted += rows
			continue
		case i == 0:
			return 0, fmt.Errorf("query_archive: the first row has %d characters and counts as %d rows, of which the agent's budget allows %d more this hour; select less, such as substr(text, 1, %d)", length, rows, most, rowLength)
		}
		list.Items = list.Items[:i]
		r.leave("more rows", "the agent's budget allows no more")
		return counted, nil
	}
	return counted, nil
}

// queryArchiveReads are the operations whose reads must not be limited to some conversations or customers.
var queryArchiveReads = []*d.Spec{d.GetConversation.Spec, d.ListMessages.Spec, d.SearchConversations.Spec, d.GetEndUser.Spec, d.ListConversationTags.Spec, d.ListRatings.Spec}

// plainName is a column's name that can stand before its value.
var plainName = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_]{0,39}$`) })

// rowsOf describes the rows of a table, each value after the name of its column, if that is a name and no expression.
func rowsOf(table archive.Table) view.Part {
	list, names, labels := view.Part{Name: "rows", List: true}, make([]string, len(table.Columns)), make([]string, len(table.Columns))
	for i, name := range table.Columns {
		if names[i], labels[i] = name, name; !plainName().MatchString(name) {
			names[i], labels[i] = "column"+strconv.Itoa(i+1), ""
		}
	}
	for _, row := range table.Rows {
		item := view.Item{}
		for i, value := range row {
			fact := view.Fact{Key: names[i], Label: labels[i], Outside: true}
			switch v := value.(type) {
			case int64:
				fact.Value, fact.Outside = strconv.FormatInt(v, 10), false
			case float64:
				fact.Value, fact.Outside = strconv.FormatFloat(v, 'f', -1, 64), false
			case string:
				fact.Value = v
			}
			item.Facts = append(item.Facts, fact)
		}
		list.Items = append(list.Items, item)
	}
	return list
}
