package view

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math/bits"

	"dixa-mcp/internal/base/jsonscan"
)

// maxDepth is how deep a body may be nested. Dixa's deepest answer has about ten levels.
const maxDepth = 100

// valid checks that b is one JSON value (RFC 8259) and not nested deeper than maxDepth.
// Everything else in this file relies on it and checks nothing again.
// Its error names a position, never a piece of the body, which may be a customer's.
func valid(b []byte) error {
	c := checker{b: b}
	c.space()
	if c.value(0) {
		c.space()
		if c.i == len(b) {
			return nil
		}
	}
	if c.deep {
		return fmt.Errorf("the answer is nested more than %d levels deep (byte %d of %d), so it was not shown", maxDepth, c.i, len(b))
	}
	return fmt.Errorf("the answer is not valid JSON (byte %d of %d), so it was not shown", c.i, len(b))
}

// checker is a recursive-descent JSON validator; i is where it stands, or where it stopped.
type checker struct {
	b    []byte
	i    int
	deep bool
}

func (c *checker) space() {
	for c.i < len(c.b) && jsonscan.IsSpace(c.b[c.i]) {
		c.i++
	}
}

func (c *checker) is(ch byte) bool {
	if c.i < len(c.b) && c.b[c.i] == ch {
		c.i++
		return true
	}
	return false
}

func (c *checker) value(depth int) bool {
	if depth > maxDepth {
		c.deep = true
		return false
	}
	if c.i >= len(c.b) {
		return false
	}
	switch ch := c.b[c.i]; {
	case ch == '"':
		return c.str()
	case ch == '{':
		return c.list('}', func() bool {
			if !c.str() {
				return false
			}
			c.space()
			if !c.is(':') {
				return false
			}
			c.space()
			return c.value(depth + 1)
		})
	case ch == '[':
		return c.list(']', func() bool { return c.value(depth + 1) })
	case ch == '-' || isDigit(ch):
		return c.number()
	}
	for _, word := range [...]string{"true", "false", "null"} {
		if bytes.HasPrefix(c.b[c.i:], []byte(word)) {
			c.i += len(word)
			return true
		}
	}
	return false
}

// list reads an object or an array behind its first bracket, one entry a call of entry.
func (c *checker) list(end byte, entry func() bool) bool {
	c.i++
	c.space()
	if c.is(end) {
		return true
	}
	for {
		if !entry() {
			return false
		}
		c.space()
		if c.is(end) {
			return true
		}
		if !c.is(',') {
			return false
		}
		c.space()
	}
}

func (c *checker) str() bool {
	if !c.is('"') {
		return false
	}
	for {
		for c.i = special(c.b, c.i); c.i < len(c.b) && c.b[c.i] >= 0x7F; c.i = special(c.b, c.i) {
			c.i++
		}
		if c.i+1 >= len(c.b) || c.b[c.i] != '\\' {
			return c.is('"')
		}
		switch c.b[c.i+1] {
		case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
			c.i += 2
		case 'u':
			if c.i+6 > len(c.b) || hex4(c.b[c.i+2:]) < 0 {
				return false
			}
			c.i += 6
		default:
			return false
		}
	}
}

func (c *checker) number() bool {
	c.is('-')
	if !c.is('0') && !c.digits() {
		return false
	}
	if c.is('.') && !c.digits() {
		return false
	}
	if c.is('e') || c.is('E') {
		if !c.is('+') {
			c.is('-')
		}
		return c.digits()
	}
	return true
}

func (c *checker) digits() bool {
	start := c.i
	for c.i < len(c.b) && isDigit(c.b[c.i]) {
		c.i++
	}
	return c.i > start
}

func isDigit(ch byte) bool { return '0' <= ch && ch <= '9' }

// hex4 reads four hex digits; -1 when they are not.
func hex4(b []byte) rune {
	var r rune
	for _, ch := range b[:4] {
		switch {
		case isDigit(ch):
			r = r<<4 | rune(ch-'0')
		case 'a' <= ch|0x20 && ch|0x20 <= 'f':
			r = r<<4 | rune(ch|0x20-'a'+10)
		default:
			return -1
		}
	}
	return r
}

// plain says of each byte what it is good for.
var plain = func() (t [256]byte) {
	for i := range t {
		ch := byte(i)
		if ch >= 0x20 && ch < 0x7f || ch == '\n' || ch == '\t' {
			t[i] |= readable
		}
		if ch == '_' || ch == '-' || isDigit(ch) || 'a' <= ch|0x20 && ch|0x20 <= 'z' {
			t[i] |= inName
		}
	}
	return t
}()

const (
	readable = 1 << iota // ASCII that a person sees
	inName               // letters, digits, _ and -
)

// special gives the index of the first byte from i on that is not simply a character: a control
// character, a quote, a backslash, or a byte beyond ASCII. It looks at eight bytes at a time, since
// every byte of an answer passes here several times.
func special(b []byte, i int) int {
	const ones, tops = 0x0101010101010101, 0x8080808080808080
	for ; i+8 <= len(b); i += 8 {
		x := binary.LittleEndian.Uint64(b[i:])
		quote, slash, del := x^('"'*ones), x^('\\'*ones), x^(0x7F*ones)
		found := (x-0x20*ones)&^x | (quote-ones)&^quote | (slash-ones)&^slash | (del-ones)&^del | x
		if found &= tops; found != 0 {
			return i + bits.TrailingZeros64(found)/8
		}
	}
	for i < len(b) && b[i] >= 0x20 && b[i] < 0x7F && b[i] != '"' && b[i] != '\\' {
		i++
	}
	return i
}

func all(b []byte, class byte) bool {
	for _, ch := range b {
		if plain[ch]&class == 0 {
			return false
		}
	}
	return true
}
