package queries

import (
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"dixa-mcp/internal/offline/desk"
	"dixa-mcp/internal/offline/exports"
	"dixa-mcp/internal/offline/operations/call"
	"dixa-mcp/internal/offline/wire"
)

// The Exports API. At Dixa it has a host of its own; here it is under the same handler. Its answers are bare arrays, written row by row.
var exportRoutes = []call.Route{
	{Pattern: "GET /v1/conversation_export", Status: 200, Query: "csids closed_after closed_before created_after created_before updated_after " +
		"updated_before last_message_created_after last_message_created_before", Handle: exportConversations},
	{Pattern: "GET /v1/message_export", Status: 200, Query: "created_after created_before", Handle: exportMessages},
}

// longestWindow is how much time one export may span.
const longestWindow = 31 * 24 * time.Hour

// readWindow is a span of time of one kind; a zero end is no end.
type window struct{ from, to time.Time }

// holds reports whether a moment is in the window, whose end is not. What never happened is in none.
func (w window) holds(t time.Time) bool {
	return !t.IsZero() && !t.Before(w.from) && (w.to.IsZero() || t.Before(w.to))
}

// readWindow reads a pair of parameters. A date alone is its beginning in UTC, so that a day as _before leaves the day itself out.
func readWindow(c *call.Call, kind string) (w window, given bool, err error) {
	for _, end := range []struct {
		name string
		at   *time.Time
	}{{kind + "_after", &w.from}, {kind + "_before", &w.to}} {
		v := c.Query.Get(end.name)
		if v == "" {
			continue
		}
		given = true
		if t, e := time.Parse(time.DateOnly, v); e == nil {
			*end.at = t
		} else if ms, e := strconv.ParseInt(v, 10, 64); e == nil {
			*end.at = time.UnixMilli(ms).UTC()
		} else {
			return w, true, wire.Invalid("Invalid query parameters").Because("%s is neither yyyy-mm-dd nor milliseconds", end.name)
		}
	}
	return w, given, nil
}

// readWindows reads all pairs of an export, which must have an _after and a _before among them that are 31 days apart at most.
func readWindows(c *call.Call, kinds ...string) (map[string]window, error) {
	all := map[string]window{}
	var after, before []time.Time
	for _, kind := range kinds {
		w, given, err := readWindow(c, kind)
		if err != nil {
			return nil, err
		}
		if given {
			all[kind] = w
		}
		if !w.from.IsZero() {
			after = append(after, w.from)
		}
		if !w.to.IsZero() {
			before = append(before, w.to)
		}
	}
	if len(all) == 0 && c.Query.Get("csids") != "" {
		return all, nil
	}
	if len(after) == 0 || len(before) == 0 {
		return nil, wire.Invalid("Invalid query parameters").Because("one _after and one _before are needed, or csids")
	}
	if desk.Latest(before...).Sub(slices.MinFunc(after, time.Time.Compare)) > longestWindow {
		return nil, wire.Invalid("Invalid query parameters").Because("more than 31 days")
	}
	return all, nil
}

// readIDs returns the conversations that an export names, nil for all.
func readIDs(c *call.Call) ([]int64, error) {
	v := c.Query.Get("csids")
	if v == "" {
		return nil, nil
	}
	var ids []int64
	for _, s := range strings.Split(v, ",") {
		id, err := strconv.ParseInt(s, 10, 32)
		if err != nil {
			return nil, wire.Invalid("Invalid query parameters").Because("csids has %q in it", s)
		}
		ids = append(ids, id)
	}
	return ids, nil
}

// checkBearer checks the credential as the Exports API documents it. The older form is Basic, with the user bearer and the
// token as password.
func checkBearer(c *call.Call) error {
	if _, _, basic := c.HTTP.BasicAuth(); basic || strings.HasPrefix(c.HTTP.Header.Get("Authorization"), "Bearer ") {
		return nil // the server has looked at the token
	}
	return wire.ErrUnauthorized.Because("exports want Authorization: Bearer")
}

func exportConversations(c *call.Call) (any, error) {
	if err := checkBearer(c); err != nil {
		return nil, err
	}
	windows, err := readWindows(c, "closed", "created", "updated", "last_message_created")
	if err != nil {
		return nil, err
	}
	ids, err := readIDs(c)
	if err != nil {
		return nil, err
	}
	var found []*desk.Conversation
	for _, cv := range c.Conversations {
		if ids != nil && !slices.Contains(ids, cv.ID) {
			continue
		}
		moments := map[string]time.Time{"closed": cv.Closed, "created": cv.Created, "updated": cv.Touched, "last_message_created": cv.LastMessage}
		outside := false
		for kind, w := range windows {
			outside = outside || !w.holds(moments[kind])
		}
		if !outside {
			found = append(found, cv)
		}
	}
	return rowsOf(c.Notes, found, func(cv *desk.Conversation) []any { return []any{exports.Conversation(c.World, cv)} }), nil
}

func exportMessages(c *call.Call) (any, error) {
	if err := checkBearer(c); err != nil {
		return nil, err
	}
	windows, err := readWindows(c, "created")
	if err != nil {
		return nil, err
	}
	w := windows["created"]
	return rowsOf(c.Notes, slices.Clone(c.Conversations), func(cv *desk.Conversation) []any {
		var rows []any
		if cv.Created.Before(w.to) && !cv.LastMessage.Before(w.from) {
			for _, m := range c.Thread(cv) {
				if w.holds(m.At) {
					rows = append(rows, exports.Message(c.World, cv, m))
				}
			}
		}
		return rows
	}), nil
}

// rowsOf streams the rows of conversations. The data is locked for one conversation at a time: a slow reader delays no other request.
func rowsOf(n call.Notes, from []*desk.Conversation, rows func(*desk.Conversation) []any) wire.Stream {
	return func(out io.Writer) error {
		separator := "["
		for _, cv := range from {
			b, err := encodeRows(n, cv, rows, separator)
			if err != nil {
				return err
			}
			if len(b) == 0 {
				continue
			}
			if _, err := out.Write(b); err != nil {
				return err
			}
			separator = ","
		}
		end := "]"
		if separator == "[" {
			end = "[]"
		}
		_, err := io.WriteString(out, end)
		return err
	}
}

func encodeRows(n call.Notes, cv *desk.Conversation, rows func(*desk.Conversation) []any, separator string) (b []byte, err error) {
	n.Locked(func() {
		for _, row := range rows(cv) {
			one, failed := wire.Marshal(row)
			if failed != nil {
				b, err = nil, failed
				return
			}
			b = append(append(b, separator...), one...)
			separator = ","
		}
	})
	return b, err
}
