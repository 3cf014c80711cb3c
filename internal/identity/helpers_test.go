package identity

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/stretchr/testify/require"

	"dixa-mcp/internal/capability"
	"dixa-mcp/internal/test/double"
)

// begin is when the tests play.
var begin = time.Date(2027, 1, 10, 12, 0, 0, 0, time.UTC)

// keyOf is a key like those that are made, the same for the same name.
func keyOf(name string) string {
	return agentPrefix + (name + strings.Repeat("0", keyLength))[:keyLength]
}

func digestOf(key string) string {
	sum := sha256.Sum256([]byte(key))
	return hex.EncodeToString(sum[:])
}

// bed is an authenticator with a clock and rules that a test turns.
type bed struct {
	*Authenticator
	t     *testing.T
	rules atomic.Pointer[capability.Rules]
	clock atomic.Int64
	log   *double.Log
}

func newBed(t *testing.T, agents string, change ...func(*Options)) *bed {
	b := &bed{t: t, log: &double.Log{}}
	b.clock.Store(begin.UnixNano())
	b.reload(agents)
	o := Options{
		Rules: b.rules.Load,
		Now:   func() time.Time { return time.Unix(0, b.clock.Load()) },
		Log:   slog.New(slog.NewTextHandler(b.log, nil)),
	}
	for _, c := range change {
		c(&o)
	}
	b.Authenticator = New(o)
	t.Cleanup(b.Close)
	return b
}

// reload puts a file with these agents, and what stands before them, in force.
func (b *bed) reload(agents string) {
	r, err := capability.Parse("f", []byte("version: 1\n"+agents))
	require.NoError(b.t, err)
	b.rules.Store(r)
}

func (b *bed) pass(d time.Duration) { b.clock.Add(int64(d)) }

func request(credentials ...string) *http.Request {
	r := httptest.NewRequest(http.MethodPost, "https://mcp.example.com/mcp", nil)
	for _, c := range credentials {
		r.Header.Add("Authorization", "Bearer "+c)
	}
	return r
}

// refused asks and gives the answer of the refusal.
func (b *bed) refused(r *http.Request) *http.Response {
	b.t.Helper()
	p, err := b.Identify(r)
	require.Error(b.t, err)
	require.Zero(b.t, p)
	w := httptest.NewRecorder()
	b.Refuse(w, r, err)
	return w.Result()
}

// provider is an OpenID provider whose answers a test turns.
type provider struct {
	*httptest.Server
	t *testing.T

	mu     sync.Mutex
	keys   []jose.JSONWebKey
	answer map[string]http.HandlerFunc // in place of the usual ones, by path
	asked  map[string]int
}

func newProvider(t *testing.T) *provider {
	p := &provider{t: t, answer: map[string]http.HandlerFunc{}, asked: map[string]int{}}
	p.Server = httptest.NewServer(p)
	t.Cleanup(p.Server.Close)
	return p
}

func (p *provider) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.asked[r.URL.Path]++
	if other := p.answer[r.URL.Path]; other != nil {
		other(w, r)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	switch r.URL.Path {
	case "/.well-known/openid-configuration":
		fmt.Fprintf(w, `{"issuer":%q,"jwks_uri":"%s/keys","id_token_signing_alg_values_supported":["RS256","ES256"]}`, p.URL, p.URL)
	case "/keys":
		_ = json.NewEncoder(w).Encode(jose.JSONWebKeySet{Keys: p.keys})
	default:
		http.NotFound(w, r)
	}
}

const discovery = "/.well-known/openid-configuration"

// turn changes an answer; nil makes it the usual one again.
func (p *provider) turn(path string, answer http.HandlerFunc) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.answer[path] = answer
}

func (p *provider) times(path string) int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.asked[path]
}

// publish makes these the keys that the provider shows.
func (p *provider) publish(keys ...signer) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.keys = nil
	for _, k := range keys {
		p.keys = append(p.keys, jose.JSONWebKey{Key: k.Public(), KeyID: k.id, Use: "sig"})
	}
}

// signer is a key of a provider's.
type signer struct {
	crypto.Signer
	id  string
	alg jose.SignatureAlgorithm
}

func newSigner(t *testing.T, id string, alg jose.SignatureAlgorithm) signer {
	if alg == jose.ES256 {
		key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
		require.NoError(t, err)
		return signer{key, id, alg}
	}
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	require.NoError(t, err)
	return signer{key, id, alg}
}

// claims returns the claims of a token that authenticates as privacy; a test changes some.
func (p *provider) claims(changed map[string]any) map[string]any {
	all := map[string]any{"iss": p.URL, "aud": "dixa-mcp", "sub": "service-7", "iat": begin.Unix(), "exp": begin.Add(time.Hour).Unix(), "dixa_mcp_agent": "privacy-bot"}
	for k, v := range changed {
		if all[k] = v; v == nil {
			delete(all, k)
		}
	}
	return all
}

func (k signer) sign(t *testing.T, claims map[string]any) string {
	return sign(t, k.alg, jose.JSONWebKey{Key: k.Signer, KeyID: k.id}, claims)
}

func sign(t *testing.T, alg jose.SignatureAlgorithm, key any, claims map[string]any) string {
	return signAs(t, "JWT", alg, key, claims)
}

// signAs signs a token with a type in its header.
func signAs(t *testing.T, typ string, alg jose.SignatureAlgorithm, key any, claims map[string]any) string {
	options := &jose.SignerOptions{}
	if typ != "" {
		options.WithType(jose.ContentType(typ))
	}
	s, err := jose.NewSigner(jose.SigningKey{Algorithm: alg, Key: key}, options)
	require.NoError(t, err)
	body, err := json.Marshal(claims)
	require.NoError(t, err)
	signed, err := s.Sign(body)
	require.NoError(t, err)
	token, err := signed.CompactSerialize()
	require.NoError(t, err)
	return token
}
