package schemas

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"
)

// checker checks one set of arguments and writes them in canonical form, with the values beside. What it
// has written means nothing once there is a problem.
type checker struct {
	out      []byte
	values   Values // of the top level
	path     path
	problems []Problem
	loose    bool // there are values of no declared type
	reading  *Reading
	zone     *time.Location // that the arguments name, nil where they do not
}

func (c *checker) full() bool { return len(c.problems) >= maxProblems }

func (c *checker) fail(got, want, hint string) {
	if !c.full() {
		c.problems = append(c.problems, Problem{Field: c.path.String(), Got: got, Want: want, Hint: hint})
	}
}

// value writes a value, and returns what encoding/json would read from that, with numbers as [json.Number].
func (c *checker) value(n *node, v *value) any {
	switch n.kind {
	case object:
		return c.object(n, v)
	case array:
		return c.array(n, v)
	default:
		return c.scalar(n, v)
	}
}

func (c *checker) object(n *node, v *value) any {
	v = c.unwrapped(v, '{')
	switch {
	case v.kind != '{' && len(c.path) == 0:
		c.fail(describe(v), "one JSON object of arguments", "")
	case v.kind != '{':
		c.refuseWrapped(n, v)
	case n.free:
		return c.freeMap(n, v)
	case len(c.path) == 0:
		c.values = make(Values, 0, len(v.kids))
		c.fields(n, v, func(name string, from int, is any) {
			c.values = append(c.values, Value{name, c.out[from:len(c.out):len(c.out)], is})
		})
	default:
		all := make(map[string]any, len(v.kids))
		c.fields(n, v, func(name string, _ int, is any) { all[name] = is })
		return all
	}
	return nil
}

// fields writes the fields of an object, and gives each to keep: where it was written from, and what it is.
func (c *checker) fields(n *node, v *value, keep func(name string, from int, is any)) {
	var few [16]*value // saves an allocation
	given := few[:]
	if len(n.fields) > len(few) {
		given = make([]*value, len(n.fields))
	}
	for i := range v.kids {
		m := &v.kids[i]
		at, known := n.index[m.key]
		if !known {
			c.unknown(n, m.key)
			continue
		}
		if m.kind != 'n' { // models send null for "not given"
			given[at] = &m.value
		}
	}

	before := c.zone
	c.zone = namedZone(n, given, before)
	defer func() { c.zone = before }()
	c.out = append(c.out, '{')
	depth, first := len(c.path), true
	for i, f := range n.fields {
		if given[i] == nil && !f.required {
			continue
		}
		c.path = c.path.property(f.name)
		if given[i] == nil {
			c.fail("nothing", f.node.want(), "it is required")
		} else {
			c.key(f.name, &first)
			from := len(c.out)
			keep(f.name, from, c.value(f.node, given[i]))
		}
		c.path = c.path[:depth]
	}
	c.out = append(c.out, '}')
}

func (c *checker) key(name string, first *bool) {
	if !*first {
		c.out = append(c.out, ',')
	}
	*first = false
	c.out = appendString(c.out, name)
	c.out = append(c.out, ':')
}

func (c *checker) unknown(n *node, name string) {
	if c.full() {
		return
	}
	names := make([]string, len(n.fields))
	for i, f := range n.fields {
		names[i] = f.name
	}
	what, want := "argument", "no arguments"
	if len(c.path) > 0 {
		what, want = "property", "no properties"
	}
	if len(names) > 0 {
		want = oneOf(names)
	}
	c.path = c.path.property(name)
	c.fail("an unknown "+what, want, didYouMean(name, names))
	c.path = c.path[:len(c.path)-1]
}

// freeMap takes any keys. They are sorted, so that equal maps are equal bytes.
func (c *checker) freeMap(n *node, v *value) any {
	all := make(map[string]any, len(v.kids))
	c.out = append(c.out, '{')
	depth, first := len(c.path), true
	for _, m := range sorted(v.kids) {
		if c.full() {
			return nil
		}
		c.path = c.path.property(m.key)
		c.clean(m.key)
		c.key(m.key, &first)
		if n.elem != nil {
			all[m.key] = c.value(n.elem, &m.value)
		} else {
			all[m.key] = c.anything(&m.value)
		}
		c.path = c.path[:depth]
	}
	c.out = append(c.out, '}')
	return all
}

var anyMap = func() *node { n := newNode(object); n.free = true; return n }()

// anything writes what is in a free map as it came, nulls and digits too.
func (c *checker) anything(v *value) any {
	c.loose = true
	switch v.kind {
	case '{':
		return c.freeMap(anyMap, v)
	case '[':
		return c.items(v, c.anything)
	case '"':
		c.clean(v.text)
		c.out = appendString(c.out, v.text)
		return v.text
	}
	c.out = append(c.out, v.text...)
	switch v.kind {
	case 'n':
		return nil
	case '0':
		return json.Number(v.text)
	}
	return v.kind == 't'
}

func (c *checker) array(n *node, v *value) any {
	scalars := n.elem.kind != object && n.elem.kind != array
	v = c.unwrapped(v, '[')
	switch looksWrapped := v.kind == '"' && strings.HasPrefix(strings.TrimSpace(v.text), "["); {
	case v.kind == '[':
	case scalars && v.kind != '{' && v.kind != 'n' && !looksWrapped:
		v = &value{kind: '[', kids: []member{{value: *v}}} // models leave out the brackets around one value
	default:
		c.refuseWrapped(n, v)
		return nil
	}
	if count := int64(len(v.kids)); count < n.min || count > n.max {
		c.fail(fmt.Sprintf("%d items", count), n.want(), "")
		return nil
	}
	return c.items(v, func(item *value) any { return c.value(n.elem, item) })
}

func (c *checker) items(v *value, write func(*value) any) any {
	all := make([]any, len(v.kids))
	c.out = append(c.out, '[')
	depth := len(c.path)
	for i := range v.kids {
		if c.full() {
			return nil
		}
		if i > 0 {
			c.out = append(c.out, ',')
		}
		c.path = c.path.item(i)
		all[i] = write(&v.kids[i].value)
		c.path = c.path[:depth]
	}
	c.out = append(c.out, ']')
	return all
}

// unwrapped returns the object or array that a string holds: models encode twice. A
// string that holds no such thing stays what it is, and so does a string in the
// place of all arguments, which is the client's mistake and not the model's.
func (c *checker) unwrapped(v *value, open byte) *value {
	if v.kind != '"' || len(c.path) == 0 {
		return v
	}
	text := strings.TrimSpace(v.text)
	if text == "" || text[0] != open {
		return v
	}
	inner, problem := parseAt([]byte(text), slices.Clone(c.path))
	if problem != nil {
		return v
	}
	return inner
}

func (c *checker) refuseWrapped(n *node, v *value) {
	hint := ""
	if v.kind == '"' {
		hint = "send the " + string(n.kind) + " itself, not text"
	}
	c.fail(describe(v), n.want(), hint)
}

// clean refuses NUL, which ends a text in many programs it may pass through.
func (c *checker) clean(s string) bool {
	if strings.IndexByte(s, 0) < 0 {
		return true
	}
	c.fail("text with a NUL character", "text without it", "")
	return false
}

func sorted(kids []member) []member {
	return slices.SortedFunc(slices.Values(kids), func(a, b member) int { return strings.Compare(a.key, b.key) })
}
