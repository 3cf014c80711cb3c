package schemas

import (
	"cmp"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"sync"
)

// keywords are what clients accept, by the type of the schema.
var keywords = map[string][]string{
	"object":  {"type", "description", "properties", "required"},
	"array":   {"type", "description", "items"},
	"string":  {"type", "description", "enum", "format"},
	"integer": {"type", "description"},
	"number":  {"type", "description"},
	"boolean": {"type", "description"},
}

// propertyName is what providers accept as the name of a property.
var propertyName = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[a-zA-Z0-9_.-]{1,64}$`) })

// Lint checks that any JSON Schema for the arguments of a tool keeps to the subset
// that every client accepts. Its error names the first place that does not, such
// as properties.status.
func Lint(schema json.RawMessage) error {
	root, problem := parse(schema)
	if problem != nil {
		return fmt.Errorf("schemas: %s", problem)
	}
	l := linter{}
	if l.schema(root); l.err != nil {
		return l.err
	}
	if text(root.get("type")) != "object" {
		l.refuse("the root must be an object")
	}
	return l.err
}

// linter keeps the first thing that is wrong.
type linter struct {
	path path
	err  error
}

func (l *linter) refuse(format string, args ...any) {
	if l.err == nil {
		l.err = fmt.Errorf("schemas: %s: "+format, append([]any{cmp.Or(l.path.String(), "schema")}, args...)...)
	}
}

func (l *linter) at(key string, check func()) {
	l.path = l.path.property(key)
	check()
	l.path = l.path[:len(l.path)-1]
}

func (l *linter) schema(v *value) {
	if v == nil || v.kind != '{' {
		l.refuse("a schema must be an object")
		return
	}
	name := text(v.get("type"))
	allowed, known := keywords[name]
	if !known {
		l.refuse("the type must be one of string, integer, number, boolean, array, object")
		return
	}
	for i := range v.kids {
		key, kid := v.kids[i].key, &v.kids[i].value
		if !slices.Contains(allowed, key) {
			l.refuse("some client refuses %q in a schema of type %s", key, name)
			return
		}
		l.at(key, func() { l.keyword(key, kid, v) })
	}
	switch {
	case name == "object" && v.get("properties") == nil:
		l.refuse("an object must have properties, if only {}")
	case name == "array" && v.get("items") == nil:
		l.refuse("an array must have items")
	}
}

func (l *linter) keyword(key string, v, schema *value) {
	switch key {
	case "description":
		if text(v) == "" {
			l.refuse("a description must be text")
		}
	case "format":
		if text(v) != dateTime {
			l.refuse("the only format is date-time")
		}
	case "enum":
		l.names(v)
	case "items":
		l.schema(v)
	case "properties":
		l.properties(v)
	case "required":
		for _, name := range l.names(v) {
			if p := schema.get("properties"); p == nil || p.get(name) == nil {
				l.refuse("%q is no property", name)
			}
		}
	}
}

func (l *linter) properties(v *value) {
	if v.kind != '{' {
		l.refuse("properties must be an object")
		return
	}
	for i := range v.kids {
		name, kid := v.kids[i].key, &v.kids[i].value
		if !propertyName().MatchString(name) {
			l.refuse("the name %q does not match %s", name, propertyName)
		}
		l.at(name, func() { l.schema(kid) })
	}
}

// names reads a list of strings, of which there must be some, each once.
func (l *linter) names(v *value) []string {
	var list []string
	for i := range v.kids {
		kid := &v.kids[i].value
		if kid.kind != '"' || slices.Contains(list, kid.text) {
			l.refuse("it must list strings, each once")
		}
		list = append(list, kid.text)
	}
	if v.kind != '[' || len(list) == 0 {
		l.refuse("it must be a list with something in it")
	}
	return list
}

// get returns the value of a key, or nil.
func (v *value) get(key string) *value {
	for i := range v.kids {
		if v.kids[i].key == key {
			return &v.kids[i].value
		}
	}
	return nil
}

// text returns the text of a string, else "".
func text(v *value) string {
	if v == nil || v.kind != '"' {
		return ""
	}
	return v.text
}
