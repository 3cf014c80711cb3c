// Package drifttest makes OpenAPI documents to test drift with.
package drifttest

import (
	"encoding/json"
	"strconv"
	"strings"

	"dixa-mcp/internal/drift"
)

// Object is a JSON object of a document.
type Object = map[string]any

// Document makes a document with the surface: everything inline, so that a change is in one place.
func Document(s drift.Surface, host string) Object {
	paths := Object{}
	for _, o := range s {
		if o.Host != host {
			continue
		}
		item, _ := paths[o.Path].(Object)
		if item == nil {
			item = Object{}
			paths[o.Path] = item
		}
		op := Object{"responses": Object{}, "parameters": []any{}}
		if o.Deprecated {
			op["deprecated"] = true
		}
		for _, p := range o.Parts {
			in, name, _ := strings.Cut(p.Segment, " ")
			switch in {
			case "body":
				op["requestBody"] = media(p)
			case "answer":
				op["responses"].(Object)[name] = media(p)
			default:
				if in == "path" {
					name = p.Name
				}
				op["parameters"] = append(op["parameters"].([]any), Object{"in": in, "name": name, "required": p.Required, "schema": schema(p)})
			}
		}
		item[strings.ToLower(o.Method)] = op
	}
	return Object{"openapi": "3.0.3", "info": Object{"title": "t", "version": "1"}, "servers": []any{Object{"url": host}}, "paths": paths}
}

// media makes a body or an answer.
func media(p *drift.Part) Object {
	name, kind, ok := strings.Cut(p.Type, " ")
	if !ok {
		return Object{}
	}
	bare := *p
	bare.Type = kind
	return Object{"required": p.Required, "content": Object{name: Object{"schema": schema(&bare)}}}
}

// schema makes the schema of a part.
func schema(p *drift.Part) Object {
	s := Object{}
	kind, null := strings.CutSuffix(p.Type, " or null")
	if null {
		s["nullable"] = true
	}
	kind, format, _ := strings.Cut(strings.TrimSuffix(kind, ")"), "(")
	if format != "" {
		s["format"] = format
	}
	if kind != "any" && kind != "one of" {
		s["type"] = kind
	}
	if p.Deprecated {
		s["deprecated"] = true
	}
	for _, v := range p.Enum {
		values, _ := s["enum"].([]any)
		s["enum"] = append(values, v)
	}
	for _, l := range p.Limits {
		name, value, _ := strings.Cut(l, " ")
		if name != "key" {
			s[name] = json.Number(value)
		}
	}
	for _, c := range p.Parts {
		switch name, _ := strconv.Unquote(`"` + strings.Trim(c.Segment[1:], `>"`) + `"`); {
		case c.Segment == "[]":
			s["items"] = schema(c)
		case c.Segment == ".*":
			s["additionalProperties"] = schema(c)
			for _, l := range c.Limits {
				if key, ok := strings.CutPrefix(l, "key "); ok {
					known, _ := s["description"].(string)
					s["description"] = listed(known, key)
				}
			}
		case c.Segment[0] == '.':
			properties, _ := s["properties"].(Object)
			if properties == nil {
				properties = Object{}
				s["properties"] = properties
			}
			properties[name] = schema(c)
			if c.Required {
				required, _ := s["required"].([]any)
				s["required"] = append(required, name)
			}
		default:
			member := schema(c)
			member["title"] = name
			members, _ := s["oneOf"].([]any)
			s["oneOf"] = append(members, member)
		}
	}
	return s
}

// listed adds a value to a description that lists values.
func listed(description, value string) string {
	if description == "" {
		return "values: [" + value + "]"
	}
	return strings.TrimSuffix(description, "]") + ", " + value + "]"
}
