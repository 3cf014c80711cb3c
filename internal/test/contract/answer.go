package contract

import (
	"errors"
	"fmt"
	"maps"
	"mime"
	"net/http"
	"slices"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
)

// gatewayStatuses may answer any request, documented or not: authentication, limits and failures of the gateway in
// front of Dixa (behaviour 3), conflicts, and the 500 that nine operations forget (behaviour 12.16).
var gatewayStatuses = []int{
	http.StatusUnauthorized, http.StatusForbidden, http.StatusConflict, http.StatusTooManyRequests,
	http.StatusInternalServerError, http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout,
}

// errorSchema is the body of every error (behaviour 3).
var errorSchema = &openapi3.Schema{
	Title: "error", Type: &openapi3.Types{openapi3.TypeObject},
	Properties:           openapi3.Schemas{"message": openapi3.NewSchemaRef("", stringOf(nil))},
	Required:             []string{"message"},
	AdditionalProperties: openapi3.AdditionalProperties{Has: openapi3.Ptr(false)},
}

// CheckAnswer judges the answer to r. The error says what the documents do not allow: a status that is neither
// documented for the operation nor one that any request may meet, a body where none is documented, a wrong
// content type, or a body that does not fit, down to properties that no schema declares.
func (c *Contract) CheckAnswer(r *http.Request, status int, header http.Header, body []byte) error {
	route, _, err := c.find(r)
	if err != nil {
		return err
	}
	schema, err := route.answerSchema(status)
	if err != nil {
		return err
	}
	if schema == nil {
		if len(body) > 0 {
			return fmt.Errorf("body: none is documented for status %d", status)
		}
		return nil
	}
	if len(body) == 0 {
		return errors.New("body: is missing")
	}
	contentType := header.Get("Content-Type")
	if media, _, err := mime.ParseMediaType(contentType); err != nil || media != jsonMedia {
		return fmt.Errorf("header Content-Type: want %s, got %q", jsonMedia, contentType)
	}
	return checkJSON(schema, body, answerOptions)
}

// answerSchema returns the schema of the answer with a status, nil for an answer without a body. Errors that the
// documents leave without one, as the exports do, have the body that all errors have.
func (o Operation) answerSchema(status int) (*openapi3.Schema, error) {
	response := o.doc.Responses.Status(status)
	switch {
	case response != nil && len(response.Value.Content) > 0:
		return response.Value.Content[jsonMedia].Schema.Value, nil
	case response != nil && status < 300:
		return nil, nil
	case response != nil, o.allows(status):
		return errorSchema, nil
	}
	return nil, fmt.Errorf("status %d is not documented; documented: %s", status, strings.Join(o.statuses(), ", "))
}

// allows reports whether an error's status needs no documentation. A path with a variable may name what is not
// there; 14 operations forget that 404 (behaviour 12.16).
func (o Operation) allows(status int) bool {
	return slices.Contains(gatewayStatuses, status) || status == http.StatusNotFound && len(o.PathParams) > 0
}

func (o Operation) statuses() []string {
	return slices.Sorted(maps.Keys(o.doc.Responses.Map()))
}
