package signin

import (
	"maps"
	"net/http"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"dixa-mcp/internal/identity"
)

// A provider that gives no ID token at a refresh says at its userinfo endpoint what it says now: a group that it leaves out is gone, and a new
// address is verified only if it says so of that one.
func TestRefreshByUserinfo(t *testing.T) {
	var person identity.Person
	b := newBed(t, func(c *Config) {
		c.Agents = func(p identity.Person) []string {
			person = p
			return []string{"triage"}
		}
	})
	says := func(claims map[string]any) { b.provider.turn(func() { b.provider.about = claims }) }
	b.provider.claims = map[string]any{"groups": nil, "department": "care"}
	says(map[string]any{"sub": "anna", "email": "anna@example.com", "email_verified": true, "groups": []string{"leads"}})
	got := b.tokens("anna")
	require.Equal(t, []string{"leads"}, person.Groups)
	require.Equal(t, "anna@example.com", person.Email)
	b.provider.change = func(answer map[string]any) { delete(answer, "id_token") }
	refresh := func() {
		t.Helper()
		got = b.post(tokenPath, refreshing(got.Refresh))
		require.Equal(t, http.StatusOK, got.status, got.Why)
	}
	refresh()
	require.Equal(t, []string{"leads"}, person.Groups)

	says(map[string]any{"sub": "anna", "email": "boss@example.com"})
	refresh()
	require.Empty(t, person.Groups, "the provider leaves out a list without a value")
	require.Empty(t, person.Email, "the address before was verified, and not this one")
	require.Equal(t, "care", person.Claims["department"], "what the ID token alone said is not known to have changed")

	says(map[string]any{"sub": "anna", "email": "boss@example.com", "email_verified": true})
	refresh()
	require.Equal(t, "boss@example.com", person.Email)
	says(map[string]any{"sub": "anna"})
	refresh()
	require.Empty(t, person.Email)
}

// What an ID token said of an address does not hold for the one that the userinfo endpoint tells later, also after it told none.
func TestRefreshVerifiesNoNewAddress(t *testing.T) {
	for name, steps := range map[string][]map[string]any{
		"another address":            {{"sub": "anna", "email": "boss@example.com"}},
		"none, then another address": {{"sub": "anna"}, {"sub": "anna", "email": "boss@example.com"}},
	} {
		t.Run(name, func(t *testing.T) {
			var person identity.Person
			b := newBed(t, func(c *Config) {
				c.Agents = func(p identity.Person) []string {
					person = p
					return []string{"triage"}
				}
			})
			says := func(claims map[string]any) { b.provider.turn(func() { b.provider.about = claims }) }
			same := map[string]any{"sub": "anna", "email": "anna@example.com"} // the ID token says that it is verified
			says(same)
			got := b.tokens("anna")
			b.provider.change = func(answer map[string]any) { delete(answer, "id_token") }
			want := "anna@example.com"
			for _, claims := range append([]map[string]any{same}, steps...) {
				says(claims)
				got = b.post(tokenPath, refreshing(got.Refresh))
				require.Equal(t, http.StatusOK, got.status, got.Why)
				require.Equal(t, want, person.Email)
				want = ""
			}
		})
	}
}

// Entra ID says xms_edov in place of email_verified. Where its userinfo endpoint told it, the endpoint can take it back.
func TestRefreshTakesBackThatAnAddressIsVerified(t *testing.T) {
	const issuer = "https://login.microsoftonline.com/tenant/v2.0"
	address := map[string]any{"email": "anna@example.com"}
	verified := map[string]any{"email": "anna@example.com", "xms_edov": true}
	for _, c := range []struct {
		endpoint, signed, now map[string]any
		verified              string
	}{
		{verified, nil, verified, "anna@example.com"},
		{verified, nil, address, ""},
		{verified, nil, map[string]any{"email": "anna@example.com", "xms_edov": false}, ""},
		{address, map[string]any{"xms_edov": true}, address, "anna@example.com"},
	} {
		was := Given{Person: personOf(issuer, "1", merged(c.endpoint, c.signed)), Told: slices.Collect(maps.Keys(c.endpoint))}
		require.Equal(t, "anna@example.com", was.Person.Email)
		require.Equal(t, c.verified, was.now(issuer, maps.Clone(c.now)).Person.Email, c)
	}
}

// That an address was verified is said of the address of the same source.
func TestVerifiedOfAnotherAddress(t *testing.T) {
	for _, c := range []struct {
		endpoint, signed map[string]any
		verified         string
	}{
		{map[string]any{"email": "anna@example.com", "email_verified": true}, map[string]any{"email": "boss@example.com"}, ""},
		{map[string]any{"email": "anna@example.com", "xms_edov": true}, map[string]any{"email": "boss@example.com"}, ""},
		{map[string]any{"email": "Anna@example.com", "email_verified": true}, map[string]any{"email": "anna@example.com"}, "anna@example.com"},
		{map[string]any{"email": "anna@kite.example", "email_verified": true}, map[string]any{"email": "anna@\u212aite.example"}, ""}, // the Kelvin sign
		{map[string]any{"email": "anna@example.com"}, map[string]any{"email_verified": true}, "anna@example.com"},
		{map[string]any{"email_verified": true}, map[string]any{"email": "anna@example.com"}, "anna@example.com"},
		{map[string]any{"email": "boss@example.com"}, map[string]any{"email": "anna@example.com", "email_verified": true}, "anna@example.com"},
		{map[string]any{"email": []any{"anna@example.com"}, "email_verified": true}, map[string]any{"email": "boss@example.com"}, ""},
	} {
		person := personOf("https://login.microsoftonline.com/tenant/v2.0", "1", merged(c.endpoint, c.signed))
		require.Equal(t, c.verified, person.Email, c)
	}
}
