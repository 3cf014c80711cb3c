package contract

import (
	"cmp"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// route is one operation with its path cut into segments.
type route struct {
	Operation
	segments []string
}

func newRoute(o Operation) *route {
	return &route{Operation: o, segments: strings.Split(o.Path, "/")}
}

// variable returns the name in a segment like {tagId}.
func variable(segment string) (string, bool) {
	if !strings.HasPrefix(segment, "{") || !strings.HasSuffix(segment, "}") {
		return "", false
	}
	return segment[1 : len(segment)-1], true
}

// bySpecificity sorts literals before variables, from the left: /v1/agents/presence before /v1/agents/{agentId},
// which Dixa has in several places (behaviour 12.17).
func bySpecificity(a, b *route) int {
	return slices.CompareFunc(a.segments, b.segments, func(x, y string) int {
		_, vx := variable(x)
		_, vy := variable(y)
		switch {
		case vx && !vy:
			return 1
		case vy && !vx:
			return -1
		}
		return cmp.Compare(x, y)
	})
}

// match returns the variables of the route in path, a split escaped path.
func (r *route) match(path []string) (map[string]string, bool) {
	if len(path) != len(r.segments) {
		return nil, false
	}
	vars := map[string]string{}
	for i, want := range r.segments {
		got, err := url.PathUnescape(path[i])
		if err != nil {
			return nil, false
		}
		name, isVar := variable(want)
		switch {
		case isVar && got != "":
			vars[name] = got
		case isVar || got != want:
			return nil, false
		}
	}
	return vars, true
}

// find returns the operation that the request addresses and its path variables. The host counts only when it is
// one of Dixa's own: a test server listens elsewhere.
func (c *Contract) find(r *http.Request) (*route, map[string]string, error) {
	path := strings.Split(r.URL.EscapedPath(), "/")
	for _, route := range c.routes[r.Method] {
		vars, ok := route.match(path)
		if !ok {
			continue
		}
		if host := requestHost(r); c.isDixa(host) && route.Host != "https://"+host {
			return nil, nil, fmt.Errorf("%s is not on %s but on %s", route, host, route.Host)
		}
		return route, vars, nil
	}
	if others := c.methods(path); len(others) > 0 {
		return nil, nil, fmt.Errorf("%s is not a method of %s, which has %s",
			r.Method, r.URL.Path, strings.Join(others, ", "))
	}
	return nil, nil, fmt.Errorf("no operation has the path %s", r.URL.Path)
}

// methods returns the methods that the path has, sorted.
func (c *Contract) methods(path []string) []string {
	var found []string
	for method, routes := range c.routes {
		if slices.ContainsFunc(routes, func(r *route) bool { _, ok := r.match(path); return ok }) {
			found = append(found, method)
		}
	}
	slices.Sort(found)
	return found
}

func (c *Contract) isDixa(host string) bool {
	return slices.ContainsFunc(c.operations, func(o Operation) bool { return o.Host == "https://"+host })
}

// requestHost returns the host of a request: a client's request has it in its URL, a server's in Host.
func requestHost(r *http.Request) string { return cmp.Or(r.URL.Host, r.Host) }
