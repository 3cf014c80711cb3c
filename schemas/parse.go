package schemas

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"dixa-mcp/internal/base/jsonscan"
)

const (
	maxDepth = 32      // objects and arrays inside one another
	maxSize  = 1 << 20 // bytes
)

// value is parsed JSON. encoding/json's own trees lose what matters here: digits
// of large integers, duplicate keys and their order.
type value struct {
	kind byte     // one of { [ " 0 t f n
	text string   // of a string: decoded; of a number or a word: as it came
	kids []member // of an object or array
}

type member struct {
	key string // of an object; else empty
	value
}

// parse reads args as one JSON value. Nothing at all and null are {}.
func parse(args []byte) (*value, *Problem) {
	if len(args) > maxSize {
		return nil, &Problem{Got: fmt.Sprintf("%d bytes", len(args)), Want: fmt.Sprintf("at most %d bytes of JSON", maxSize)}
	}
	if bare := bytes.Trim(args, " \t\r\n"); len(bare) == 0 || string(bare) == "null" {
		return &value{kind: '{'}, nil
	}
	return parseAt(args, make(path, 0, 4))
}

// parseAt reads text that is somewhere inside the arguments.
func parseAt(text []byte, at path) (*value, *Problem) {
	if !json.Valid(text) {
		return nil, invalid(text, at)
	}
	if !utf8.Valid(text) {
		before := 0
		for r, size := utf8.DecodeRune(text); r != utf8.RuneError || size > 1; r, size = utf8.DecodeRune(text[before:]) {
			before += size
		}
		return nil, &Problem{Field: at.String(), Got: fmt.Sprintf("bytes that are not UTF-8 at byte %d", before+1), Want: "JSON in UTF-8"}
	}
	p := parser{path: at}
	v, problem := p.value(text[jsonscan.SkipSpace(text, 0):])
	return &v, problem
}

func invalid(text []byte, at path) *Problem {
	got := "invalid JSON"
	var syntax *json.SyntaxError
	if err := json.Unmarshal(text, new(json.RawMessage)); errors.As(err, &syntax) {
		got = fmt.Sprintf("invalid JSON at byte %d (%s)", syntax.Offset, syntax)
	}
	return &Problem{Field: at.String(), Got: got, Want: "one JSON object"}
}

// parser makes a tree of JSON that is known to be valid.
type parser struct{ path path }

// value reads the value that begins at raw[0].
func (p *parser) value(raw []byte) (value, *Problem) {
	switch c := raw[0]; c {
	case '{', '[':
		if len(p.path) >= maxDepth {
			got := fmt.Sprintf("more than %d levels of objects and arrays", maxDepth)
			return value{}, &Problem{Field: p.path[:1].String(), Got: got, Want: "fewer"}
		}
		if c == '{' {
			return p.object(raw)
		}
		return p.array(raw)
	case '"':
		s, problem := p.string(raw[1 : jsonscan.StringEnd(raw, 0)-1])
		return value{kind: c, text: s}, problem
	case 't', 'f', 'n':
		return value{kind: c, text: string(raw[:jsonscan.ValueEnd(raw, 0)])}, nil
	default:
		return value{kind: '0', text: string(raw[:jsonscan.ValueEnd(raw, 0)])}, nil
	}
}

func (p *parser) object(raw []byte) (v value, problem *Problem) {
	v.kind = '{'
	var names names
	depth := len(p.path)
	for name, raw := range jsonscan.Members(raw) {
		var m member
		if m.key, problem = p.string(name); problem != nil {
			return v, problem
		}
		p.path = p.path.property(m.key)
		if names.seenBefore(v.kids, m.key) {
			return v, &Problem{Field: p.path.String(), Got: "the same name twice", Want: "each name once"}
		}
		if m.value, problem = p.value(raw); problem != nil {
			return v, problem
		}
		p.path = p.path[:depth]
		v.add(m)
	}
	return v, nil
}

func (p *parser) array(raw []byte) (v value, problem *Problem) {
	v.kind = '['
	depth := len(p.path)
	for raw := range jsonscan.Elements(raw) {
		p.path = p.path.item(len(v.kids))
		var m member
		if m.value, problem = p.value(raw); problem != nil {
			return v, problem
		}
		p.path = p.path[:depth]
		v.add(m)
	}
	return v, nil
}

func (v *value) add(m member) {
	if v.kids == nil {
		v.kids = make([]member, 0, 4)
	}
	v.kids = append(v.kids, m)
}

// names finds a name that came before: by looking, or with a map where they are
// so many that looking would take quadratic time.
type names struct{ seen map[string]bool }

func (n *names) seenBefore(before []member, name string) bool {
	if len(before) < 16 {
		return slices.ContainsFunc(before, func(m member) bool { return m.key == name })
	}
	if n.seen == nil {
		n.seen = make(map[string]bool, 2*len(before))
		for _, m := range before {
			n.seen[m.key] = true
		}
	}
	repeated := n.seen[name]
	n.seen[name] = true
	return repeated
}

// string returns the text of a string, given what is between its quotation marks.
func (p *parser) string(inner []byte) (string, *Problem) {
	if bytes.IndexByte(inner, '\\') < 0 {
		return string(inner), nil
	}
	s, ok := unescape(string(inner))
	if !ok {
		return "", &Problem{Field: p.path.String(), Got: `half of a surrogate pair (\ud800 to \udfff)`, Want: "whole Unicode characters"}
	}
	return s, nil
}

// unescape resolves the escapes of a valid JSON string; false for one half of a
// surrogate pair, which encoding/json would silently replace.
func unescape(s string) (string, bool) {
	b := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		if s[i] != '\\' {
			b = append(b, s[i])
			continue
		}
		i++
		if at := strings.IndexByte("bfnrt", s[i]); at >= 0 {
			b = append(b, "\b\f\n\r\t"[at])
			continue
		}
		if s[i] != 'u' {
			b = append(b, s[i])
			continue
		}
		r := hexRune(s[i+1:])
		i += 4
		if utf16.IsSurrogate(r) {
			if !strings.HasPrefix(s[i+1:], `\u`) {
				return "", false
			}
			if r = utf16.DecodeRune(r, hexRune(s[i+3:])); r == utf8.RuneError {
				return "", false
			}
			i += 6
		}
		b = utf8.AppendRune(b, r)
	}
	return string(b), true
}

func hexRune(s string) rune {
	r, _ := strconv.ParseUint(s[:4], 16, 16)
	return rune(r)
}
