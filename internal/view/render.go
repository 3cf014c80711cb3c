// Package view turns what Dixa answered into what an AI agent reads: text with one item a line, or compact JSON. Empty values are
// left out, HTML becomes text, secrets are redacted, hidden characters removed, untrusted text is set apart, and there are never more
// tokens than asked for. It knows nothing of tools, agents or HTTP.
package view

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"dixa-mcp/internal/base/jsonscan"
	"dixa-mcp/internal/base/vocabulary"
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

	Form   Form                          // text or JSON
	Layout Layout                        // of an answer that is text
	Things map[string]string             // what the ids in fields name, by the path from an item: "queue", "Dixa agent"
	Words  map[string]*vocabulary.Set    // of fields that text shows in the words of people, by the path from an item
	Names  func(thing, id string) string // the name of such a thing, "" where it has none; may be nil
	IDs    bool                          // show ids beside names too
	Zone   func() *time.Location         // of times in text; nil, or where it returns nil: UTC
	Number int                           // of a single message in its conversation
	Newest bool                          // of messages that do not all fit keep the newest
	Read   bool                          // of messages: the reader knows those that are left out
	Party  []string                      // of messages: the customer, as the reader was told: "Name <address>", and the address
	inPart bool                          // the zone is named elsewhere
	year   int                           // of the time before the answer, 0 where there is none
}

// Form is how an answer is written.
type Form int

const (
	// AsJSON makes one compact object.
	AsJSON Form = iota
	// AsText makes lines: one item a line, and prose in lines that begin with "| ".
	AsText
)

// Result is an answer for an agent.
type Result struct {
	Text   string // compact JSON, an object, or text; "" when Dixa answered without a body
	Tokens int    // EstimateTokens(Text)
	Total  int    // items of the list that Dixa sent; 1 for a single object
	Shown  int    // of them in Text
	timed  bool   // times were written
	year   int    // of the last of them
}

const (
	defaultTokens = 8000
	leastTokens   = 200
)

// Render shows the body of one of Dixa's answers. {"data":…,"meta":…} becomes its data: an object
// as it is, a list as {"items":[…]} with shown, total, more and nextPageKey where not everything is
// there. The error says that the body is no JSON, and holds nothing of it; an [*OutsideError] says that Skip or Offset is behind the end.
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
	s := scratches.Get().(*scratch)
	w := &walker{kind: o.Kind, fields: o.Fields, secret: [][]byte{[]byte("authorization")}, work: newWorkIn(ctx, &s.winners)}
	w.out, w.stack = slices.Grow(s.out, min(len(body), 4*o.MaxTokens)+256), s.stack
	for _, name := range o.Secret {
		w.secret = append(w.secret, []byte(name))
	}
	data, key, beside := unwrap(body)
	w.path = append(w.path, key...)
	w.trust = w.fields[key]
	var t *texter
	if o.Form == AsText {
		t = &texter{o: &o, path: append([]byte{}, key...), year: o.year}
		t.thread.sides.know(o.Party)
	}
	var r Result
	var err error
	if data[0] == '[' {
		l := list{o: o, w: w, t: t, beside: beside}
		r, err = l.render(data)
	} else {
		r, err = single(w, t, data, o)
	}
	if t != nil {
		r.timed, r.year = t.timed, t.year
	}
	s.release(w)
	if w.work.ended {
		return Result{}, fmt.Errorf("show Dixa's answer: %w", ctx.Err())
	}
	return r, err
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

func single(w *walker, t *texter, obj []byte, o Options) (Result, error) {
	if !w.value(obj) {
		w.out = append(w.out, "{}"...)
	}
	item, mark := w.out, len(w.out)
	if t != nil && o.Offset == 0 {
		item = t.single(w.out, o, "")
	}
	if n := tokens(item); o.Offset == 0 && n <= o.MaxTokens {
		return Result{Text: string(item), Tokens: n, Total: 1, Shown: 1}, nil
	}
	if err := o.outsideItem(w.out[:mark], "the answer"); err != nil {
		return Result{}, err
	}
	room := o.MaxTokens - EstimateTokens(o.continuation(9_999_999)) - 12
	for budget := room; ; budget = budget * 3 / 4 {
		out, next := piece(w.out[:mark], o.Offset, budget)
		more := ""
		if next > 0 {
			more = o.continuation(next)
		}
		switch {
		case t != nil:
			t.out, t.year = t.out[:0], o.year
			out = t.single(out, o, more)
		case next > 0 && len(out) == 2:
			out = append(appendString([]byte(`{"more":`), more), '}')
		case next > 0:
			out = append(appendString(append(out[:len(out)-1], `,"more":`...), more), '}')
		}
		if t == nil || next == 0 || budget < leastTokens || tokens(out) <= o.MaxTokens {
			return Result{Text: string(out), Tokens: tokens(out), Total: 1, Shown: 1}, nil
		}
	}
}

// single writes an answer that is one object, and how to read on where it was cut.
func (t *texter) single(obj []byte, o Options, more string) []byte {
	if o.Kind == Messages && at(obj, "author") != nil {
		t.message(obj, o.Number, true)
	} else {
		t.object(obj, 0, true)
	}
	if len(t.out) == 0 {
		t.out = append(t.out, "Nothing.\n"...)
	}
	if more != "" {
		t.out = append(append(append(t.out, "More: "...), more...), '\n')
	}
	return t.appendZone(t.out)
}

// continuation says how to get the rest of an item that was cut at an offset.
func (o Options) continuation(offset int) string {
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
