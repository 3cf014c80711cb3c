package capability

import (
	"encoding/json"
	"errors"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"dixa-mcp/schemas"
	"dixa-mcp/tools"
)

const anyValue = "*" // under arguments: the caller may give any value

// arguments are an agent's rules for the values of arguments.
type arguments []*argument

// argument is the rule for one argument of one operation.
type argument struct {
	at       // of its key
	tool     *tools.Tool
	property schemas.Property
	written  list[scalar]
	free     bool    // any value
	values   []value // what it may be; none: it does not exist
}

// value is one value that an argument may have.
type value struct {
	word string          // what the caller writes: a name of the file, or the value as text
	json json.RawMessage // what Dixa gets
}

// scalar is a text, a number, or true or false, which is read when it is known what it is for.
type scalar struct{ node *yaml.Node }

func (s *scalar) decode(d *decoder, n *yaml.Node, key string) {
	if n.Kind != yaml.ScalarNode || n.Tag == "!!null" {
		d.fail(place(n, key), "must be a value, not %s", kind(n))
		return
	}
	s.node = n
}

func (r *arguments) decode(d *decoder, n *yaml.Node, key string) {
	for name, node := range d.pairs(n, key) {
		operation, property, ok := strings.Cut(name.text, ".")
		if !ok {
			d.fail(name.at, "must be an operation and its argument, such as send_message.cc")
			continue
		}
		a := &argument{at: name.at, tool: d.operation(name.at, operation)}
		if a.tool == nil || !d.property(a, property) {
			continue
		}
		d.read(&a.written, node, name.key)
		*r = append(*r, a)
	}
}

// property finds the argument that a rule is about.
func (d *decoder) property(a *argument, name string) bool {
	var names []string
	for _, p := range d.catalog.schema(a.tool).Properties() {
		if p.Name == name {
			a.property = p
			return true
		}
		names = append(names, p.Name)
	}
	if len(names) == 0 {
		d.fail(a.at, "%s has no arguments", a.tool.Name)
	} else {
		d.fail(a.at, "%s has no argument %.80q%s; its arguments are %s", a.tool.Name, name, didYouMean(name, names), strings.Join(names, ", "))
	}
	return false
}

// resolve reads the rule's values, each of which must be one that the argument can have.
func (d *decoder) resolve(a *argument) {
	for _, s := range a.written {
		switch {
		case s.node == nil: // said already
		case s.node.Tag == "!!str" && s.node.Value == anyValue && len(a.written) > 1:
			d.fail(place(s.node, a.key), `"*" stands for all values; it must be the only one`)
		case s.node.Tag == "!!str" && s.node.Value == anyValue:
			a.free = true
		default:
			if v, ok := d.value(a, s.node); ok && !a.has(v) {
				a.values = append(a.values, v)
			}
		}
	}
}

func (a *argument) has(v value) bool {
	return slices.ContainsFunc(a.values, func(o value) bool { return string(o.json) == string(v.json) })
}

// value reads one value of a rule.
func (d *decoder) value(a *argument, n *yaml.Node) (value, bool) {
	where, item := place(n, a.key), strings.TrimPrefix(a.property.Type, "array of ")
	v := value{word: n.Value}
	switch {
	case item == "object" || strings.HasPrefix(item, "array"):
		d.fail(where, `single values cannot be listed for it; it can be [] or ["*"]`)
		return v, false
	case item == "string" && n.Tag == "!!str":
		text := n.Value
		if kind := kindOf[a.property.Name]; kind != "" {
			id, ok := d.id(kind, word{where, text})
			if !ok || id == "" {
				return v, false
			}
			text, v.word = id, d.lexicon.called(kind, text, id)
		}
		v.json, _ = json.Marshal(text) // texts always marshal
	case item == "integer" && n.Tag == "!!int", item == "number" && (n.Tag == "!!int" || n.Tag == "!!float"):
		v.json = json.RawMessage(n.Value)
	case item == "boolean" && n.Tag == "!!bool":
		v.json = json.RawMessage(strings.ToLower(n.Value))
	case item == "string":
		d.text(n, a.key)
		return v, false
	case n.Tag == "!!float":
		d.fail(where, "must be %s, not %.80s", form[item], n.Value)
		return v, false
	default:
		d.fail(where, "must be %s, not %s", form[item], kind(n))
		return v, false
	}
	var err error
	if v.json, err = d.canonical(a, v.json); err != nil {
		d.fail(where, "%v", err)
		return v, false
	}
	if kindOf[a.property.Name] == "" {
		v.word = plain(v.json)
	}
	return v, true
}

var form = map[string]string{"integer": "a whole number", "number": "a number", "boolean": "true or false"}

// canonical returns a value as the argument's schema has it.
func (d *decoder) canonical(a *argument, v json.RawMessage) (json.RawMessage, error) {
	full := d.catalog.schema(a.tool)
	var others []string
	for _, p := range full.Properties() {
		if p.Name != a.property.Name {
			others = append(others, p.Name)
		}
	}
	if !json.Valid(v) { // a number in one of YAML's other forms
		return nil, errors.New("must be a number in decimal digits")
	}
	if a.list() {
		v = slices.Concat(json.RawMessage("["), v, json.RawMessage("]"))
	}
	out, err := full.Without(others...).Normalize(object(map[string]json.RawMessage{a.property.Name: v}))
	if wrong := new(schemas.Error); errors.As(err, &wrong) {
		p := wrong.Problems[0]
		p.Field = "value"
		return nil, errors.New(strings.TrimPrefix(p.String(), "value: "))
	}
	if err != nil {
		return nil, err
	}
	v = members(out)[a.property.Name]
	if a.list() {
		v = items(v)[0]
	}
	return v, nil
}

// is tells whether the rule gives exactly this id.
func (a *argument) is(id string) bool {
	return !a.free && len(a.values) == 1 && strings.EqualFold(plain(a.values[0].json), id)
}

func (a *argument) list() bool { return isList(a.property) }

func isList(p schemas.Property) bool { return strings.HasPrefix(p.Type, "array of ") }

// plain returns a JSON value as the caller would write it.
func plain(v json.RawMessage) string {
	var text string
	if json.Unmarshal(v, &text) == nil {
		return text
	}
	return string(v)
}
