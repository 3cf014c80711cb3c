package view

import (
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"

	"dixa-mcp/internal/base/jsonscan"
	"dixa-mcp/internal/base/vocabulary"
)

// thread is what a reader of the messages of a conversation has been told already, and is not told again.
type thread struct {
	kind    string               // of the message before: Email, Chat
	said    map[string]string    // addresses, by who wrote, and from or to
	sides   parties              // who writes to whom
	earlier map[string][]signing // by who wrote
}

// clone returns a copy that changes by itself.
func (th *thread) clone() thread {
	c := *th
	c.said, c.earlier = maps.Clone(th.said), maps.Clone(th.earlier)
	for author, list := range c.earlier {
		c.earlier[author] = slices.Clone(list)
	}
	c.sides = th.sides.clone()
	return c
}

// signing is the text of an earlier message, to whose last lines a signature is compared.
type signing struct {
	lines  []string
	number int
}

// message writes one message: a line with its number, when, and who wrote, and its text.
func (t *texter) message(raw []byte, number int, whole bool) {
	m := map[string][]byte{}
	var rest []member
	for key, value := range jsonscan.Members(raw) {
		switch string(key) {
		case "id", "author", "authorId", "createdAt", "type", "from", "to", "cc", "bcc", "replyDefaultToEmails", "text", "attachments", "inlineImages":
			m[string(key)] = value
		case "untrusted", "originalContentUrl", "externalId": // the text says what the file does, and the id is of use to programs
		default:
			rest = append(rest, member{key, value})
		}
	}
	author := "unknown author"
	if v := m["author"]; isString(v) && string(v) != `"unknown"` {
		author = unquote(v)
	}
	t.out = fmt.Appendf(t.out, "#%d", number)
	if at, ok := instantOf(m["createdAt"]); ok {
		t.out = t.appendTime(append(t.out, ' '), at)
	}
	t.out = append(t.out, ' ')
	who := author
	if name := t.author(m["authorId"], author); name != "" {
		t.out, who = appendValue(t.out, name, false), name
	} else {
		t.out = append(t.out, author...)
	}
	if kind := m["type"]; isString(kind) && unquote(kind) != t.thread.kind {
		t.thread.kind = unquote(kind)
		t.out = appendValue(append(t.out, separator...), vocabulary.Channels.Word(t.thread.kind), false)
	}
	for _, key := range [...]string{"from", "to", "cc", "bcc", "replyDefaultToEmails"} {
		if v := m[key]; v != nil && t.thread.news(author, who, key, v) {
			label := key
			if key == "replyDefaultToEmails" {
				label = "reply to"
			}
			t.out = append(append(append(t.out, separator...), label...), ' ')
			t.value("attributes."+key, v)
		}
	}
	facts, below := len(t.facts), len(t.below)
	for _, p := range rest {
		t.messageField(p)
	}
	said := ""
	if v := m["text"]; isString(v) {
		said = unquote(v)
	}
	for _, f := range t.facts[facts:] {
		if inForm(f.path, f.value, said) {
			continue
		}
		t.out = append(t.out, separator...)
		t.field(f)
	}
	if t.o.IDs && isString(m["id"]) {
		t.out = append(append(append(t.out, separator...), "id "...), unquote(m["id"])...)
	}
	t.out = append(t.out, '\n')
	if m["text"] != nil {
		t.prose(t.thread.brief(author, number, said, whole))
	}
	for _, p := range t.below[below:] {
		if !inForm(p.path, p.value, said) {
			t.part(p, 0, true)
		}
	}
	t.facts, t.below = t.facts[:facts], t.below[:below]
	t.attachments(number, m["attachments"], 1)
	t.attachments(number, m["inlineImages"], 1+countOf(m["attachments"]))
}

// heard reads a message that its reader has or can have seen, and writes nothing.
func (t *texter) heard(raw []byte, number int) {
	mark, year, timed := len(t.out), t.year, t.timed
	t.message(raw, number, false)
	t.out, t.year, t.timed = t.out[:mark], year, timed
}

// messageField sorts a field of Dixa's that this package gives no meaning.
func (t *texter) messageField(p member) {
	length := len(t.path)
	t.path = append(append(t.path, "attributes."...), p.key...)
	c := &column{label: labelOf(string(p.key)), place: afterLayout}
	if string(p.value) != "false" { // isAutoReply, isAutomated: the rule
		t.sort(c, nil, p.value)
	}
	t.path = t.path[:length]
}

// author returns the name of the Dixa agent who wrote a message.
func (t *texter) author(id []byte, author string) string {
	thing := t.o.Things["authorId"]
	if author == "customer" || thing == "" || t.o.Names == nil || !isString(id) {
		return ""
	}
	return t.o.Names(thing, unquote(id))
}

// inForm reports whether a field of a form stands in lines of their own in the text of the message, which says the whole form.
func inForm(path string, value []byte, text string) bool {
	if !strings.HasPrefix(path, "attributes.formSubmission.") || !isString(value) {
		return false
	}
	field := unquote(value)
	return strings.TrimSpace(field) != "" && strings.Contains("\n"+text+"\n", "\n"+field+"\n")
}

// attachments names the files of a message, by the names with which a caller asks for them.
func (t *texter) attachments(number int, list []byte, from int) {
	if list == nil || list[0] != '[' {
		return
	}
	for file := range jsonscan.Elements(list) {
		name, address := "", ""
		if file[0] == '{' {
			if v := at(file, "prettyName"); isString(v) {
				name = unquote(v)
			}
			if v := at(file, "url"); isString(v) {
				address = unquote(v)
			}
		}
		if name == "" {
			name = path.Base(address)
		}
		t.out = fmt.Appendf(t.out, "attachment #%d/%d ", number, from)
		t.out = append(appendValue(t.out, name, true), '\n')
		from++
	}
}

// countOf returns how many elements an array has; nil has none.
func countOf(list []byte) (n int) {
	if list == nil || list[0] != '[' {
		return 0
	}
	for range jsonscan.Elements(list) {
		n++
	}
	return n
}

const (
	signatureLines = 2   // that are the same at the end of two messages
	signatureBytes = 60  // and at least so long
	disclaimer     = 100 // bytes of a single line that is one
)

// brief returns the text of a message without what its reader knows: the line of a mail program above a reference to a
// quoted message, and the last lines, where an earlier message of the same side ends in the same ones. A message is never
// replaced as a whole.
func (th *thread) brief(author string, number int, text string, whole bool) string {
	all := strings.Split(text, "\n")
	lines := all
	if strings.Contains(text, quotesLead) {
		lines = withoutAttributions(all)
	}
	end := len(lines)
	for end > 0 && (strings.TrimSpace(lines[end-1]) == "" || isReference(lines[end-1])) {
		end--
	}
	said, quotes := lines[:end], lines[end:]
	most, of := 0, 0
	for _, earlier := range th.earlier[author] {
		if n := sameEnd(said, earlier.lines); n > most {
			most, of = n, earlier.number
		}
	}
	switch {
	case most == 0:
		th.remember(author, signing{said, number})
	case !whole:
		said = append(slices.Clone(said[:len(said)-most]), with("signature", fmt.Sprintf(" as in #%d", of)))
	}
	if whole || most == 0 && len(lines) == len(all) {
		return text
	}
	for len(quotes) > 0 && strings.TrimSpace(quotes[0]) == "" {
		quotes = quotes[1:]
	}
	if last := len(said) - 1; most > 0 && !whole && len(quotes) > 0 { // one line for both
		said[last] += " " + quotes[0]
		quotes = quotes[1:]
	}
	return strings.Join(append(slices.Clip(said), quotes...), "\n")
}

// remember keeps a message for comparison: the first, and the last few.
func (th *thread) remember(author string, s signing) {
	if th.earlier == nil {
		th.earlier = map[string][]signing{}
	}
	list := th.earlier[author]
	if len(list) >= signaturesMost {
		list = append(list[:1], list[2:]...)
	}
	th.earlier[author] = append(list, s)
}

// signaturesMost is how many messages of one side signatures are compared with.
const signaturesMost = 8

// withoutAttributions drops the lines "On …, Name <address> wrote:" that stand directly above a reference, which says it.
func withoutAttributions(lines []string) []string {
	kept := lines[:0:0]
	for i, line := range lines {
		next := i + 1
		for next < len(lines) && strings.TrimSpace(lines[next]) == "" {
			next++
		}
		if next < len(lines) && isReference(lines[next]) && attribution(strings.TrimSpace(line)) && strings.Contains(line, "@") && strings.Contains(line, "<") {
			continue
		}
		kept = append(kept, line)
	}
	return kept
}

// isReference reports whether a line is a reference to a quoted message, and nothing else.
func isReference(line string) bool {
	line = strings.TrimSpace(line)
	rest, ok := strings.CutPrefix(line, quotesLead)
	digits, ok2 := strings.CutSuffix(rest, "]")
	return ok && ok2 && digits != "" && strings.Trim(digits, "0123456789") == ""
}

// sameEnd returns how many lines at the end of two messages are the same signature, 0 where they are none.
func sameEnd(a, b []string) int {
	n, written, bytes := 0, 0, 0
	for n < len(a) && n < len(b) && a[len(a)-1-n] == b[len(b)-1-n] {
		if line := strings.TrimSpace(a[len(a)-1-n]); line != "" {
			written++
			bytes += len(line)
		}
		n++
	}
	if bytes < signatureBytes || written < signatureLines && bytes < disclaimer {
		return 0
	}
	for _, line := range a[:len(a)-n] {
		if strings.TrimSpace(line) != "" {
			return n
		}
	}
	return 0
}
