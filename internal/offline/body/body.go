// Package body reads the JSON bodies of requests as strictly as Dixa does.
//
// Bodies are Go structs whose fields carry a wire tag: the exact name, then "required" and the format of strings.
//
//	QueueID string `wire:"queueId,required,uuid"`
//
// Reading is stricter than encoding/json: names are exact, nothing may be unknown, required fields must be there, a null is an absent
// field. A field of an interface type is a union, told apart by `_type`.
package body

import (
	"bytes"
	"encoding/json"
	"errors"
	"reflect"
)

// Reader reads bodies.
type Reader struct {
	Unions map[reflect.Type]map[string]any // the members of each union, as zero values, by their `_type`
	Lists  map[string]string               // values that formats name, written "A|B", by the name of the format
}

// Read sets what v points to from JSON text. Its errors begin with the place, so that they read ".filters.strategy: ...".
func (r Reader) Read(text []byte, v any) error {
	dec := json.NewDecoder(bytes.NewReader(text))
	dec.UseNumber()
	var raw any
	if err := dec.Decode(&raw); err != nil {
		return errors.New(": " + err.Error())
	}
	if dec.More() {
		return errors.New(": more than one JSON value")
	}
	return r.fill(reflect.ValueOf(v).Elem(), raw, nil)
}
