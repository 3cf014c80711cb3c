package openapi

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"strings"
	"sync"
)

const (
	// MaxBytes is the size of the largest document that is read. That of Dixa has 0.6 MB.
	MaxBytes = 16 << 20
	maxDepth = 100 // of brackets in brackets; Dixa's document has 21
)

var yamlKey = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`(?m)^["']?(openapi|swagger|info|paths)["']?:(\s|$)`) })

// Read reads a document. The error says what else the text is.
func Read(text []byte) (*Document, error) {
	text = bytes.TrimSpace(bytes.TrimPrefix(text, []byte("\xef\xbb\xbf")))
	switch {
	case len(text) == 0:
		return nil, errors.New("it is empty")
	case len(text) > MaxBytes:
		return nil, fmt.Errorf("it is larger than %d MiB", MaxBytes>>20)
	case text[0] != '{' && yamlKey().Match(text):
		return nil, errors.New("it is YAML: convert it to JSON first")
	case text[0] == '<':
		return nil, errors.New("it is HTML or XML, not JSON: download the document itself, not the page that shows it")
	}
	if depth(text) > maxDepth {
		return nil, fmt.Errorf("it is nested more than %d levels deep", maxDepth)
	}
	var doc Document
	if err := json.Unmarshal(text, &doc); err != nil {
		return nil, explain(text, err)
	}
	switch {
	case doc.Swagger != "":
		return nil, fmt.Errorf("it is Swagger %.20s: OpenAPI 3 is needed", doc.Swagger)
	case doc.OpenAPI == "":
		return nil, errors.New("it is JSON, but not an OpenAPI document: it has no field openapi")
	case !strings.HasPrefix(doc.OpenAPI, "3."):
		return nil, fmt.Errorf("it is OpenAPI %.20s: OpenAPI 3 is needed", doc.OpenAPI)
	case len(doc.Paths) == 0:
		return nil, errors.New("it has no paths")
	}
	return &doc, nil
}

// depth returns how deep brackets are nested in a JSON text.
func depth(text []byte) int {
	now, deepest, inString := 0, 0, false
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case inString && c == '\\':
			i++
		case c == '"':
			inString = !inString
		case inString:
		case c == '{' || c == '[':
			now++
			deepest = max(deepest, now)
		case c == '}' || c == ']':
			now--
		}
	}
	return deepest
}

// explain says where a text is no JSON, or which field of the document has the wrong type.
func explain(text []byte, err error) error {
	var syntax *json.SyntaxError
	var wrong *json.UnmarshalTypeError
	switch {
	case errors.As(err, &syntax):
		at := min(int(syntax.Offset), len(text))
		line := 1 + bytes.Count(text[:at], []byte("\n"))
		return fmt.Errorf("it is not JSON: line %d, column %d: %w", line, at-bytes.LastIndexByte(text[:at], '\n')-1, err)
	case errors.As(err, &wrong):
		field := strings.ToLower(strings.TrimPrefix(wrong.Field, "."))
		return fmt.Errorf("it is JSON, but not an OpenAPI document: unexpected %s in %.200s", wrong.Value, cmp.Or(field, "the document"))
	}
	return fmt.Errorf("it is not an OpenAPI document: %w", err)
}

// maxHops is how many references may lead to one another.
const maxHops = 20

// Schema returns what a schema refers to, itself if it refers to nothing, and the last name in the references.
func (d *Document) Schema(s *Schema) (_ *Schema, name string, err error) {
	for range maxHops {
		if s == nil || s.Ref == "" {
			return s, name, nil
		}
		if name, err = component(s.Ref, "schemas"); err != nil {
			return nil, "", err
		}
		to, ok := d.Components.Schemas[name]
		if !ok {
			return nil, "", missing(s.Ref)
		}
		s = to
	}
	return nil, "", circular(s.Ref)
}

// Parameter returns the parameter that p refers to, itself if it refers to nothing.
func (d *Document) Parameter(p *Parameter) (*Parameter, error) {
	return follow(p, "parameters", d.Components.Parameters, func(p *Parameter) string { return p.Ref })
}

// Request returns the body of a request that b refers to, itself if it refers to nothing.
func (d *Document) Request(b *Body) (*Body, error) {
	return follow(b, "requestBodies", d.Components.RequestBodies, func(b *Body) string { return b.Ref })
}

// Response returns the answer that b refers to, itself if it refers to nothing.
func (d *Document) Response(b *Body) (*Body, error) {
	return follow(b, "responses", d.Components.Responses, func(b *Body) string { return b.Ref })
}

func follow[T any](v *T, kind string, all map[string]*T, ref func(*T) string) (*T, error) {
	last := ""
	for range maxHops {
		if v == nil || ref(v) == "" {
			return v, nil
		}
		last = ref(v)
		name, err := component(last, kind)
		if err != nil {
			return nil, err
		}
		to, ok := all[name]
		if !ok {
			return nil, missing(last)
		}
		v = to
	}
	return nil, circular(last)
}

// component returns the name of the component that a reference leads to.
func component(ref, kind string) (string, error) {
	name, ok := strings.CutPrefix(ref, "#/components/"+kind+"/")
	if !ok || strings.Contains(name, "/") {
		return "", fmt.Errorf("the reference %.200q is not supported: only #/components/%s/NAME is", ref, kind)
	}
	if plain, err := url.PathUnescape(name); err == nil {
		name = plain
	}
	return strings.NewReplacer("~1", "/", "~0", "~").Replace(name), nil
}

func missing(ref string) error { return fmt.Errorf("the reference %.200q leads to nothing", ref) }

func circular(ref string) error { return fmt.Errorf("the reference %.200q leads back to itself", ref) }
