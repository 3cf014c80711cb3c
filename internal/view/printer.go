package view

import (
	"net/url"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// printer writes the visible text of a tree. Line breaks and the leads of list items and cells wait
// until there is a word to write.
type printer struct {
	out     strings.Builder
	marked  []int // where the lines begin that HTML marks as a quotation
	rules   *rules
	maybe   aside
	all     bool // hidden text is written too
	dropped bool // hidden text was dropped

	invisible bool // a text had only invisible characters

	breaks int    // line breaks due, at most 2
	held   bool   // no line breaks until the next word: a cell begins
	blank  bool   // a space due
	lead   string // what goes before the next word: a bullet, the bar between cells
	counts []int  // the number of the next item of each list around, 0 in a bulleted one
	quotes int    // the quotations around
	indent int    // the ones of them that are blockquotes
}

// aside is where the text goes that may be hidden.
type aside struct {
	out    strings.Builder
	breaks int
	blank  bool
}

func (a *aside) write(word string) {
	switch {
	case a.out.Len() == 0:
	case a.breaks > 0:
		a.out.WriteByte('\n')
	case a.blank:
		a.out.WriteByte(' ')
	}
	a.out.WriteString(word)
	a.breaks, a.blank = 0, false
}

func (p *printer) node(n *html.Node, s style) {
	switch n.Type {
	case html.TextNode:
		p.text(n.Data, s.pre, s.seen())
	case html.ElementNode:
		if neverShown[n.DataAtom] || n.Namespace != "" {
			return
		}
		inside, v := s.enter(n, p.rules)
		if v == hides {
			inside.gone = true
			if p.dropped && !p.all {
				return
			}
		}
		p.element(n, inside)
	case html.DocumentNode:
		p.children(n, s)
	}
}

func (p *printer) children(n *html.Node, s style) {
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		p.node(c, s)
	}
}

// neverShown are the elements whose content is no text of the message.
var neverShown = map[atom.Atom]bool{
	atom.Head: true, atom.Script: true, atom.Style: true, atom.Template: true, atom.Title: true, atom.Noscript: true,
	atom.Iframe: true, atom.Object: true, atom.Embed: true, atom.Canvas: true, atom.Audio: true, atom.Video: true,
	atom.Datalist: true, atom.Svg: true, atom.Math: true, atom.Noframes: true, atom.Noembed: true,
}

// blocks are the elements that are on lines of their own, with the line breaks around them.
var blocks = map[atom.Atom]int{
	atom.P: 2, atom.H1: 2, atom.H2: 2, atom.H3: 2, atom.H4: 2, atom.H5: 2, atom.H6: 2, atom.Pre: 2, atom.Blockquote: 2,
	atom.Hr: 2, atom.Div: 1, atom.Ul: 1, atom.Ol: 1, atom.Li: 1, atom.Table: 1, atom.Tr: 1, atom.Caption: 1, atom.Dl: 1,
	atom.Dt: 1, atom.Dd: 1, atom.Form: 1, atom.Fieldset: 1, atom.Legend: 1, atom.Address: 1, atom.Article: 1,
	atom.Section: 1, atom.Header: 1, atom.Footer: 1, atom.Main: 1, atom.Nav: 1, atom.Aside: 1, atom.Center: 1,
	atom.Figure: 1, atom.Figcaption: 1, atom.Details: 1, atom.Summary: 1, atom.Option: 1, atom.Body: 1,
}

func (p *printer) element(n *html.Node, s style) {
	if isQuote(n) {
		p.quotes++
		defer func() { p.quotes-- }()
		if n.DataAtom == atom.Blockquote {
			p.indent++
			defer func() { p.indent-- }()
		}
	}
	lines := blocks[n.DataAtom]
	if n.DataAtom == atom.P && hasClass(n, "MsoNormal") {
		lines = 1 // Outlook makes every line a paragraph
	}
	p.lineBreak(lines)
	switch n.DataAtom {
	case atom.Br:
		if p.lead == "" && !p.held {
			p.breaks = min(p.breaks+1, 2)
		}
	case atom.Img:
		if alt := strings.Join(strings.Fields(Clean(attr(n, "alt"))), " "); alt != "" {
			p.put("[image: "+alt+"]", s.picturesSeen())
		}
	case atom.A:
		p.link(n, s)
	case atom.Ul, atom.Ol:
		p.list(n, s)
	case atom.Li:
		p.item(n, s)
	case atom.Tr:
		p.children(n, s)
		p.lead, p.breaks = "", min(p.breaks, 1)
	case atom.Td, atom.Th:
		p.cell(n, s)
	default:
		p.children(n, s)
	}
	p.lineBreak(lines)
}

func (p *printer) lineBreak(n int) {
	p.maybe.breaks = max(p.maybe.breaks, n)
	if p.lead == "" && !p.held {
		p.breaks = max(p.breaks, n)
	}
}

// text writes a text node: white space in a row is one space, but in pre.
func (p *printer) text(data string, pre bool, v verdict) {
	if v == hides && !p.all {
		p.dropped = p.dropped || strings.TrimSpace(Clean(data)) != ""
		return
	}
	shown := Clean(data)
	p.invisible = p.invisible || len(shown) < len(data) && strings.TrimSpace(shown) == ""
	data = shown
	if pre {
		for i, line := range strings.Split(data, "\n") {
			if i > 0 {
				p.breaks = min(p.breaks+1, 2)
			}
			if strings.TrimSpace(line) != "" {
				p.put(strings.TrimRight(line, " \t"), v)
			}
		}
		return
	}
	for data != "" {
		words, several := rowOf(data)
		if words == 0 {
			p.blank, p.maybe.blank = true, true
			data = strings.TrimLeftFunc(data, unicode.IsSpace)
			continue
		}
		p.put(data[:words], v)
		if several { // the blanks between them, where they were not written
			p.blank = p.blank || v == doubt && !p.all
			p.maybe.blank = p.maybe.blank || v != doubt || p.all
		}
		data = data[words:]
	}
}

// rowOf returns how many bytes s begins with that are words with single spaces between them, which are written as they
// are, and whether there are several.
func rowOf(s string) (n int, several bool) {
	for n < len(s) {
		switch ch := s[n]; {
		case ch > ' ' && ch < utf8.RuneSelf:
			n++
		case ch == ' ' && n > 0:
			if next, _ := utf8.DecodeRuneInString(s[n+1:]); n+1 == len(s) || unicode.IsSpace(next) {
				return n, several
			}
			n, several = n+1, true
		default:
			r, size := utf8.DecodeRuneInString(s[n:])
			if unicode.IsSpace(r) {
				return n, several
			}
			n += size
		}
	}
	return n, several
}

// put writes a word to where its verdict says.
func (p *printer) put(word string, v verdict) {
	switch {
	case v == fine || p.all:
		p.write(word)
	case v == doubt:
		p.maybe.write(word)
	default:
		p.dropped = true
	}
}

// write writes a word behind everything that is due.
func (p *printer) write(word string) {
	begins := p.out.Len() == 0 || p.breaks > 0
	switch {
	case p.out.Len() == 0:
	case p.breaks > 0:
		p.out.WriteString("\n\n"[:p.breaks])
	case p.blank && p.lead == "":
		p.out.WriteByte(' ')
	}
	if begins && p.quotes > 0 {
		p.marked = append(p.marked, p.out.Len())
		p.out.WriteString("> > > > "[:2*min(p.indent, 4)])
	}
	p.out.WriteString(p.lead)
	p.out.WriteString(word)
	p.breaks, p.blank, p.lead, p.held = 0, false, "", false
	p.maybe.breaks = 1
}

// link writes the label and, where the label is not the address already, the address behind it.
func (p *printer) link(n *html.Node, s style) {
	start, aside := p.out.Len(), p.maybe.out.Len()
	p.children(n, s)
	target := linkTarget(attr(n, "href"))
	label := strings.Trim(p.out.String()[start:], " \n-|>")
	switch {
	case target == "":
	case label != "" && !sameAddress(label, target):
		p.blank = true
		p.write("(" + target + ")")
	case label == "" && p.maybe.out.Len() > aside:
		p.maybe.blank = true
		p.maybe.write("(" + target + ")")
	}
}

// linkTarget returns the address of a link, without what could pass for more than one word; "" for
// places in the same document.
func linkTarget(href string) string {
	href = strings.Join(strings.FieldsFunc(Clean(href), func(r rune) bool { return unicode.IsSpace(r) || unicode.IsControl(r) }), "")
	if strings.HasPrefix(href, "#") {
		return ""
	}
	scheme, _, _ := strings.Cut(strings.ToLower(href), ":")
	if scheme == "javascript" || scheme == "data" || scheme == "vbscript" {
		return scheme + ":…"
	}
	return href
}

// sameAddress says whether a label shows the address it leads to: example.com/a for
// https://example.com/a, a mail address for its mailto.
func sameAddress(label, target string) bool {
	bare := func(s string) string {
		for _, scheme := range [...]string{"https://", "http://", "mailto:", "tel:"} {
			if len(s) > len(scheme) && strings.EqualFold(s[:len(scheme)], scheme) {
				s = s[len(scheme):]
				break
			}
		}
		return strings.TrimSuffix(s, "/")
	}
	label, target = bare(label), bare(target)
	if strings.EqualFold(label, target) {
		return true
	}
	if decoded, err := url.PathUnescape(target); err == nil && label == decoded {
		return true
	}
	return false
}

func (p *printer) list(n *html.Node, s style) {
	first := 0
	if n.DataAtom == atom.Ol {
		first = 1
		if at, err := strconv.Atoi(attr(n, "start")); err == nil {
			first = max(at, 1)
		}
	}
	p.counts = append(p.counts, first)
	p.children(n, s)
	p.counts = p.counts[:len(p.counts)-1]
}

func (p *printer) item(n *html.Node, s style) {
	bullet := "- "
	if last := len(p.counts) - 1; last >= 0 && p.counts[last] > 0 {
		bullet = strconv.Itoa(p.counts[last]) + ". "
		p.counts[last]++
	}
	p.lead = strings.Repeat("  ", min(max(len(p.counts)-1, 0), 8)) + bullet
	p.children(n, s)
	if strings.HasSuffix(p.lead, bullet) {
		p.lead = "" // an empty item
	}
	p.breaks = min(p.breaks, 1)
}

// cell writes a table cell, and has the next one in its row follow on the same line.
func (p *printer) cell(n *html.Node, s style) {
	start := p.out.Len()
	p.held = true
	p.children(n, s)
	p.held = false
	if p.out.Len() > start {
		p.breaks, p.lead = 0, " | "
	}
}
