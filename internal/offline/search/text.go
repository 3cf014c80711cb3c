package search

import (
	"slices"
	"strings"
)

// Text looks for words that begin like those of the query, or for the query as a phrase. A query of blanks finds nothing.
type Text struct {
	words []string
	exact bool
}

// NewText makes a query of what somebody typed; exact looks for it as a phrase.
func NewText(value string, exact bool) *Text {
	value = strings.ToLower(strings.TrimSpace(value))
	if exact && value != "" {
		return &Text{words: []string{value}, exact: true}
	}
	return &Text{words: strings.Fields(value)}
}

// Matches reports whether a lower case text has all words of the query.
func (q *Text) Matches(haystack string) bool {
	for _, w := range q.words {
		if q.find(haystack, w) < 0 {
			return false
		}
	}
	return len(q.words) > 0
}

// find returns the place of a word or phrase: its beginning must be the beginning of a word, and for a phrase the end an end.
func (q *Text) find(haystack, word string) int {
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

// Mark puts the found words of a text between tags, with some text around the first.
func (q *Text) Mark(text string) (string, bool) {
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
