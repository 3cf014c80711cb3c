package signin

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"

	"github.com/go-jose/go-jose/v4"
	"github.com/stretchr/testify/require"

	"dixa-mcp/internal/base/shelf"
	"dixa-mcp/internal/identity"
	"dixa-mcp/internal/test/clock"
	"dixa-mcp/internal/test/double"
)

const (
	issuer       = "http://127.0.0.1:8080"
	documentID   = "https://client.example.com/oauth.json"
	documentBack = "https://client.example.com/callback"
	verifier     = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
	challenge    = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
)

// bed is a server with a provider, a client's document and a clock that a test turns.
type bed struct {
	*Server
	t        *testing.T
	clock    *clock.Clock
	provider *fakeProvider
	log      *double.Log

	mu        sync.Mutex
	agents    map[string][]string         // by subject
	documents map[string]http.HandlerFunc // by address
	asked     map[string]int
}

func newBed(t *testing.T, change ...func(*Config)) *bed {
	b := &bed{t: t, clock: &clock.Clock{}, log: &double.Log{}, agents: map[string][]string{"anna": {"triage", "reply"}}, documents: map[string]http.HandlerFunc{}, asked: map[string]int{}}
	b.provider = newFakeProvider(t, b.clock)
	b.documents[documentID] = serveClient(documentID, documentBack)
	c := Config{
		Issuer:   issuer,
		Provider: Provider{Issuer: b.provider.URL, ClientID: "dixa", ClientSecret: "PLANTED-secret", Transport: b.provider},
		Agents: func(p identity.Person) []string {
			b.mu.Lock()
			defer b.mu.Unlock()
			return b.agents[p.Subject]
		},
		Describe:  func(agent string) []string { return []string{"read conversations as " + agent} },
		Sessions:  NewSessions(&shelf.Memory{Now: b.clock.Now, Most: MostOfOwner}, []byte("secret"), b.clock.Now),
		Secret:    []byte("secret"),
		Now:       b.clock.Now,
		Log:       slog.New(slog.NewTextHandler(b.log, nil)),
		Documents: double.Transport(b.serveDocument),
	}
	for _, f := range change {
		f(&c)
	}
	var err error
	b.Server, err = New(c)
	require.NoError(t, err)
	t.Cleanup(b.Server.Close)
	return b
}

// serveClient answers with the metadata of a client.
func serveClient(id string, redirects ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(map[string]any{"client_id": id, "client_name": "Claude", "redirect_uris": redirects, "token_endpoint_auth_method": "none"})
	}
}

func (b *bed) serveDocument(r *http.Request) (*http.Response, error) {
	b.mu.Lock()
	b.asked[r.URL.String()]++
	answer := b.documents[r.URL.String()]
	b.mu.Unlock()
	if answer == nil {
		answer = http.NotFound
	}
	w := httptest.NewRecorder()
	answer(w, r)
	got := w.Result()
	got.Request = r
	return got, nil
}

func (b *bed) allow(subject string, agents ...string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.agents[subject] = agents
}

// browser is a person's browser. It does not follow redirects by itself.
type browser struct {
	b   *bed
	jar http.CookieJar
}

func (b *bed) browser() *browser {
	jar, err := cookiejar.New(nil)
	require.NoError(b.t, err)
	return &browser{b, jar}
}

// page is an answer that a browser got.
type page struct {
	*http.Response
	text string
}

func (br *browser) do(method, address string, form url.Values, headers ...string) page {
	br.b.t.Helper()
	var body io.Reader
	if form != nil {
		body = strings.NewReader(form.Encode())
	}
	r := httptest.NewRequest(method, address, body)
	if form != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	for _, c := range br.jar.Cookies(r.URL) {
		r.AddCookie(c)
	}
	w := httptest.NewRecorder()
	br.b.ServeHTTP(w, r)
	br.jar.SetCookies(r.URL, w.Result().Cookies())
	return page{w.Result(), w.Body.String()}
}

func (br *browser) get(address string) page { return br.do(http.MethodGet, address, nil) }

// at returns the parameters of a redirect.
func (p page) at(t *testing.T, where string) url.Values {
	t.Helper()
	location := p.Header.Get("Location")
	require.True(t, strings.HasPrefix(location, where), "%d %s\n%s", p.StatusCode, location, p.text)
	u, err := url.Parse(location)
	require.NoError(t, err)
	return u.Query()
}

// asks are the parameters of a client's request.
func asks(changed ...string) url.Values {
	q := url.Values{"client_id": {documentID}, "redirect_uri": {documentBack}, "response_type": {"code"}, "state": {"client state"},
		"code_challenge": {challenge}, "code_challenge_method": {"S256"}, "resource": {issuer + "/mcp/triage"}, "scope": {"mcp"}}
	for i := 0; i < len(changed); i += 2 {
		q.Set(changed[i], changed[i+1])
		if changed[i+1] == "" {
			q.Del(changed[i])
		}
	}
	return q
}

func authorizeAt(q url.Values) string { return issuer + authorizePath + "?" + q.Encode() }

// signIn goes to the provider and back, and returns the answer of the callback.
func (br *browser) signIn(subject string, q url.Values) page {
	br.b.t.Helper()
	to := br.get(authorizeAt(q)).at(br.b.t, br.b.provider.URL+"/authorize")
	return br.get(issuer + callbackPath + "?" + br.b.provider.signIn(subject, to).Encode())
}

// consent signs in and answers the consent page, and returns the answer that goes to the client.
func (br *browser) consent(subject, answer string, q url.Values) page {
	br.b.t.Helper()
	back := br.signIn(subject, q)
	if strings.HasPrefix(back.Header.Get("Location"), q.Get("redirect_uri")) {
		return back // the consent was remembered
	}
	asked := back.at(br.b.t, issuer+consentPath)
	shown := br.get(issuer + consentPath + "?" + asked.Encode())
	require.Equal(br.b.t, http.StatusOK, shown.StatusCode)
	return br.do(http.MethodPost, issuer+consentPath, url.Values{"state": asked["state"], "answer": {answer}}, "Origin", issuer)
}

// code returns the code that a client got.
func (br *browser) code(subject string, q url.Values) string {
	br.b.t.Helper()
	answer := br.consent(subject, "allow", q).at(br.b.t, q.Get("redirect_uri"))
	require.Equal(br.b.t, issuer, answer.Get("iss"))
	require.Equal(br.b.t, q.Get("state"), answer.Get("state"))
	return answer.Get("code")
}

// token is an answer of the token endpoint.
type token struct {
	status  int
	Access  string `json:"access_token"`
	Refresh string `json:"refresh_token"`
	Type    string `json:"token_type"`
	Expires int    `json:"expires_in"`
	Error   string `json:"error"`
	Why     string `json:"error_description"`
}

func (b *bed) post(path string, form url.Values, headers ...string) token {
	b.t.Helper()
	p := b.browser().do(http.MethodPost, issuer+path, form, headers...)
	answer := token{status: p.StatusCode}
	require.NoError(b.t, json.Unmarshal([]byte(p.text), &answer), p.text)
	return answer
}

func exchange(code string, changed ...string) url.Values {
	form := url.Values{"grant_type": {"authorization_code"}, "code": {code}, "client_id": {documentID}, "redirect_uri": {documentBack},
		"code_verifier": {verifier}, "resource": {issuer + "/mcp/triage"}}
	for i := 0; i < len(changed); i += 2 {
		form.Set(changed[i], changed[i+1])
		if changed[i+1] == "" {
			form.Del(changed[i])
		}
	}
	return form
}

func refreshing(refresh string) url.Values {
	return url.Values{"grant_type": {"refresh_token"}, "refresh_token": {refresh}, "client_id": {documentID}}
}

// tokens signs a person in.
func (b *bed) tokens(subject string) token {
	b.t.Helper()
	got := b.post(tokenPath, exchange(b.browser().code(subject, asks())))
	require.Equal(b.t, http.StatusOK, got.status, got.Why)
	return got
}

// valid reports whether an access token is valid.
func (b *bed) valid(access string) bool {
	b.t.Helper()
	id, digest, ok := identity.ParseAccess(access)
	require.True(b.t, ok)
	_, ok, err := b.SignedIn(context.Background(), id, digest)
	require.NoError(b.t, err)
	return ok
}

// fakeProvider is an OpenID provider whose answers a test turns.
type fakeProvider struct {
	URL   string
	t     *testing.T
	clock *clock.Clock
	key   *ecdsa.PrivateKey

	mu      sync.Mutex
	codes   map[string]url.Values // what was asked, with the subject, by code
	refresh map[string]string     // subjects by refresh token
	claims  map[string]any        // added to ID tokens; nil: left out
	about   map[string]any        // what its userinfo endpoint says; nil: it has none
	change  func(answer map[string]any)
	iss     bool // it says that it names itself in its answers
	lax     bool // it does not check PKCE
	down    bool
	slow    string // path of the requests that it does not answer
}

func newFakeProvider(t *testing.T, c *clock.Clock) *fakeProvider {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	return &fakeProvider{URL: "https://login.example.com", t: t, clock: c, key: key, codes: map[string]url.Values{}, refresh: map[string]string{}}
}

// RoundTrip implements [http.RoundTripper].
func (p *fakeProvider) RoundTrip(r *http.Request) (*http.Response, error) {
	p.mu.Lock()
	slow := r.URL.Path == p.slow
	p.mu.Unlock()
	if slow {
		<-r.Context().Done()
		return nil, r.Context().Err()
	}
	w := httptest.NewRecorder()
	p.ServeHTTP(w, r)
	got := w.Result()
	got.Request = r
	return got, nil
}

// signIn signs a person in as a browser would have it, and returns the parameters of the answer.
func (p *fakeProvider) signIn(subject string, asked url.Values) url.Values {
	p.mu.Lock()
	defer p.mu.Unlock()
	code := rand.Text()
	asked.Set("subject", subject)
	p.codes[code] = asked
	return url.Values{"code": {code}, "state": asked["state"]}
}

// turn changes the provider.
func (p *fakeProvider) turn(f func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	f()
}

func (p *fakeProvider) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.down {
		http.Error(w, "PLANTED", http.StatusBadGateway)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	switch r.URL.Path {
	case "/.well-known/openid-configuration":
		fmt.Fprintf(w, `{"issuer":%q,"authorization_endpoint":"%[1]s/authorize","token_endpoint":"%[1]s/token","jwks_uri":"%[1]s/keys","scopes_supported":["openid","offline_access"],"id_token_signing_alg_values_supported":["ES256"],"authorization_response_iss_parameter_supported":%t%s}`, p.URL, p.iss, p.userinfo())
	case "/userinfo":
		_ = json.NewEncoder(w).Encode(p.about)
	case "/keys":
		_ = json.NewEncoder(w).Encode(jose.JSONWebKeySet{Keys: []jose.JSONWebKey{{Key: p.key.Public(), KeyID: "1", Use: "sig", Algorithm: "ES256"}}})
	case "/token":
		p.token(w, r)
	}
}

// userinfo names the userinfo endpoint in the provider's metadata.
func (p *fakeProvider) userinfo() string {
	if p.about == nil {
		return ""
	}
	return fmt.Sprintf(`,"userinfo_endpoint":"%s/userinfo"`, p.URL)
}

func (p *fakeProvider) token(w http.ResponseWriter, r *http.Request) {
	id, secret, _ := r.BasicAuth()
	if id == "" {
		id, secret = r.PostFormValue("client_id"), r.PostFormValue("client_secret")
	}
	subject, nonce := "", ""
	switch r.PostFormValue("grant_type") {
	case "authorization_code":
		asked := p.codes[r.PostFormValue("code")]
		delete(p.codes, r.PostFormValue("code"))
		if p.lax || hashOf(r.PostFormValue("code_verifier")).String() == asked.Get("code_challenge") {
			subject, nonce = asked.Get("subject"), asked.Get("nonce")
		}
	case "refresh_token":
		subject = p.refresh[r.PostFormValue("refresh_token")]
		delete(p.refresh, r.PostFormValue("refresh_token"))
	}
	if subject == "" || id != "dixa" || secret != "PLANTED-secret" {
		w.WriteHeader(http.StatusBadRequest)
		fmt.Fprint(w, `{"error":"invalid_grant","error_description":"PLANTED"}`)
		return
	}
	now := p.clock.Now()
	claims := map[string]any{"iss": p.URL, "aud": "dixa", "sub": subject, "iat": now.Unix(), "exp": now.Unix() + 300, "nonce": nonce,
		"email": subject + "@example.com", "email_verified": true, "name": "Anna Holm", "groups": []string{"support"}}
	for name, value := range p.claims {
		if claims[name] = value; value == nil {
			delete(claims, name)
		}
	}
	refresh := rand.Text()
	p.refresh[refresh] = subject
	answer := map[string]any{"access_token": "PLANTED-access", "token_type": "Bearer", "refresh_token": refresh, "id_token": p.sign(claims)}
	if p.change != nil {
		p.change(answer)
	}
	_ = json.NewEncoder(w).Encode(answer)
}

func (p *fakeProvider) sign(claims map[string]any) string {
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.ES256, Key: jose.JSONWebKey{Key: p.key, KeyID: "1"}}, nil)
	require.NoError(p.t, err)
	body, err := json.Marshal(claims)
	require.NoError(p.t, err)
	signed, err := signer.Sign(body)
	require.NoError(p.t, err)
	text, err := signed.CompactSerialize()
	require.NoError(p.t, err)
	return text
}
