package contract

import (
	"net/url"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
)

const someUUID = "434ce9f5-14c8-4be1-a0a8-f755010deb9b"

// exampleURL fills the path and the required query parameters of an operation with values of the right form.
func exampleURL(o Operation) string {
	segments := strings.Split(o.Path, "/")
	for i, s := range segments {
		if name, ok := variable(s); ok {
			segments[i] = exampleParam(o.doc.Parameters.GetByInAndName("path", name))
		}
	}
	query := url.Values{}
	for _, name := range o.RequiredQuery {
		query.Set(name, exampleParam(o.doc.Parameters.GetByInAndName("query", name)))
	}
	target := strings.Join(segments, "/")
	if len(query) > 0 {
		target += "?" + query.Encode()
	}
	return target
}

func exampleParam(p *openapi3.Parameter) string {
	s := p.Schema.Value
	switch {
	case s.Type.Is(openapi3.TypeInteger):
		return "123"
	case s.Format == "uuid":
		return someUUID
	case len(s.Enum) > 0:
		return s.Enum[0].(string)
	}
	return "some"
}
