package view

import (
	"bytes"
	"cmp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"dixa-mcp/internal/base/jsonscan"
	"dixa-mcp/internal/base/uuid"
)

// texter writes an answer as text. It reads the JSON that a walker wrote, so that both say the same: one item a line, its
// facts separated by " · ". Lines of prose begin with "| ", and no value from Dixa can begin a line or end one.
type texter struct {
	o         *Options
	out       []byte
	path      []byte
	base      int    // where in path the item of a list begins
	alone     bool   // the answer is one object
	of        string // of a value of a custom attribute that is being written: the attribute, and the path to it
	year      int    // of the time that was written last
	timed     bool   // a time was written
	listed    bool   // the answer is a list of Dixa's
	unordered bool   // a time of an earlier year followed one of a later
	thread    thread

	facts []fact // of the items around the one being written
	below []trailer
	said  map[string]bool // prose of the item that is not repeated

	shared map[string]bool // names that several items of the list have, which therefore need their ids
	first  map[string]int  // the items at which values begin that are not repeated
	number int             // of the item of the list that is being written
}

// object writes an item that is an object, in one line or in several.
func (t *texter) object(raw []byte, depth int, single bool) {
	facts, below := len(t.facts), len(t.below)
	t.alone = single
	if depth == 0 {
		t.said = nil
	}
	t.gather(raw)
	t.dropRepeated(facts)
	own, parts := t.facts[facts:], t.below[below:]
	slices.SortStableFunc(own, func(a, b fact) int { return cmp.Compare(a.place, b.place) })
	slices.SortStableFunc(parts, func(a, b trailer) int { return cmp.Compare(a.place, b.place) })
	line := -1
	for _, f := range own {
		switch {
		case line < 0:
			t.indent(depth)
		case single && (f.line != line || f.place == afterLayout):
			t.out = append(t.out, '\n')
			t.indent(depth)
		default:
			t.out = append(t.out, separator...)
		}
		line = f.line
		t.field(f)
	}
	if line >= 0 {
		t.out = append(t.out, '\n')
	}
	for _, p := range parts {
		t.part(p, depth, line >= 0)
	}
	t.facts, t.below = t.facts[:facts], t.below[:below]
}

// field writes one fact.
func (t *texter) field(f fact) {
	label := f.label
	if f.pair {
		label = ""
	}
	if label != "" && f.name == nil && (f.value[0] == 't' || f.value[0] == 'f') {
		if f.value[0] == 'f' {
			t.out = append(t.out, "not "...)
		}
		t.out = append(t.out, label...)
		return
	}
	if f.name != nil {
		t.out = appendValue(t.out, unquote(f.name), false)
	}
	t.out = append(t.out, label...)
	if label != "" || f.name != nil {
		t.out = append(t.out, ' ')
	}
	t.of = f.of
	t.value(f.path, f.value)
	t.of = ""
}

// value writes a value, or several separated by commas.
func (t *texter) value(path string, v []byte) {
	switch {
	case v[0] == '[':
		first := true
		for e := range jsonscan.Elements(v) {
			if !first {
				t.out = append(t.out, ", "...)
			}
			t.value(path, e)
			first = false
		}
	case v[0] == '{':
		t.members(path, v)
	case v[0] == '"':
		t.text(path, v[1:len(v)-1])
	case v[0] == 't':
		t.out = append(t.out, "yes"...)
	case v[0] == 'f':
		t.out = append(t.out, "no"...)
	case len(v) == 13 && (strings.HasSuffix(path, "_at") || strings.HasSuffix(path, "At")):
		if ms, err := strconv.ParseInt(string(v), 10, 64); err == nil {
			t.out = t.appendTime(t.out, time.UnixMilli(ms))
			return
		}
		t.out = append(t.out, v...)
	default:
		t.out = appendNumber(t.out, v)
	}
}

// members writes an object as its names, in words where there are some, with their values.
func (t *texter) members(path string, obj []byte) {
	first := true
	for key, v := range jsonscan.Members(obj) {
		if !first {
			t.out = append(t.out, ", "...)
		}
		first = false
		name := decode(key)
		if words := t.o.Words[path]; words != nil {
			name = words.Word(name)
		}
		t.out = append(appendValue(t.out, name, t.o.Fields.at(path) == Untrusted), ' ')
		t.value(path+"."+string(key), v)
	}
}

// appendNumber writes a number, with two places at most.
func appendNumber(dst, v []byte) []byte {
	dot := bytes.IndexByte(v, '.')
	if dot < 0 || len(v)-dot <= 3 {
		return append(dst, v...)
	}
	n, err := strconv.ParseFloat(string(v), 64)
	if err != nil || n > 1e15 || n < -1e15 || n < 0.01 && n > -0.01 {
		return append(dst, v...)
	}
	return strconv.AppendFloat(dst, n, 'f', 2, 64)
}

// text writes a string: the name of what an id names, a time in the zone of the answer, or a value.
func (t *texter) text(path string, inner []byte) {
	if t.of != "" && t.option(decode(inner)) {
		return
	}
	if isTime(inner) {
		if at, ok := instant(string(inner)); ok {
			t.out = t.appendTime(t.out, at)
			return
		}
	}
	if uuid.Is(inner) {
		t.id(path, string(inner))
		return
	}
	s := decode(inner)
	if words := t.o.Words[path]; words != nil {
		s = words.Word(s)
	}
	t.out = appendValue(t.out, s, t.o.Fields.at(path) == Untrusted)
}

// id writes the name of what has this id, and the id where it has none or was asked for.
func (t *texter) id(path, id string) {
	if thing := t.o.Things[path]; thing != "" && t.o.Names != nil {
		if name := t.o.Names(thing, id); name != "" {
			t.out = appendValue(t.out, name, thing == Customer)
			if t.o.IDs {
				t.out = append(append(append(t.out, " ("...), id...), ')')
			}
			return
		}
	}
	t.out = append(t.out, id...)
}

// part writes what follows the line of an item. headed says that there is such a line.
func (t *texter) part(p trailer, depth int, headed bool) {
	if p.once {
		if t.said[string(p.value)] {
			t.indent(depth)
			t.out = append(append(t.out, p.label...), ": the same text as above\n"...)
			return
		}
		if t.said == nil {
			t.said = map[string]bool{}
		}
		t.said[string(p.value)] = true
	}
	if p.label != "" && (headed || p.value[0] == '[') {
		t.indent(depth)
		t.out = append(append(t.out, p.label...), ":\n"...)
	}
	if p.value[0] == '"' {
		t.prose(unquote(p.value))
		return
	}
	if p.value[0] != '[' {
		t.indent(depth + 1)
		t.value(p.path, p.value)
		t.out = append(t.out, '\n')
		return
	}
	length, base := len(t.path), t.base
	t.path = append(t.path[:0], p.path...)
	t.base = len(t.path) + 1
	for e := range jsonscan.Elements(p.value) {
		switch {
		case e[0] == '{':
			t.object(e, depth+1, false)
		case e[0] == '"' && isProse(e):
			t.prose(unquote(e))
		default:
			t.indent(depth + 1)
			t.value(p.path, e)
			t.out = append(t.out, '\n')
		}
	}
	t.path, t.base = t.path[:length], base
}

// isLetter reports whether r is a letter that people see.
func isLetter(r rune) bool { return unicode.IsLetter(r) && !hidden(r) }
