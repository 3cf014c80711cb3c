package view

import (
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

const (
	noRoom     = 2.0  // what is cut off at so many pixels shows nothing
	littleRoom = 10.0 // and here hardly a line
	lowLine    = 8.0  // the height of a line of the smallest print
	longLine   = 120  // letters in a line
)

// box judges the size of an element, and what is cut off at its edges.
func (s *style) box(n *html.Node, r *rules) verdict {
	clip := max(r.of(pOverflowX), r.of(pOverflowY))
	grows := clip == fine && isCell(n)
	v := fine
	for _, p := range [...]struct {
		size, limit, least prop
	}{{pWidth, pMaxWidth, pMinWidth}, {pHeight, pMaxHeight, pMinHeight}} {
		least := r.in(p.least)
		if least != nil && least.length.px() > noRoom {
			continue
		}
		for _, of := range [...]prop{p.size, p.limit} {
			v = max(v, s.room(r.in(of), clip, grows, n))
			more := r.perhaps(of, func(e *effect) {
				if e.length.unit == opaque {
					v = max(v, when(clip != fine, doubt))
				} else {
					v = max(v, min(doubt, s.room(e, max(clip, doubt), grows, n)))
				}
			})
			v = max(v, when(more && clip != fine, doubt))
		}
	}
	if clip == hides && !isCell(n) {
		v = max(v, s.clipped(n, r))
	} else if s.pushed(r) {
		v = max(v, doubt)
	}
	return v
}

// of returns the verdict on overflow, doubt included.
func (r *rules) of(p prop) verdict {
	v := fine
	if e := r.in(p); e != nil {
		v = e.verdict
	}
	r.perhaps(p, func(e *effect) { v = max(v, e.verdict) })
	return v
}

// isCell reports whether the element grows with what is in it whatever its height is.
func isCell(n *html.Node) bool {
	switch n.DataAtom {
	case atom.Table, atom.Tbody, atom.Thead, atom.Tfoot, atom.Tr, atom.Td, atom.Th:
		return true
	}
	return false
}

// room judges a width or height.
func (s *style) room(e *effect, clip verdict, grows bool, n *html.Node) verdict {
	if e == nil || e.length.unit == auto || e.length.unit == opaque || e.length.unit == noValue {
		return fine
	}
	px := e.length.px()
	if e.length.unit == ems {
		px = e.length.n * s.size
	}
	switch {
	case n.DataAtom == atom.Img && px <= noRoom:
		return hides
	case px <= 0 && !grows:
		return hides
	case clip == fine || isCell(n) && px > noRoom:
		return fine
	case px <= noRoom:
		return hides
	case e.length.unit == percent:
		return when(px < 5, doubt)
	}
	return when(px < littleRoom, doubt)
}

// clipped judges an element that cuts off what does not fit.
func (s *style) clipped(n *html.Node, r *rules) verdict {
	v := when(s.pushed(r), doubt)
	pads := func(one, other prop) (sum float64, known bool) {
		known = true
		for _, p := range [...]prop{one, other} {
			if e := r.in(p); e != nil {
				sum += e.length.px()
				known = known && e.length.unit != percent
			}
			known = !r.perhaps(p, func(*effect) { known = false }) && known
		}
		return sum, known
	}
	border := r.of(pBoxSizing) != fine
	if l := r.in(pLineHeight); l != nil && l.length.unit != auto && l.length.px() <= noRoom && l.length.n <= 0.2 {
		v = doubt
	}
	for _, p := range [...]struct {
		size, limit, before, after prop
		set                        *float64
	}{{pWidth, pMaxWidth, pPadLeft, pPadRight, &s.width}, {pHeight, pMaxHeight, pPadTop, pPadBottom, &s.height}} {
		for _, of := range [...]prop{p.size, p.limit} {
			e := r.in(of)
			if e == nil || e.length.unit != pixels && e.length.unit != ems {
				continue
			}
			room := e.length.px()
			if sum, known := pads(p.before, p.after); border && !known {
				v = max(v, doubt)
			} else if border {
				room -= sum
			}
			v = max(v, when(room < littleRoom, doubt))
			*p.set = min(*p.set, room)
		}
	}
	if s.height < 2000 && lineCount(n, r.work) > s.height/lowLine {
		v = max(v, doubt)
	}
	return v
}

// pushed reports whether something is moved out of the box around it that cuts it off.
func (s *style) pushed(r *rules) bool {
	for _, p := range [...]prop{pMarginTop, pPadTop, pTop} {
		if e := r.in(p); e != nil && e.length.unit != auto && e.length.px() > s.height-lowLine {
			return true
		}
	}
	for _, p := range [...]prop{pMarginLeft, pPadLeft, pLeft, pIndent} {
		if e := r.in(p); e != nil && e.length.unit != auto && e.length.unit != percent && e.length.px() > s.width-lowLine {
			return true
		}
	}
	return false
}

// lineCount returns how many lines the text in n takes at least.
func lineCount(n *html.Node, w *work) float64 {
	total, letters, fresh := 0, 0, true
	for c := range n.Descendants() {
		if !w.spend(1) {
			return 0
		}
		switch {
		case c.Type == html.TextNode:
			if text := strings.TrimSpace(c.Data); text != "" {
				letters += len(text)
				if fresh {
					total, fresh = total+1, false
				}
			}
		case c.DataAtom == atom.Br:
			total++
		case blocks[c.DataAtom] > 0:
			fresh = true
		}
	}
	return float64(total + letters/longLine)
}
