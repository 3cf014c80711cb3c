// Package wire writes as Dixa does: the envelopes of answers, refusals word for word, times in its several forms.
//
// It knows nothing of what is answered. An operation returns a value or a [Failure]; what carries it is an [Answer].
package wire

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"slices"
	"strings"
)

// ReasonHeader is the header that says why a request was refused. Dixa has no such header: a client must not depend on it.
const ReasonHeader = "X-Offline-Reason"

// Answer is what goes back to the client.
type Answer struct {
	Status      int
	ContentType string
	Body        []byte
	Stream      Stream // instead of body, for the Exports API
	Reason      string // of a refusal, for [ReasonHeader]
}

// Stream is a body that is written piece by piece.
type Stream func(io.Writer) error

// Data is the envelope of an answer with one thing in it or with a list.
type Data struct {
	Data any   `json:"data"`
	Meta *Meta `json:"meta,omitempty"`
}

// Meta are the links of a page. Dixa leaves out what is not there.
type Meta struct {
	Previous string `json:"previous,omitempty"`
	Next     string `json:"next,omitempty"`
}

// Refuse returns the answer that carries a failure.
func Refuse(f Failure) Answer {
	a, err := JSON(f.Status, map[string]string{"message": f.Message})
	if err != nil {
		return Answer{Status: http.StatusInternalServerError}
	}
	a.Reason = f.reason
	return a
}

// JSON returns an answer with a JSON body.
func JSON(status int, v any) (Answer, error) {
	b, err := Marshal(v)
	return Answer{Status: status, ContentType: "application/json", Body: b}, err
}

// Marshal writes JSON as Dixa does, which does not escape HTML.
func Marshal(v any) ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	err := enc.Encode(v)
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), err
}

// List makes an empty list of none: Dixa writes [] and not null.
func List[T any](items []T) []T {
	if items == nil {
		return []T{}
	}
	return items
}

// Among reports whether an id is one of several. Case does not count in ids.
func Among(ids []string, id string) bool {
	return slices.ContainsFunc(ids, func(s string) bool { return strings.EqualFold(s, id) })
}
