package sandbox

import (
	"errors"
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/ncruces/go-sqlite3"

	"dixa-mcp/internal/archive"
	"dixa-mcp/schemas"
)

// unknown finds the name in SQLite's message about a column or a table that is not there.
var unknown = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`no such (column|table): (?:\w+\.)?(\S+)`) })

// problem says what is wrong with a query, without the query.
func problem(err error) error {
	if err == nil || errors.Is(err, sqlite3.INTERRUPT) {
		return err
	}
	text, _, _ := strings.Cut(strings.TrimPrefix(err.Error(), "sqlite3: "), "\n")
	var code sqlite3.ErrorCode
	if errors.As(err, &code) && (code == sqlite3.AUTH || code == sqlite3.READONLY) || strings.Contains(text, "not authorized") || strings.Contains(text, "prohibited") || strings.Contains(text, "cannot modify") {
		text = "only SELECT over conversations, messages and tags is possible, with the usual functions, and no recursion (" + text + ")"
	}
	if found := unknown().FindStringSubmatch(text); found != nil {
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
		} else {
			text += "; there are " + found[1] + "s " + strings.Join(slices.Compact(slices.Sorted(slices.Values(names))), ", ")
		}
	}
	return &archive.QueryError{Problem: text}
}
