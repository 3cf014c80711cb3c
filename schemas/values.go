package schemas

import (
	"bytes"
	"encoding/json"
	"fmt"
	"iter"
	"maps"
	"slices"
)

// Checked are arguments that fit a schema: as canonical JSON, and value by value, so that it need not be read again.
type Checked struct {
	JSON   json.RawMessage
	Values Values
}

// Values are the top-level arguments that were given, in the order of the schema.
type Values []Value

// Value is one of them.
type Value struct {
	Name string
	JSON json.RawMessage // canonical
	Is   any             // what encoding/json reads from JSON, with numbers as [json.Number]
}

// Read returns arguments that need no check, in alphabetical order. The JSON of each must be compact.
func Read(arguments map[string]json.RawMessage) (Checked, error) {
	var c Checked
	for _, name := range slices.Sorted(maps.Keys(arguments)) {
		v := Value{Name: name, JSON: arguments[name]}
		d := json.NewDecoder(bytes.NewReader(v.JSON))
		d.UseNumber()
		if err := d.Decode(&v.Is); err != nil {
			return Checked{}, fmt.Errorf("%s: %w", name, err)
		}
		c.Values = append(c.Values, v)
	}
	c.JSON = c.Values.JSON()
	return c, nil
}

// Get returns an argument; the zero Value where it was not given.
func (v Values) Get(name string) Value {
	if i := slices.IndexFunc(v, func(one Value) bool { return one.Name == name }); i >= 0 {
		return v[i]
	}
	return Value{}
}

// Given reports whether an argument was given.
func (v Values) Given(name string) bool { return v.Get(name).JSON != nil }

// Without returns the arguments but for the named ones.
func (v Values) Without(names ...string) Values {
	return slices.DeleteFunc(slices.Clone(v), func(one Value) bool { return slices.Contains(names, one.Name) })
}

// Text returns a string; "" for anything else.
func (v Value) Text() string {
	s, _ := v.Is.(string)
	return s
}

// Int returns an integer; 0 for anything else.
func (v Value) Int() int {
	n, _ := v.Is.(json.Number)
	i, _ := n.Int64()
	return int(i)
}

// All yields what the arguments are, by their names.
func (v Values) All() iter.Seq2[string, any] {
	return func(yield func(string, any) bool) {
		for _, one := range v {
			if !yield(one.Name, one.Is) {
				return
			}
		}
	}
}

// JSON returns the arguments as an object, in their order.
func (v Values) JSON() json.RawMessage {
	b := []byte{'{'}
	for i, one := range v {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(appendString(b, one.Name), ':')
		b = append(b, one.JSON...)
	}
	return append(b, '}')
}
