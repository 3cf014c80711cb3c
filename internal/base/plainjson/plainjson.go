// Package plainjson writes JSON without escapes for HTML, which double the size of HTML mail.
package plainjson

import (
	"bytes"
	"encoding/json"
)

// Marshal encodes v as [json.Marshal] does, but leaves <, > and & as they are.
func Marshal(v any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), nil
}
