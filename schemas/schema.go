// Package schemas makes the JSON Schema of a tool's arguments from a Go struct,
// in the subset that every MCP client and model provider accepts, and checks
// arguments against it with messages that a model can act on.
//
// What clients are known to reject ($ref, oneOf, default, minimum and so on) is
// never emitted. What those keywords would say is checked by [Schema.Decode]
// instead. [Lint] tells whether any schema keeps to the subset.
//
// Names, order, descriptions and what is required are read from the struct by
// github.com/invopop/jsonschema:
//
//	type SearchIn struct {
//		Ref                                                  // embedded: its fields are arguments too
//		Status []Status `json:"status,omitzero"`             // omitzero, omitempty or a pointer: optional
//		Limit  int      `json:"limit,omitzero" check:"min=1,max=50" jsonschema_description:"Results in one answer"`
//		Values map[string]any `json:"values"`                // a free map
//	}
//
// A type says more about itself by methods on its value:
//
//	Values() []string // a string type: the only values it takes
//	Vocabulary() *vocabulary.Set // the words for Values, which callers see and give; what is sent stays as it is
//	Format() string   // a string in JSON, described by this word; "uuid" and "date-time" are checked. With Values, which the schema does not list then
//	Check() error     // a leaf: the last word on the decoded value
//
// The tag contact says that a string is an e-mail address ("email"), a telephone number ("number"), or a number to search
// for, which needs its country code ("phone"): what people copy with them is taken off.
//
// The tag check:"min=1,max=50" limits an integer, the characters of a string or
// the items of an array. The tag time says what a date is: "end" the end of a span,
// which includes a day that is given without a time, "future" one that must be later
// than now; "zone" marks the string that names the zone of the dates beside it.
package schemas

import (
	"bytes"
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"sync"
)

// Schema describes the arguments of one tool. It is immutable and safe for
// concurrent use. It is generated on first use, so that declaring one costs
// nothing; a struct that cannot be described panics then, naming the field.
type Schema struct {
	root func() *node
	json func() json.RawMessage
}

// Property is one top-level argument.
type Property struct {
	Name        string
	Type        string   // "string", "integer", "number", "boolean", "object", or "array of " and one of these
	Description string   // empty when the struct gives none
	Required    bool     // whether the argument must be there
	Enum        []string // the only values of a string, or of the items of an array of strings; nil for any
	Words       []string // Enum in the words that callers see; nil where they are the same
}

// Of returns the schema of the struct T.
func Of[T any]() *Schema { return For(reflect.TypeFor[T]()) }

// For returns the schema of the struct t, or of the struct that t points to.
func For(t reflect.Type) *Schema {
	return newSchema(func() *node { return generate(t) })
}

func newSchema(root func() *node) *Schema {
	root = sync.OnceValue(root)
	return &Schema{
		root: root,
		json: sync.OnceValue(func() json.RawMessage { return root().appendJSON(nil) }),
	}
}

// JSON returns the schema as compact JSON, the same bytes every time. It is shared
// by all callers and must not be changed.
func (s *Schema) JSON() json.RawMessage { return s.json() }

// Properties lists the top-level arguments in the order of the struct.
func (s *Schema) Properties() []Property {
	root := s.root()
	list := make([]Property, len(root.fields))
	for i, f := range root.fields {
		item := f.node.innermost()
		list[i] = Property{Name: f.name, Type: f.node.typeName(), Description: f.node.description, Required: f.required, Enum: slices.Clone(item.enum)}
		if item.words != nil {
			list[i].Words = item.among().Words()
		}
	}
	return list
}

// With returns the schema with more top-level properties, which the struct does not
// have; they follow its own. An "object" is a free map. A name that is already
// taken and an unknown type panic on first use.
func (s *Schema) With(props ...Property) *Schema {
	return newSchema(func() *node {
		fields := slices.Clone(s.root().fields)
		for _, p := range props {
			fields = append(fields, field{name: p.Name, required: p.Required, node: propertyNode(p)})
		}
		return newObject(fields)
	})
}

// Without returns the schema without the named top-level properties: passing one is
// then an unknown argument. Names that the schema does not have are ignored.
func (s *Schema) Without(names ...string) *Schema {
	return newSchema(func() *node {
		return newObject(slices.DeleteFunc(slices.Clone(s.root().fields), func(f field) bool {
			return slices.Contains(names, f.name)
		}))
	})
}

// Requiring returns the schema with the named top-level properties required. Names that the schema does not have are
// ignored.
func (s *Schema) Requiring(names ...string) *Schema {
	if len(names) == 0 {
		return s
	}
	return newSchema(func() *node {
		fields := slices.Clone(s.root().fields)
		for i := range fields {
			fields[i].required = fields[i].required || slices.Contains(names, fields[i].name)
		}
		return newObject(fields)
	})
}

// Describing returns the schema with other descriptions of its top-level properties: what describe returns for each.
func (s *Schema) Describing(describe func(Property) string) *Schema {
	return newSchema(func() *node {
		fields := slices.Clone(s.root().fields)
		for i, p := range s.Properties() {
			if text := describe(p); text != p.Description {
				described := *fields[i].node
				described.description = text
				fields[i].node = &described
			}
		}
		return newObject(fields)
	})
}

// WithEnum narrows a top-level string property, or the items of an array of
// strings, to these values. Where the property already has an enum, only values
// of that remain: this never widens. No values at all panics at once, since such
// a property could never be given ([Schema.Without] takes it away); a property
// that is missing, is not a string or is left without a value panics on first use.
func (s *Schema) WithEnum(name string, values []string) *Schema {
	if len(values) == 0 {
		panic(fmt.Sprintf("schemas: no values for the enum of %q", name))
	}
	values = slices.Clone(values)
	return newSchema(func() *node {
		root := s.root()
		at, ok := root.index[name]
		if !ok {
			panic(fmt.Sprintf("schemas: no property %q to narrow", name))
		}
		fields := slices.Clone(root.fields)
		fields[at].node = fields[at].node.narrowed(name, values)
		return newObject(fields)
	})
}

// Naming returns the schema with names in place of ids: strings at the paths that it asks about, such as
// conditions.values, may have any text.
func (s *Schema) Naming(names func(path string) bool) *Schema {
	return newSchema(func() *node { return s.root().naming("", names) })
}

// Decode checks args and decodes them into a pointer to the struct. Everything
// that is wrong with the arguments is in one [*Error]. Numbers in free maps
// become [json.Number], so that large ids stay exact.
func (s *Schema) Decode(args json.RawMessage, into any) error {
	c, err := s.check(args, nil)
	if err != nil {
		return err
	}
	if c.loose {
		d := json.NewDecoder(bytes.NewReader(c.out))
		d.UseNumber()
		err = d.Decode(into)
	} else {
		err = json.Unmarshal(c.out, into)
	}
	if err != nil {
		return fmt.Errorf("schemas: arguments fit the schema but not %T: %w", into, err)
	}
	return nil
}

// Normalize makes the same check as [Schema.Decode] and gives the arguments back
// as canonical JSON: properties in the order of the schema, keys of free maps
// sorted, nulls left out, and values as the schema has them ("12" for an integer
// has become 12). Times without a zone are read in UTC. The error is an [*Error].
func (s *Schema) Normalize(args json.RawMessage) (json.RawMessage, error) {
	c, err := s.Check(args, nil)
	return c.JSON, err
}

// Check normalizes as [Schema.Normalize] does, and reads times as the given
// reading says; nil is UTC. What comes out has the values beside their JSON.
func (s *Schema) Check(args json.RawMessage, reading *Reading) (Checked, error) {
	c, err := s.check(args, reading)
	if err != nil {
		return Checked{}, err
	}
	return Checked{c.out, c.values}, nil
}

func (s *Schema) check(args []byte, reading *Reading) (*checker, error) {
	v, problem := parse(args)
	if problem != nil {
		return nil, &Error{Problems: []Problem{*problem}}
	}
	c := &checker{out: make([]byte, 0, len(args)+len(args)/4), path: make(path, 0, 4), reading: reading}
	c.value(s.root(), v)
	if len(c.problems) > 0 {
		return nil, &Error{Problems: c.problems}
	}
	return c, nil
}

func propertyNode(p Property) *node {
	if of, ok := strings.CutPrefix(p.Type, "array of "); ok {
		n := newNode(array)
		n.description = p.Description
		n.elem = propertyNode(Property{Name: p.Name, Type: of, Enum: p.Enum})
		return n
	}
	switch kind(p.Type) {
	case object, str, integer, number, boolean:
	default:
		panic(fmt.Sprintf("schemas: property %q has the unknown type %q", p.Name, p.Type))
	}
	n := newNode(kind(p.Type))
	n.description = p.Description
	n.free = n.kind == object
	if len(p.Enum) > 0 {
		n = n.narrowed(p.Name, p.Enum)
	}
	return n
}
