package view

import (
	"bytes"
	"strings"
)

var attributesKey, textFileKey = []byte("attributes"), []byte("textFile")

// message writes one message flat: m are its own members, attributes those of its attributes, which
// differ by channel. Its text, its author and the mark are siblings, and no property of Dixa's can
// take their names.
func (w *walker) message(m, attributes []member) bool {
	w.inMessage = true
	before := w.unmarked
	w.unmarked = false
	author := authorOf(attributes)
	spoken := string(find(attributes, "_type")) == `"TranscriptAttributes"`
	if spoken && author == "unknown" {
		author = w.speakers.of(find(m, "authorId"))
	}

	w.out = append(w.out, '{')
	w.take(m, "id")
	w.take(m, "createdAt")
	w.text("author", author)
	w.take(m, "authorId")
	outside, length := w.enter(member{key: attributesKey})
	if kind := find(attributes, "_type"); isString(kind) {
		w.text("type", strings.TrimSuffix(Clean(unquote(kind)), "Attributes"))
		remove(attributes, "_type")
	}
	w.contacts = true
	for _, key := range [...]string{"from", "to", "cc", "bcc", "replyDefaultToEmails"} {
		w.nameless = author == "agent" && key != "from" // customers choose the names of recipients
		w.take(attributes, key)
	}
	w.contacts, w.nameless = false, false
	quotes := w.body(attributes)
	marked := author != "agent" || spoken || quotes // what was heard may be attributed wrongly
	if marked {
		w.mark()
	}
	w.take(attributes, "attachments")
	for _, p := range attributes {
		if p.key != nil {
			w.own(p)
		}
	}
	w.leave(outside, length)
	for _, p := range m {
		if p.key != nil && string(p.key) != "attributes" {
			w.own(p)
		}
	}
	w.inMessage = false
	if marked {
		w.unmarked = false
	}
	w.markIfNeeded(before)
	w.out = append(w.out, '}')
	return true
}

// authorOf tells who wrote a message by its direction, and then takes the direction away: author
// says it. Recordings and transcripts have none.
func authorOf(attributes []member) string {
	switch raw := find(attributes, "direction"); {
	case bytes.EqualFold(raw, []byte(`"Inbound"`)):
		remove(attributes, "direction")
		return "customer"
	case bytes.EqualFold(raw, []byte(`"Outbound"`)):
		remove(attributes, "direction")
		return "agent"
	}
	return "unknown"
}

// body writes what the message says: text, or textFile where Dixa keeps a long mail as a file.
// A content of another shape is left where it is. quotes tells that the text holds a quotation.
func (w *walker) body(attributes []member) (quotes bool) {
	b, file, key := w.said(attributes)
	switch {
	case key == "":
		return false
	case file != nil:
		w.member(member{textFileKey, file})
	default:
		lines, marked := b.lines()
		shown := b
		if w.history != nil && !w.whole && marked {
			shown = w.history.fold(b, lines)
			_, marked = body{text: shown.text}.lines()
		}
		w.text("text", shown.String())
		quotes = shown.cites || marked || len(shown.quoted) > 0
		if w.history != nil {
			w.history.add(w.history.number, func() body { return b })
		}
	}
	remove(attributes, key)
	return quotes
}

// said finds what a message says: its text, or the file it is in, and the attribute it is in,
// "" for none.
func (w *walker) said(attributes []member) (b body, file []byte, key string) {
	for _, key := range [...]string{"content", "emailContent"} {
		raw := find(attributes, key)
		if raw == nil || raw[0] != '{' {
			continue
		}
		base := len(w.stack)
		m := w.push(raw)
		b, isText := w.content(m)
		file := find(m, "file")
		if inner := find(m, "content"); !isText && inner != nil && inner[0] == '{' {
			b, isText = w.content(w.push(inner))
		}
		w.stack = w.stack[:base]
		switch {
		case isText:
			return b, nil, key
		case file != nil && file[0] == '{':
			return b, file, key
		}
	}
	return body{}, nil, ""
}

// later makes a message that is not shown known to the ones that quote it.
func (w *walker) later(raw []byte, number int) {
	if raw[0] != '{' {
		return
	}
	w.history.add(number, func() (b body) {
		base := len(w.stack)
		if attributes := find(w.push(raw), "attributes"); attributes != nil && attributes[0] == '{' {
			b, _, _ = w.said(w.push(attributes))
		}
		w.stack = w.stack[:base]
		return b
	})
}

// take writes the member of that name and takes it out of m.
func (w *walker) take(m []member, key string) {
	for i := len(m) - 1; i >= 0; i-- {
		if string(m[i].key) == key {
			w.member(m[i])
			remove(m, key)
			return
		}
	}
}

// remove takes every member of that name out of m.
func remove(m []member, key string) {
	for i := range m {
		if string(m[i].key) == key {
			m[i].key = nil
		}
	}
}

// own writes a property that Dixa put beside the ones of this package; where both have the same
// name, Dixa's gets a prefix.
func (w *walker) own(p member) {
	switch string(p.key) {
	case "id", "createdAt", "author", "authorId", "type", "from", "to", "cc", "bcc", "text", "textFile", "attachments":
		p.key = append([]byte("dixa."), p.key...)
	}
	w.member(p)
}

// content gives the text of a content object, {"_type":"Html"|"Markdown"|"Text","value":"…"}.
func (w *walker) content(m []member) (body, bool) {
	kind, raw := find(m, "_type"), find(m, "value")
	switch string(kind) {
	case `"Html"`, `"Markdown"`, `"Text"`:
	default:
		return body{}, false
	}
	if !isString(raw) {
		return body{}, false
	}
	s := withoutData(decode(raw[1 : len(raw)-1]))
	switch string(kind) {
	case `"Html"`:
		return w.work.html(s), true
	case `"Markdown"`:
		return markdown(s), true
	}
	return plainText(s), true
}

// plainText reads a plain text as work.html reads HTML.
func plainText(s string) body {
	b := body{text: tidy(Clean(s))}
	if b.text == "" && strings.TrimSpace(s) != "" {
		b.note = onlyInvisible
	}
	return b
}

// markdown drops what Markdown hides from people: <!-- comments -->.
func markdown(s string) body {
	if !strings.Contains(s, "<!--") {
		return plainText(s)
	}
	var shown, comments strings.Builder
	for s != "" {
		before, rest, _ := strings.Cut(s, "<!--")
		shown.WriteString(before)
		var comment string
		comment, s, _ = strings.Cut(rest, "-->")
		comments.WriteString(comment + "\n")
	}
	b := plainText(shown.String())
	if b.text == "" {
		b = body{doubtful: tidy(Clean(comments.String())), hidden: true}
	}
	return b
}

// contactOf gives an email contact as "Name <address>", or without its name, or "" for anything else. Angle brackets
// are taken out of the name, or a customer could be called "Support <support@…>".
func contactOf(m []member, nameless bool) string {
	var name, address string
	for _, p := range m {
		switch {
		case string(p.key) == "email" && isString(p.value):
			address = oneLine(unquote(p.value))
		case string(p.key) == "name" && isString(p.value):
			name = oneLine(unquote(p.value))
		case p.value[0] != 'n':
			return ""
		}
	}
	if nameless || address == "" || name == "" || name == address {
		return address
	}
	return name + " <" + address + ">"
}

func oneLine(s string) string {
	return strings.Join(strings.Fields(angle.Replace(Clean(s))), " ")
}

var angle = strings.NewReplacer("<", "", ">", "")

func isString(raw []byte) bool  { return len(raw) > 0 && raw[0] == '"' }
func unquote(raw []byte) string { return decode(raw[1 : len(raw)-1]) }
