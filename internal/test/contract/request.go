package contract

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"mime"
	"mime/multipart"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
)

const (
	jsonMedia = "application/json"
	formMedia = "multipart/form-data"
)

// CheckRequest judges a request with the given body; r.Body is not read. The error lists what the documents do not
// allow: an unknown operation, path variables and query parameters that are unknown, repeated, missing or of the
// wrong form, a body that is missing, not expected or does not fit. Authentication is not judged.
func (c *Contract) CheckRequest(r *http.Request, body []byte) error {
	route, vars, err := c.find(r)
	if err != nil {
		return err
	}
	query, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return fmt.Errorf("query: %w", err)
	}
	return errors.Join(
		route.checkParams(vars, query),
		route.checkBody(r.Header.Get("Content-Type"), body),
	)
}

func (o Operation) checkParams(vars map[string]string, query url.Values) error {
	var faults []error
	for _, name := range slices.Sorted(maps.Keys(query)) {
		if !slices.Contains(o.QueryParams, name) {
			faults = append(faults, fmt.Errorf("query parameter %s is unknown; known: %s",
				name, strings.Join(o.QueryParams, ", ")))
		}
	}
	for _, p := range o.doc.Parameters {
		faults = append(faults, checkParam(p.Value, vars, query))
	}
	return errors.Join(faults...)
}

func checkParam(p *openapi3.Parameter, vars map[string]string, query url.Values) error {
	raw := vars[p.Name] // always there: the route matched
	if p.In == openapi3.ParameterInQuery {
		got := query[p.Name]
		switch {
		case len(got) == 0 && p.Required:
			return fmt.Errorf("query parameter %s is missing", p.Name)
		case len(got) == 0:
			return nil
		case len(got) > 1:
			return fmt.Errorf("query parameter %s is given %d times", p.Name, len(got))
		}
		raw = got[0]
	}
	return visit(p.In+" parameter "+p.Name, p.Schema.Value, plainValue(p.Schema.Value, raw), requestOptions)
}

// plainValue reads a parameter as the type that its schema wants. What cannot be read stays a string, which the
// schema then refuses.
func plainValue(s *openapi3.Schema, raw string) any {
	switch {
	case s.Type.Is(openapi3.TypeArray):
		items := []any{}
		for item := range strings.SplitSeq(raw, ",") {
			items = append(items, plainValue(s.Items.Value, item))
		}
		return items
	case s.Type.Is(openapi3.TypeString):
		return raw
	}
	value, err := decode([]byte(raw))
	if err != nil {
		return raw
	}
	return value
}

func (o Operation) checkBody(contentType string, body []byte) error {
	schema := o.bodySchema()
	switch {
	case schema == nil && len(body) > 0:
		return errors.New("body: none is documented")
	case schema == nil || len(body) == 0 && !o.BodyRequired:
		return nil
	case len(body) == 0:
		return errors.New("body: is required")
	}
	media, params, err := mime.ParseMediaType(contentType)
	if err != nil || media != o.Body {
		return fmt.Errorf("header Content-Type: want %s, got %q", o.Body, contentType)
	}
	if media == formMedia {
		value, err := decodeForm(body, params["boundary"])
		if err != nil {
			return fmt.Errorf("body: %w", err)
		}
		return visit(bodyRoot, schema, value, requestOptions)
	}
	return checkJSON(schema, body, requestOptions)
}

// checkJSON judges a JSON text.
func checkJSON(schema *openapi3.Schema, body []byte, options []openapi3.SchemaValidationOption) error {
	value, err := decode(body)
	if err != nil {
		return fmt.Errorf("body: not JSON: %w", err)
	}
	return errors.Join(visit(bodyRoot, schema, value, options), checkKeys(schema, value, options))
}

// checkKeys judges the keys of a map by propertyNames, which kin-openapi leaves out in a 3.0 document.
func checkKeys(schema *openapi3.Schema, value any, options []openapi3.SchemaValidationOption) error {
	object, ok := value.(map[string]any)
	if !ok || schema.PropertyNames == nil {
		return nil
	}
	var faults []error
	for _, key := range slices.Sorted(maps.Keys(object)) {
		faults = append(faults, visit("key", schema.PropertyNames.Value, key, options))
	}
	return errors.Join(faults...)
}

// visit judges a value; root names it in the error.
func visit(root string, schema *openapi3.Schema, value any, options []openapi3.SchemaValidationOption) error {
	return explain(root, schema.VisitJSON(value, options...))
}

// decode reads exactly one JSON value.
func decode(body []byte) (any, error) {
	d := json.NewDecoder(bytes.NewReader(body))
	d.UseNumber()
	var value any
	if err := d.Decode(&value); err != nil {
		return nil, err
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("more than one value")
	}
	return value, nil
}

// decodeForm reads a form of files as the object that its schema describes: for each name the list of its files,
// whose contents do not count. A part without a file name stays a string.
func decodeForm(body []byte, boundary string) (any, error) {
	form := map[string]any{}
	for parts := multipart.NewReader(bytes.NewReader(body), boundary); ; {
		part, err := parts.NextPart()
		if errors.Is(err, io.EOF) {
			return form, nil
		}
		if err != nil {
			return nil, fmt.Errorf("not a form: %w", err)
		}
		name := part.FormName()
		if part.FileName() == "" {
			form[name] = "no file"
			continue
		}
		files, _ := form[name].([]any)
		form[name] = append(files, part.FileName())
	}
}
