package identity

import (
	"crypto/rand"
	"crypto/rsa"
	"net/http/httptest"
	"testing"

	"github.com/go-jose/go-jose/v4"
	"github.com/stretchr/testify/require"
)

// Issuers sign more than tokens that say who somebody is. Only those are accepted.
func TestTypesOfTokens(t *testing.T) {
	p := newProvider(t)
	key := newSigner(t, "rsa", jose.RS256)
	p.publish(key)
	b := newBed(t, withTokens(p))
	for typ, good := range map[string]bool{
		"": true, "JWT": true, "jwt": true, "at+jwt": true, "application/at+jwt": true,
		"logout+jwt": false, "secevent+jwt": false, "dpop+jwt": false, "oauth-authz-req+jwt": false, "token-introspection+jwt": false,
		"application/logout+jwt": false, "LOGOUT+JWT": false, "JWE": false, "JOSE": false, "at+jwt ": false,
	} {
		r := httptest.NewRequest("POST", "/mcp", nil)
		r.Header.Set("Authorization", "Bearer "+signAs(t, typ, key.alg, jose.JSONWebKey{Key: key.Signer, KeyID: key.id}, p.claims(nil)))
		who, err := b.Identify(r)
		if good {
			require.NoError(t, err, typ)
			require.Equal(t, "privacy", who.Agent)
			continue
		}
		require.ErrorContains(t, err, "the token has the type", typ)
	}
}

// RSA keys of fewer than 2048 bits verify nothing.
func TestSmallRSAKeys(t *testing.T) {
	t.Setenv("GODEBUG", "rsa1024min=0")
	p := newProvider(t)
	good := newSigner(t, "good", jose.RS256)
	for _, bits := range []int{1024, 1536, 2047} {
		small, err := rsa.GenerateKey(rand.Reader, bits)
		require.NoError(t, err)
		weak := signer{small, "weak", jose.RS256}
		p.publish(good, weak)
		b := newBed(t, withTokens(p))
		for token, ok := range map[string]bool{good.sign(t, p.claims(nil)): true, weak.sign(t, p.claims(nil)): false} {
			r := httptest.NewRequest("POST", "/mcp", nil)
			r.Header.Set("Authorization", "Bearer "+token)
			_, err := b.Identify(r)
			require.Equal(t, ok, err == nil, "%d bits: %v", bits, err)
		}
	}
}
