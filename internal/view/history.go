package view

import (
	"fmt"
	"hash/maphash"
	"strings"
)

// history knows what the earlier messages of a conversation say, so that a message that quotes one
// shows a reference in place of the words. A quotation is folded only where it is marked as one and
// its words are those of one earlier message, in their order; the message that the reference names
// shows them. It works in time that is linear in the length of the messages.
type history struct {
	number  int // of the message at hand, counted from the oldest
	waiting []unread

	seed   maphash.Seed
	words  []uint64 // of the messages that were read, each followed by a zero
	owner  []int    // the message that each word is of
	index  map[uint64]int32
	before []int32 // the place before with the same index, or -1
}

// unread is a message that is not in the index yet: no message needed it so far.
type unread struct {
	number int
	text   func() body
}

const (
	shingle    = 4 // words that are looked up together
	tries      = 4 // places that are compared for them
	leastLines = 3 // lines that a quotation has
)

func newHistory() *history {
	return &history{seed: maphash.MakeSeed(), index: map[uint64]int32{}}
}

// add makes a message known to the ones after it.
func (h *history) add(number int, text func() body) {
	h.waiting = append(h.waiting, unread{number, text})
}

// fold replaces what b, whose lines these are, quotes by references to earlier messages.
func (h *history) fold(b body, list []line) body {
	for _, m := range h.waiting {
		earlier, _ := m.text().lines()
		h.learn(m.number, h.references(earlier))
	}
	h.waiting = nil
	if len(h.words) == 0 {
		return b
	}
	var out strings.Builder
	for _, l := range h.references(list) {
		b.cites = b.cites || l.marked && l.text != "" && !strings.HasPrefix(l.text, quotesLead)
		out.WriteString(l.text)
		out.WriteByte('\n')
	}
	b.text, b.quoted = tidy(out.String()), nil
	return b
}

// learn puts the lines of a message in the index. A reference ends what is contiguous.
func (h *history) learn(number int, list []line) {
	start := len(h.words)
	put := func(word uint64) {
		h.words = append(h.words, word)
		h.owner = append(h.owner, number)
		h.before = append(h.before, -1)
	}
	for _, l := range list {
		if l.words == nil && strings.HasPrefix(l.text, quotesLead) {
			put(0)
		}
		for _, w := range h.hash(&l) {
			put(w)
		}
	}
	put(0)
	for i := start; i+shingle <= len(h.words); i++ {
		key, ok := mix(h.words[i:])
		if !ok {
			continue
		}
		if last, seen := h.index[key]; seen {
			h.before[i] = last
		}
		h.index[key] = int32(i)
	}
}

// hash returns the hashes of a line's words, without the signs of quotations.
func (h *history) hash(l *line) []uint64 {
	if l.words != nil || strings.HasPrefix(l.text, quotesLead) {
		return l.words
	}
	text := strings.TrimLeft(l.text, "> \t")
	for word := range strings.FieldsSeq(text) {
		if word = strings.Trim(word, "*"); word != "" {
			l.words = append(l.words, maphash.String(h.seed, word)|1)
		}
	}
	return l.words
}

// mix hashes a shingle; it is false where a message ends in it.
func mix(words []uint64) (key uint64, ok bool) {
	for _, w := range words[:shingle] {
		if w == 0 {
			return 0, false
		}
		key = (key ^ w) * 0x9E3779B97F4A7C15
		key ^= key >> 29
	}
	return key, true
}

const quotesLead = "[quotes #"

// references returns the lines with references in place of what was said before.
func (h *history) references(list []line) []line {
	if len(h.words) == 0 {
		return list
	}
	var out []line
	lead, leads := noLead, 0 // what stands directly above, and how many lines of it
	for i := 0; i < len(list); {
		if l := &list[i]; !l.marked || len(h.hash(l)) == 0 || l.lead != noLead {
			out = append(out, *l)
			switch {
			case l.lead != noLead:
				lead, leads = l.lead, leads+1
			case l.text != "":
				lead, leads = noLead, 0
			}
			i++
			continue
		}
		number, n := h.find(list[i:], lead, leads)
		lead, leads = noLead, 0
		if n == 0 {
			out = append(out, list[i])
			i++
			continue
		}
		out = append(out, line{text: fmt.Sprintf("%s%d]", quotesLead, number)})
		i += n
	}
	return out
}

// find compares the lines at the start of list with the earlier messages, and returns how many of
// them one message says, and which: 0 if they are too few. Behind a header, whose lines count, or
// where they are the whole message behind "On … wrote:", fewer lines do.
func (h *history) find(list []line, lead lead, leads int) (number, n int) {
	var run []uint64
	for i := 0; i < len(list) && len(run) < shingle && h.goesOn(list, i); i++ {
		run = append(run, h.hash(&list[i])...)
	}
	if len(run) < shingle {
		return 0, 0
	}
	key, _ := mix(run)
	at, seen := h.index[key]
	for try := 0; seen && at >= 0 && try < tries; try++ {
		lines, said, end := h.compare(list, int(at))
		whole := (at == 0 || h.words[at-1] == 0) && h.words[end] == 0
		enough := said >= leastLines || lead == header && said+leads >= leastLines || lead == introducing && whole
		if enough && lines >= n {
			number, n = h.owner[at], lines
		}
		at = h.before[at]
	}
	return number, n
}

// goesOn reports whether line i belongs to the quotation before it.
func (h *history) goesOn(list []line, i int) bool { return list[i].marked || list[i].text == "" }

// compare returns how many lines of list are said at that place in the index, how many of them have
// words, and where the last of them ends.
func (h *history) compare(list []line, at int) (lines, said, end int) {
	end = at
	for i := 0; i < len(list) && h.goesOn(list, i); i++ {
		words := h.hash(&list[i])
		if len(h.words)-at < len(words) {
			break
		}
		for j, w := range words {
			if h.words[at+j] != w {
				return lines, said, end
			}
		}
		if at += len(words); len(words) > 0 {
			lines, said, end = i+1, said+1, at
		}
	}
	return lines, said, end
}
