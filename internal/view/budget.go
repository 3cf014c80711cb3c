package view

import (
	"bytes"
	"fmt"
	"sort"
	"strconv"
	"unicode/utf8"
)

// leastText is how many characters a text has that is never cut, such as an id.
const leastText = 40

// slack is kept free for what closes a piece and says who wrote it.
const slack = 110

// piece copies the part of item, which walker wrote, from the byte at from on, as much of it as fits into a budget of
// tokens. next is where the rest begins, 0 where there is none. Everything is in exactly one piece; what tells an object
// from its neighbours and says who wrote it is repeated. A text that goes on in the next piece ends by saying so.
func piece(item []byte, from, budget int) (out []byte, next int) {
	s := slicer{item: item, from: from, budget: max(budget-slack, leastText)}
	s.value(0)
	if len(s.out) == 0 {
		s.out = append(s.out, "{}"...)
	}
	return s.out, s.next
}

type slicer struct {
	item   []byte
	from   int
	budget int
	out    []byte
	next   int  // where the rest begins; 0 until something did not fit
	wrote  bool // something that is new in this piece
}

func (s *slicer) fits(text []byte) bool {
	var m meter
	m.add(s.out)
	m.add(text)
	return m.tokens() <= s.budget
}

// value writes what belongs to this piece of the value at i.
func (s *slicer) value(i int) {
	end := endOf(s.item, i)
	raw := s.item[i:end]
	switch {
	case i >= s.from && s.fits(raw):
		s.out, s.wrote = append(s.out, raw...), true
	case raw[0] == '{' || raw[0] == '[':
		s.container(i)
	case raw[0] == '"' && (end-max(i, s.from) > 4*leastText || !s.wrote):
		s.text(max(i+1, s.from), end-1)
	case !s.wrote: // a number that is too long for any piece
		s.text(max(i, s.from), end)
	default:
		s.next = i
	}
}

func (s *slicer) container(i int) {
	open := s.item[i]
	s.out = append(s.out, open)
	for i++; s.item[i] != '}' && s.item[i] != ']'; {
		begin, at := i, i
		if open == '{' {
			at = endOf(s.item, i) + 1 // behind the colon
		}
		end := endOf(s.item, at)
		if i = end; s.item[i] == ',' {
			i++
		}
		always := open == '{' && identifies(s.item[begin:at-1]) && end-at <= 4*leastText
		if (end <= s.from || s.next > 0) && !always {
			continue
		}
		mark := len(s.out)
		if last := s.out[len(s.out)-1]; last != '{' && last != '[' {
			s.out = append(s.out, ',')
		}
		s.out = append(s.out, s.item[begin:at]...)
		if always {
			s.out = append(s.out, s.item[at:end]...)
			continue
		}
		value := len(s.out)
		s.value(at)
		if len(s.out) == value || s.next > 0 && len(s.out) == value+2 && (s.item[at] == '{' || s.item[at] == '[') {
			s.out = s.out[:mark]
		}
	}
	s.out = append(s.out, open+2) // the closing bracket
}

// identifies reports whether a member is repeated in each piece of its object. key has its quotes.
func identifies(key []byte) bool {
	switch string(key) {
	case `"id"`, `"author"`, `"untrusted"`:
		return true
	}
	return false
}

// text writes as much of a text as fits, cut between two characters.
func (s *slicer) text(from, to int) {
	raw := s.item[:to+1]
	n := min(to-from, 16*s.budget)
	most := sort.Search(n, func(i int) bool { return !s.fits(raw[from:jumpRunes(raw, from, i+1)]) })
	if most == 0 || !s.wrote {
		most = max(most, leastText)
	}
	s.wrote = true
	at := jumpRunes(raw, from, most)
	s.out = append(append(s.out, '"'), raw[from:at]...)
	if at < to {
		rest := 0
		for i := at; i < to; rest++ {
			i = jumpRunes(raw, i, 1)
		}
		s.out = append(s.out, "… "+with(cutText, fmt.Sprintf(" %s characters", thousands(rest)))...)
		s.next = at
	}
	s.out = append(s.out, '"')
}

// endOf gives the index behind the value at i of JSON without white space.
func endOf(item []byte, i int) int {
	depth := 0
	for {
		switch item[i] {
		case '"':
			for i++; item[i] != '"'; i++ {
				if item[i] == '\\' {
					i++
				}
			}
			i++
		case '{', '[':
			depth++
			i++
		case '}', ']':
			depth--
			i++
		case ',', ':':
			i++
		default:
			if n := bytes.IndexAny(item[i:], ",]}"); n >= 0 {
				i += n
			} else {
				i = len(item)
			}
		}
		if depth == 0 {
			return i
		}
	}
}

func tokens(b []byte) int {
	var m meter
	m.add(b)
	return m.tokens()
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
