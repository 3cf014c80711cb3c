package schemas

import (
	"fmt"
	"math"
	"reflect"
	"slices"
	"strings"

	"dixa-mcp/internal/base/vocabulary"
)

// kind is the "type" of a schema.
type kind string

const (
	object  kind = "object"
	array   kind = "array"
	str     kind = "string"
	integer kind = "integer"
	number  kind = "number"
	boolean kind = "boolean"
)

// node is one schema: what is emitted, and what is only checked.
type node struct {
	kind        kind
	description string

	fields []field        // of a struct, in order
	index  map[string]int // their places by name
	free   bool           // a free map; elem is nil when its values may be anything
	elem   *node          // of an array, or of a free map

	enum   []string        // of a string, as it is sent
	words  *vocabulary.Set // under which people know the values of enum; nil where they are words already
	format string          // of a string: the word of its Format method

	min, max int64        // of an integer, the characters of a string, the items of an array
	bits     int          // of a number: 32 or 64
	role     string       // of a date-time or a string: what the tag time or contact says; else ""
	leaf     reflect.Type // a type that has the last word by decoding itself or by Check; else nil
}

// The roles that the tag time gives.
const (
	roleEnd    = "end"    // the end of a span: a day without a time is included
	roleFuture = "future" // must be later than now
	roleZone   = "zone"   // the name of the zone in which the times beside it are read
)

// The roles that the tag contact gives.
const (
	roleEmail  = "email"  // an e-mail address
	roleNumber = "number" // a telephone number, or an address
	rolePhone  = "phone"  // a telephone number to search for, with its country code
)

type field struct {
	name     string
	required bool
	node     *node
}

func newNode(k kind) *node {
	n := &node{kind: k, min: math.MinInt64, max: math.MaxInt64}
	if k == number {
		n.bits = 64
	}
	return n
}

func newObject(fields []field) *node {
	n := newNode(object)
	n.fields = fields
	n.index = make(map[string]int, len(fields))
	for i, f := range fields {
		if _, taken := n.index[f.name]; taken {
			panic(fmt.Sprintf("schemas: two properties are named %q", f.name))
		}
		n.index[f.name] = i
	}
	return n
}

// innermost returns the items of an array, of an array of arrays and so on; else n.
func (n *node) innermost() *node {
	for n.kind == array {
		n = n.elem
	}
	return n
}

func (n *node) typeName() string {
	if n.kind == array {
		return "array of " + n.elem.typeName()
	}
	return string(n.kind)
}

// narrowed returns a copy of n, or of the array n, whose strings are among values.
func (n *node) narrowed(name string, values []string) *node {
	c := *n
	switch {
	case n.kind == array:
		c.elem = n.elem.narrowed(name, values)
		return &c
	case n.kind != str:
		panic(fmt.Sprintf("schemas: %q is %s and cannot have an enum of strings", name, n.typeName()))
	}
	c.enum = nil
	for _, v := range values {
		if (n.enum == nil || slices.Contains(n.enum, v)) && !slices.Contains(c.enum, v) {
			c.enum = append(c.enum, v)
		}
	}
	if len(c.enum) == 0 {
		panic(fmt.Sprintf("schemas: %q has none of the values %s", name, strings.Join(values, ", ")))
	}
	return &c
}

// listed reports whether the schema lists the values of an enum. It does not where the type has a name for them.
func (n *node) listed() bool { return len(n.enum) > 0 && n.format == "" }

// among returns the values of the enum with their words.
func (n *node) among() vocabulary.Enum { return vocabulary.Enum{Set: n.words, Values: n.enum} }

// naming returns a copy of n, which is at a path, that takes any text where a name may stand.
func (n *node) naming(path string, names func(path string) bool) *node {
	c := *n
	switch {
	case n.kind == array:
		c.elem = n.elem.naming(path, names)
	case n.kind == object && !n.free:
		fields := slices.Clone(n.fields)
		for i, f := range fields {
			fields[i].node = f.node.naming(strings.TrimPrefix(path+"."+f.name, "."), names)
		}
		return newObject(fields)
	case n.kind == str && names(path):
		return newNode(str)
	}
	return &c
}

// appendJSON appends the schema: the one place that decides which keywords exist.
func (n *node) appendJSON(b []byte) []byte {
	b = append(b, `{"type":"`...)
	b = append(b, n.kind...)
	b = append(b, '"')
	if n.description != "" {
		b = append(b, `,"description":`...)
		b = appendString(b, n.description)
	}
	switch n.kind {
	case str:
		if n.format == dateTime {
			b = append(b, `,"format":"date-time"`...)
		}
		if n.listed() {
			b = append(b, `,"enum":`...)
			b = appendStrings(b, n.among().Words())
		}
	case array:
		b = append(b, `,"items":`...)
		b = n.elem.appendJSON(b)
	case object:
		b = n.appendProperties(b)
	}
	return append(b, '}')
}

func (n *node) appendProperties(b []byte) []byte {
	b = append(b, `,"properties":{`...)
	var required []string
	for i, f := range n.fields {
		if i > 0 {
			b = append(b, ',')
		}
		b = appendString(b, f.name)
		b = append(b, ':')
		b = f.node.appendJSON(b)
		if f.required {
			required = append(required, f.name)
		}
	}
	b = append(b, '}')
	if len(required) > 0 {
		b = append(b, `,"required":`...)
		b = appendStrings(b, required)
	}
	return b
}

func appendStrings(b []byte, list []string) []byte {
	b = append(b, '[')
	for i, s := range list {
		if i > 0 {
			b = append(b, ',')
		}
		b = appendString(b, s)
	}
	return append(b, ']')
}

// appendString appends s as JSON. Unlike encoding/json it leaves <, > and & alone:
// escapes cost a model several tokens each. s must be valid UTF-8.
func appendString(b []byte, s string) []byte {
	const hex = "0123456789abcdef"
	b = append(b, '"')
	for i := range len(s) {
		switch c := s[i]; {
		case c == '"' || c == '\\':
			b = append(b, '\\', c)
		case c == '\n':
			b = append(b, '\\', 'n')
		case c < ' ':
			b = append(b, '\\', 'u', '0', '0', hex[c>>4], hex[c&0xf])
		default:
			b = append(b, c)
		}
	}
	return append(b, '"')
}
