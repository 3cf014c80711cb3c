package view

import (
	"bytes"
	"fmt"
	"sort"
	"strconv"
	"unicode/utf8"
)

// What Render says of an item that did not fit by itself. The last is the longest.
const (
	textsCut   = "its longest texts are cut"
	itemGone   = "it is too large to show"
	membersCut = "its longest texts and lists are cut, and some properties left out"
)

// leastText is how much of a text is always kept: an id is never cut.
const leastText = 40

// shorten makes an item that is over the budget fit: first its longest texts are cut, all to the
// same length, then lists and objects to the same number of entries. item is what walker wrote.
func shorten(item []byte, budget int) (out []byte, how string) {
	fits := func(c cutter) bool {
		out = c.append(out[:0], item)
		return tokens(out) <= budget
	}
	most := func(n int, at func(int) cutter) bool {
		i := sort.Search(n, func(i int) bool { return !fits(at(i)) })
		return i > 0 && fits(at(i-1))
	}
	if most(len(item), func(i int) cutter { return cutter{leastText + i, len(item)} }) {
		return out, textsCut
	}
	if most(len(item), func(i int) cutter { return cutter{leastText, i + 1} }) {
		return out, membersCut
	}
	return []byte("{}"), itemGone
}

func tokens(b []byte) int {
	var m meter
	m.add(b)
	return m.tokens()
}

// cutter copies JSON with at most so many characters a string and entries a list or object. What
// says who wrote a text is never left out.
type cutter struct{ characters, entries int }

func (c cutter) append(dst, raw []byte) []byte {
	switch raw[0] {
	case '"':
		return c.str(dst, raw)
	case '[':
		dst = append(dst, '[')
		n := 0
		for element := range elements(raw) {
			if n++; n > c.entries {
				break
			}
			dst = append(c.append(dst, element), ',')
		}
		return append(bytes.TrimSuffix(dst, []byte(",")), ']')
	case '{':
		dst = append(dst, '{')
		n := 0
		for key, value := range members(raw) {
			if n++; n > c.entries && string(key) != "untrusted" && string(key) != "author" {
				continue
			}
			dst = append(append(append(dst, '"'), key...), '"', ':')
			dst = append(c.append(dst, value), ',')
		}
		return append(bytes.TrimSuffix(dst, []byte(",")), '}')
	}
	return append(dst, raw...)
}

// str cuts between two characters. A text that would lose less than the words saying so is kept.
func (c cutter) str(dst, raw []byte) []byte {
	if len(raw) <= c.characters {
		return append(dst, raw...)
	}
	at := jumpRunes(raw, 1, c.characters)
	rest := 0
	for i := at; i < len(raw)-1; rest++ {
		i = jumpRunes(raw, i, 1)
	}
	if rest <= leastText {
		return append(dst, raw...)
	}
	return fmt.Appendf(append(dst, raw[:at]...), `… [cut: %s characters]"`, thousands(rest))
}

// jumpRunes gives the index n characters behind i in a JSON string, at most its closing quote.
func jumpRunes(raw []byte, i, n int) int {
	for end := len(raw) - 1; n > 0 && i < end; n-- {
		switch {
		case raw[i] == '\\' && raw[i+1] == 'u':
			i += 6
		case raw[i] == '\\':
			i += 2
		case raw[i] < utf8.RuneSelf:
			i++
		default:
			_, size := utf8.DecodeRune(raw[i:end])
			i += size
		}
	}
	return i
}

// thousands writes 12,345.
func thousands(n int) string {
	s := strconv.Itoa(n)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}
