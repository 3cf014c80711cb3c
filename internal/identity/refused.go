package identity

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// Refused is a request that could not be authenticated. Its text is for the operator's log; the client is told less.
type Refused struct {
	Status int // 400, 401, 403 or 503

	code   string        // of RFC 6750; "" where there is none
	answer string        // what the client gets to read
	reason string        // what the operator gets to read beside; "": the same
	after  time.Duration // when to try again; 0: it would not help
}

func (r *Refused) Error() string {
	if r.reason != "" {
		return r.reason
	}
	return r.answer
}

const nothingDone = " Nothing was sent to Dixa."

func badRequest(answer string) error {
	return &Refused{Status: http.StatusBadRequest, code: "invalid_request", answer: answer}
}

func missing() error {
	return &Refused{Status: http.StatusUnauthorized, reason: "the request has no Authorization header",
		answer: "No credential was sent. Send the agent's key (" + agentPrefix + "…), or a token if the server accepts them, in the header Authorization: Bearer."}
}

func malformed() error {
	return &Refused{Status: http.StatusUnauthorized, answer: "The Authorization header must be the word Bearer, a space and one credential, without quotation marks."}
}

// unusable refuses a credential that is malformed.
func unusable(answer string) error {
	return &Refused{Status: http.StatusUnauthorized, code: "invalid_token", answer: answer}
}

// unknownKey refuses an invalid key. All such keys get the same answer, which reveals no key that existed.
func unknownKey(reason string) error {
	return &Refused{Status: http.StatusUnauthorized, code: "invalid_token", reason: reason,
		answer: "The key is invalid: it is unknown, was removed or has expired. Ask the server's operator for a new one."}
}

func badToken(reason, answer string) error {
	return &Refused{Status: http.StatusUnauthorized, code: "invalid_token", answer: answer, reason: reason}
}

// noAgent refuses a valid token that belongs to no agent.
func noAgent(reason, answer string) error {
	return &Refused{Status: http.StatusForbidden, code: "insufficient_scope", answer: answer, reason: reason}
}

// away refuses a token that cannot be checked now. It may be valid: a 401 would make its owner request another.
func away(trouble error, after time.Duration) error {
	return &Refused{Status: http.StatusServiceUnavailable, after: max(after, time.Second), reason: fmt.Sprintf("the token cannot be checked: %v", trouble),
		answer: "The token cannot be checked now, because its issuer cannot be reached. It may be good: try again with the same one."}
}

// Refuse answers a request with what [Authenticator.Identify] returned.
func (a *Authenticator) Refuse(w http.ResponseWriter, r *http.Request, err error) {
	refused := refusedBy(err)
	h := w.Header()
	if refused.after > 0 {
		h.Set("Retry-After", strconv.Itoa(int(math.Ceil(refused.after.Seconds()))))
	}
	if refused.Status != http.StatusServiceUnavailable {
		h.Set("WWW-Authenticate", a.challenge(r, refused))
	}
	h.Set("Cache-Control", "no-store")
	h.Set("Content-Type", "application/json")
	w.WriteHeader(refused.Status)
	_ = json.NewEncoder(w).Encode(struct { // the client may be gone
		Error       string `json:"error"`
		Description string `json:"error_description"`
	}{word(refused), refused.answer + nothingDone})
}

// refusedBy returns the refusal in an error. Any other error says nothing about the credential, and is a 503.
func refusedBy(err error) *Refused {
	var refused *Refused
	if errors.As(err, &refused) {
		return refused
	}
	return &Refused{Status: http.StatusServiceUnavailable, after: time.Second, answer: "The credential cannot be checked now. Try again."}
}

// word returns the error code of the body, which has one even where RFC 6750 wants none in the header.
func word(r *Refused) string {
	switch {
	case r.code != "":
		return r.code
	case r.Status == http.StatusServiceUnavailable:
		return "temporarily_unavailable"
	}
	return "unauthorized"
}

// challenge returns the WWW-Authenticate header: why the credential was refused (RFC 6750), and where the metadata of
// the resource is (RFC 9728).
func (a *Authenticator) challenge(r *http.Request, refused *Refused) string {
	var parts []string
	if refused.code != "" {
		parts = append(parts, "error="+quote(refused.code), "error_description="+quote(refused.answer))
	}
	if len(a.authorizationServers()) > 0 {
		parts = append(parts, "resource_metadata="+quote(metadataAddress(a.resource(r))))
	}
	return strings.TrimSpace("Bearer " + strings.Join(parts, ", "))
}

// quote makes a quoted string of a header, which is ASCII.
func quote(text string) string {
	text = strings.ReplaceAll(text, "…", "...")
	return `"` + strings.Map(func(c rune) rune {
		if c < ' ' || c > '~' || c == '"' || c == '\\' {
			return -1
		}
		return c
	}, text) + `"`
}
