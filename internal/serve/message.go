package serve

import (
	"bytes"
	"encoding/json"
	"strings"
	"unicode"
)

// repeats tells whether a message, its params or their _meta have a name twice, in whatever case: JSON readers take one
// or the other, or something of both, so that the library would carry out another message than the one that was checked
// here. The message is valid JSON. The work is linear in its length.
func repeats(message []byte) bool {
	var open []object // those that the current position is in
	for i := 0; i < len(message); i++ {
		switch message[i] {
		case '{', '[':
			o := object{}
			if len(open) == 0 {
				o.part = "message"
			} else if parent := open[len(open)-1]; message[i] == '{' {
				o.part = partOf(parent.part, parent.last)
			}
			open = append(open, o)
		case '}', ']':
			open = open[:len(open)-1]
		case '"':
			end := i + 1
			for ; message[end] != '"'; end++ {
				if message[end] == '\\' {
					end++
				}
			}
			text := message[i : end+1]
			i = end
			if len(open) == 0 || open[len(open)-1].part == "" || !isName(message[end+1:]) {
				continue
			}
			if open[len(open)-1].repeats(folded(unquoted(text))) {
				return true
			}
		}
	}
	return false
}

// object is an object or array of a message while it is read.
type object struct {
	part  string              // "message", "params" or "_meta"; "" where repeated names do no harm
	last  string              // the newest of its names, folded
	names map[string]struct{} // all of them
}

// repeats takes the next name, and tells whether the object has it already.
func (o *object) repeats(name string) bool {
	if _, twice := o.names[name]; twice {
		return true
	}
	if o.names == nil {
		o.names = map[string]struct{}{}
	}
	o.names[name] = struct{}{}
	o.last = name
	return false
}

// partOf is the part of the message that an object is which has this folded name in a parent.
func partOf(parent, name string) string {
	switch {
	case parent == "message" && name == paramsName:
		return "params"
	case parent == "params" && name == metaName:
		return "_meta"
	}
	return ""
}

var paramsName, metaName = folded("params"), folded("_meta")

// folded is the same text for all names that [strings.EqualFold] takes for equal.
func folded(name string) string {
	return strings.Map(func(r rune) rune {
		least := r
		for next := unicode.SimpleFold(r); next != r; next = unicode.SimpleFold(next) {
			least = min(least, next)
		}
		return least
	}, name)
}

// isName tells whether the text before rest is the name of what follows.
func isName(rest []byte) bool {
	rest = bytes.TrimLeft(rest, " \t\r\n")
	return len(rest) > 0 && rest[0] == ':'
}

// unquoted is the value of a JSON string.
func unquoted(text []byte) string {
	if bytes.IndexByte(text, '\\') < 0 {
		return string(text[1 : len(text)-1])
	}
	var s string
	_ = json.Unmarshal(text, &s) // it is valid
	return s
}
