package wire

import (
	"errors"
	"fmt"
	"net/http"
)

// Failure is a refusal as Dixa words it. The reason is for people who debug a client: Dixa's messages never say which field was
// wrong, so it travels in a header that Dixa does not have.
type Failure struct {
	Status  int
	Message string
	reason  string
}

func (f Failure) Error() string { return fmt.Sprintf("%d %s", f.Status, f.Message) }

// Because returns the same refusal with a reason.
func (f Failure) Because(format string, a ...any) Failure {
	f.reason = fmt.Sprintf(format, a...)
	return f
}

// Dixa's refusals, word for word where its contract gives the words.
var (
	ErrParam        = Failure{Status: http.StatusBadRequest, Message: "Invalid value in request"}
	ErrBody         = Failure{Status: http.StatusBadRequest, Message: "Decoding failure in request"}
	ErrUnauthorized = Failure{Status: http.StatusUnauthorized, Message: "Unauthorized"}
	ErrForbidden    = Failure{Status: http.StatusForbidden, Message: "Forbidden"}
	ErrNotFound     = Failure{Status: http.StatusNotFound, Message: "The requested resource could not be found"}
	ErrMethod       = Failure{Status: http.StatusMethodNotAllowed, Message: "Method Not Allowed"}
	ErrTooMany      = Failure{Status: http.StatusTooManyRequests, Message: "Too Many Requests"}
	ErrServer       = Failure{Status: http.StatusInternalServerError,
		Message: "There was an internal server error while processing the request"}
)

// Invalid refuses a well-formed request for what it asks, in words that Dixa's contract lists for the operation.
func Invalid(message string) Failure { return Failure{Status: http.StatusBadRequest, Message: message} }

// Conflict refuses a request that does not fit the state of things.
func Conflict(message string) Failure { return Failure{Status: http.StatusConflict, Message: message} }

// AsFailure turns what a handler returned into a refusal; anything unforeseen is Dixa's 500.
func AsFailure(err error) Failure {
	var f Failure
	if errors.As(err, &f) {
		return f
	}
	return ErrServer.Because("%v", err)
}
