// Package view turns what Dixa answered into what an AI agent reads: compact JSON without empty
// values, HTML as text, secrets redacted, hidden characters removed, untrusted text marked, and
// never more tokens than asked for. It knows nothing of tools, agents or HTTP.
package view

import (
	"bytes"
	"context"
	"fmt"
	"strconv"
	"strings"

	"dixa-mcp/internal/base/jsonscan"
)

// Kind says what an answer holds.
type Kind int

const (
	// Plain answers hold fields.
	Plain Kind = iota
	// Messages answers hold messages, {id, authorId, createdAt, attributes}. Each is shown flat, with
	// its author and its text, and is untrusted unless a Dixa agent wrote it. The list is oldest
	// first: what its first message quotes is kept, what later ones quote is not.
	Messages
	// Rows answers hold rows of an export. A text that has tags in it is taken for HTML.
	Rows
)

// Options say how one tool's answer is shown.
type Options struct {
	MaxTokens int                           // the most Result.Tokens may be; 0 = 8,000; below 200 it is 200
	Offset    int                           // of the first item that is shown: where in it to go on, as an answer that was cut said
	Again     func(skip, offset int) string // the call that goes on at an item and a place in it; nil: the words of this package
	PageKey   string                        // of this page, "" for the first; with PageLimit
	Limit     int                           // the caller's pageLimit, 0 for Dixa's own
	Look      string                        // the tool that reads what this answer, which is a write's, is about
	Skip      int                           // first items of the list to leave out (the tool's own argument "skip")
	SkipArg   bool                          // the tool has a "skip" argument: name it when something is cut; otherwise name pageLimit
	Short     bool                          // the tool has no "offset" argument: its items are never as long as an answer
	PageLimit bool                          // the tool has pageLimit and pageKey arguments
	Secret    []string                      // property names whose values are replaced by "[redacted]" wherever they stand, in any case; "authorization" always is
	Kind      Kind                          // what the answer holds
	Fields    Fields                        // who wrote the text in its fields; all is untrusted without
	NextKey   string                        // page key of the next page ("" = none); shown as nextPageKey
	Total     int                           // items that there are, where the body has only the first of them
	More      string                        // how to get what is not shown, where skip and pageLimit do not
}

// Result is an answer for an agent.
type Result struct {
	Text   string // compact JSON, an object; "" when Dixa answered without a body
	Tokens int    // EstimateTokens(Text)
	Shown  int    // items of the list that are shown; 1 for a single object
	Total  int    // items of the list that Dixa sent; 1 for a single object
}

const (
	defaultTokens = 8000
	leastTokens   = 200
)

// Render shows the body of one of Dixa's answers. {"data":…,"meta":…} becomes its data: an object
// as it is, a list as {"items":[…]} with shown, total, more and nextPageKey where not everything is
// there. The error says that the body is no JSON, and holds nothing of it.
func Render(ctx context.Context, body []byte, o Options) (Result, error) {
	body = bytes.Trim(body, " \t\r\n")
	if len(body) == 0 {
		return Result{}, nil
	}
	if err := valid(body); err != nil {
		return Result{}, fmt.Errorf("show Dixa's answer: %w", err)
	}
	if o.MaxTokens == 0 {
		o.MaxTokens = defaultTokens
	}
	o.MaxTokens, o.Skip = max(o.MaxTokens, leastTokens), max(o.Skip, 0)
	w := &walker{kind: o.Kind, fields: o.Fields, secret: [][]byte{[]byte("authorization")}, work: newWork(ctx)}
	w.out = make([]byte, 0, min(len(body), 4*o.MaxTokens)+256)
	w.stack = make([]member, 0, 64)
	for _, s := range o.Secret {
		w.secret = append(w.secret, []byte(s))
	}
	data, key, beside := unwrap(body)
	w.path = append(w.path, key...)
	w.trust = w.fields[key]
	var r Result
	if data[0] == '[' {
		l := list{o: o, w: w, beside: beside}
		r = l.render(data)
	} else {
		r = single(w, data, o)
	}
	if w.work.ended {
		return Result{}, fmt.Errorf("show Dixa's answer: %w", ctx.Err())
	}
	return r, nil
}

// unwrap takes the envelope off: the answer is data, an object or an array, and key the property of data that it was,
// "" where it is data itself. beside is what was next to data in the envelope, but meta: partialErrors.
func unwrap(body []byte) (data []byte, key string, beside []member) {
	if body[0] == '{' {
		for key, value := range jsonscan.Members(body) {
			switch string(key) {
			case "data":
				data = value
			case "meta":
			default:
				beside = append(beside, member{cleanKey(key), value})
			}
		}
		if data == nil && len(beside) > 0 || len(beside) > 0 && data[0] != '[' {
			data, beside = body, nil
		}
	} else {
		data = body
	}
	switch {
	case data == nil, data[0] == 'n':
		return []byte("{}"), "", nil
	case data[0] == '{':
		data, key = soleArray(data)
		return data, key, nil
	case data[0] == '[':
		return data, "", beside
	}
	return fmt.Appendf(nil, `{"data":%s}`, data), "", nil
}

// soleArray gives the array of an object that has one member and that an array, such as the
// schedules of {"schedules":[…]}, and its name, and otherwise the object.
func soleArray(obj []byte) (sole []byte, name string) {
	for key, value := range jsonscan.Members(obj) {
		if sole != nil || value[0] != '[' {
			return obj, ""
		}
		sole, name = value, string(cleanKey(key))
	}
	if sole == nil {
		return obj, ""
	}
	return sole, name
}

func single(w *walker, obj []byte, o Options) Result {
	if !w.value(obj) {
		w.out = append(w.out, "{}"...)
	}
	if o.Offset > 0 || tokens(w.out) > o.MaxTokens {
		room := o.MaxTokens - EstimateTokens(o.goOn(9_999_999)) - 12
		out, next := piece(w.out, o.Offset, room)
		if w.out = out; next > 0 {
			w.out = append(appendString(append(out[:len(out)-1], `,"more":`...), o.goOn(next)), '}')
			if len(out) == 2 {
				w.out = append(appendString([]byte(`{"more":`), o.goOn(next)), '}')
			}
		}
	}
	return Result{Text: string(w.out), Tokens: tokens(w.out), Shown: 1, Total: 1}
}

// goOn says how to read on at a place in the item that was cut.
func (o Options) goOn(offset int) string {
	switch {
	case o.Look != "":
		return "it is cut; read it with " + o.Look
	case o.Short:
		return "it is cut: it is longer than an answer can be"
	case o.Again != nil:
		return "it is cut; for the rest: " + o.Again(o.Skip, offset)
	}
	return fmt.Sprintf("it is cut; for the rest call again with offset=%d", offset)
}

// list renders one array.
type list struct {
	o      Options
	w      *walker
	beside []member

	shown, total int // shown are whole, or end here
	cut          int // where in the last item that is shown the rest of it begins, 0 where it is whole
}

func (l *list) render(arr []byte) Result {
	w, extra := l.w, l.extra()
	if l.o.Kind == Messages {
		w.history = newHistory()
		w.speakers = w.listen(arr)
	}
	w.out = append(w.out, `{"items":[`...)
	var m meter
	m.add(w.out)
	room := l.o.MaxTokens - l.tailTokens(extra)
	for raw := range jsonscan.Elements(arr) {
		l.total++
		if l.total <= l.o.Skip || l.shown < l.total-1-l.o.Skip {
			if w.history != nil && l.total <= l.o.Skip {
				w.later(raw, l.total)
			}
			continue // left out, or behind the first that did not fit
		}
		mark, before := len(w.out), m
		first := l.shown == 0
		l.item(raw, first && l.o.Offset > 0)
		m.add(w.out[mark:])
		if first && (l.o.Offset > 0 || m.tokens() > room) {
			if l.o.Offset == 0 { // an item in pieces is whole, with what it quotes
				w.out = w.out[:mark]
				l.item(raw, true)
			}
			var part []byte
			part, l.cut = piece(w.out[mark:], l.o.Offset, room-before.tokens())
			w.out, m = append(w.out[:mark], part...), before
			m.add(part)
		}
		switch {
		case l.cut > 0 && first, m.tokens() <= room && l.cut == 0:
			l.shown++
			if l.cut > 0 {
				room = 0
			}
		default:
			w.out, m = w.out[:mark], before
		}
	}
	l.total = max(l.total, l.o.Total)
	mark := len(w.out)
	w.out = l.tail(append(append(w.out, ']'), extra...))
	m.add(w.out[mark:])
	return Result{Text: string(w.out), Tokens: m.tokens(), Shown: l.shown, Total: l.total}
}

// item writes one item of the list, whole with what it quotes or not; one that is empty keeps its place, since skip counts places.
func (l *list) item(raw []byte, whole bool) {
	l.w.comma()
	if h := l.w.history; h != nil {
		h.number = l.total
	}
	l.w.whole = whole
	if l.w.value(raw) {
		return
	}
	switch raw[0] {
	case 'n':
		l.w.out = append(l.w.out, "null"...)
	case '"':
		l.w.out = append(l.w.out, `""`...)
	default:
		l.w.out = append(l.w.out, raw[0], raw[len(raw)-1])
	}
}

// extra renders what was next to the list in the envelope, in at most a quarter of the budget.
func (l *list) extra() []byte {
	w := l.w
	if len(l.beside) == 0 {
		return nil
	}
	w.out = append(w.out, '{')
	for _, p := range l.beside {
		switch string(p.key) {
		case "items", "shown", "total", "nextPageKey":
			p.key = append([]byte("dixa."), p.key...)
		}
		w.member(p)
	}
	w.markIfNeeded(false)
	w.unmarked = false
	w.out = append(w.out, '}')
	out := bytes.Clone(w.out)
	w.out = w.out[:0]
	if tokens(out) > l.o.MaxTokens/4 {
		out, _ = piece(out, 0, l.o.MaxTokens/4)
	}
	if len(out) == 2 {
		return nil
	}
	return append([]byte{','}, out[1:len(out)-1]...)
}

// tailTokens returns the most that can follow the items.
func (l *list) tailTokens(extra []byte) int {
	worst := *l
	worst.total, worst.shown, worst.cut = 9_999_999, 9_999_998-l.o.Skip, 9_999_999
	cut := tokens(worst.tail(append([]byte{']'}, extra...)))
	worst.cut = 0
	return max(cut, tokens(worst.tail(append([]byte{']'}, extra...)))) + 1
}

// tail closes the list, and says what is not in it and how to get that.
func (l *list) tail(dst []byte) []byte {
	o, skip := l.o, l.o.Skip
	var more []string
	rest := l.total - skip - l.shown
	next := o.NextKey
	at, offset := skip+l.shown, 0
	if l.cut > 0 {
		at, offset = at-1, l.cut
	}
	switch {
	case rest <= 0 && l.cut == 0:
	case o.More != "":
		more = append(more, fmt.Sprintf("shown %d of %d; %s", l.shown, l.total, o.More))
	case o.Look != "":
		more = append(more, fmt.Sprintf("shown %d of %d; read the rest with %s", l.shown, l.total, o.Look))
	case o.PageLimit:
		next = CutKey(at, o.Limit, offset, o.PageKey)
	case o.SkipArg && l.cut > 0 && o.Short:
		more = append(more, fmt.Sprintf("item %d of %d is cut: it is longer than an answer can be", at+1, l.total))
		if at+1 < l.total {
			more = append(more, "for the items after it: "+o.call(at+1, 0))
		}
	case o.SkipArg && l.cut > 0:
		more = append(more, fmt.Sprintf("item %d of %d is cut; for the rest: %s", at+1, l.total, o.call(at, offset)))
	case o.SkipArg:
		more = append(more, fmt.Sprintf("shown %d-%d of %d; for the rest: %s", skip+1, at, l.total, o.call(at, 0)))
	default:
		more = append(more, fmt.Sprintf("shown %d of %d; the rest does not fit, so ask for less", l.shown, l.total))
	}
	if len(more) > 0 {
		dst = fmt.Appendf(dst, `,"shown":%d,"total":%d`, l.shown, l.total)
	}
	switch {
	case next != "" && EstimateTokens(next) > o.MaxTokens/4:
		next = ""
		more = append(more, "there is another page, but its key is too long to show")
	case next != "":
		more = append(more, "for the rest call again with the same arguments and pageKey set to nextPageKey")
	}
	if len(more) > 0 {
		dst = appendString(append(dst, `,"more":`...), strings.Join(more, "; "))
	}
	if next != "" {
		dst = appendString(append(dst, `,"nextPageKey":`...), next)
	}
	return append(dst, '}')
}

// call names the call that reads on at an item, and a place in it.
func (o Options) call(skip, offset int) string {
	switch {
	case o.Again != nil:
		return o.Again(skip, offset)
	case offset > 0:
		return fmt.Sprintf("call again with skip=%d and offset=%d", skip, offset)
	}
	return fmt.Sprintf("call again with skip=%d", skip)
}

// cutPrefix begins the page keys of pages that were cut, which no page key of Dixa's does.
const cutPrefix = "cut:"

// CutKey returns the page key that goes on in a page of Dixa's at one of its items, and a place in it.
func CutKey(skip, limit, offset int, pageKey string) string {
	return fmt.Sprintf("%s%d:%d:%d:%s", cutPrefix, skip, limit, offset, pageKey)
}

// ParseCutKey reads what [CutKey] made; ok is false for a page key of Dixa's.
func ParseCutKey(key string) (skip, limit, offset int, pageKey string, ok bool) {
	rest, ok := strings.CutPrefix(key, cutPrefix)
	parts := strings.SplitN(rest, ":", 4)
	if !ok || len(parts) < 4 {
		return 0, 0, 0, "", false
	}
	for i, to := range []*int{&skip, &limit, &offset} {
		n, err := strconv.Atoi(parts[i])
		if err != nil || n < 0 {
			return 0, 0, 0, "", false
		}
		*to = n
	}
	return skip, limit, offset, parts[3], true
}
