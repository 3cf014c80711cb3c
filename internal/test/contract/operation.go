package contract

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
)

// Operation is one method on one path of Dixa.
type Operation struct {
	ID            string   // operationId of the document
	Method        string   // upper case
	Path          string   // template with /v1, such as /v1/tags/{tagId}
	Host          string   // scheme and host, such as https://dev.dixa.io
	PathParams    []string // in the order of the path
	QueryParams   []string // all that are known, in the order of the document
	RequiredQuery []string // those of QueryParams that must be there
	Body          string   // media type of the request's body; empty when none is documented
	BodyRequired  bool
	Success       []int // documented 2xx statuses, rising
	Deprecated    bool

	doc *openapi3.Operation
}

// Paged reports whether the operation takes pageKey, that is whether its answers come in pages.
func (o Operation) Paged() bool { return slices.Contains(o.QueryParams, "pageKey") }

// String returns method and path template.
func (o Operation) String() string { return o.Method + " " + o.Path }

func byPath(a, b Operation) int {
	return cmp.Or(cmp.Compare(a.Host, b.Host), cmp.Compare(a.Path, b.Path), cmp.Compare(a.Method, b.Method))
}

func newOperation(server, method, path string, op *openapi3.Operation) (Operation, error) {
	base, err := url.Parse(server)
	if err != nil {
		return Operation{}, err
	}
	o := Operation{
		ID: op.OperationID, Method: method, Path: base.Path + path, Host: base.Scheme + "://" + base.Host,
		Deprecated: op.Deprecated, doc: op,
	}
	for _, segment := range strings.Split(o.Path, "/") {
		if name, ok := variable(segment); ok {
			o.PathParams = append(o.PathParams, name)
		}
	}
	for _, p := range op.Parameters {
		if p.Value.In != openapi3.ParameterInQuery {
			continue
		}
		o.QueryParams = append(o.QueryParams, p.Value.Name)
		if p.Value.Required {
			o.RequiredQuery = append(o.RequiredQuery, p.Value.Name)
		}
	}
	if op.RequestBody != nil {
		types := slices.Collect(maps.Keys(op.RequestBody.Value.Content))
		if len(types) != 1 {
			return Operation{}, fmt.Errorf("%d media types of the body, want one", len(types))
		}
		o.Body, o.BodyRequired = types[0], op.RequestBody.Value.Required
	}
	for status := range op.Responses.Map() {
		if n, err := strconv.Atoi(status); err == nil && n/100 == 2 {
			o.Success = append(o.Success, n)
		}
	}
	slices.Sort(o.Success)
	return o, nil
}

// bodySchema returns the schema of the request's body, nil if no body is documented.
func (o Operation) bodySchema() *openapi3.Schema {
	if o.doc.RequestBody == nil {
		return nil
	}
	return o.doc.RequestBody.Value.Content[o.Body].Schema.Value
}

func (o Operation) examples() []Example {
	var all []Example
	add := func(status int, content openapi3.Content) {
		for _, media := range content {
			if media.Example != nil {
				all = append(all, Example{o, status, "", encode(media.Example)})
			}
			for _, name := range slices.Sorted(maps.Keys(media.Examples)) {
				all = append(all, Example{o, status, name, encode(media.Examples[name].Value.Value)})
			}
		}
	}
	if o.doc.RequestBody != nil {
		add(0, o.doc.RequestBody.Value.Content)
	}
	responses := o.doc.Responses.Map()
	for _, status := range slices.Sorted(maps.Keys(responses)) {
		if n, err := strconv.Atoi(status); err == nil {
			add(n, responses[status].Value.Content)
		}
	}
	return all
}

// encode writes a value that was read from JSON back as JSON, which cannot fail.
func encode(v any) json.RawMessage {
	b, err := json.Marshal(v)
	if err != nil {
		panic(fmt.Sprintf("contract: example is not JSON: %v", err))
	}
	return b
}
