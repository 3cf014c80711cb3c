package offline

import (
	"slices"
	"strings"
)

// route is one operation: where it is, what may be in its query, and how it ends well.
type route struct {
	Pattern string // "METHOD /v1/path/{variable}", as in Dixa's contract
	Status  int    // of a good answer
	Query   string // names of the query parameters, separated by blanks
	Handle  func(*call) (any, error)
	Plain   []string // path variables that are neither a uuid nor a number

	method   string
	segments []string
	Params   []string
}

// paging are the query parameters of an operation that answers in pages.
const paging = "pageLimit pageKey"

// routes is every operation, literal segments before variables so that the first match is the right one.
var routes = buildRoutes(
	activityRoutes, agentRoutes, agentWriteRoutes, analyticsRoutes, anonymizationRoutes, articleRoutes, articleWriteRoutes, attributeRoutes,
	contactRoutes, conversationRoutes, exportRoutes, flowRoutes, hoursRoutes, importRoutes, knowledgeRoutes, lifecycleRoutes, messageRoutes, noteRoutes,
	organizationRoutes, queueRoutes, queueMemberRoutes, ratingRoutes, searchRoutes, tagRoutes, teamRoutes, templateRoutes, userRoutes,
	userWriteRoutes, webhookRoutes,
)

func buildRoutes(groups ...[]route) []route {
	all := slices.Concat(groups...)
	for i := range all {
		rt := &all[i]
		method, path, _ := strings.Cut(rt.Pattern, " ")
		rt.method, rt.segments, rt.Params = method, strings.Split(path, "/"), strings.Fields(rt.Query)
	}
	slices.SortStableFunc(all, func(a, b route) int { return strings.Compare(rank(a), rank(b)) })
	return all
}

// rank sorts literals before variables, segment by segment.
func rank(r route) string {
	var b strings.Builder
	for _, s := range r.segments {
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

// match finds the operation of a request and the variables in its path; nil when there is none.
func match(method, path string) (*route, map[string]string) {
	if rest, beta := strings.CutPrefix(path, betaPrefix); beta && !strings.HasSuffix(rest, "_export") { // those have v1 only
		path = "/v1/" + rest
	}
	if path == "/v1/search/conversations/" { // Dixa's own next links have this slash
		path = strings.TrimSuffix(path, "/")
	}
	segments := strings.Split(path, "/")
	for i := range routes {
		if rt := &routes[i]; rt.method == method && len(rt.segments) == len(segments) {
			if vars, ok := rt.bind(segments); ok {
				return rt, vars
			}
		}
	}
	return nil, nil
}

// bind fits the segments of a path into the route's own.
func (r *route) bind(segments []string) (map[string]string, bool) {
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
