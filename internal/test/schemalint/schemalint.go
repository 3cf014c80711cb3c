// Package schemalint checks that the schemas of tools keep to what every client accepts.
package schemalint

import (
	"cmp"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"dixa-mcp/internal/base/jsonscan"
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
var propertyName = regexp.MustCompile(`^[a-zA-Z0-9_.-]{1,64}$`)

// Check checks that a JSON Schema for the arguments of a tool keeps to the subset that every client accepts. Its error names the first
// place that does not, such as properties.status.
func Check(schema json.RawMessage) error {
	if !json.Valid(schema) {
		return fmt.Errorf("schema: invalid JSON")
	}
	if err := check("", schema); err != nil {
		return err
	}
	if all, _ := members("", schema); text(all["type"]) != "object" {
		return wrong("", "the root must be an object")
	}
	return nil
}

func wrong(at, format string, args ...any) error {
	return fmt.Errorf("%s: "+format, append([]any{cmp.Or(strings.TrimPrefix(at, "."), "schema")}, args...)...)
}

func check(at string, schema json.RawMessage) error {
	all, err := members(at, schema)
	if err != nil {
		return wrong(at, "a schema must be an object: %w", err)
	}
	name := text(all["type"])
	allowed, known := keywords[name]
	if !known {
		return wrong(at, "the type must be one of string, integer, number, boolean, array, object")
	}
	for key, value := range all {
		if !slices.Contains(allowed, key) {
			return wrong(at, "some client refuses %q in a schema of type %s", key, name)
		}
		if err := keyword(at+"."+key, key, value, all); err != nil {
			return err
		}
	}
	switch {
	case name == "object" && all["properties"] == nil:
		return wrong(at, "an object must have properties, if only {}")
	case name == "array" && all["items"] == nil:
		return wrong(at, "an array must have items")
	}
	return nil
}

func keyword(at, key string, value json.RawMessage, schema map[string]json.RawMessage) error {
	switch key {
	case "description":
		if text(value) == "" {
			return wrong(at, "a description must be text")
		}
	case "format":
		if text(value) != "date-time" {
			return wrong(at, "the only format is date-time")
		}
	case "enum":
		_, err := names(at, value)
		return err
	case "items":
		return check(at, value)
	case "properties":
		all, err := members(at, value)
		if err != nil {
			return wrong(at, "properties must be an object: %w", err)
		}
		for name, property := range all {
			if !propertyName.MatchString(name) {
				return wrong(at, "the name %q does not match %s", name, propertyName)
			}
			if err := check(at+"."+name, property); err != nil {
				return err
			}
		}
	case "required":
		list, err := names(at, value)
		if err != nil {
			return err
		}
		properties, _ := members(at, schema["properties"])
		for _, name := range list {
			if properties[name] == nil {
				return wrong(at, "%q is no property", name)
			}
		}
	}
	return nil
}

// members returns the members of an object.
func members(at string, object json.RawMessage) (map[string]json.RawMessage, error) {
	all := map[string]json.RawMessage{}
	if err := json.Unmarshal(object, &all); err != nil {
		return nil, err
	}
	if object[0] != '{' {
		return nil, wrong(at, "it is %s", object)
	}
	count := 0
	for range jsonscan.Members(object) {
		count++
	}
	if count != len(all) {
		return nil, wrong(at, "it has the same name twice")
	}
	return all, nil
}

// names returns a list of strings, of which there must be some, each once.
func names(at string, value json.RawMessage) ([]string, error) {
	var list []string
	if json.Unmarshal(value, &list) != nil || len(slices.Compact(slices.Sorted(slices.Values(list)))) != len(list) {
		return nil, wrong(at, "it must list strings, each once")
	}
	if len(list) == 0 {
		return nil, wrong(at, "it must be a list with something in it")
	}
	return list, nil
}

// text returns the text of a string, else "".
func text(value json.RawMessage) (text string) {
	_ = json.Unmarshal(value, &text)
	return text
}
