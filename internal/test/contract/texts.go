package contract

import (
	"maps"
	"slices"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
)

// Texts lists the fields of a successful answer that can hold text, sorted, by their paths: data.author.name. Items have
// the path of their list. Values of a free map have the path of the map. UUIDs, times and the names of union members are
// no text.
func (o Operation) Texts() []string {
	found := map[string]bool{}
	for _, status := range o.Success {
		if schema, err := o.answerSchema(status); err == nil && schema != nil {
			texts(schema, "", found, deepest)
		}
	}
	return slices.Sorted(maps.Keys(found))
}

func texts(s *openapi3.Schema, path string, found map[string]bool, depth int) {
	if depth == 0 {
		return
	}
	for _, list := range []openapi3.SchemaRefs{s.OneOf, s.AnyOf, s.AllOf} {
		for _, member := range list {
			texts(member.Value, path, found, depth-1)
		}
	}
	if s.Items != nil {
		texts(s.Items.Value, path, found, depth-1)
	}
	if values := s.AdditionalProperties.Schema; values != nil {
		texts(values.Value, path, found, depth-1)
	}
	for name, property := range s.Properties {
		if name != typeName {
			texts(property.Value, strings.TrimPrefix(path+"."+name, "."), found, depth-1)
		}
	}
	if s.Type.Is(openapi3.TypeString) && s.Format != "uuid" && s.Format != "date-time" {
		found[path] = true
	}
}
