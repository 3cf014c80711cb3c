package view

import (
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// match reports whether c matches n: maybe when something of c was left out, or only the case of
// letters differs, which matters in some documents.
func (c *compound) match(n *html.Node) truth {
	result := yes
	if c.loose {
		result = maybe
	}
	if c.tag != "" && c.tag != n.Data {
		return no
	}
	if c.link && (n.DataAtom != atom.A && n.DataAtom != atom.Area || attr(n, "href") == "") || c.root && n.DataAtom != atom.Html {
		return no
	}
	for _, id := range c.ids {
		if result = min(result, same(attr(n, "id"), id)); result == no {
			return no
		}
	}
	for _, class := range c.classes {
		if result = min(result, classed(n, class)); result == no {
			return no
		}
	}
	if len(c.any) > 0 && !c.one(n) {
		return no
	}
	for _, a := range c.attrs {
		switch {
		case a.exact.Match(n):
		case a.folded.Match(n):
			result = maybe
		default:
			return no
		}
	}
	return result
}

func (c *compound) one(n *html.Node) bool {
	for i := range c.any {
		if c.any[i].match(n) != no {
			return true
		}
	}
	return false
}

func same(s, t string) truth {
	switch {
	case s == t:
		return yes
	case strings.EqualFold(s, t):
		return maybe
	}
	return no
}

func classed(n *html.Node, class string) truth {
	classes := attr(n, "class")
	if classes == class {
		return yes
	}
	if len(classes) < len(class) {
		return no
	}
	best := no
	for c := range strings.FieldsSeq(classes) {
		if best = max(best, same(c, class)); best == yes {
			break
		}
	}
	return best
}

// key returns what rules are found by: the last part's id, class or tag.
func (s *selector) key() string {
	switch c := s.parts[len(s.parts)-1]; {
	case len(c.ids) > 0:
		return "#" + strings.ToLower(c.ids[0])
	case len(c.classes) > 0:
		return "." + strings.ToLower(c.classes[0])
	default:
		return c.tag
	}
}

// match reports whether the selector leads to n. It tries, for each run of parts that are joined by
// > or +, the nearest ancestor first; an ancestor further out can then never do better.
func (s *selector) match(n *html.Node, w *work) truth {
	last := len(s.parts) - 1
	result := s.parts[last].match(n)
	if !w.spend(s.parts[last].effort(n)) || result == no {
		return no
	}
	if s.loose {
		result = maybe
	}
	retry, from := -1, (*html.Node)(nil) // the part that may move outwards, and where it is
	for i, at := last, n; i > 0; {
		var next *html.Node
		switch s.parts[i].combined {
		case '>':
			next = element(at.Parent)
		case '+':
			next = at.PrevSibling
			for next != nil && next.Type != html.ElementNode {
				if next = next.PrevSibling; !w.spend(1) {
					return no
				}
			}
		default:
			next = element(at.Parent)
			retry = i - 1
			from = next
		}
		for {
			if next != nil {
				m := s.parts[i-1].match(next)
				if !w.spend(s.parts[i-1].effort(next)) {
					return no
				}
				if m != no {
					result = min(result, m)
					i, at = i-1, next
					break
				}
			}
			if retry < 0 || from == nil {
				return no
			}
			if from = element(from.Parent); from == nil {
				return no
			}
			i, next = retry+1, from
		}
	}
	return result
}

func element(n *html.Node) *html.Node {
	if n != nil && n.Type == html.ElementNode {
		return n
	}
	return nil
}

// effort returns what matching an element with a part of a selector costs.
func (c *compound) effort(n *html.Node) int {
	cost := 2 + len(n.Attr)/4
	if names := len(c.classes) + len(c.any); names > 0 {
		cost += names * (1 + len(attr(n, "class"))/16)
	}
	for range c.attrs {
		for _, a := range n.Attr {
			cost += 1 + len(a.Val)/8
		}
	}
	return cost
}
