// Package signintest tests shelves of sign-ins: each kind must pass the same tests.
package signintest

import (
	"testing"
	"time"

	"dixa-mcp/internal/base/shelf"
	"dixa-mcp/internal/base/shelf/shelftest"
	"dixa-mcp/internal/identity"
	"dixa-mcp/internal/signin"
	"dixa-mcp/internal/test/clock"
)

type suite struct {
	*testing.T
	clock *clock.Clock
	both  [2]shelf.Shelf
	store [2]*signin.Sessions
}

// TestShelf holds a kind of shelf against what [shelf.Shelf] and [signin.Sessions] promise. open makes an empty one, of two
// processes or of one that is given twice, which goes by the clock it is given.
func TestShelf(t *testing.T, open func(t *testing.T, now func() time.Time) [2]shelf.Shelf) {
	shelftest.Test(t, signin.MostOfOwner, open)
	for _, c := range []struct {
		name string
		test func(*suite)
	}{
		{"codes", (*suite).testCodes},
		{"one exchange of a code", (*suite).testOneExchange},
		{"rotation", (*suite).testRotation},
		{"one refresh at a time", (*suite).testOneRefresh},
		{"no secret is readable", (*suite).testEncrypted},
		{"sessions of another secret", (*suite).testForeign},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := &suite{T: t, clock: &clock.Clock{}}
			s.both = open(t, s.clock.Now)
			for i, shelf := range s.both {
				s.store[i] = signin.NewSessions(shelf, secret, s.clock.Now)
			}
			c.test(s)
		})
	}
}

var secret = []byte("0123456789abcdef0123456789abcdef")

const (
	client   = "https://client.example.com/oauth.json"
	redirect = "https://client.example.com/callback"
	resource = "https://mcp.example.com/mcp/triage"
	verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
	// challenge is that of the verifier, as RFC 7636 has them.
	challenge = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
)

// Grant returns what a person allowed.
func Grant(subject string) signin.Grant {
	return signin.Grant{Client: client, ClientName: "Client", Resource: resource, Agent: "triage", Given: signin.Given{Provider: "PLANTED-refresh",
		Person: identity.Person{Issuer: "https://login.example.com", Subject: subject, Email: "anna.holm@example.com", Claims: map[string]any{"groups": []any{"support"}}}}}
}
