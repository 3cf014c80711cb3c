package offline

import (
	"errors"
	"fmt"
	"net/http"
)

// failure is a refusal as Dixa words it. The reason is for people who debug a client: Dixa's messages never say which field was
// wrong, so it travels in a header that Dixa does not have.
type failure struct {
	status  int
	message string
	reason  string
}

func (f failure) Error() string { return fmt.Sprintf("%d %s", f.status, f.message) }

// because returns the same refusal with a reason.
func (f failure) because(format string, a ...any) failure {
	f.reason = fmt.Sprintf(format, a...)
	return f
}

// Dixa's refusals, word for word where its contract gives the words.
var (
	errParam        = failure{status: http.StatusBadRequest, message: "Invalid value in request"}
	errBody         = failure{status: http.StatusBadRequest, message: "Decoding failure in request"}
	errUnauthorized = failure{status: http.StatusUnauthorized, message: "Unauthorized"}
	errForbidden    = failure{status: http.StatusForbidden, message: "Forbidden"}
	errNotFound     = failure{status: http.StatusNotFound, message: "The requested resource could not be found"}
	errMethod       = failure{status: http.StatusMethodNotAllowed, message: "Method Not Allowed"}
	errTooMany      = failure{status: http.StatusTooManyRequests, message: "Too Many Requests"}
	errServer       = failure{status: http.StatusInternalServerError,
		message: "There was an internal server error while processing the request"}
)

// invalid refuses a well-formed request for what it asks, in words that Dixa's contract lists for the operation.
func invalid(message string) failure { return failure{status: http.StatusBadRequest, message: message} }

// conflict refuses a request that does not fit the state of things.
func conflict(message string) failure { return failure{status: http.StatusConflict, message: message} }

// asFailure turns what a handler returned into a refusal; anything unforeseen is Dixa's 500.
func asFailure(err error) failure {
	var f failure
	if errors.As(err, &f) {
		return f
	}
	return errServer.because("%v", err)
}
