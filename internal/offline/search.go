package offline

import (
	"slices"
	"strings"

	"dixa-mcp/internal/offline/request"
	"dixa-mcp/internal/offline/wire"
)

var searchRoutes = []route{
	{Pattern: "GET /v1/search/conversations", Status: 200, Query: "query exactMatch " + request.Paging, Handle: searchByText},
	{Pattern: "POST /v1/search/conversations", Status: 200, Query: request.Paging, Handle: searchConversations},
}

// largestSearchPage is what Dixa's own clients stay within.
const largestSearchPage = 50

type searchIn struct {
	Query   *queryIn   `wire:"query"`
	Filters *filtersIn `wire:"filters"`
}

type queryIn struct {
	Value      string `wire:"value,required"`
	ExactMatch bool   `wire:"exactMatch"`
}

type filtersIn struct {
	Strategy   string `wire:"strategy,required,All|Any"`
	Conditions []struct {
		Field fieldIn `wire:"field,required"`
	} `wire:"conditions"`
}

type hit struct {
	ID         int64               `json:"id"`
	Highlights map[string][]string `json:"highlights"`
}

// searchConversations finds by text, by filters, or by both; without either it finds everything. The newest come first.
func searchConversations(c *call) (any, error) {
	p, err := c.Page(largestSearchPage)
	if err != nil {
		return nil, err
	}
	in, err := decodeOptional[searchIn](c)
	if err != nil {
		return nil, err
	}
	keep, err := c.filter(in.Filters)
	if err != nil {
		return nil, err
	}
	var q *textQuery
	if in.Query != nil {
		q = newTextQuery(in.Query.Value, in.Query.ExactMatch)
	}
	found := []*conversation{}
	for _, cv := range slices.Backward(c.conversations) {
		if keep(cv) && (q == nil || q.matches(c.text(cv))) {
			found = append(found, cv)
		}
	}
	page := request.Paged(c.Request, p, found)
	hits := []hit{}
	for _, cv := range page.Data.([]*conversation) {
		hits = append(hits, hit{cv.id, c.highlights(cv, q)})
	}
	page.Data = hits
	return page, nil
}

// filter makes one test of all conditions.
func (c *call) filter(in *filtersIn) (test, error) {
	all := func(*conversation) bool { return true }
	if in == nil || len(in.Conditions) == 0 {
		return all, nil
	}
	tests := make([]test, len(in.Conditions))
	for i, cond := range in.Conditions {
		test, err := cond.Field.test(c.world)
		if err != nil {
			return nil, wire.ErrBody.Because("condition %d: %v", i, err)
		}
		tests[i] = test
	}
	any := in.Strategy == "Any"
	return func(cv *conversation) bool {
		for _, test := range tests {
			if test(cv) == any {
				return any
			}
		}
		return !any
	}, nil
}

// textQuery looks for words that begin like those of the query, or for the query as a phrase. A query of blanks finds nothing.
type textQuery struct {
	words []string
	exact bool
}

func newTextQuery(value string, exact bool) *textQuery {
	value = strings.ToLower(strings.TrimSpace(value))
	if exact && value != "" {
		return &textQuery{words: []string{value}, exact: true}
	}
	return &textQuery{words: strings.Fields(value)}
}

// matches reports whether a lower case text has all words of the query.
func (q *textQuery) matches(haystack string) bool {
	for _, w := range q.words {
		if q.find(haystack, w) < 0 {
			return false
		}
	}
	return len(q.words) > 0
}

// find returns the place of a word or phrase: its beginning must be the beginning of a word, and for a phrase the end an end.
func (q *textQuery) find(haystack, word string) int {
	for from := 0; ; {
		i := strings.Index(haystack[from:], word)
		if i < 0 {
			return -1
		}
		at := from + i
		end := at + len(word)
		if (at == 0 || !wordByte(haystack[at-1])) && (!q.exact || end == len(haystack) || !wordByte(haystack[end])) {
			return at
		}
		from = end
	}
}

// wordByte tells letters and digits from the rest; all bytes of letters beyond ASCII count.
func wordByte(b byte) bool {
	return b >= 0x80 || b >= 'a' && b <= 'z' || b >= '0' && b <= '9'
}

// text returns what a text search looks through: subject and messages in lower case. Anonymized conversations have
// none.
func (w *world) text(c *conversation) string {
	if c.haystack == "" && c.anonymized.IsZero() {
		var b strings.Builder
		b.WriteString(c.subject)
		for _, text := range w.said(c) {
			b.WriteByte('\n')
			b.WriteString(text)
		}
		c.haystack = strings.ToLower(b.String()) + "\n"
	}
	return c.haystack
}

// highlights returns the places where the query was found, in the subject and in the first two messages that have it.
func (w *world) highlights(c *conversation, q *textQuery) map[string][]string {
	found := map[string][]string{}
	if q == nil {
		return found
	}
	if s, ok := q.mark(c.subject); ok {
		found["subject"] = []string{s}
	}
	for _, text := range w.said(c) {
		if s, ok := q.mark(text); ok && len(found["text"]) < 2 {
			found["text"] = append(found["text"], s)
		}
	}
	return found
}

// mark puts the found words of a text between tags, with some text around the first.
func (q *textQuery) mark(text string) (string, bool) {
	lower := strings.ToLower(text)
	if len(lower) != len(text) { // a letter whose lower case is longer: the places would not fit
		text = lower
	}
	type span struct{ from, to int }
	var spans []span
	for _, w := range q.words {
		if at := q.find(lower, w); at >= 0 {
			spans = append(spans, span{at, at + len(w)})
		}
	}
	if len(spans) == 0 {
		return "", false
	}
	slices.SortFunc(spans, func(a, b span) int { return a.from - b.from })
	begin := strings.LastIndexAny(text[:max(0, spans[0].from-80)], " ") + 1
	var b strings.Builder
	done := begin
	for _, s := range spans {
		if s.from < done {
			continue
		}
		b.WriteString(text[done:s.from] + `<em class="highlight">` + text[s.from:s.to] + `</em>`)
		done = s.to
	}
	end := len(text)
	if i := strings.IndexByte(text[min(done+80, len(text)):], ' '); i >= 0 {
		end = min(done+80, len(text)) + i
	}
	b.WriteString(text[done:end])
	return b.String(), true
}
