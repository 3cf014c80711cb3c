package view

import (
	"bytes"
	"cmp"
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"dixa-mcp/internal/base/uuid"
)

// Item is one thing in an answer that a tool composes itself: in text a line of facts with what belongs to it below, in JSON
// an object.
type Item struct {
	Facts []Fact // the most important first
	Text  string // prose, whoever wrote it: lines that begin with "| "
	Items []Item // its parts, each on lines of its own
}

// Fact is one statement about an item.
type Fact struct {
	Key     string    // its name in JSON, in Dixa's spelling where Dixa has it
	Label   string    // what stands before the value in text, in our own words; "" where the value speaks for itself
	Value   string    // "" leaves the fact out
	Word    string    // the value as people know it, in text; "" where it is the same
	Time    time.Time // in place of Value
	Show    TimePart  // of Time, in text
	Own     bool      // our own words, which need no quotation marks
	Outside bool      // an outsider chose the value
	ID      string    // the id of what the value names, in JSON only
	Program bool      // for programs: in JSON only, and an id where ids are asked for
}

// TimePart is what text shows of a time.
type TimePart int

const (
	// DayAndClock shows all of it.
	DayAndClock TimePart = iota
	// DayOnly shows the day.
	DayOnly
	// ClockOnly shows the time of the day.
	ClockOnly
	// LastDay shows the day that ends at the time, if that is a midnight, and else all of it.
	LastDay
)

// Part is one part of an answer that is made of several: items of the tool's own, or one of Dixa's answers.
type Part struct {
	Name    string // of the member that holds it in JSON
	Title   string // the line above it in text; "" for none
	Items   []Item
	List    bool   // Items are a list even if there is one or none
	Body    []byte // in place of Items: one of Dixa's answers, shown as Options say
	Options Options
}

// Sentence returns a part that is one line in our own words.
func Sentence(key, line string) Part {
	return Part{Name: key, Items: []Item{{Facts: []Fact{{Key: "text", Value: line, Own: true}}}}}
}

// fact writes one fact.
func (t *texter) fact(f Fact) {
	if f.Label != "" {
		t.out = append(append(t.out, f.Label...), ' ')
	}
	switch {
	case !f.Time.IsZero():
		t.out = t.appendPart(t.out, f.Time, f.Show)
	case f.Own:
		t.out = append(t.out, strings.Join(strings.Fields(Clean(cmp.Or(f.Word, f.Value))), " ")...)
	default:
		t.out = appendValue(t.out, cmp.Or(f.Word, f.Value), f.Outside)
	}
	if t.o.IDs && f.ID != "" {
		t.out = append(append(append(t.out, " ("...), f.ID...), ')')
	}
}

// item writes an item and its parts.
func (t *texter) item(i Item, depth int) {
	t.indent(depth)
	begun := false
	for _, f := range i.Facts {
		if f.Value == "" && f.Time.IsZero() || f.Program && !(t.o.IDs && uuid.Is(f.Value)) {
			continue
		}
		if begun {
			t.out = append(t.out, separator...)
		}
		t.fact(f)
		begun = true
	}
	if begun {
		t.out = append(t.out, '\n')
	} else {
		t.out = t.out[:len(t.out)-2*depth]
	}
	t.prose(Clean(i.Text))
	for _, part := range i.Items {
		t.item(part, depth+1)
	}
}

// appendJSON writes an item as a JSON object, without what is empty. Facts of the same name are an array.
func (i Item) appendJSON(dst []byte) []byte {
	dst = append(dst, '{')
	put := func(key string, value func([]byte) []byte) {
		if dst[len(dst)-1] != '{' {
			dst = append(dst, ',')
		}
		dst = value(append(appendString(dst, key), ':'))
	}
	outside := false
	for at, f := range i.Facts {
		if f.Value == "" && f.Time.IsZero() || hasFact(i.Facts[:at], f.Key) {
			continue
		}
		put(f.Key, func(dst []byte) []byte { return appendFacts(dst, f.Key, i.Facts[at:]) })
		if f.ID != "" {
			put(f.Key+"Id", func(dst []byte) []byte { return appendString(dst, f.ID) })
		}
		outside = outside || f.Outside
	}
	if text := Clean(i.Text); text != "" {
		put("text", func(dst []byte) []byte { return appendString(dst, text) })
		outside = true
	}
	if len(i.Items) > 0 {
		put("items", func(dst []byte) []byte { return appendItems(dst, i.Items) })
	}
	if outside {
		put("untrusted", func(dst []byte) []byte { return append(dst, "true"...) })
	}
	return append(dst, '}')
}

// hasFact reports whether one of the facts has this key and a value.
func hasFact(facts []Fact, key string) bool {
	for _, f := range facts {
		if f.Key == key && (f.Value != "" || !f.Time.IsZero()) {
			return true
		}
	}
	return false
}

// appendFacts writes the value of a key: a string, or an array of those of all facts that have the key.
func appendFacts(dst []byte, key string, facts []Fact) []byte {
	var values []string
	for _, f := range facts {
		switch {
		case f.Key != key:
		case !f.Time.IsZero():
			values = append(values, f.Time.UTC().Format(time.RFC3339))
		case f.Value != "":
			values = append(values, Clean(f.Value))
		}
	}
	switch {
	case len(values) == 1 && facts[0].Own && (values[0] == "true" || values[0] == "false"):
		return append(dst, values[0]...)
	case len(values) == 1:
		return appendScalar(dst, values[0])
	}
	dst = append(dst, '[')
	for i, v := range values {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = appendScalar(dst, v)
	}
	return append(dst, ']')
}

// appendScalar writes a number as a number, and anything else as a string.
func appendScalar(dst []byte, s string) []byte {
	if n, err := strconv.ParseInt(s, 10, 64); err == nil && strconv.FormatInt(n, 10) == s {
		return append(dst, s...)
	}
	return appendString(dst, s)
}

// appendItems writes items as a JSON array.
func appendItems(dst []byte, items []Item) []byte {
	dst = append(dst, '[')
	for n, i := range items {
		if n > 0 {
			dst = append(dst, ',')
		}
		dst = i.appendJSON(dst)
	}
	return append(dst, ']')
}

// bare reports whether a value can stand without quotation marks: it holds nothing that could be read as anything else.
func bare(s string, outside bool) bool {
	if s == "" || s[0] == ' ' || s[len(s)-1] == ' ' || strings.Contains(s, "  ") {
		return false
	}
	for _, r := range s {
		switch {
		case r == ' ' && !outside:
		case r < 0x80 && (plain[byte(r)]&inName != 0 || r == '.' || r == '@' || r == '+'):
		case r >= 0xC0 && isLetter(r):
		default:
			return false
		}
	}
	return true
}

// Value returns a value from Dixa as an answer writes it in a line of its own words.
func Value(s string, outside bool) string { return string(appendValue(nil, s, outside)) }

// appendValue writes a value from Dixa in one line: as it is, or in quotation marks where it could be taken for anything
// else. Words of outsiders always are, unless they are one word.
func appendValue(dst []byte, s string, outside bool) []byte {
	s = Clean(s)
	if bare(s, outside) {
		return append(dst, s...)
	}
	dst = append(dst, '"')
	for _, r := range s {
		switch {
		case r == '"' || r == '\\':
			dst = append(dst, '\\', byte(r))
		case r == '\n':
			dst = append(dst, `\n`...)
		case r == '\t':
			dst = append(dst, `\t`...)
		case breaksLine(r):
			dst = fmt.Appendf(dst, `\u%04x`, r)
		default:
			dst = append(dst, string(r)...)
		}
	}
	return append(dst, '"')
}

// breaksLine reports whether some reader takes r for the end of a line.
func breaksLine(r rune) bool {
	return r == '\n' || r == '\r' || r == '\v' || r == '\f' || r == 0x1C || r == 0x1D || r == 0x1E || r == 0x85 || r == 0x2028 || r == 0x2029
}

// indexBreak returns the index of the first line break in s, or -1. Every byte of a text passes here, and most are ASCII.
func indexBreak(s string) int {
	for i := 0; i < len(s); {
		r, width := rune(s[i]), 1
		if r >= utf8.RuneSelf {
			r, width = utf8.DecodeRuneInString(s[i:])
		}
		if (r < ' ' || r >= utf8.RuneSelf) && breaksLine(r) {
			return i
		}
		i += width
	}
	return -1
}

// prose writes a text in lines that begin with "| ", by which a reader knows them from ours.
func (t *texter) prose(s string) {
	for s != "" {
		end := indexBreak(s)
		line, rest := s, ""
		if end >= 0 {
			_, width := utf8.DecodeRuneInString(s[end:])
			line, rest = s[:end], s[end+width:]
		}
		if line = strings.TrimRight(line, " \t"); line != "" {
			t.out = append(append(append(t.out, "| "...), line...), '\n')
		}
		s = rest
	}
}

func (t *texter) indent(depth int) {
	t.out = append(t.out, bytes.Repeat([]byte("  "), depth)...)
}

const separator = " · "
