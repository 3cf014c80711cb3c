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

// Refused is a request that is not let in. Its text is for the operator's log; the client gets less.
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
		answer: "The server has to know who asks: send the header Authorization: Bearer and the agent's key (" + agentPrefix + "…), or a token where the server takes them."}
}

func malformed() error {
	return &Refused{Status: http.StatusUnauthorized, answer: "The Authorization header must be the word Bearer, a space and one credential, without quotation marks."}
}

// unusable is a credential whose form shows that it is none.
func unusable(answer string) error {
	return &Refused{Status: http.StatusUnauthorized, code: "invalid_token", answer: answer}
}

// unknownKey says the same of every key that does not count, so that nobody learns which keys there were.
func unknownKey(reason string) error {
	return &Refused{Status: http.StatusUnauthorized, code: "invalid_token", reason: reason,
		answer: "The key lets nobody in: it is unknown, was removed or has expired. Ask the server's operator for a new one."}
}

func badToken(reason, answer string) error {
	return &Refused{Status: http.StatusUnauthorized, code: "invalid_token", answer: answer, reason: reason}
}

// noAgent is a good token of somebody who is no agent here.
func noAgent(reason, answer string) error {
	return &Refused{Status: http.StatusForbidden, code: "insufficient_scope", answer: answer, reason: reason}
}

// away is a token that cannot be checked now. It may be good: 401 would send its owner off to get another.
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

// refusedBy is the refusal that an error stands for. With another error nothing is known about the credential.
func refusedBy(err error) *Refused {
	var refused *Refused
	if errors.As(err, &refused) {
		return refused
	}
	return &Refused{Status: http.StatusServiceUnavailable, after: time.Second, answer: "The credential cannot be checked now. Try again."}
}

// word is the error in the body, which has one also where RFC 6750 wants none in the header.
func word(r *Refused) string {
	switch {
	case r.code != "":
		return r.code
	case r.Status == http.StatusServiceUnavailable:
		return "temporarily_unavailable"
	}
	return "unauthorized"
}

// challenge says by what a client would be let in (RFC 6750), and where it learns whose tokens count (RFC 9728).
func (a *Authenticator) challenge(r *http.Request, refused *Refused) string {
	var parts []string
	if refused.code != "" {
		parts = append(parts, "error="+quote(refused.code), "error_description="+quote(refused.answer))
	}
	if _, ok := a.o.Rules().OIDC(); ok {
		parts = append(parts, "resource_metadata="+quote(metadataAddress(a.o.Resource(r))))
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
