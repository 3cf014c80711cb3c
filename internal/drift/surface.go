// Package drift compares a document of Dixa's API with what this program was built for, and says what to do.
package drift

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"

	"dixa-mcp/internal/openapi"
)

// Surface is what an API takes and answers, by method and path, such as "GET /v1/tags/{}": the names of variables are left
// out of the path.
type Surface map[string]*Operation

// Operation is one method on one path, without its prose.
type Operation struct {
	Method, Path string // with the names of variables
	Host         string // scheme and host
	Deprecated   bool
	Parts        []*Part // variables of the path, parameters, body and successful answers

	ID, Summary string // for people; no part of a comparison
}

// Route returns method and path.
func (o *Operation) Route() string { return o.Method + " " + o.Path }

// Part is a value in a request or an answer.
type Part struct {
	Segment    string // what leads to it from the part that it is in: .name, [], .*, <Member>
	Type       string
	Name       string // of a variable of the path
	Required   bool
	Deprecated bool
	Enum       []string // sorted
	Limits     []string
	Parts      []*Part
}

// maxParts bounds a surface: schemas that refer to one another can describe more than memory holds. Dixa's document describes 4,500.
const maxParts = 50_000

// errTooMuch ends the reading of a document that describes too much.
var errTooMuch = fmt.Errorf("it describes more than %d fields", maxParts)

// SurfaceOf reads the surface of a document.
func SurfaceOf(doc *openapi.Document) (Surface, error) {
	s := Surface{}
	left := maxParts
	for _, path := range slices.Sorted(maps.Keys(doc.Paths)) {
		item := doc.Paths[path]
		switch {
		case item == nil:
			continue
		case item.Ref != "":
			return nil, fmt.Errorf("the path %.200q is a reference, which is not supported", path)
		}
		operations := item.Operations()
		for _, method := range slices.Sorted(maps.Keys(operations)) {
			r := reader{doc: doc, left: &left}
			o, err := r.operation(method, path, item, operations[method])
			if errors.Is(err, errTooMuch) {
				return nil, err
			}
			if err != nil {
				return nil, fmt.Errorf("%s %.200s: %w", method, path, err)
			}
			key := method + " " + pattern(o.Path)
			if twin := s[key]; twin != nil {
				return nil, fmt.Errorf("the paths of %.200s and %.200s differ only by the names of variables", twin.Route(), o.Route())
			}
			s[key] = o
		}
	}
	return s, nil
}

var variables = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`\{[^{}/]*\}`) })

// pattern returns a path without the names of its variables.
func pattern(path string) string { return variables().ReplaceAllString(path, "{}") }

// reader reads one operation.
type reader struct {
	doc    *openapi.Document
	left   *int              // parts that may still be read
	within []*openapi.Schema // those that the one being read is in
}

func (r *reader) part(segment, kind string) (*Part, error) {
	if *r.left--; *r.left < 0 {
		return nil, errTooMuch
	}
	return &Part{Segment: segment, Type: kind}, nil
}

func (r *reader) operation(method, path string, item *openapi.Path, op *openapi.Operation) (*Operation, error) {
	servers := r.doc.Servers
	for _, nearer := range [][]openapi.Server{item.Servers, op.Servers} {
		if len(nearer) > 0 {
			servers = nearer
		}
	}
	o := &Operation{Method: method, Path: path, Deprecated: op.Deprecated, ID: op.OperationID, Summary: cmp.Or(op.Summary, op.Description)}
	if len(servers) > 0 {
		base, err := url.Parse(servers[0].URL)
		if err != nil {
			return nil, fmt.Errorf("the server %.200q is not an address", servers[0].URL)
		}
		o.Path = strings.TrimSuffix(base.Path, "/") + path
		if base.Host != "" {
			o.Host = base.Scheme + "://" + base.Host
		}
	}
	if err := r.parameters(o, item, op); err != nil {
		return nil, err
	}
	if err := r.request(o, op); err != nil {
		return nil, err
	}
	return o, r.answers(o, op)
}

// parameters reads those of the path and those of the operation, which replace the former.
func (r *reader) parameters(o *Operation, item *openapi.Path, op *openapi.Operation) error {
	all := map[string]*Part{}
	for _, given := range slices.Concat(item.Parameters, op.Parameters) {
		p, err := r.doc.Parameter(given)
		if err != nil || p == nil {
			return cmp.Or(err, errors.New("a parameter is null"))
		}
		schema := p.Schema
		if media := p.Content[mediaOf(p.Content)]; media != nil {
			schema = media.Schema
		}
		name := p.In + " " + p.Name
		part, err := r.value(name, schema, "")
		if err != nil {
			return fmt.Errorf("%.200s: %w", name, err)
		}
		if len(part.Enum) == 0 {
			part.Enum = sorted(openapi.ProseValues(p.Description))
		}
		part.Required, part.Deprecated = p.Required, part.Deprecated || p.Deprecated
		all[name] = part
	}
	for i, v := range variables().FindAllString(o.Path, -1) {
		name := strings.Trim(v, "{}")
		part := all["path "+name]
		if part == nil {
			part = &Part{Type: "any"} // not described
		}
		delete(all, "path "+name)
		part.Segment, part.Name, part.Required = fmt.Sprintf("path %d", i+1), name, true
		o.Parts = append(o.Parts, part)
	}
	for _, name := range slices.Sorted(maps.Keys(all)) {
		o.Parts = append(o.Parts, all[name])
	}
	return nil
}

func (r *reader) request(o *Operation, op *openapi.Operation) error {
	b, err := r.doc.Request(op.RequestBody)
	if err != nil || b == nil {
		return err
	}
	part, err := r.body("body", b)
	if err != nil {
		return err
	}
	part.Required = b.Required
	o.Parts = append(o.Parts, part)
	return nil
}

// answers reads the successful ones. Errors have one form for all operations, whatever is documented.
func (r *reader) answers(o *Operation, op *openapi.Operation) error {
	for _, status := range slices.Sorted(maps.Keys(op.Responses)) {
		if !strings.HasPrefix(status, "2") {
			continue
		}
		b, err := r.doc.Response(op.Responses[status])
		if err != nil {
			return err
		}
		if b == nil {
			b = &openapi.Body{}
		}
		part, err := r.body("answer "+status, b)
		if err != nil {
			return err
		}
		o.Parts = append(o.Parts, part)
	}
	return nil
}

// mediaOf returns the media type whose schema is compared: JSON, if it is there.
func mediaOf(content map[string]*openapi.Media) string {
	if content["application/json"] != nil {
		return "application/json"
	}
	for _, name := range slices.Sorted(maps.Keys(content)) {
		return name
	}
	return ""
}

// body reads a body. Its type is that of its media, such as "application/json object".
func (r *reader) body(segment string, b *openapi.Body) (*Part, error) {
	if len(b.Content) == 0 {
		return r.part(segment, "nothing")
	}
	var schema *openapi.Schema
	if media := b.Content[mediaOf(b.Content)]; media != nil {
		schema = media.Schema
	}
	part, err := r.value(segment, schema, "")
	if err != nil {
		return nil, fmt.Errorf("%.200s: %w", segment, err)
	}
	part.Type = strings.Join(slices.Sorted(maps.Keys(b.Content)), ", ") + " " + part.Type
	return part, nil
}

func sorted(all []string) []string {
	slices.Sort(all)
	return slices.Compact(all)
}
