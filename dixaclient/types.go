package dixaclient

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"dixa-mcp/internal/base/plainjson"
	"dixa-mcp/internal/base/uuid"
)

// UUID is an identifier in the form 0f6f3a52-6d3e-4f0e-9f0b-3a1c5b7d2e11.
type UUID string

// Format names the form for the argument schema.
func (UUID) Format() string { return "uuid" }

// Check tells whether u has the form of a UUID.
func (u UUID) Check() error {
	if !uuid.Is(u) {
		return errUUID
	}
	return nil
}

var errUUID = errors.New("a UUID such as 0f6f3a52-6d3e-4f0e-9f0b-3a1c5b7d2e11")

// ActingAgent is the Dixa agent in whose name a call acts. Whoever decides that for a caller (acts_as in a capability
// file) fills every field of this type, see [Spec.Act].
type ActingAgent UUID

// Format names the form for the argument schema.
func (ActingAgent) Format() string { return "uuid" }

// Check tells whether a has the form of a UUID.
func (a ActingAgent) Check() error { return UUID(a).Check() }

// Name is an identifier that Dixa does not promise to be a UUID. It must not be able to leave its path segment.
type Name string

// Format names the form for the argument schema.
func (Name) Format() string { return "id" }

// Check tells whether n can be used in a path.
func (n Name) Check() error { return checkSegment(string(n)) }

func checkSegment(s string) error {
	switch {
	case s == "" || s == "." || s == "..":
		return errors.New("a non-empty id")
	case len(s) > 256:
		return errors.New("an id of at most 256 characters")
	case strings.ContainsFunc(s, func(r rune) bool { return r <= ' ' || r > '~' || strings.ContainsRune(`/\%?#;`, r) }):
		return errors.New(`an id of ASCII characters without spaces and without / \ % ? # ;`)
	}
	return nil
}

// Time is a moment in one of the forms that Dixa writes: RFC 3339, with a zone's name behind it
// (2021-12-01T12:46:36.581Z[GMT]), or without any zone, which means UTC. It is sent as RFC 3339 in UTC with
// milliseconds.
type Time struct{ time.Time }

// Format names the form for the argument schema.
func (Time) Format() string { return "date-time" }

// timeLayouts are those of Java's ZonedDateTime and LocalDateTime, which write no seconds on a full minute, and the date.
var timeLayouts = []string{time.RFC3339Nano, "2006-01-02T15:04Z07:00", "2006-01-02T15:04:05.999999999", "2006-01-02T15:04", time.DateOnly}

// ParseTime reads any of the forms.
func ParseTime(s string) (Time, error) {
	bare, _, _ := strings.Cut(s, "[")
	for _, layout := range timeLayouts {
		if t, err := time.Parse(layout, bare); err == nil {
			return Time{t.UTC()}, nil
		}
	}
	return Time{}, fmt.Errorf("%q is not a time such as 2026-01-31T14:00:00Z", s)
}

// UnmarshalJSON never fails: what is no time reads as the zero Time, since one odd field must not cost the answer.
func (t *Time) UnmarshalJSON(b []byte) error {
	*t, _ = ParseTime(strings.Trim(string(b), `"`))
	return nil
}

// MarshalJSON writes RFC 3339 in UTC with milliseconds.
func (t Time) MarshalJSON() ([]byte, error) { return []byte(`"` + t.String() + `"`), nil }

// String returns the form that is sent.
func (t Time) String() string { return t.UTC().Format("2006-01-02T15:04:05.000Z") }

// Set is a list in which Dixa wants every value once: what comes again is not sent.
type Set[T comparable] []T

// MarshalJSON leaves out the repetitions and keeps the order.
func (s Set[T]) MarshalJSON() ([]byte, error) {
	once, seen := make([]T, 0, len(s)), make(map[T]struct{}, len(s))
	for _, v := range s {
		if _, again := seen[v]; !again {
			seen[v] = struct{}{}
			once = append(once, v)
		}
	}
	return plainjson.Marshal(once)
}

// Page are the arguments of an operation that answers in pages.
type Page struct {
	PageLimit int    `json:"pageLimit,omitzero" in:"query" check:"min=1"`
	PageKey   string `json:"pageKey,omitzero" in:"query" jsonschema_description:"from the answer before"`
}
