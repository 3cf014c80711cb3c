package view

import (
	"strconv"
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// declaration is one property and its value, in lower case.
type declaration struct{ property, value string }

// declarations reads the inside of a style attribute or of a rule's braces.
func declarations(css string, each func(declaration)) {
	css = strings.ToLower(withoutTricks(css))
	for len(css) > 0 {
		end, parens := 0, 0
		for ; end < len(css) && (css[end] != ';' || parens > 0); end++ {
			switch css[end] {
			case '(':
				parens++
			case ')':
				parens--
			}
		}
		property, value, found := strings.Cut(css[:end], ":")
		if found {
			value, _, _ = strings.Cut(value, "!") // important
			each(declaration{strings.TrimSpace(property), strings.TrimSpace(value)})
		}
		css = css[min(end+1, len(css)):]
	}
}

// withoutTricks takes out comments and resolves escapes: di\73play and display are one word.
func withoutTricks(css string) string {
	if !strings.Contains(css, "/*") && strings.IndexByte(css, '\\') < 0 {
		return css
	}
	var out strings.Builder
	for i := 0; i < len(css); {
		switch {
		case strings.HasPrefix(css[i:], "/*"):
			n := strings.Index(css[i+2:], "*/")
			if n < 0 {
				return out.String()
			}
			i += n + 4
		case css[i] == '\\':
			n := 1
			for n < 7 && i+n < len(css) && strings.IndexByte("0123456789abcdefABCDEF", css[i+n]) >= 0 {
				n++
			}
			if code, err := strconv.ParseUint(css[i+1:i+n], 16, 32); err == nil {
				out.WriteRune(rune(code))
				if i+n < len(css) && isSpace(css[i+n]) {
					n++
				}
			}
			i += n
		default:
			out.WriteByte(css[i])
			i++
		}
	}
	return out.String()
}

// compound is one part of a selector: div.note#top. The empty tag is any.
type compound struct {
	tag, id string
	classes []string
}

// rule gives the declarations of the elements that path leads to, the outermost part first.
type rule struct {
	path         []compound
	declarations []declaration
}

// rules are the rules of a document's style elements, by what their last part asks for first: an
// id, a class, a tag. work bounds how many are tried, since both rules and elements are the sender's.
type rules struct {
	by   map[string][]rule
	work int
}

func (r *rules) spent() bool { return r.work < 0 }

// styleRules collects the rules of every style element, and of rest, which was not parsed.
func styleRules(doc *html.Node, rest string) *rules {
	r := &rules{by: map[string][]rule{}, work: 2_000_000}
	for n := range doc.Descendants() {
		if n.DataAtom == atom.Style && n.FirstChild != nil {
			r.read(withoutTricks(n.FirstChild.Data))
		}
	}
	for rest != "" {
		_, after, found := strings.Cut(rest, "<style")
		if !found {
			break
		}
		_, after, _ = strings.Cut(after, ">")
		var css string
		css, rest, _ = strings.Cut(after, "</style")
		r.read(withoutTricks(css))
	}
	return r
}

// read reads a style sheet. A media block counts when it is for a screen as wide as a person's
// at work; of other blocks nothing does.
func (r *rules) read(css string) {
	css = strings.NewReplacer("<!--", "", "-->", "").Replace(css)
	for {
		open := strings.IndexByte(css, '{')
		if open < 0 {
			return
		}
		selectors := strings.TrimSpace(css[:open])
		if i := strings.LastIndexAny(selectors, ";}"); i >= 0 {
			selectors = strings.TrimSpace(selectors[i+1:])
		}
		end := blockEnd(css, open)
		switch inside := css[open+1 : end]; {
		case strings.HasPrefix(selectors, "@media"):
			if onScreen(selectors) {
				r.read(inside)
			}
		case strings.HasPrefix(selectors, "@supports"), strings.HasPrefix(selectors, "@layer"):
			r.read(inside)
		case !strings.HasPrefix(selectors, "@"):
			r.add(selectors, inside)
		}
		css = css[min(end+1, len(css)):]
	}
}

// onScreen says whether a media query holds for a window 1,000 pixels wide.
func onScreen(query string) bool {
	query = strings.ToLower(query)
	if strings.Contains(query, "prefers-") || strings.Contains(query, "print") && !strings.Contains(query, "screen") {
		return false
	}
	for _, limit := range [...]string{"max-width:", "max-device-width:"} {
		if _, width, found := strings.Cut(strings.ReplaceAll(query, " ", ""), limit); found {
			width, _, _ = strings.Cut(width, ")")
			if n, ok := pixels(width); !ok || n < 1000 {
				return false
			}
		}
	}
	return true
}

// blockEnd gives the brace that closes the one at open, or the end.
func blockEnd(css string, open int) int {
	depth := 0
	for i := open; i < len(css); i++ {
		switch css[i] {
		case '{':
			depth++
		case '}':
			if depth--; depth == 0 {
				return i
			}
		}
	}
	return len(css)
}

func (r *rules) add(selectors, body string) {
	var list []declaration
	declarations(body, func(d declaration) { list = append(list, d) })
	if len(list) == 0 {
		return
	}
	for selector := range strings.SplitSeq(selectors, ",") {
		path := selectorPath(selector)
		if path == nil {
			continue
		}
		key := path[len(path)-1].key()
		r.by[key] = append(r.by[key], rule{path, list})
	}
}

// selectorPath reads a selector of tags, classes, ids and descendants; nil for any other, such as
// a:hover, which does not hold at rest.
func selectorPath(selector string) []compound {
	var path []compound
	for part := range strings.FieldsSeq(strings.ReplaceAll(selector, ">", " ")) {
		if strings.ContainsAny(part, "+~:[]()") {
			return nil
		}
		var c compound
		for part != "" {
			n := strings.IndexAny(part[1:], ".#") + 1
			if n == 0 {
				n = len(part)
			}
			switch name := part[:n]; name[0] {
			case '.':
				c.classes = append(c.classes, name[1:])
			case '#':
				c.id = name[1:]
			default:
				c.tag = strings.TrimPrefix(strings.ToLower(name), "*")
			}
			part = part[n:]
		}
		path = append(path, c)
	}
	return path
}

func (c compound) key() string {
	switch {
	case c.id != "":
		return "#" + c.id
	case len(c.classes) > 0:
		return "." + c.classes[0]
	}
	return c.tag
}

func (c compound) is(n *html.Node) bool {
	if c.tag != "" && c.tag != n.Data || c.id != "" && c.id != attr(n, "id") {
		return false
	}
	for _, class := range c.classes {
		if !hasClass(n, class) {
			return false
		}
	}
	return true
}

// match hands over the declarations that rules make for n, the least specific first. It is false
// when there were too many rules to try: then nobody can say what is hidden.
func (r *rules) match(n *html.Node, each func(declaration)) bool {
	if len(r.by) == 0 {
		return true
	}
	r.try("", n, each)
	r.try(n.Data, n, each)
	for class := range strings.FieldsSeq(attr(n, "class")) {
		r.try("."+class, n, each)
	}
	if id := attr(n, "id"); id != "" {
		r.try("#"+id, n, each)
	}
	return r.work >= 0
}

func (r *rules) try(key string, n *html.Node, each func(declaration)) {
	for _, candidate := range r.by[key] {
		if r.work < 0 {
			return
		}
		if r.leads(candidate.path, n) {
			for _, d := range candidate.declarations {
				each(d)
			}
			r.work -= len(candidate.declarations)
		}
	}
}

// leads says whether a selector's path ends at n.
func (r *rules) leads(path []compound, n *html.Node) bool {
	r.work -= effort(n)
	last := len(path) - 1
	if !path[last].is(n) {
		return false
	}
	for at := n.Parent; last > 0; at = at.Parent {
		if at == nil || r.work < 0 {
			return false
		}
		r.work -= effort(at)
		if at.Type == html.ElementNode && path[last-1].is(at) {
			last--
		}
	}
	return true
}

// effort is what looking at an element's attributes costs.
func effort(n *html.Node) int { return 1 + len(n.Attr)/4 + len(attr(n, "class"))/64 }
