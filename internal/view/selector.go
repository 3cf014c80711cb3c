package view

import (
	"strings"

	"github.com/andybalholm/cascadia"
	"github.com/tdewolff/parse/v2/css"
)

// compound is one part of a selector: div.note#top[align=left].
type compound struct {
	tag      string
	ids      []string
	classes  []string
	attrs    []attrSelector
	any      []compound // :is(…): it is one of these
	link     bool       // :link: only elements that lead somewhere
	root     bool
	loose    bool // something in it was left out, so that it matches more than it should
	combined byte // how it is joined to the part before it: ' ', '>', '+'
}

// attrSelector is a selector such as [class*=x]; folded is the same in any case of letters, since
// HTML compares some attributes so.
type attrSelector struct{ exact, folded cascadia.Sel }

// selector is one selector; the outermost part is the first.
type selector struct {
	parts  []compound
	weight uint64 // its specificity
	loose  bool
}

// maxParts is how many parts of a selector are tried: the last ones.
const maxParts = 12

// selectors reads a list of selectors. What is not understood in one is left out of it, so that it
// matches at least what it should. The ones that match nothing at rest, such as a:hover, are left out.
func selectors(v []css.Token, loose bool) []selector {
	var list []selector
	start, depth := 0, 0
	for i := 0; i <= len(v); i++ {
		if i < len(v) {
			switch v[i].TokenType {
			case css.LeftParenthesisToken, css.FunctionToken, css.LeftBracketToken:
				depth++
				continue
			case css.RightParenthesisToken, css.RightBracketToken:
				depth--
				continue
			}
			if depth > 0 || v[i].TokenType != css.CommaToken {
				continue
			}
		}
		if len(list) > maxRules {
			return list // the rules are too many to be read
		}
		if s, ok := readSelector(trimSpaces(v[start:i])); ok {
			s.loose = s.loose || loose
			list = append(list, s)
		}
		start = i + 1
	}
	return list
}

func trimSpaces(v []css.Token) []css.Token {
	for len(v) > 0 && v[0].TokenType == css.WhitespaceToken {
		v = v[1:]
	}
	for len(v) > 0 && v[len(v)-1].TokenType == css.WhitespaceToken {
		v = v[:len(v)-1]
	}
	return v
}

// readSelector reads one selector; ok is false for one that matches nothing.
func readSelector(v []css.Token) (s selector, ok bool) {
	if len(v) == 0 {
		return s, false
	}
	c := compound{combined: ' '}
	empty, joined := true, byte(0)
	for i := 0; i < len(v); {
		size := 1
		t := v[i]
		if next := combinator(t); next != 0 {
			if !empty {
				s.parts = append(s.parts, c)
				c, empty = compound{}, true
			}
			if joined == 0 || next != ' ' {
				joined = next
			}
			i++
			continue
		}
		if empty && joined != 0 {
			if joined == '~' { // what comes before is left out
				s.parts, s.loose, joined = nil, true, ' '
			}
			c.combined = joined
		}
		joined, empty = 0, false
		switch t.TokenType {
		case css.IdentToken:
			c.tag = ident(t)
			s.weight++
		case css.HashToken:
			c.ids = append(c.ids, unescapeCSS(string(t.Data[1:])))
			s.weight += 1 << 20
		case css.LeftBracketToken:
			size = closing(v[i:])
			c.attribute(v[i : i+size])
			s.weight += 1 << 10
		case css.ColonToken:
			var matches bool
			if size, matches = c.pseudo(v[i:]); !matches {
				return s, false
			}
			s.weight += 1 << 10
		case css.DelimToken:
			switch {
			case t.Data[0] == '.' && i+1 < len(v) && v[i+1].TokenType == css.IdentToken:
				c.classes = append(c.classes, unescapeCSS(string(v[i+1].Data)))
				s.weight += 1 << 10
				size = 2
			case t.Data[0] != '*':
				c.loose = true
			}
		case css.FunctionToken:
			size = closing(v[i:])
			c.loose = true
		default:
			c.loose = true
		}
		i += max(size, 1)
	}
	if empty { // it ends with a combinator
		c.loose = true
	}
	s.parts = append(s.parts, c)
	if n := len(s.parts) - maxParts; n > 0 {
		s.parts, s.loose = s.parts[n:], true
	}
	for _, c := range s.parts {
		s.loose = s.loose || c.loose
	}
	s.weight = min(s.weight, 1<<26-1)
	return s, true
}

func combinator(t css.Token) byte {
	switch {
	case t.TokenType == css.WhitespaceToken:
		return ' '
	case t.TokenType == css.DelimToken && (t.Data[0] == '>' || t.Data[0] == '+' || t.Data[0] == '~'):
		return t.Data[0]
	}
	return 0
}

// attribute reads [name=value]. What CSS does not know, but cascadia does, is left out.
func (c *compound) attribute(v []css.Token) {
	var b strings.Builder
	for _, t := range v[:len(v)-1] {
		if t.TokenType == css.DelimToken && t.Data[0] != '=' || t.TokenType == css.ColumnToken {
			c.loose = true
			return
		}
		b.Write(t.Data)
	}
	exact, err := cascadia.Parse(b.String() + "]")
	if err != nil {
		c.loose = true
		return
	}
	a := attrSelector{exact, exact}
	if strings.ContainsRune(b.String(), '=') {
		if folded, err := cascadia.Parse(b.String() + " i]"); err == nil {
			a.folded = folded
		}
	}
	c.attrs = append(c.attrs, a)
}

// pseudo reads a pseudo-class or pseudo-element; matches is false for one that nothing matches in a
// mail that is only read, or that says nothing about the text of the element.
func (c *compound) pseudo(v []css.Token) (size int, matches bool) {
	colons := 1
	if len(v) > 1 && v[1].TokenType == css.ColonToken {
		colons = 2
	}
	if len(v) <= colons {
		c.loose = true
		return len(v), true
	}
	t := v[colons]
	switch t.TokenType {
	case css.IdentToken:
		switch w := ident(t); w {
		case "hover", "active", "focus", "focus-within", "focus-visible", "visited", "target", "target-within":
			return 0, false
		case "before", "after", "selection", "placeholder", "marker", "backdrop", "file-selector-button", "spelling-error", "grammar-error":
			return 0, false
		case "link", "any-link":
			c.link = true
		case "root":
			c.root = true
		default:
			c.loose = true
		}
		return colons + 1, true
	case css.FunctionToken:
		c.loose = true
		size = closing(v[colons:])
		switch ident(t) {
		case "is(", "where(", "matches(", "-webkit-any(", "-moz-any(":
			for _, s := range selectors(withoutAny(v[colons+1:colons+size-1]), true) {
				c.any = append(c.any, s.parts[len(s.parts)-1])
			}
		}
		return colons + size, true
	}
	c.loose = true
	return colons, true
}

// withoutAny returns v, or nothing if there is another function in it.
func withoutAny(v []css.Token) []css.Token {
	for _, t := range v {
		if t.TokenType == css.FunctionToken {
			return nil
		}
	}
	return v
}
