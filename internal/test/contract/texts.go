package contract

import (
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
)

// Texts lists the fields of a successful answer that can hold text, sorted, by their paths: data.author.name. Items have
// the path of their list. Values of a free map have the path of the map. UUIDs, times and the names of union members are
// no text.
func (o Operation) Texts() []string {
	return o.leaves(func(_ string, s *openapi3.Schema) bool {
		return s.Type.Is(openapi3.TypeString) && s.Format != "uuid" && s.Format != "date-time"
	})
}

// IDs returns the paths of all fields of the operation's answers that hold UUIDs, or whose names say that they hold ids or
// whose doing something was.
func (o Operation) IDs() []string {
	name := regexp.MustCompile(`(Id|ID|Ids|_id|By|_by)$`)
	return o.leaves(func(path string, s *openapi3.Schema) bool {
		return s.Type.Is(openapi3.TypeString) && (s.Format == "uuid" || name.MatchString(path))
	})
}

// leaves returns the paths of the fields of the operation's answers that are asked for.
func (o Operation) leaves(wanted func(path string, s *openapi3.Schema) bool) []string {
	found := map[string]bool{}
	for _, status := range o.Success {
		if schema, err := o.answerSchema(status); err == nil && schema != nil {
			leaves(schema, "", found, wanted, deepest)
		}
	}
	return slices.Sorted(maps.Keys(found))
}

func leaves(s *openapi3.Schema, path string, found map[string]bool, wanted func(string, *openapi3.Schema) bool, depth int) {
	if depth == 0 {
		return
	}
	for _, list := range []openapi3.SchemaRefs{s.OneOf, s.AnyOf, s.AllOf} {
		for _, member := range list {
			leaves(member.Value, path, found, wanted, depth-1)
		}
	}
	if s.Items != nil {
		leaves(s.Items.Value, path, found, wanted, depth-1)
	}
	if values := s.AdditionalProperties.Schema; values != nil {
		leaves(values.Value, path, found, wanted, depth-1)
	}
	for name, property := range s.Properties {
		if name != typeName {
			leaves(property.Value, strings.TrimPrefix(path+"."+name, "."), found, wanted, depth-1)
		}
	}
	if wanted(path, s) {
		found[path] = true
	}
}

// Names returns the fields of the operation's answers that hold one of a few names, by their paths, with the names. Of an object
// whose names are given it is the path of the object.
func (o Operation) Names() map[string][]string {
	found := map[string][]string{}
	for _, status := range o.Success {
		if schema, err := o.answerSchema(status); err == nil && schema != nil {
			names(schema, "", found, deepest)
		}
	}
	return found
}

func names(s *openapi3.Schema, path string, found map[string][]string, depth int) {
	if depth == 0 {
		return
	}
	for _, list := range []openapi3.SchemaRefs{s.OneOf, s.AnyOf, s.AllOf} {
		for _, member := range list {
			names(member.Value, path, found, depth-1)
		}
	}
	if s.Items != nil {
		names(s.Items.Value, path, found, depth-1)
	}
	if values := s.AdditionalProperties.Schema; values != nil {
		names(values.Value, path, found, depth-1)
	}
	for name, property := range s.Properties {
		names(property.Value, strings.TrimPrefix(path+"."+name, "."), found, depth-1)
	}
	for _, value := range s.Enum {
		if name, ok := value.(string); ok && !slices.Contains(found[path], name) {
			found[path] = append(found[path], name)
		}
	}
}
