package view

import (
	"maps"
	"strings"
)

// Layout says how the fields of an answer are written as text. Fields that it does not name follow in Dixa's order, labelled
// with their own names.
type Layout struct {
	columns map[string]*column // by the path from an item, such as assignment.agentId
	lines   int
}

// column is how one field is written.
type column struct {
	place   int // among the other fields
	line    int // of a single object
	label   string
	dropped bool
	detail  bool   // left out of lists
	unless  string // left out where this field is there
	equals  string // left out where this field has the same value
	named   string // an id, left out where this field is a name, which is taken in its place
	again   string // left out where an item before has the same value, and the same of this field
	once    bool   // prose that is not repeated where another field with this mark has the same
	quiet   bool   // a flag that is shown only where it is set
	prose   bool
	name    string   // of an array of pairs: the path of the label in each
	values  []string // and the paths of its value, the first that is there counts
	keyed   bool     // an object whose members are one fact
	only    string   // of objects in an array: in lists, the field of each that is shown
}

// NewLayout reads a layout: paths in the order in which they are shown, separated by blanks.
//
//	path           labelled with its own name
//	path=a_label   labelled "a label"; path= without a label
//	-path          left out, with all below it: another field says the same
//	~path          left out of lists; an answer that is one object has it
//	path?a_label   a flag, shown as "a label" where it is set and not at all where it is not
//	path!other=a_label  left out where the other field is there, which says the same
//	path@other=a_label  left out where the other field has the same value
//	path%other=a_label  an id, left out where the other field is a name that is taken in its place, and ids are not asked for
//	path^other=a_label  left out where an item before has the same value, and the same of the other field
//	path=|a_label  prose, on lines of its own
//	path=||a_label  the same; not repeated where a field before it, written so as well, has the same text
//	path{name,value|other}  each object of an array becomes a fact of its own, labelled with one of its fields
//	path[name]=a_label  of objects in an array only one of their fields, in lists; an answer that is one object has all
//	path{}=a_label  the members of an object are one fact: a label key value, key value
//	/              the rest is on the next line, where the answer is one object
func NewLayout(text string) Layout {
	l := Layout{columns: map[string]*column{}}
	for n, entry := range strings.Fields(text) {
		c := &column{place: n + 1, line: l.lines}
		entry, c.detail = strings.CutPrefix(entry, "~")
		path, label, labelled := strings.Cut(entry, "=")
		if before, flag, is := strings.Cut(entry, "?"); is {
			path, label, labelled, c.quiet = before, flag, true, true
		}
		if inner, ok := strings.CutSuffix(path, "}"); ok {
			var pair string
			path, pair, _ = strings.Cut(inner, "{")
			name, values, _ := strings.Cut(pair, ",")
			c.name, c.values, c.keyed = name, strings.Split(values, "|"), pair == ""
		}
		if inner, ok := strings.CutSuffix(path, "]"); ok {
			path, c.only, _ = strings.Cut(inner, "[")
		}
		path, c.unless, _ = strings.Cut(path, "!")
		path, c.equals, _ = strings.Cut(path, "@")
		path, c.named, _ = strings.Cut(path, "%")
		path, c.again, _ = strings.Cut(path, "^")
		switch {
		case entry == "/":
			l.lines++
			continue
		case entry[0] == '-':
			path, c.dropped = entry[1:], true
		case labelled:
			label, c.prose = strings.CutPrefix(label, "|")
			label, c.once = strings.CutPrefix(label, "|")
			c.label = strings.ReplaceAll(label, "_", " ")
		default:
			c.label = labelOf(path)
		}
		l.columns[path] = c
	}
	return l
}

// Names lists the paths that a layout names; a test compares them with the fields that there are.
func (l Layout) Names() []string {
	var names []string
	for path := range l.columns {
		names = append(names, path)
	}
	return names
}

// Without returns the layout without a field: the question says what it holds.
func (l Layout) Without(path string) Layout {
	l.columns = maps.Clone(l.columns)
	l.columns[path] = &column{dropped: true}
	return l
}

// Shows reports whether text has a field, somewhere: it and what is around it are not left out.
func (l Layout) Shows(path string) bool {
	for at := path; at != ""; at = at[:max(strings.LastIndexByte(at, '.'), 0)] {
		if c, listed := l.columns[at]; listed {
			return !c.dropped
		}
		if strings.HasSuffix("."+at, "._type") {
			return false
		}
	}
	return true
}

// Under returns the layout of a field whose items have this layout.
func (l Layout) Under(path string) Layout {
	under := Layout{columns: make(map[string]*column, len(l.columns)), lines: l.lines}
	for p, c := range l.columns {
		for _, other := range []*string{&c.unless, &c.equals, &c.named, &c.again} {
			if *other != "" {
				*other = path + "." + *other
			}
		}
		under.columns[path+"."+p] = c
	}
	return under
}

// labelOf makes words of the name of a field: stateUpdatedAt is "state updated". The name of what a nested object is
// stands for its id, name, value and the like.
func labelOf(path string) string {
	outer, name := "", path
	if dot := strings.LastIndexByte(path, '.'); dot >= 0 {
		outer, name = path[:dot], path[dot+1:]
	}
	words := wordsOf(name)
	switch last := len(words) - 1; {
	case outer != "" && (name == "id" || name == "name" || name == "value" || name == "label" || name == "type" || name == "_type" || name == "text" || name == "data"):
		return labelOf(outer)
	case len(words) > 1 && (words[last] == "at" || words[last] == "id" || words[last] == "ids"):
		words = words[:last]
	}
	if len(words) > 1 && words[0] == "is" {
		words = words[1:]
	}
	return strings.Join(words, " ")
}

// wordsOf splits the name of a field at its capital letters and underscores.
func wordsOf(name string) []string {
	var words []string
	start := 0
	cut := func(end int) {
		if end > start {
			words = append(words, strings.ToLower(name[start:end]))
		}
	}
	for i := 0; i < len(name); i++ {
		switch ch := name[i]; {
		case ch == '_':
			cut(i)
			start = i + 1
		case 'A' <= ch && ch <= 'Z' && i > 0 && (name[i-1] < 'A' || name[i-1] > 'Z'):
			cut(i)
			start = i
		}
	}
	cut(len(name))
	if len(words) == 0 {
		return []string{name}
	}
	return words
}
