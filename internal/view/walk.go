package view

import (
	"bytes"
	"strings"

	"dixa-mcp/internal/base/jsonscan"
)

// walker rewrites valid JSON from Dixa into out: in order, numbers digit by digit, unknown
// properties kept, nulls and empty values dropped, strings cleaned, secrets redacted, texts that
// customers write marked.
type walker struct {
	out    []byte
	kind   Kind
	fields Fields
	secret [][]byte
	work   *work

	path     []byte // of the field that is being written
	trusting        // what is known of its text
	unmarked bool   // untrusted text was written and is not marked yet

	history  *history // of the conversation whose messages are listed, or nil
	speakers speakers // of the transcript of a call
	nameless bool     // contacts are shown by their addresses alone
	whole    bool     // the message keeps what it quotes

	stack     []member // the members of the objects around the one being written
	inMessage bool     // below a message, which is marked as a whole
	contacts  bool     // below an address field of a message
	highlight bool     // below the highlights of a search hit
}

// member is one property: its key cleaned and JSON-escaped, and the bytes of its value.
type member struct{ key, value []byte }

// value appends raw as the agent sees it. It is false, and nothing is appended, when nothing is
// left to see.
func (w *walker) value(raw []byte) bool {
	switch raw[0] {
	case '{':
		return w.object(raw)
	case '[':
		return w.array(raw)
	case '"':
		return w.str(raw)
	case 'n':
		return false
	}
	w.out = append(w.out, raw...)
	return true
}

func (w *walker) array(raw []byte) bool {
	start := len(w.out)
	w.out = append(w.out, '[')
	for element := range jsonscan.Elements(raw) {
		mark := len(w.out)
		w.comma()
		if !w.value(element) {
			w.out = w.out[:mark]
		}
	}
	return w.end(start, ']')
}

func (w *walker) object(raw []byte) bool {
	base := len(w.stack)
	seen := w.properties(w.push(raw))
	w.stack = w.stack[:base]
	return seen
}

// properties writes the object that has the members m.
func (w *walker) properties(m []member) bool {
	if w.kind == Messages && !w.inMessage {
		if attributes := find(m, "attributes"); attributes != nil && attributes[0] == '{' {
			return w.message(m, w.push(attributes))
		}
	}
	if text, ok := w.content(m); ok {
		return w.flattened(m, text)
	}
	if w.contacts {
		if contact := contactOf(m, w.nameless); contact != "" {
			w.out = appendString(w.out, contact)
			return true
		}
	}
	start := len(w.out)
	w.out = append(w.out, '{')
	row := w.kind == Rows && len(w.stack) == len(m)
	before := w.unmarked
	w.unmarked = false
	for _, p := range m {
		if row && string(p.key) == "text" && isString(p.value) {
			if s := unquote(p.value); strings.Contains(s, "</") { // exports do not say which texts are HTML
				p.value = appendString(nil, w.work.html(s).String())
			}
		}
		w.member(p)
	}
	w.markIfNeeded(before)
	return w.end(start, '}')
}

// flattened writes a content object, whose text was found, for an object that is no message.
func (w *walker) flattened(m []member, said body) bool {
	text, before := said.String(), w.unmarked
	w.unmarked = text != "" && w.trust == Untrusted
	if w.inMessage && len(m) == 2 {
		if text != "" {
			w.out = appendString(w.out, text)
		}
		w.unmarked = w.unmarked || before
		return text != ""
	}
	start := len(w.out)
	w.out = append(w.out, '{')
	w.text("text", text)
	for _, p := range m {
		if k := string(p.key); k != "_type" && k != "value" {
			w.own(p)
		}
	}
	w.markIfNeeded(before)
	return w.end(start, '}')
}

// push puts the members of an object on the stack. What it returns stays valid below.
func (w *walker) push(obj []byte) []member {
	base := len(w.stack)
	for key, value := range jsonscan.Members(obj) {
		w.stack = append(w.stack, member{cleanKey(key), value})
	}
	return w.stack[base:len(w.stack):len(w.stack)]
}

// cleanKey makes two spellings of a name the same bytes.
func cleanKey(key []byte) []byte {
	if all(key, inName) {
		return key
	}
	return appendText([]byte{}, Clean(decode(key)))
}

// find gives the value of the last member of that name, as JSON readers do, or nil.
func find(m []member, key string) []byte {
	for i := len(m) - 1; i >= 0; i-- {
		if string(m[i].key) == key {
			return m[i].value
		}
	}
	return nil
}

// member writes one property and is false when its value left nothing to see.
func (w *walker) member(p member) bool {
	mark := len(w.out)
	w.name(p.key)
	value := len(w.out)
	inHits, unmarked := w.highlight, w.unmarked
	before, length := w.enter(p)
	w.highlight = inHits || string(p.key) == "highlights" || string(p.key) == "highlight"
	seen := w.value(p.value)
	w.highlight = inHits
	w.leave(before, length)
	switch {
	case !seen:
		w.out = w.out[:mark]
	case w.isSecret(p.key):
		w.out, w.unmarked = append(w.out[:value], `"[redacted]"`...), unmarked
	}
	return seen
}

// name writes a comma where one is due, and the key. Dixa's own properties of the names that this
// package gives a meaning to get a prefix, so that no customer can say who wrote what.
func (w *walker) name(key []byte) {
	w.comma()
	w.out = append(w.out, '"')
	if t := bytes.TrimSpace(key); bytes.EqualFold(t, []byte("untrusted")) || bytes.EqualFold(t, []byte("more")) {
		w.out = append(w.out, "dixa."...)
	}
	w.out = append(append(w.out, key...), '"', ':')
}

// text writes a property of this package with a text, if there is one.
func (w *walker) text(key, text string) {
	if text == "" {
		return
	}
	w.comma()
	w.out = append(append(append(w.out, '"'), key...), '"', ':')
	w.out = appendString(w.out, text)
}

// mark marks this object as untrusted: a customer or an unknown author wrote its text.
func (w *walker) mark() {
	w.comma()
	w.out = append(w.out, untrusted...)
}

const untrusted = `"untrusted":true`

func (w *walker) comma() {
	if last := w.out[len(w.out)-1]; last != '{' && last != '[' {
		w.out = append(w.out, ',')
	}
}

// end closes an object or array, or takes it back when it is empty.
func (w *walker) end(start int, bracket byte) bool {
	if len(w.out) == start+1 {
		w.out = w.out[:start]
		return false
	}
	w.out = append(w.out, bracket)
	return true
}

func (w *walker) str(raw []byte) bool {
	inner := withoutZone(raw[1 : len(raw)-1])
	if !w.highlight && special(inner, 0) == len(inner) && !hasData(inner, bytes.IndexByte) {
		if len(inner) > 0 {
			w.out = append(append(append(w.out, '"'), inner...), '"')
			w.noteText(inner)
		}
		return len(inner) > 0
	}
	s := withoutData(decode(inner))
	if w.highlight {
		s = highlightTags.Replace(s)
	}
	if s = Clean(s); s != "" {
		w.out = appendString(w.out, s)
		w.noteText([]byte(s))
	}
	return s != ""
}

var highlightTags = strings.NewReplacer(`<em class="highlight">`, "", "<em>", "", "</em>", "")

// withoutZone strips the zone that Dixa repeats behind some times: 2021-12-01T12:46:36.581Z[GMT].
func withoutZone(s []byte) []byte {
	if len(s) < 22 || s[len(s)-1] != ']' || s[4] != '-' || s[10] != 'T' {
		return s
	}
	open := bytes.IndexByte(s, '[')
	if open < 19 || !isDigit(s[0]) || !all(bytes.ReplaceAll(s[open+1:len(s)-1], []byte("/"), nil), inName) {
		return s
	}
	return s[:open]
}

// isSecret compares as people write header and property names: in any case.
func (w *walker) isSecret(key []byte) bool {
	for _, s := range w.secret {
		if bytes.EqualFold(key, s) {
			return true
		}
	}
	return false
}
