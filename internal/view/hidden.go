package view

import (
	"strconv"
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// style is what decides whether a person sees the text at a place: everything that is inherited.
type style struct {
	text, ground color
	picture      bool // a background image: what stands on it is seen, for all we know
	tiny         bool // no font size to speak of
	pre          bool // white space counts
}

var basicStyle = style{text: black, ground: white}

// seen says whether text of this style can be read.
func (s style) seen() bool {
	return !s.tiny && s.text != transparent && (s.picture || !s.text.near(s.ground))
}

// box is what the declarations of one element say about the element alone.
type box struct {
	hidden, clipped             bool
	noWidth, noHeight, minWidth bool
}

// enter gives the style inside an element; visible is false when neither it nor anything in it can
// be seen. Once a rule hides it, no other shows it again: the exact cascade is not worth a gap.
func (s style) enter(n *html.Node, r *rules) (_ style, visible bool) {
	var b box
	switch n.DataAtom {
	case atom.A:
		if attr(n, "href") != "" {
			s.text = linkBlue
		}
	case atom.Pre, atom.Textarea:
		s.pre = true
	case atom.Dialog:
		b.hidden = attr(n, "open") == ""
	case atom.Img:
		if isPixel(attr(n, "width")) || isPixel(attr(n, "height")) {
			return s, false
		}
	}
	for _, a := range n.Attr {
		s.attribute(n, a, &b)
	}
	if !r.match(n, func(d declaration) { s.apply(d, &b) }) {
		return s, false
	}
	for _, a := range n.Attr {
		if a.Key == "style" {
			declarations(a.Val, func(d declaration) {
				if d.property != "mso-hide" || n.DataAtom != atom.A { // buttons hide their link from Outlook alone
					s.apply(d, &b)
				}
			})
		}
	}
	none := b.noHeight || b.noWidth && !b.minWidth
	if none && !b.clipped {
		switch n.DataAtom { // these grow with what is in them
		case atom.Table, atom.Tbody, atom.Thead, atom.Tr, atom.Td, atom.Th:
			none = false
		}
	}
	return s, !b.hidden && !none
}

func isPixel(length string) bool {
	n, ok := pixels(length)
	return ok && n <= 1
}

// attribute applies what HTML says without CSS.
func (s *style) attribute(n *html.Node, a html.Attribute, b *box) {
	switch a.Key {
	case "hidden":
		b.hidden = true
	case "bgcolor":
		s.apply(declaration{"background-color", strings.ToLower(a.Val)}, b)
	case "background":
		s.picture = attr(n, "bgcolor") == ""
	case "color":
		if n.DataAtom == atom.Font {
			s.apply(declaration{"color", strings.ToLower(a.Val)}, b)
		}
	case "text":
		if n.DataAtom == atom.Body {
			s.apply(declaration{"color", strings.ToLower(a.Val)}, b)
		}
	}
}

// far is how many pixels out of its place a box is out of sight.
const far = 999

// apply takes one declaration into account.
func (s *style) apply(d declaration, b *box) {
	size, sized := pixels(d.value)
	switch d.property {
	case "display":
		b.hidden = b.hidden || d.value == "none"
	case "visibility":
		b.hidden = b.hidden || d.value == "hidden" || d.value == "collapse"
	case "content-visibility":
		b.hidden = b.hidden || d.value == "hidden"
	case "filter":
		b.hidden = b.hidden || strings.HasPrefix(d.value, "opacity(0)") || strings.HasPrefix(d.value, "opacity(0%")
	case "opacity":
		b.hidden = b.hidden || fraction(d.value) < 0.05
	case "mso-hide":
		b.hidden = b.hidden || d.value == "all"
	case "font-size":
		s.fontSize(d.value)
	case "font":
		for word := range strings.FieldsSeq(d.value) {
			word, _, _ = strings.Cut(word, "/")
			if n, ok := pixels(word); ok && (n == 0 || strings.Trim(word, "0123456789.") != "") { // 400 is a weight
				s.fontSize(word)
			}
		}
	case "color", "-webkit-text-fill-color":
		s.text = s.text.or(d.value)
	case "background", "background-color", "background-image":
		s.background(d.value)
	case "width", "max-width":
		b.noWidth = b.noWidth || sized && size == 0
	case "height", "max-height":
		b.noHeight = b.noHeight || sized && size == 0
	case "min-width":
		b.minWidth = d.value != "0" && !(sized && size == 0)
	case "overflow", "overflow-x", "overflow-y":
		b.clipped = b.clipped || strings.Contains(d.value, "hidden") || strings.Contains(d.value, "clip")
	case "text-indent", "left", "right", "top", "bottom", "margin-left", "margin-right", "margin-top", "letter-spacing":
		b.hidden = b.hidden || sized && (size <= -far || size >= 5*far)
	case "margin":
		b.hidden = b.hidden || anyFar(d.value)
	case "transform":
		b.hidden = b.hidden || strings.HasPrefix(d.value, "scale(0)") || strings.HasPrefix(d.value, "scale(0,") || strings.HasPrefix(d.value, "translate") && anyFar(d.value)
	case "clip", "clip-path":
		b.hidden = b.hidden || clipsAll(d.value)
	case "white-space":
		s.pre = strings.HasPrefix(d.value, "pre")
	}
}

// fontSize: sizes in em and percent are of the size around, so that nothing stays nothing.
func (s *style) fontSize(value string) {
	number := strings.TrimRight(value, "abcdefghijklmnopqrstuvwxyz% ")
	n, err := strconv.ParseFloat(number, 64)
	switch unit := strings.TrimSpace(value[len(number):]); {
	case err != nil:
		if value != "inherit" && value != "smaller" && value != "larger" {
			s.tiny = false
		}
	case unit == "em", unit == "ex", unit == "%":
		if unit == "%" {
			n /= 100
		}
		s.tiny = s.tiny || n < 0.1
	case unit == "rem", unit == "vw", unit == "vh":
		s.tiny = n < 0.1
	default:
		s.tiny = n <= 2
	}
}

// background: a picture may not load, so that a color given with it counts; a gradient is painted.
func (s *style) background(value string) {
	ground := transparent
	for _, word := range words(value) {
		if strings.Contains(word, "url(") || strings.Contains(word, "gradient(") {
			continue
		}
		if c := colorOf(word); c >= 0 || c != transparent && word == value && s.ground.or(value) == c {
			ground = c
			break
		}
	}
	switch {
	case strings.Contains(value, "gradient("):
		s.picture = true
	case ground != transparent:
		s.ground, s.picture = ground, false
	case strings.Contains(value, "url("):
		s.picture = true
	}
}

// words splits a value at the spaces that are not in parentheses.
func words(value string) []string {
	parens := 0
	return strings.FieldsFunc(value, func(r rune) bool {
		switch r {
		case '(':
			parens++
		case ')':
			parens--
		}
		return r == ' ' && parens <= 0
	})
}

// pixels reads a CSS length; a relative unit counts as for a font of 16 pixels.
func pixels(value string) (float64, bool) {
	number := strings.TrimRight(value, "abcdefghijklmnopqrstuvwxyz% ")
	n, err := strconv.ParseFloat(number, 64)
	if err != nil {
		return 0, false
	}
	switch strings.TrimSpace(value[len(number):]) {
	case "em", "rem", "ex", "ch", "vw", "vh", "%":
		n *= 16
	}
	return n, true
}

// fraction reads an opacity; what cannot be read hides nothing.
func fraction(value string) float64 {
	n, err := strconv.ParseFloat(strings.TrimSuffix(value, "%"), 64)
	if err != nil {
		return 1
	}
	if strings.HasSuffix(value, "%") {
		n /= 100
	}
	return n
}

func anyFar(value string) bool {
	for _, word := range strings.FieldsFunc(value, func(r rune) bool { return strings.ContainsRune(" (),", r) }) {
		if n, ok := pixels(word); ok && n <= -far {
			return true
		}
	}
	return false
}

func clipsAll(value string) bool {
	v := strings.NewReplacer("px", "", " ", "", ",", "").Replace(value)
	return v == "rect(0000)" || v == "rect(1111)" || strings.HasPrefix(v, "inset(100%") || strings.HasPrefix(v, "inset(50%") || strings.HasPrefix(v, "circle(0")
}
