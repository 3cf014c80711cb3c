package gate

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
)

// edits are texts that replace others in arguments, by their paths, such as conditions[0].values[1].
type edits map[string]string

// apply returns arguments with the texts replaced.
func (e edits) apply(arguments json.RawMessage) (json.RawMessage, error) {
	if len(e) == 0 {
		return arguments, nil
	}
	d := json.NewDecoder(bytes.NewReader(arguments))
	d.UseNumber()
	var root any
	if err := d.Decode(&root); err != nil {
		return nil, err
	}
	return e.in(root)
}

// in returns arguments that were read with the texts replaced.
func (e edits) in(root any) (json.RawMessage, error) {
	for path, text := range e {
		if !replace(root, strings.FieldsFunc(path, func(r rune) bool { return r == '.' || r == '[' || r == ']' }), text) {
			return nil, fmt.Errorf("gate: the arguments have no %s", path)
		}
	}
	return json.Marshal(root)
}

// replace puts a text at a path below a value, reports whether there was one.
func replace(at any, path []string, text string) bool {
	for i, step := range path {
		last := i == len(path)-1
		switch v := at.(type) {
		case map[string]any:
			if at = v[step]; last && at != nil {
				v[step] = text
			}
		case []any:
			n, err := strconv.Atoi(step)
			if err != nil || n < 0 || n >= len(v) {
				return false
			}
			if at = v[n]; last {
				v[n] = text
			}
		default:
			return false
		}
	}
	return at != nil
}
