package drift

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"

	"dixa-mcp/internal/openapi"
)

// typeName is the property that says which member of a union an object is. Dixa documents it for a few members only, and
// all have it.
const typeName = "_type"

// value reads a schema as the part that a segment leads to. member is its name in a union, if it is in one.
func (r *reader) value(segment string, given *openapi.Schema, member string) (*Part, error) {
	p, err := r.part(segment, "any")
	if err != nil {
		return nil, err
	}
	s, _, err := r.doc.Schema(given)
	if err != nil || s == nil {
		return p, err
	}
	if up := slices.Index(r.within, s); up >= 0 {
		p.Type = fmt.Sprintf("the same as %d levels above", len(r.within)-up)
		return p, nil
	}
	r.within = append(r.within, s)
	defer func() { r.within = r.within[:len(r.within)-1] }()

	merged, err := r.merged(s)
	if err != nil {
		return nil, err
	}
	p.Type, p.Deprecated, p.Limits = kind(merged), merged.Deprecated, limits(merged)
	p.Enum = enum(merged)
	if values := openapi.ProseValues(merged.Description); merged.Type.Is("string") && len(p.Enum) == 0 {
		p.Enum = sorted(values)
	}
	return p, r.inside(p, merged, member)
}

// inside reads what is in a value.
func (r *reader) inside(p *Part, s *openapi.Schema, member string) error {
	add := func(segment string, inner *openapi.Schema, member string) (*Part, error) {
		part, err := r.value(segment, inner, member)
		if err == nil {
			p.Parts = append(p.Parts, part)
		}
		return part, err
	}
	prose := sorted(openapi.ProseValues(s.Description))
	for _, name := range slices.Sorted(maps.Keys(s.Properties)) {
		if name == typeName && member != "" {
			continue
		}
		part, err := add("."+quoted(name), s.Properties[name], "")
		if err != nil {
			return err
		}
		part.Required = slices.Contains(s.Required, name)
	}
	if s.Items != nil {
		part, err := add("[]", s.Items, "")
		if err != nil {
			return err
		}
		if len(part.Enum) == 0 && part.Type == "string" {
			part.Enum = prose
		}
	}
	if more := s.AdditionalProperties; more != nil && !more.Closed() {
		part, err := add(".*", more, "")
		if err != nil {
			return err
		}
		part.Limits = append(part.Limits, keys(prose)...)
	}
	taken := map[string]bool{}
	for i, m := range slices.Concat(s.OneOf, s.AnyOf) {
		name, err := r.memberName(i, m, taken)
		if err != nil {
			return err
		}
		if _, err := add("<"+quoted(name)+">", m, name); err != nil {
			return err
		}
	}
	return nil
}

// memberName returns what tells a member of a union from the others: its title, which is also the value of _type, else
// the name of its schema, else its type, else its place.
func (r *reader) memberName(i int, m *openapi.Schema, taken map[string]bool) (string, error) {
	s, component, err := r.doc.Schema(m)
	if err != nil {
		return "", err
	}
	names := []string{component, fmt.Sprintf("#%d", i+1)}
	if s != nil {
		names = slices.Insert(names, 0, s.Title)
		names = slices.Insert(names, 2, kind(s))
	}
	for _, name := range names {
		if name != "" && !taken[name] {
			taken[name] = true
			return name, nil
		}
	}
	return names[len(names)-1], nil
}

// merged returns a schema with those in its allOf.
func (r *reader) merged(s *openapi.Schema) (*openapi.Schema, error) {
	if len(s.AllOf) == 0 {
		return s, nil
	}
	all := *s
	all.AllOf, all.Properties = nil, maps.Clone(s.Properties)
	for _, member := range s.AllOf {
		m, _, err := r.doc.Schema(member)
		if err != nil {
			return nil, err
		}
		if m == nil || slices.Contains(r.within, m) {
			continue
		}
		r.within = append(r.within, m)
		m, err = r.merged(m)
		r.within = r.within[:len(r.within)-1]
		if err != nil {
			return nil, err
		}
		join(&all, m)
	}
	return &all, nil
}

// join adds to a schema what another one demands too.
func join(all *openapi.Schema, m *openapi.Schema) {
	if all.Properties == nil {
		all.Properties = map[string]*openapi.Schema{}
	}
	for name, p := range m.Properties {
		if all.Properties[name] == nil {
			all.Properties[name] = p
		}
	}
	all.Required = slices.Concat(all.Required, m.Required)
	all.OneOf, all.AnyOf = slices.Concat(all.OneOf, m.OneOf), slices.Concat(all.AnyOf, m.AnyOf)
	all.Nullable, all.Deprecated = all.Nullable || m.Nullable, all.Deprecated || m.Deprecated
	if len(all.Type) == 0 {
		all.Type, all.Format = m.Type, m.Format
	}
	if len(all.Enum) == 0 {
		all.Enum = m.Enum
	}
	if all.Items == nil {
		all.Items = m.Items
	}
	if all.AdditionalProperties == nil {
		all.AdditionalProperties = m.AdditionalProperties
	}
}

// kind names the type of a schema, such as string(uuid), "one of" for a union.
func kind(s *openapi.Schema) string {
	types := slices.DeleteFunc(slices.Clone(s.Type), func(t string) bool { return t == "null" })
	name := strings.Join(types, "|")
	switch {
	case s.Closed():
		name = "nothing"
	case len(s.OneOf)+len(s.AnyOf) > 0:
		name = "one of"
	case name == "" && len(s.Properties) > 0:
		name = "object"
	case name == "" && s.Items != nil:
		name = "array"
	case name == "":
		name = "any"
	}
	if s.Format != "" {
		name += "(" + s.Format + ")"
	}
	if s.Nullable || len(types) < len(s.Type) {
		name += " or null"
	}
	return name
}

// enum returns the values that a schema allows, sorted: strings as they are, others as JSON.
func enum(s *openapi.Schema) []string {
	given := s.Enum
	if len(s.Const) > 0 {
		given = append(slices.Clip(given), s.Const)
	}
	var all []string
	for _, v := range given {
		var text string
		if json.Unmarshal(v, &text) != nil || bytes.Equal(v, []byte("null")) {
			text = string(v)
		}
		all = append(all, text)
	}
	return sorted(all)
}

// limits returns what else a schema demands, such as "minimum 1".
func limits(s *openapi.Schema) []string {
	var all []string
	for _, l := range []struct {
		name  string
		value json.Number
	}{
		{"minimum", s.Minimum}, {"maximum", s.Maximum}, {"minLength", s.MinLength}, {"maxLength", s.MaxLength}, {"minItems", s.MinItems},
		{"maxItems", s.MaxItems}, {"minProperties", s.MinProperties}, {"maxProperties", s.MaxProperties},
	} {
		if l.value != "" {
			all = append(all, l.name+" "+l.value.String())
		}
	}
	if s.Pattern != "" {
		all = append(all, "pattern "+s.Pattern)
	}
	return all
}

// keys returns the keys that a map may have as limits of its values.
func keys(names []string) []string {
	var all []string
	for _, name := range names {
		all = append(all, "key "+name)
	}
	return all
}

var plainName = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[A-Za-z0-9_$#-]+$`) })

// quoted returns a name that ends where it seems to end.
func quoted(name string) string {
	if plainName().MatchString(name) {
		return name
	}
	return strconv.Quote(name)
}
