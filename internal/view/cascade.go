package view

import (
	"strings"

	"golang.org/x/net/html"
)

// winner is the declaration of a property that is in force for one element, and the ones that may
// be in force instead of it.
type winner struct {
	round  uint32
	sure   *effect
	weight uint64
	lost   bool // a declaration that hides was overruled by another one
	many   bool // there were more others than are kept
	others [4]*effect
	above  [4]uint64 // the weights of others
	n      int
}

// offer takes one declaration for the element at hand into account. One that may not apply, or is
// not understood, overrules no other.
func (r *rules) offer(e *effect, weight uint64, loose bool) {
	r.offered = true
	w := &r.won[e.prop]
	if w.round != r.round {
		*w = winner{round: r.round}
	}
	if e.important {
		weight |= 1 << 62
	}
	switch {
	case e.prop >= judgedAlone && (e.length.unit == noValue || e.takesColor() && e.how == invalid):
	case loose || e.unclear():
		if w.n == len(w.others) {
			w.many = true
			return
		}
		w.others[w.n], w.above[w.n] = e, weight
		w.n++
	case w.sure == nil || weight >= w.weight:
		w.lost = w.lost || w.sure != nil && w.sure.verdict == hides && e.verdict != hides
		w.sure, w.weight = e, weight
	default:
		w.lost = w.lost || e.verdict == hides
	}
}

func (e *effect) takesColor() bool { return e.prop == pColor || e.prop == pFill || e.prop == pGround }

// unclear reports whether the declaration's value was not understood.
func (e *effect) unclear() bool {
	switch {
	case e.prop < judgedAlone:
		return e.verdict == doubt
	case e.takesColor():
		return e.how == unknown
	}
	return e.length.unit == opaque
}

// cascade collects what is declared for n, by attributes, rules and its style.
func (r *rules) cascade(n *html.Node) {
	r.round++
	r.offered = false
	r.attributes(n)
	if len(r.by) > 0 && !r.opaque {
		r.try("", n)
		r.try(n.Data, n)
		if class := attr(n, "class"); class != "" {
			r.classes(class, n)
		}
		if id := attr(n, "id"); id != "" {
			r.try("#"+strings.ToLower(id), n)
		}
	}
	if style := attr(n, "style"); style != "" {
		list := r.declared(style)
		r.spend(1 + len(list)/8)
		for i := range list {
			r.offer(&list[i], 1<<61, false)
		}
	}
}

// classes tries the rules for each class of n, once.
func (r *rules) classes(class string, n *html.Node) {
	var tried [16]string
	i := 0
	for c := range strings.FieldsSeq(strings.ToLower(class)) {
		if len(r.by["."+c]) == 0 || i == len(tried) && !r.spend(16) {
			continue
		}
		again := false
		for _, t := range tried[:min(i, len(tried))] {
			again = again || t == c
		}
		if again {
			continue
		}
		if i < len(tried) {
			tried[i] = c
			i++
		}
		r.try("."+c, n)
	}
	r.spend(len(class) / 64)
}

func (r *rules) try(key string, n *html.Node) {
	for _, candidate := range r.by[key] {
		t := candidate.match(n, r.work)
		if r.spent() {
			return
		}
		if t == no {
			continue
		}
		for i := range candidate.effects {
			r.offer(&candidate.effects[i], candidate.weight<<30|candidate.order&(1<<30-1), t != yes || r.loose)
		}
		r.spend(len(candidate.effects))
	}
}

// attributes applies what HTML says without CSS.
func (r *rules) attributes(n *html.Node) {
	for _, a := range n.Attr {
		switch a.Key {
		case "bgcolor":
			if c, ok := legacyColor(a.Val); ok {
				r.offer(&effect{prop: pGround, color: c, how: valid_}, 0, false)
			}
		case "background":
			if strings.TrimSpace(a.Val) != "" {
				e := &effect{prop: pImage, picture: remote}
				if strings.HasPrefix(strings.ToLower(strings.TrimSpace(a.Val)), "data:") {
					e.picture = mystery
				}
				r.offer(e, 0, false)
			}
		case "color", "text":
			if (a.Key == "color") == (n.Data == "font") && (a.Key == "text") == (n.Data == "body") {
				if c, ok := legacyColor(a.Val); ok {
					r.offer(&effect{prop: pColor, color: c, how: valid_}, 0, false)
				}
			}
		}
	}
}

// in returns the declaration of p that is surely in force, or nil.
func (r *rules) in(p prop) *effect {
	if w := &r.won[p]; w.round == r.round {
		return w.sure
	}
	return nil
}

// perhaps calls each for the declarations of p that may be in force instead of the sure one, and
// reports whether there are more.
func (r *rules) perhaps(p prop, each func(*effect)) (more bool) {
	w := &r.won[p]
	if w.round != r.round {
		return false
	}
	for i, e := range w.others[:w.n] {
		if w.sure == nil || w.above[i] > w.weight {
			each(e)
		}
	}
	return w.many
}

// judged returns what the properties that are judged alone do to the element.
func (r *rules) judged(n *html.Node) verdict {
	worst := fine
	for p := prop(0); p < judgedAlone; p++ {
		w := &r.won[p]
		if w.round != r.round || p == pMsoHide && n.Data == "a" { // buttons hide their link from Outlook alone
			continue
		}
		v := when(w.lost || w.many, doubt)
		if w.sure != nil && w.sure.verdict != fine {
			v = w.sure.verdict
		}
		r.perhaps(p, func(e *effect) {
			switch {
			case e.verdict != fine:
				v = max(v, doubt)
			case v == hides:
				v = doubt // it may be shown again
			}
		})
		worst = max(worst, v)
	}
	return worst
}
