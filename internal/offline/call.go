package offline

import (
	"bytes"
	"io"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"dixa-mcp/internal/offline/body"
	"dixa-mcp/internal/offline/wire"
)

// call is one request while it is handled: what was asked, and the data to answer from.
type call struct {
	*world
	dixa    *Dixa
	route   *route
	HTTP    *http.Request
	Vars    map[string]string
	Query   url.Values
	Body    []byte
	now     time.Time
	changed bool // something that is kept
	again   bool // it is carried out a second time, after a restart
	Beta    bool // the request came to the beta version of the API
}

// read takes the request apart and checks all that needs no data: path, query, and that the body is JSON where there is one.
func (c *call) read() error {
	if c.route == nil {
		return noRoute(c.HTTP)
	}
	if err := c.checkVars(); err != nil {
		return err
	}
	q, err := url.ParseQuery(c.HTTP.URL.RawQuery)
	if err != nil {
		return wire.ErrParam.Because("query: %v", err)
	}
	for name, values := range q {
		if !slices.Contains(c.route.Params, name) {
			return wire.ErrParam.Because("unknown query parameter %q", name)
		}
		if len(values) > 1 {
			return wire.ErrParam.Because("query parameter %q is given twice", name)
		}
	}
	c.Query = q
	c.Body, err = io.ReadAll(io.LimitReader(c.HTTP.Body, maxBody+1))
	if err != nil {
		return wire.ErrBody.Because("body: %v", err)
	}
	if len(c.Body) > maxBody {
		return wire.Failure{Status: http.StatusRequestEntityTooLarge, Message: "Request Too Long"}
	}
	return nil
}

// noRoute tells a path that does not exist from a method that its path does not have.
func noRoute(r *http.Request) wire.Failure {
	for _, m := range []string{"GET", "POST", "PUT", "PATCH", "DELETE"} {
		if rt, _ := match(m, r.URL.Path); rt != nil {
			return wire.ErrMethod.Because("%s has %s, not %s", r.URL.Path, m, r.Method)
		}
	}
	return wire.ErrNotFound.Because("no operation has the path %s", r.URL.Path)
}

// checkVars refuses path variables that are not what the contract says: numbers for conversations, uuids for the rest.
func (c *call) checkVars() error {
	for name, value := range c.Vars {
		switch {
		case slices.Contains(c.route.Plain, name):
		case name == "conversationId" || name == "csid":
			if n, err := strconv.ParseInt(value, 10, 64); err != nil || n < 0 {
				return wire.ErrParam.Because("path variable %s is not an int64", name)
			}
		case !body.IsUUID(value):
			return wire.ErrParam.Because("path variable %s is not a uuid", name)
		}
	}
	return nil
}

// Number returns a numeric path variable, which read has checked.
func (c *call) Number(name string) int64 {
	n, _ := strconv.ParseInt(c.Vars[name], 10, 64)
	return n
}

// ID returns a path variable that holds a uuid, in lower case as all ids here are.
func (c *call) ID(name string) string { return strings.ToLower(c.Vars[name]) }

// Flag returns a boolean query parameter, false when absent.
func (c *call) Flag(name string) (bool, error) {
	switch v := c.Query.Get(name); v {
	case "true":
		return true, nil
	case "", "false":
		return false, nil
	default:
		return false, wire.ErrParam.Because("query parameter %s is not a boolean", name)
	}
}

// Instant returns a date-time query parameter, zero when absent.
func (c *call) Instant(name string) (time.Time, error) {
	v := c.Query.Get(name)
	if v == "" {
		return time.Time{}, nil
	}
	t, err := body.ParseTime(v)
	if err != nil {
		return t, wire.ErrParam.Because("query parameter %s is not a date-time", name)
	}
	return t, nil
}

// hasBody reports whether the request has a body that is not blank.
func (c *call) hasBody() bool { return len(bytes.TrimSpace(c.Body)) > 0 }

// isJSON checks what the request says about its body.
func (c *call) isJSON() bool {
	t, _, err := mime.ParseMediaType(c.HTTP.Header.Get("Content-Type"))
	return err == nil && t == "application/json"
}

// did notes a change of state: of what, and which.
func (c *call) did(id, detail string) {
	c.changed = true
	c.dixa.journal.effect(Effect{
		Operation: c.route.Pattern, Method: c.HTTP.Method, Path: c.HTTP.URL.Path, ID: id, Detail: detail,
	})
}
