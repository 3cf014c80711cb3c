package view

import (
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// rule gives what the elements that a selector matches are declared to be.
type rule struct {
	selector
	effects []effect
	order   uint64
}

// rules are the rules of a document's style elements, by what their last part asks for first.
type rules struct {
	*work
	by     map[string][]rule
	loose  bool // of no rule is it certain that it applies
	opaque bool // a style sheet is not understood as a whole: it may hide anything
	order  uint64
	names  map[string]bool // the tags, .classes and #ids in the document, in lower case

	offered bool // something was declared for the element of this round
}

const (
	maxRun     = 100_000 // tokens of a selector or declaration
	maxRules   = 20_000  // of a document; the longest newsletters have some 2,000
	maxNesting = 2_000   // of blocks in blocks
)

// styleRules collects the rules of every style element, and of rest, which was not parsed.
func (w *work) styleRules(doc *html.Node, rest string) *rules {
	r := &rules{work: w}
	var sheets []*html.Node
	for n := range doc.Descendants() {
		switch {
		case n.Type != html.ElementNode:
			continue
		case n.Data == "style":
			sheets = append(sheets, n)
		case n.DataAtom == atom.Link:
			href := strings.ToLower(strings.TrimSpace(attr(n, "href")))
			r.opaque = r.opaque || strings.HasPrefix(href, "data:") && strings.Contains(strings.ToLower(attr(n, "rel")), "stylesheet")
		}
	}
	if len(sheets) == 0 && rest == "" {
		return r
	}
	r.by, r.names = map[string][]rule{}, map[string]bool{}
	for n := range doc.Descendants() {
		if n.Type == html.ElementNode {
			r.name(n)
		}
	}
	for _, n := range sheets {
		var sheet strings.Builder
		for c := range n.Descendants() {
			if c.Type == html.TextNode {
				sheet.WriteString(c.Data)
			}
		}
		r.read(sheet.String(), sheetTruth(n))
	}
	for rest != "" {
		var found bool
		if _, rest, found = strings.Cut(rest, "<style"); !found {
			break
		}
		_, rest, _ = strings.Cut(rest, ">")
		var sheet string
		sheet, rest, _ = strings.Cut(rest, "</style")
		r.read(sheet, maybe)
	}
	return r
}

// name notes what rules can ask for in an element.
func (r *rules) name(n *html.Node) {
	r.names[n.Data] = true
	for _, a := range n.Attr {
		switch a.Key {
		case "class":
			for c := range strings.FieldsSeq(a.Val) {
				r.names["."+strings.ToLower(c)] = true
			}
		case "id":
			r.names["#"+strings.ToLower(a.Val)] = true
		}
	}
}

// present reports whether the document has what each part of a selector asks for.
func (r *rules) present(s *selector) bool {
	for _, c := range s.parts {
		if c.tag != "" && !r.names[c.tag] {
			return false
		}
		for _, class := range c.classes {
			if !r.names["."+strings.ToLower(class)] {
				return false
			}
		}
		for _, id := range c.ids {
			if !r.names["#"+strings.ToLower(id)] {
				return false
			}
		}
	}
	return true
}

// sheetTruth says whether a style element is in force.
func sheetTruth(n *html.Node) truth {
	if n.Namespace != "" || n.FirstChild != n.LastChild {
		return maybe
	}
	for p := n.Parent; p != nil; p = p.Parent {
		if p.DataAtom == atom.Template || p.DataAtom == atom.Noscript {
			return maybe
		}
	}
	if kind := strings.TrimSpace(attr(n, "type")); kind != "" && !strings.EqualFold(kind, "text/css") {
		return maybe
	}
	if media := attr(n, "media"); media != "" {
		return onScreen(tokenize(media))
	}
	return yes
}
