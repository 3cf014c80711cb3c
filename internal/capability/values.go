package capability

import (
	"strings"

	"go.yaml.in/yaml/v3"

	"dixa-mcp/dixaclient"
	"dixa-mcp/tools"
)

// version is the number of the file's form.
type version struct{}

func (*version) decode(d *decoder, n *yaml.Node, key string) {
	if n.Kind != yaml.ScalarNode || n.Tag != "!!int" || n.Value != "1" {
		d.fail(place(n, key), "must be the number 1, the only version there is")
	}
}

// word is a text; without a place where the file has none.
type word struct {
	at
	text string
}

func (w *word) decode(d *decoder, n *yaml.Node, key string) {
	if text, ok := d.text(n, key); ok {
		*w = word{place(n, key), text}
	}
}

func texts(words []word) []string {
	t := make([]string, len(words))
	for i, w := range words {
		t[i] = w.text
	}
	return t
}

// id is an id of Dixa's, of the form that T checks.
type id[T checkable] struct{ value T }

type checkable interface {
	~string
	Check() error
}

func (i *id[T]) decode(d *decoder, n *yaml.Node, key string) {
	text, ok := d.text(n, key)
	if !ok {
		return
	}
	if err := T(text).Check(); err != nil {
		d.fail(place(n, key), "%.80q is not %v", text, err)
		return
	}
	i.value = T(text)
}

// level is a level of access.
type level struct{ dixaclient.Level }

func (l *level) decode(d *decoder, n *yaml.Node, key string) {
	text, ok := d.text(n, key)
	if !ok {
		return
	}
	if l.Level, ok = dixaclient.ParseLevel(text); !ok {
		levels := []string{dixaclient.Read.String(), dixaclient.Write.String(), dixaclient.Send.String(), dixaclient.Erase.String()}
		d.fail(place(n, key), "%.80q is not a level%s; the levels are %s", text, didYouMean(text, levels), strings.Join(levels, ", "))
	}
}

// operation is a tool, given by its name: an operation's own, or one made of several.
type operation struct {
	at
	tool *tools.Tool
}

func (o *operation) decode(d *decoder, n *yaml.Node, key string) {
	o.at = place(n, key)
	text, ok := d.text(n, key)
	if !ok {
		return
	}
	if t, ok := d.catalog.composites[text]; ok {
		o.tool = t
		return
	}
	o.tool = d.operation(o.at, text)
}

// operation finds an operation's own tool by its name; nil, and a problem, when there is none.
func (d *decoder) operation(where at, name string) *tools.Tool {
	if t, ok := d.catalog.operations[name]; ok {
		return t
	}
	if t, ok := d.catalog.composites[name]; ok {
		d.fail(where, "%s is made of several operations; name those: %s", name, strings.Join(operationNames(t), ", "))
	} else {
		d.fail(where, "there is no tool %.80q%s", name, didYouMean(name, d.catalog.names))
	}
	return nil
}

// section is a part of the file whose own place matters.
type section[T any] struct {
	at    // of its key; zero when the file does not have it
	value T
}

func (s *section[T]) stands(where at) { s.at = where }

func (s *section[T]) decode(d *decoder, n *yaml.Node, key string) { d.read(&s.value, n, key) }

// list is a list.
type list[T any] []T

func (l *list[T]) decode(d *decoder, n *yaml.Node, key string) {
	if n.Kind != yaml.SequenceNode {
		d.fail(place(n, key), "must be a list such as [a, b], not %s", kind(n))
		return
	}
	*l = make([]T, len(n.Content))
	for i, item := range n.Content {
		d.read(&(*l)[i], item, key)
	}
}

// dict is a mapping with keys of the file's choice, in their order.
type dict[T any] struct {
	entries []entry[T]
	empty   at // where it stands when it has no keys, otherwise zero
}

type entry[T any] struct {
	name  word
	value T
}

func (m *dict[T]) decode(d *decoder, n *yaml.Node, key string) {
	if n.Kind == yaml.MappingNode && len(n.Content) == 0 {
		m.empty = place(n, key)
	}
	for name, node := range d.pairs(n, key) {
		e := entry[T]{name: name}
		d.read(&e.value, node, name.key)
		m.entries = append(m.entries, e)
	}
}
