package view

import (
	"math"
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// maxColors is how many colors that a text or its ground may have are told apart.
const maxColors = 4

// colors are the colors that something has: the first, unless one of the others is in force.
type colors struct {
	list  [maxColors]color
	n     int
	doubt bool // it may have another color, which is not known
}

func oneColor(c color) colors { return colors{list: [maxColors]color{c}, n: 1} }

func (c *colors) add(more color) {
	if c.n == maxColors {
		c.doubt = true
		return
	}
	c.list[c.n] = more
	c.n++
}

// style is what decides whether a person sees the text at a place: everything that is inherited.
type style struct {
	text, ground  colors
	filled        bool // text is the fill color, which color does not change
	picture       picture
	painted       bool    // there is a color behind the picture
	size, least   float64 // the font size, and what it is at least
	opacity       float64
	visible       verdict
	gone          bool // something around it hides it
	doubt         bool // something around it may hide it
	pre           bool // white space counts
	width, height float64
}

var basicStyle = style{
	text: oneColor(black), ground: oneColor(white), size: 16, least: 16, opacity: 1,
	width: math.Inf(1), height: math.Inf(1),
}

const (
	tinyFont  = 2.0 // letters of so many pixels cannot be read
	smallFont = 5.0 // and hardly anybody these
)

// seen judges text of this style.
func (s *style) seen() verdict {
	if s.gone || s.size <= tinyFont || s.opacity < 0.05 || s.visible == hides {
		return hides
	}
	v := when(s.doubt || s.least < smallFont || s.opacity < 0.3 || s.visible == doubt, doubt)
	return max(v, s.contrast())
}

// picturesSeen judges a picture in this style.
func (s *style) picturesSeen() verdict {
	switch {
	case s.gone || s.opacity < 0.05 || s.visible == hides:
		return hides
	case s.doubt || s.opacity < 0.3 || s.visible == doubt:
		return doubt
	}
	return fine
}

// contrast judges the colors of text and ground.
func (s *style) contrast() verdict {
	same, faint, pairs := 0, 0, 0
	for _, text := range s.text.list[:s.text.n] {
		for _, ground := range s.ground.list[:s.ground.n] {
			pairs++
			switch shown := text.over(ground); {
			case text.a < 0.05:
				return hides
			case shown.near(ground):
				same++
			case shown.faint(ground):
				faint++
			}
		}
	}
	unsure := s.text.doubt || s.ground.doubt || s.picture == mystery
	switch {
	case same == pairs && !unsure && s.picture == noPicture:
		return hides
	case unsure:
		return doubt
	case s.picture == remote && !s.painted:
		return fine // a picture was put behind it, for all we know to be read on it
	}
	return when(same+faint > 0, doubt)
}

// enter gives the style inside an element, and whether what is in it can be seen at all.
func (s style) enter(n *html.Node, r *rules) (style, verdict) {
	r.cascade(n)
	v := s.byElement(n)
	if !r.offered && n.DataAtom != atom.A && n.DataAtom != atom.Small && n.DataAtom != atom.Font && n.DataAtom != atom.Sub && n.DataAtom != atom.Sup {
		s.doubt = s.doubt || v == doubt || r.spent()
		return s, v
	}
	v = max(v, r.judged(n))
	s.fonts(n, r)
	s.colors(n, r)
	if e := r.in(pOpacity); e != nil {
		s.opacity *= e.length.n
	}
	s.doubt = r.perhaps(pOpacity, func(e *effect) { s.doubt = s.doubt || e.length.unit == opaque || e.length.n < 0.3 }) || s.doubt
	if e := r.in(pVisibility); e != nil {
		s.visible = e.verdict
	}
	s.doubt = r.perhaps(pVisibility, func(e *effect) { s.doubt = s.doubt || e.verdict != fine }) || s.doubt
	if e := r.in(pSpaces); e != nil {
		s.pre = e.verdict == hides
	}
	v = max(v, s.box(n, r))
	s.doubt = s.doubt || v == doubt || r.spent()
	return s, v
}

// byElement judges what HTML itself hides.
func (s *style) byElement(n *html.Node) verdict {
	v := fine
	switch n.DataAtom {
	case atom.Pre, atom.Textarea:
		s.pre = true
	case atom.Dialog:
		v = when(!hasAttr(n, "open"), hides)
	case atom.Progress, atom.Meter, atom.Rp:
		v = hides
	case atom.Marquee:
		v = doubt
	case atom.Bdo:
		v = when(attr(n, "dir") != "", doubt)
	case atom.Option:
		v = when(!chosen(n), doubt)
	case atom.Img, atom.Input:
		if n.DataAtom == atom.Img && (isPixel(attr(n, "width")) || isPixel(attr(n, "height"))) {
			v = hides
		}
	}
	if p := n.Parent; p != nil && p.DataAtom == atom.Details && n.DataAtom != atom.Summary && !hasAttr(p, "open") {
		v = max(v, doubt) // shown by a click
	}
	for _, a := range n.Attr {
		switch a.Key {
		case "hidden":
			v = hides
		case "popover":
			v = max(v, doubt)
		}
	}
	return v
}

// chosen reports whether an option is what a person sees of its list: the first, or the selected one.
func chosen(n *html.Node) bool {
	if hasAttr(n, "selected") {
		return true
	}
	for c := n.PrevSibling; c != nil; c = c.PrevSibling {
		if c.Type == html.ElementNode {
			return false
		}
	}
	return n.Parent != nil && n.Parent.DataAtom == atom.Select
}

func hasAttr(n *html.Node, key string) bool {
	for _, a := range n.Attr {
		if a.Key == key {
			return true
		}
	}
	return false
}

func isPixel(attribute string) bool {
	number := strings.TrimRight(strings.TrimSpace(attribute), "px% ")
	return number != "" && len(number) < 8 && strings.Trim(number, "0.") == "" || number == "1" || number == "2"
}

// fonts: sizes in em and percent are of the size around, so that nothing stays nothing.
func (s *style) fonts(n *html.Node, r *rules) {
	outer := *s
	switch n.DataAtom {
	case atom.Small, atom.Sub, atom.Sup:
		s.size, s.least = s.size*0.83, s.least*0.83
	case atom.Font:
		if attr(n, "size") != "" {
			s.size, s.least = 16, 16 // from 10 to 48 pixels
		}
	}
	resolve := func(l length, around float64) float64 {
		if l.unit == ems {
			return l.n * around
		}
		return l.n
	}
	if e := r.in(pFontSize); e != nil && e.length.unit != auto {
		s.size, s.least = resolve(e.length, outer.size), resolve(e.length, outer.least)
	}
	more := r.perhaps(pFontSize, func(e *effect) {
		switch e.length.unit {
		case opaque:
			s.least = 0
		case pixels, ems:
			s.least = min(s.least, resolve(e.length, outer.least))
		}
	})
	if more {
		s.least = 0
	}
}

// colors sets the colors of the text and of what is behind it.
func (s *style) colors(n *html.Node, r *rules) {
	around := s.text
	if n.DataAtom == atom.A && attr(n, "href") != "" && !s.filled {
		s.text = oneColor(linkBlue)
	}
	s.paint(pColor, r, around)
	s.paint(pFill, r, around)
	s.behind(r)
}

// paint sets the color of the text.
func (s *style) paint(p prop, r *rules, around colors) {
	if p == pColor && s.filled {
		return
	}
	if e := r.in(p); e != nil {
		switch e.how {
		case valid_:
			s.text = oneColor(e.color)
			s.filled = p == pFill
		case keywords:
			s.text = around
		}
	}
	more := r.perhaps(p, func(e *effect) {
		switch e.how {
		case valid_:
			s.text.add(e.color)
		case unknown:
			s.text.doubt = true
		}
	})
	s.text.doubt = s.text.doubt || more
}

// behind sets the color and the picture behind the text. A picture may not load, so that a color
// that is given with it counts.
func (s *style) behind(r *rules) {
	below := s.ground.list[0]
	own := false
	if e := r.in(pGround); e != nil && e.how == valid_ && e.color.a >= 0.05 {
		own = true
		shown := e.color.over(below)
		if e.color.a > 0.95 {
			s.ground, s.picture = oneColor(shown), noPicture
		} else {
			s.ground.list[0] = shown
		}
	}
	s.ground.doubt = r.perhaps(pGround, func(e *effect) { s.mayBe(e) }) || s.ground.doubt
	if e := r.in(pImage); e != nil {
		s.image(e, own)
	}
	more := r.perhaps(pImage, func(e *effect) { s.ground.doubt = s.ground.doubt || e.picture != noPicture && e.picture != remote })
	s.ground.doubt = s.ground.doubt || more
}

func (s *style) mayBe(e *effect) {
	switch e.how {
	case valid_:
		if e.color.a >= 0.05 {
			s.ground.add(e.color.over(s.ground.list[0]))
		}
	case unknown:
		s.ground.doubt = true
	}
}

func (s *style) image(e *effect, painted bool) {
	switch e.picture {
	case remote, mystery:
		s.picture, s.painted = e.picture, painted
	case gradient:
		below := s.ground.list[0]
		s.ground, s.picture = colors{doubt: s.ground.doubt}, noPicture
		for _, c := range e.colors {
			s.ground.add(c.over(below))
		}
	}
}
