package request

import (
	"slices"
	"strings"
)

// Route is one operation: where it is, what may be in its query, and how it ends well. C is what its handler is given.
type Route[C any] struct {
	Pattern string // "METHOD /v1/path/{variable}", as in Dixa's contract
	Status  int    // of a good answer
	Query   string // names of the query parameters, separated by blanks
	Handle  func(C) (any, error)
	Plain   []string // path variables that are neither a uuid nor a number
	Params  []string // those of Query; a table sets them

	method   string
	segments []string
}

// Paging are the query parameters of an operation that answers in pages.
const Paging = "pageLimit pageKey"

// Table is every operation, literal segments before variables so that the first match is the right one.
type Table[C any] []Route[C]

// NewTable makes a table of groups of operations.
func NewTable[C any](groups ...[]Route[C]) Table[C] {
	all := slices.Concat(groups...)
	for i := range all {
		rt := &all[i]
		method, path, _ := strings.Cut(rt.Pattern, " ")
		rt.method, rt.segments, rt.Params = method, strings.Split(path, "/"), strings.Fields(rt.Query)
	}
	slices.SortStableFunc(all, func(a, b Route[C]) int { return strings.Compare(rank(a.segments), rank(b.segments)) })
	return all
}

// rank sorts literals before variables, segment by segment.
func rank(segments []string) string {
	var b strings.Builder
	for _, s := range segments {
		if isVariable(s) {
			b.WriteByte('2')
		} else {
			b.WriteByte('1')
		}
	}
	return b.String()
}

func isVariable(segment string) bool { return strings.HasPrefix(segment, "{") }

// betaPrefix begins the paths of the API's beta version, which has the same operations.
const betaPrefix = "/beta/"

// Match finds the operation of a request and the variables in its path; nil when there is none.
func (t Table[C]) Match(method, path string) (*Route[C], map[string]string) {
	if rest, beta := strings.CutPrefix(path, betaPrefix); beta && !strings.HasSuffix(rest, "_export") { // those have v1 only
		path = "/v1/" + rest
	}
	if path == "/v1/search/conversations/" { // Dixa's own next links have this slash
		path = strings.TrimSuffix(path, "/")
	}
	segments := strings.Split(path, "/")
	for i := range t {
		if rt := &t[i]; rt.method == method && len(rt.segments) == len(segments) {
			if vars, ok := rt.bind(segments); ok {
				return rt, vars
			}
		}
	}
	return nil, nil
}

// bind fits the segments of a path into the route's own.
func (r *Route[C]) bind(segments []string) (map[string]string, bool) {
	var vars map[string]string
	for i, s := range r.segments {
		switch {
		case !isVariable(s):
			if s != segments[i] {
				return nil, false
			}
		case segments[i] == "":
			return nil, false
		default:
			if vars == nil {
				vars = make(map[string]string, 2)
			}
			vars[s[1:len(s)-1]] = segments[i]
		}
	}
	return vars, true
}
