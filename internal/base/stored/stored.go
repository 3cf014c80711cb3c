// Package stored reads what this program, or another version of it, stored earlier.
package stored

import (
	"bytes"
	"encoding/json"
	"errors"
)

// ErrNewer is the error for what a newer version stored: it says more than this version understands, and writing it again
// would lose that.
var ErrNewer = errors.New("a newer version of dixa-mcp wrote it, and only that version may use it")

// Decode reads JSON into v, a pointer. It returns [ErrNewer] for fields that v does not have.
func Decode(text []byte, v any) error {
	if err := json.Unmarshal(text, v); err != nil {
		return err
	}
	strict := json.NewDecoder(bytes.NewReader(text))
	strict.DisallowUnknownFields()
	if strict.Decode(v) != nil {
		return ErrNewer
	}
	return nil
}
