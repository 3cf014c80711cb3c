package identity

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/stretchr/testify/require"

	"dixa-mcp/internal/test/double"
)

// An issuer may have its keys on another host, as some have, if that is reached by https as well. Neither may take long.
func TestIssuerOverHTTPS(t *testing.T) {
	key := newSigner(t, "1", jose.ES256)
	keys := newProvider(t)
	keys.publish(key)
	keysTLS := httptest.NewTLSServer(keys)
	defer keysTLS.Close()
	p := &provider{t: t}
	p.Server = httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		fmt.Fprintf(w, `{"issuer":%q,"jwks_uri":"%s/keys"}`, p.URL, keysTLS.URL)
	}))
	defer p.Close()
	b := newBed(t, withTokens(p), func(o *Options) {
		o.Transport = double.Transport(func(r *http.Request) (*http.Response, error) {
			until, ok := r.Context().Deadline()
			require.True(t, ok)
			require.LessOrEqual(t, time.Until(until), issuerTimeout)
			require.Empty(t, r.Header.Get("Authorization"))
			return keysTLS.Client().Transport.RoundTrip(r)
		})
	})
	who, err := b.Identify(request(key.sign(t, p.claims(nil))))
	require.NoError(t, err)
	require.Equal(t, "privacy", who.Agent)
}

func TestRedirects(t *testing.T) {
	for to, ok := range map[string]bool{
		"https://login.example.com/v2/keys":      true,
		"http://login.example.com/keys":          false,
		"https://login.example.com:8443/keys":    false,
		"https://login.example.com.evil/keys":    false,
		"https://evil.example/login.example.com": false,
	} {
		target, err := url.Parse(to)
		require.NoError(t, err)
		from := httptest.NewRequest(http.MethodGet, "https://login.example.com/keys", nil)
		require.Equal(t, ok, sameHost(&http.Request{URL: target}, []*http.Request{from}) == nil, to)
	}
}

func FuzzPublicKeys(f *testing.F) {
	for _, seed := range []string{"", "{}", `{"keys":[]}`, `{"keys":[{"kty":"oct","k":"c2VjcmV0"}]}`, `{"keys":[{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]}`,
		`{"keys":[{"kty":"EC","crv":"P-256","x":"","y":""},{"kty":"RSA","n":"AQ","e":"AQAB","use":"enc"}]}`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, set []byte) {
		keys, err := publicKeys(set)
		require.Equal(t, err == nil, keys != nil)
		if err == nil {
			require.NotEmpty(t, keys.PublicKeys)
		}
	})
}
