// Package request finds the operation that a request asks for, and reads its parts as strictly as Dixa does: path variables, query
// parameters, pages and bodies. It knows nothing of what operations do: a [Table] gives a [Request] to the handler of a [Route].
package request

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

// MaxBody is far above anything the API takes: article images may be 10 MB together.
const MaxBody = 16 << 20

// Request is one request to an operation, with everything checked that needs no data.
type Request struct {
	HTTP    *http.Request
	Pattern string // of the operation
	Vars    map[string]string
	Query   url.Values
	Body    []byte
	Beta    bool   // it came to the beta version of the API
	Scope   string // of page keys: one that was given out in another scope is refused
}

// Read finds the operation of a request and takes the request apart: path, query, and the bytes of the body.
func (t Table[C]) Read(hr *http.Request) (*Request, *Route[C], error) {
	rt, vars := t.Match(hr.Method, hr.URL.Path)
	if rt == nil {
		return nil, nil, t.noRoute(hr)
	}
	r := &Request{HTTP: hr, Pattern: rt.Pattern, Vars: vars, Beta: strings.HasPrefix(hr.URL.Path, betaPrefix)}
	if err := r.checkVars(rt.Plain); err != nil {
		return nil, nil, err
	}
	if err := r.readQuery(rt.Params); err != nil {
		return nil, nil, err
	}
	if err := r.readBody(); err != nil {
		return nil, nil, err
	}
	return r, rt, nil
}

func (r *Request) readQuery(params []string) error {
	q, err := url.ParseQuery(r.HTTP.URL.RawQuery)
	if err != nil {
		return wire.ErrParam.Because("query: %v", err)
	}
	for name, values := range q {
		if !slices.Contains(params, name) {
			return wire.ErrParam.Because("unknown query parameter %q", name)
		}
		if len(values) > 1 {
			return wire.ErrParam.Because("query parameter %q is given twice", name)
		}
	}
	r.Query = q
	return nil
}

func (r *Request) readBody() (err error) {
	r.Body, err = io.ReadAll(io.LimitReader(r.HTTP.Body, MaxBody+1))
	if err != nil {
		return wire.ErrBody.Because("body: %v", err)
	}
	if len(r.Body) > MaxBody {
		return wire.Failure{Status: http.StatusRequestEntityTooLarge, Message: "Request Too Long"}
	}
	return nil
}

// noRoute tells a path that does not exist from a method that its path does not have.
func (t Table[C]) noRoute(r *http.Request) wire.Failure {
	for _, m := range []string{"GET", "POST", "PUT", "PATCH", "DELETE"} {
		if rt, _ := t.Match(m, r.URL.Path); rt != nil {
			return wire.ErrMethod.Because("%s has %s, not %s", r.URL.Path, m, r.Method)
		}
	}
	return wire.ErrNotFound.Because("no operation has the path %s", r.URL.Path)
}

// checkVars refuses path variables that are not what the contract says: numbers for conversations, uuids for the rest.
func (r *Request) checkVars(plain []string) error {
	for name, value := range r.Vars {
		switch {
		case slices.Contains(plain, name):
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
func (r *Request) Number(name string) int64 {
	n, _ := strconv.ParseInt(r.Vars[name], 10, 64)
	return n
}

// ID returns a path variable that holds a uuid, in lower case as all ids here are.
func (r *Request) ID(name string) string { return strings.ToLower(r.Vars[name]) }

// Flag returns a boolean query parameter, false when absent.
func (r *Request) Flag(name string) (bool, error) {
	switch v := r.Query.Get(name); v {
	case "true":
		return true, nil
	case "", "false":
		return false, nil
	default:
		return false, wire.ErrParam.Because("query parameter %s is not a boolean", name)
	}
}

// Instant returns a date-time query parameter, zero when absent.
func (r *Request) Instant(name string) (time.Time, error) {
	v := r.Query.Get(name)
	if v == "" {
		return time.Time{}, nil
	}
	t, err := body.ParseTime(v)
	if err != nil {
		return t, wire.ErrParam.Because("query parameter %s is not a date-time", name)
	}
	return t, nil
}

// HasBody reports whether the request has a body that is not blank.
func (r *Request) HasBody() bool { return len(bytes.TrimSpace(r.Body)) > 0 }

// isJSON checks what the request says about its body.
func (r *Request) isJSON() bool {
	t, _, err := mime.ParseMediaType(r.HTTP.Header.Get("Content-Type"))
	return err == nil && t == "application/json"
}

// Decode reads the body into what v points to. Without a body it is an error.
func (r *Request) Decode(bodies body.Reader, v any) error {
	if !r.HasBody() {
		return wire.ErrBody.Because("the operation needs a body")
	}
	if !r.isJSON() {
		return wire.ErrBody.Because("the Content-Type is not application/json")
	}
	if err := bodies.Read(r.Body, v); err != nil {
		return wire.ErrBody.Because("body%v", err)
	}
	return nil
}
