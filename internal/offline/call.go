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
)

// call is one request while it is handled: what was asked, and the data to answer from.
type call struct {
	*world
	dixa    *Dixa
	route   *route
	request *http.Request
	vars    map[string]string
	query   url.Values
	body    []byte
	now     time.Time
	changed bool // something that is kept
	again   bool // it is carried out a second time, after a restart
	beta    bool // the request came to the beta version of the API
}

// read takes the request apart and checks all that needs no data: path, query, and that the body is JSON where there is one.
func (c *call) read() error {
	if c.route == nil {
		return noRoute(c.request)
	}
	if err := c.checkVars(); err != nil {
		return err
	}
	q, err := url.ParseQuery(c.request.URL.RawQuery)
	if err != nil {
		return errParam.because("query: %v", err)
	}
	for name, values := range q {
		if !slices.Contains(c.route.params, name) {
			return errParam.because("unknown query parameter %q", name)
		}
		if len(values) > 1 {
			return errParam.because("query parameter %q is given twice", name)
		}
	}
	c.query = q
	c.body, err = io.ReadAll(io.LimitReader(c.request.Body, maxBody+1))
	if err != nil {
		return errBody.because("body: %v", err)
	}
	if len(c.body) > maxBody {
		return failure{status: http.StatusRequestEntityTooLarge, message: "Request Too Long"}
	}
	return nil
}

// noRoute tells a path that does not exist from a method that its path does not have.
func noRoute(r *http.Request) failure {
	for _, m := range []string{"GET", "POST", "PUT", "PATCH", "DELETE"} {
		if rt, _ := match(m, r.URL.Path); rt != nil {
			return errMethod.because("%s has %s, not %s", r.URL.Path, m, r.Method)
		}
	}
	return errNotFound.because("no operation has the path %s", r.URL.Path)
}

// checkVars refuses path variables that are not what the contract says: numbers for conversations, uuids for the rest.
func (c *call) checkVars() error {
	for name, value := range c.vars {
		switch {
		case slices.Contains(c.route.plain, name):
		case name == "conversationId" || name == "csid":
			if n, err := strconv.ParseInt(value, 10, 64); err != nil || n < 0 {
				return errParam.because("path variable %s is not an int64", name)
			}
		case !body.IsUUID(value):
			return errParam.because("path variable %s is not a uuid", name)
		}
	}
	return nil
}

// number returns a numeric path variable, which read has checked.
func (c *call) number(name string) int64 {
	n, _ := strconv.ParseInt(c.vars[name], 10, 64)
	return n
}

// id returns a path variable that holds a uuid, in lower case as all ids here are.
func (c *call) id(name string) string { return strings.ToLower(c.vars[name]) }

// flag returns a boolean query parameter, false when absent.
func (c *call) flag(name string) (bool, error) {
	switch v := c.query.Get(name); v {
	case "true":
		return true, nil
	case "", "false":
		return false, nil
	default:
		return false, errParam.because("query parameter %s is not a boolean", name)
	}
}

// instant returns a date-time query parameter, zero when absent.
func (c *call) instant(name string) (time.Time, error) {
	v := c.query.Get(name)
	if v == "" {
		return time.Time{}, nil
	}
	t, err := body.ParseTime(v)
	if err != nil {
		return t, errParam.because("query parameter %s is not a date-time", name)
	}
	return t, nil
}

// hasBody reports whether the request has a body that is not blank.
func (c *call) hasBody() bool { return len(bytes.TrimSpace(c.body)) > 0 }

// isJSON checks what the request says about its body.
func (c *call) isJSON() bool {
	t, _, err := mime.ParseMediaType(c.request.Header.Get("Content-Type"))
	return err == nil && t == "application/json"
}

// did notes a change of state: of what, and which.
func (c *call) did(id, detail string) {
	c.changed = true
	c.dixa.journal.effect(Effect{
		Operation: c.route.pattern, Method: c.request.Method, Path: c.request.URL.Path, ID: id, Detail: detail,
	})
}
