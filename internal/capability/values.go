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

// word is a text.
type word struct {
	at
	text string
}

func (w *word) decode(d *decoder, n *yaml.Node, key string) {
	w.at = place(n, key)
	w.text, _ = d.text(n, key)
}

func texts(words []word) []string {
	t := make([]string, len(words))
	for i, w := range words {
		t[i] = w.text
	}
	return t
}

// id is an id of Dixa's, of the form that T checks.
type id[T interface {
	~string
	Check() error
}] struct{ value T }

func (i *id[T]) decode(d *decoder, n *yaml.Node, key string) {
	text, ok := d.text(n, key)
	if !ok {
		return
	}
	i.value = T(text)
	if err := i.value.Check(); err != nil {
		d.fail(place(n, key), "%.80q is not %v", text, err)
	}
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
		d.fail(place(n, key), "%.80q is no level%s; the levels are %s", text, didYouMean(text, levels), strings.Join(levels, ", "))
	}
}

// operation is an operation, given by its name.
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
	if o.tool, ok = d.catalog.operations[text]; ok {
		return
	}
	if t, ok := d.catalog.composites[text]; ok {
		d.fail(o.at, "%s is made of several operations; name those: %s", text, strings.Join(operationNames(t), ", "))
		return
	}
	d.fail(o.at, "there is no tool %.80q%s", text, didYouMean(text, d.catalog.names))
}

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
