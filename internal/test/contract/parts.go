package contract

import (
	"maps"
	"slices"

	"github.com/getkin/kin-openapi/openapi3"
)

// deepest is how deep parts are listed; no request of Dixa is deeper.
const deepest = 12

// Parts lists what the body of a request may hold, sorted: the path of every property, the member of a union behind
// it in angle brackets, as in filters.conditions.field<TagId>.operator<IsEmpty>. Items have the path of their list,
// values of a free map that of the map and ".*". A body that is no JSON has none.
func (o Operation) Parts() []string {
	found := map[string]bool{}
	if schema := o.bodySchema(); schema != nil && o.Body == jsonMedia {
		schemaParts(schema, "", found, deepest)
	}
	return slices.Sorted(maps.Keys(found))
}

// PartsIn lists what a JSON body holds, in the words of the operation's parts.
func PartsIn(body []byte, parts []string) ([]string, error) {
	value, err := decode(body)
	if err != nil {
		return nil, err
	}
	found := map[string]bool{}
	valueParts(value, "", parts, found)
	return slices.Sorted(maps.Keys(found)), nil
}

func schemaParts(s *openapi3.Schema, path string, found map[string]bool, depth int) {
	if depth == 0 {
		return
	}
	for _, member := range s.OneOf {
		schemaParts(member.Value, path, found, depth-1)
	}
	if s.Items != nil {
		schemaParts(s.Items.Value, path, found, depth-1)
	}
	if values := s.AdditionalProperties.Schema; values != nil {
		found[path+".*"] = true
		schemaParts(values.Value, path+".*", found, depth-1)
	}
	for _, at := range members(s, path) {
		for name, property := range s.Properties {
			if name != typeName {
				found[at+"."+name] = true
				schemaParts(property.Value, at+"."+name, found, depth-1)
			}
		}
		if at != path {
			found[at] = true
		}
	}
}

// members returns the paths of an object: one for each value that its _type may have.
func members(s *openapi3.Schema, path string) []string {
	named := s.Properties[typeName]
	if named == nil || len(named.Value.Enum) == 0 {
		return []string{path}
	}
	var all []string
	for _, name := range named.Value.Enum {
		all = append(all, path+"<"+name.(string)+">") // _type is always text
	}
	return all
}

func valueParts(value any, path string, known []string, found map[string]bool) {
	switch v := value.(type) {
	case []any:
		for _, item := range v {
			valueParts(item, path, known, found)
		}
	case map[string]any:
		if name, ok := v[typeName].(string); ok {
			path += "<" + name + ">"
			found[path] = true
		}
		for name, property := range v {
			if name == typeName {
				continue
			}
			at := path + "." + name
			if _, ok := slices.BinarySearch(known, at); !ok {
				at = path + ".*"
			}
			found[at] = true
			valueParts(property, at, known, found)
		}
	}
}
