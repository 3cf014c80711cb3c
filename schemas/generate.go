package schemas

import (
	"encoding"
	"encoding/json"
	"fmt"
	"math"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/invopop/jsonschema"

	"dixa-mcp/internal/base/vocabulary"
)

// The words of Format that mean something here; others only appear in messages.
const (
	uuidFormat = "uuid"
	dateTime   = "date-time"
)

type (
	enumerated interface{ Values() []string }
	formatted  interface{ Format() string }
	checkable  interface{ Check() error }
	worded     interface{ Vocabulary() *vocabulary.Set }
)

var (
	timeType        = reflect.TypeFor[time.Time]()
	rawType         = reflect.TypeFor[json.RawMessage]()
	checkableType   = reflect.TypeFor[checkable]()
	unmarshalerType = reflect.TypeFor[json.Unmarshaler]()
	textType        = reflect.TypeFor[encoding.TextUnmarshaler]()
)

// generate describes the struct t. It panics where t cannot be described: that
// is a mistake in the program, and a test that lists all tools finds it.
func generate(t reflect.Type) *node {
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if t.Kind() != reflect.Struct {
		refuse(t.String(), "arguments need a struct, not %s", t)
	}
	var g generator
	return g.node(t, t.String())
}

func refuse(where, format string, args ...any) {
	panic("schemas: " + where + ": " + fmt.Sprintf(format, args...))
}

// generator holds the types that are being described, outermost first: one that
// turns up inside itself has no finite schema without $ref.
type generator struct{ open []reflect.Type }

func (g *generator) node(t reflect.Type, where string) *node {
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if slices.Contains(g.open, t) {
		refuse(where, "the type %s contains itself, which a schema without $ref cannot say", t)
	}
	g.open = append(g.open, t)
	defer func() { g.open = g.open[:len(g.open)-1] }()

	n := special(t, where)
	if n == nil {
		n = g.plain(t, where)
	}
	if n.kind != object && n.kind != array && (t.Implements(checkableType) || unmarshals(t)) {
		n.leaf = t
	}
	return n
}

// special describes a type that speaks for itself by Format or Values; else nil.
func special(t reflect.Type, where string) *node {
	if t == timeType {
		n := newNode(str)
		n.format = dateTime
		return n
	}
	if t.Kind() == reflect.Interface || t.Kind() == reflect.Pointer {
		return nil // their zero is nil, which cannot be asked
	}
	zero := reflect.Zero(t).Interface()
	of, isFormatted := zero.(formatted)
	among, isEnumerated := zero.(enumerated)
	if !isFormatted && !isEnumerated {
		return nil
	}
	n := newNode(str)
	if isFormatted {
		n.format = of.Format()
	}
	if isEnumerated {
		if t.Kind() != reflect.String {
			refuse(where, "%s has Values but is not a string type", t)
		}
		n = n.narrowed(where, among.Values())
		if of, ok := zero.(worded); ok {
			n.words = of.Vocabulary()
		}
	}
	return n
}

func (g *generator) plain(t reflect.Type, where string) *node {
	switch t.Kind() {
	case reflect.String:
		return newNode(str)
	case reflect.Bool:
		return newNode(boolean)
	case reflect.Float32, reflect.Float64:
		n := newNode(number)
		n.bits = t.Bits()
		return n
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		n := newNode(integer)
		n.max = math.MaxInt64 >> (64 - t.Bits())
		n.min = -n.max - 1
		return n
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		n := newNode(integer) // of 64 bits, the half that int64 has too
		n.min, n.max = 0, math.MaxInt64>>max(0, 63-t.Bits())
		return n
	case reflect.Slice:
		if t == rawType || t.Elem().Kind() == reflect.Uint8 {
			refuse(where, "%s has no type that clients agree on", t)
		}
		n := newNode(array)
		n.elem = g.node(t.Elem(), where+"[]")
		return n
	case reflect.Map:
		return g.freeMap(t, where)
	case reflect.Struct:
		return g.object(t, where)
	}
	refuse(where, "%s has no type that clients agree on", t)
	return nil
}

func (g *generator) freeMap(t reflect.Type, where string) *node {
	if t.Key().Kind() != reflect.String {
		refuse(where, "the keys of %s are not strings", t)
	}
	n := newNode(object)
	n.free = true
	if e := t.Elem(); e != rawType && (e.Kind() != reflect.Interface || e.NumMethod() > 0) {
		n.elem = g.node(e, where+"{}")
	}
	return n
}

// object reads one struct with invopop/jsonschema. Its Mapper stops at every type
// but the struct itself: whole trees would overflow the stack on a recursive type.
func (g *generator) object(t reflect.Type, where string) *node {
	if unmarshals(t) {
		refuse(where, "%s decodes itself; it needs a method Format() string", t)
	}
	inside := false
	reflector := jsonschema.Reflector{Anonymous: true, DoNotReference: true, Mapper: func(reflect.Type) *jsonschema.Schema {
		if !inside {
			inside = true
			return nil
		}
		return new(jsonschema.Schema)
	}}
	byName := map[string]reflect.StructField{}
	flatten(t, where, byName)
	read := reflector.ReflectFromType(t)

	var fields []field
	for p := read.Properties.Oldest(); p != nil; p = p.Next() {
		f, at := byName[p.Key], where+"."+p.Key
		n := g.node(f.Type, at)
		n.description = p.Value.Description
		n.limit(f.Tag.Get("check"), at)
		n.innermost().play(f.Tag.Get("time"), at)
		n.innermost().reach(f.Tag.Get("contact"), at)
		required := slices.Contains(read.Required, p.Key) && f.Type.Kind() != reflect.Pointer
		fields = append(fields, field{name: p.Key, required: required, node: n})
	}
	return newObject(fields)
}

// flatten collects the arguments of t by name, those of embedded structs too, and
// refuses what encoding/json and invopop/jsonschema would read differently.
func flatten(t reflect.Type, where string, into map[string]reflect.StructField) {
	for i := range t.NumField() {
		f := t.Field(i)
		name, options, _ := strings.Cut(f.Tag.Get("json"), ",")
		at := where + "." + f.Name
		switch {
		case name == "-":
			continue
		case f.Anonymous && name == "" && f.Type.Kind() == reflect.Struct:
			flatten(f.Type, at, into)
			continue
		case f.Anonymous && name == "" && f.Type.Kind() == reflect.Pointer:
			refuse(at, "embed the struct itself, not a pointer to it")
		case !f.IsExported():
			continue
		case slices.Contains(strings.Split(options, ","), "string"):
			refuse(at, "the json option \"string\" is not supported")
		case f.Tag.Get("jsonschema") != "":
			refuse(at, "the tag jsonschema is not read; there are jsonschema_description, check and methods of the type")
		}
		if name == "" {
			name = f.Name
		}
		if _, taken := into[name]; taken {
			refuse(at, "a second argument is named %q", name)
		}
		into[name] = f
	}
}

// limit reads the tag check:"min=1,max=50".
func (n *node) limit(tag, where string) {
	if tag == "" {
		return
	}
	if n.kind != integer && n.kind != str && n.kind != array {
		refuse(where, "the tag check has no meaning for %s", n.typeName())
	}
	for part := range strings.SplitSeq(tag, ",") {
		name, text, _ := strings.Cut(part, "=")
		value, err := strconv.ParseInt(text, 10, 64)
		switch {
		case err == nil && name == "min":
			n.min = max(n.min, value)
		case err == nil && name == "max":
			n.max = min(n.max, value)
		default:
			refuse(where, "check:%q is not of the form min=1,max=50", tag)
		}
	}
	if n.min > n.max {
		refuse(where, "check:%q leaves nothing", tag)
	}
}

// reach reads the tag contact:"phone".
func (n *node) reach(role, where string) {
	switch role {
	case "":
		return
	case roleEmail, roleNumber, rolePhone:
		if n.kind != str || n.format == uuidFormat || n.format == dateTime || n.role != "" {
			refuse(where, "the tag contact:%q is for strings, not for %s", role, n.typeName())
		}
	default:
		refuse(where, "the tag contact is email, number or phone, not %q", role)
	}
	n.role = role
}

// play reads the tag time:"end".
func (n *node) play(role, where string) {
	switch role {
	case "":
	case roleEnd, roleFuture:
		if n.format != dateTime {
			refuse(where, "the tag time:%q is for dates, not for %s", role, n.typeName())
		}
	case roleZone:
		if n.kind != str || n.format != "" {
			refuse(where, "the tag time:%q is for strings, not for %s", role, n.typeName())
		}
	default:
		refuse(where, "the tag time is end, future or zone, not %q", role)
	}
	n.role = role
}

func unmarshals(t reflect.Type) bool {
	p := reflect.PointerTo(t)
	return p.Implements(unmarshalerType) || p.Implements(textType)
}
