package dixaclient

import (
	"fmt"
	"net/url"
	"reflect"
	"strconv"
	"strings"

	"dixa-mcp/internal/base/plainjson"
	"dixa-mcp/internal/base/safetext"
)

// Request builds the request that in (a pointer to the operation's request type) stands for in v1 of the API, without
// sending it. An [*InputError] says what does not fit.
func (s *Spec) Request(in any) (*Request, error) { return s.RequestIn(V1, in) }

// RequestIn builds the request as [Spec.Request] does, in a version of the API.
func (s *Spec) RequestIn(version Version, in any) (*Request, error) {
	if c, ok := in.(checked); ok {
		if err := c.Check(); err != nil {
			return nil, s.inputError(err)
		}
	}
	v := reflect.ValueOf(in).Elem()
	r := &Request{Method: s.Method, Path: version.path(s)}
	for _, f := range s.plan().fields {
		if f.in == "" {
			continue
		}
		fv := v.FieldByIndex(f.index)
		if f.optional && isZero(fv) {
			continue
		}
		text := wireText(fv)
		if f.in == "query" {
			if r.Query == nil {
				r.Query = url.Values{}
			}
			r.Query.Set(f.wire, text)
			continue
		}
		if err := checkPath(fv, text); err != nil {
			return nil, &InputError{Operation: s.Name, Field: f.argument, Problem: fmt.Sprintf("must be %v, not %q", err, safetext.Brief(text, 100))}
		}
		r.Path = strings.Replace(r.Path, "{"+f.wire+"}", url.PathEscape(text), 1)
	}
	if version != Beta {
		if err := s.requirements(in); err != nil {
			return nil, err
		}
	}
	return r, s.encodeBody(r, in, v)
}

func checkPath(v reflect.Value, text string) error {
	if v.CanInt() && v.Int() <= 0 {
		return fmt.Errorf("a positive number")
	}
	if c, ok := v.Interface().(interface{ Check() error }); ok {
		return c.Check()
	}
	return checkSegment(text)
}

// wireText writes a path or query value; lists are joined by commas.
func wireText(v reflect.Value) string {
	switch v.Kind() {
	case reflect.Pointer:
		return wireText(v.Elem())
	case reflect.Slice:
		parts := make([]string, v.Len())
		for i := range parts {
			parts[i] = wireText(v.Index(i))
		}
		return strings.Join(parts, ",")
	}
	return fmt.Sprint(v.Interface()) // numbers, booleans, strings, and Time by its String
}

// encodeBody writes the body of a request: that of its Body method, or an object of the fields that travel nowhere else.
func (s *Spec) encodeBody(r *Request, in any, v reflect.Value) (err error) {
	var body any
	switch b, own := in.(bodied); {
	case own:
		if body, err = b.Body(); err != nil {
			return s.inputError(err)
		}
		if e, ok := body.(Encoded); ok {
			r.Body, r.ContentType = e.Bytes, e.ContentType
			return nil
		}
		if body == nil {
			return nil
		}
	case s.plan().hasBody:
		body = object{s.plan().fields, v}
	default:
		return nil
	}
	r.ContentType = "application/json"
	r.Body, err = plainjson.Marshal(body)
	return err
}

// inputError names the operation in an error of Body or Check.
func (s *Spec) inputError(err error) error {
	if e, ok := err.(*InputError); ok {
		e.Operation = s.Name
	}
	return err
}

// object writes the body fields of a request under Dixa's names.
type object struct {
	fields []field
	v      reflect.Value
}

// MarshalJSON writes the fields in the order of the struct, without optional ones that are zero.
func (o object) MarshalJSON() ([]byte, error) {
	b := []byte{'{'}
	for _, f := range o.fields {
		fv := o.v.FieldByIndex(f.index)
		if f.in != "" || f.optional && isZero(fv) {
			continue
		}
		if len(b) > 1 {
			b = append(b, ',')
		}
		value, err := plainjson.Marshal(fv.Interface())
		if err != nil {
			return nil, err
		}
		b = append(append(strconv.AppendQuote(b, f.wire), ':'), value...)
	}
	return append(b, '}'), nil
}

// isZero reports whether json's omitzero would omit a value.
func isZero(v reflect.Value) bool {
	if v.Kind() == reflect.Pointer && v.IsNil() {
		return true
	}
	if z, ok := v.Interface().(interface{ IsZero() bool }); ok {
		return z.IsZero()
	}
	return v.IsZero()
}
