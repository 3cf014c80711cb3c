// Package openapi reads OpenAPI 3 documents in JSON, as far as requests and answers are described in them.
//
// It is small on purpose: the program links it, and a complete library would add 1.5 MB and 0.4 ms to every start. Tests
// judge requests and answers with a complete one (internal/test/contract).
package openapi

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
)

// Document is an OpenAPI 3 document.
type Document struct {
	OpenAPI    string
	Swagger    string // the version in documents before OpenAPI 3
	Servers    []Server
	Paths      map[string]*Path
	Components struct {
		Schemas       map[string]*Schema
		Parameters    map[string]*Parameter
		RequestBodies map[string]*Body
		Responses     map[string]*Body
	}
}

// Server is an address of the API.
type Server struct{ URL string }

// Path holds the operations of one path.
type Path struct {
	Ref                                                 string `json:"$ref"`
	Servers                                             []Server
	Parameters                                          []*Parameter
	Get, Put, Post, Delete, Options, Head, Patch, Trace *Operation
}

// Operations returns the operations of the path by their methods, in upper case.
func (p *Path) Operations() map[string]*Operation {
	all := map[string]*Operation{
		"GET": p.Get, "PUT": p.Put, "POST": p.Post, "DELETE": p.Delete,
		"OPTIONS": p.Options, "HEAD": p.Head, "PATCH": p.Patch, "TRACE": p.Trace,
	}
	maps.DeleteFunc(all, func(_ string, o *Operation) bool { return o == nil })
	return all
}

// Operation is one method on one path.
type Operation struct {
	OperationID, Summary, Description string
	Deprecated                        bool
	Servers                           []Server
	Parameters                        []*Parameter
	RequestBody                       *Body
	Responses                         map[string]*Body
}

// Parameter is a variable of the path, or a parameter of the query or of the header.
type Parameter struct {
	Ref         string `json:"$ref"`
	Name, In    string
	Description string
	Required    bool
	Deprecated  bool
	Schema      *Schema
	Content     map[string]*Media
}

// Body is the body of a request, or an answer.
type Body struct {
	Ref      string `json:"$ref"`
	Required bool
	Content  map[string]*Media
}

// Media is a body of one media type.
type Media struct{ Schema *Schema }

// Schema describes a JSON value.
type Schema struct {
	Ref                  string `json:"$ref"`
	Title, Description   string
	Type                 Types
	Format, Pattern      string
	Enum                 []json.RawMessage
	Const                json.RawMessage
	Properties           map[string]*Schema
	Required             []string
	Items                *Schema
	AdditionalProperties *Schema
	OneOf, AnyOf, AllOf  []*Schema
	Nullable, Deprecated bool

	Minimum, Maximum, MinLength, MaxLength, MinItems, MaxItems, MinProperties, MaxProperties json.Number

	closed bool // the schema is false: no value fits
}

// UnmarshalJSON reads a schema, which may also be true or false.
func (s *Schema) UnmarshalJSON(b []byte) error {
	switch string(b) {
	case "true":
		return nil
	case "false":
		s.closed = true
		return nil
	}
	type plain Schema
	return json.Unmarshal(b, (*plain)(s))
}

// Closed reports whether the schema is false: no value fits.
func (s *Schema) Closed() bool { return s != nil && s.closed }

// Types are the JSON types that a value may have, sorted; none stands for any.
type Types []string

// UnmarshalJSON reads one type, or a list of them.
func (t *Types) UnmarshalJSON(b []byte) error {
	if len(b) > 0 && b[0] == '[' {
		if err := json.Unmarshal(b, (*[]string)(t)); err != nil {
			return err
		}
		slices.Sort(*t)
		return nil
	}
	var one string
	if err := json.Unmarshal(b, &one); err != nil {
		return err
	}
	*t = nil
	if one != "" {
		*t = Types{one}
	}
	return nil
}

// Is reports whether a value can have the type only, apart from null.
func (t Types) Is(name string) bool {
	return strings.Join(slices.DeleteFunc(slices.Clone(t), func(s string) bool { return s == "null" }), "|") == name
}
