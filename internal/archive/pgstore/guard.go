package pgstore

import (
	"fmt"
	"log/slog"
	"runtime"
	"runtime/debug"

	"github.com/ncruces/go-sqlite3"

	"dixa-mcp/internal/archive/sandbox"
)

// guard makes an error of a panic in a callback of SQLite, whose frames a panic would cut short. A query that has no memory left is an
// ordinary event, with which the library panics; anything else is a fault of this program.
func (r *reader) guard(callback string, err *error) {
	switch p := recover(); {
	case p == nil:
	case sandbox.OutOfMemory(p):
		*err = sqlite3.NOMEM
	default:
		what := fmt.Sprintf("%T", p) // another value than one of Go itself may hold what a customer wrote
		if e, ok := p.(runtime.Error); ok {
			what = e.Error()
		}
		slog.Error("internal error in a query over the archive", "callback", callback, "panic", what, "stack", string(debug.Stack()))
		*err = r.fail(fmt.Errorf("the query was stopped by an internal error in %s: %s", callback, what))
	}
}
