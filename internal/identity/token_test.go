package identity

import (
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/stretchr/testify/require"
)

// withTokens are agents of whom two come with a provider's tokens.
func withTokens(p *provider) string {
	return `oidc: {issuer: "` + p.URL + `", audience: dixa-mcp}
agents:
  triage:
    access: {tags: read}
    keys: [{id: triage-1, sha256: ` + digestOf(keyOf("one")) + `}]
    oidc_claim: triage-bot
  privacy:
    access: {tags: read}
    oidc_claim: privacy-bot
`
}

func TestIdentifyByToken(t *testing.T) {
	p := newProvider(t)
	rsa, ec := newSigner(t, "rsa", jose.RS256), newSigner(t, "ec", jose.ES256)
	p.publish(rsa, ec)
	b := newBed(t, withTokens(p))
	stranger := newSigner(t, "rsa", jose.RS256)
	der, err := x509.MarshalPKIXPublicKey(rsa.Public())
	require.NoError(t, err)
	public := pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})
	with := func(changed map[string]any) string { return rsa.sign(t, p.claims(changed)) }
	after := func(d time.Duration) int64 { return begin.Add(d).Unix() }

	for _, c := range []struct {
		name, token string
		agent       string // "": refused
		status      int
		says        string
	}{
		{"RSA", with(nil), "privacy", 0, ""},
		{"EC", ec.sign(t, p.claims(nil)), "privacy", 0, ""},
		{"a list", with(map[string]any{"dixa_mcp_agent": []string{"staff", "triage-bot", "triage-bot"}}), "triage", 0, ""},
		{"one audience of several", with(map[string]any{"aud": []string{"other", "dixa-mcp"}}), "privacy", 0, ""},
		{"expired 30 s ago", with(map[string]any{"exp": after(-30 * time.Second)}), "privacy", 0, ""},
		{"of a clock that is 30 s ahead", with(map[string]any{"iat": after(30 * time.Second), "nbf": after(30 * time.Second)}), "privacy", 0, ""},
		{"without iat", with(map[string]any{"iat": nil}), "privacy", 0, ""},

		{"expired 90 s ago", with(map[string]any{"exp": after(-90 * time.Second)}), "", 401, "The token has expired."},
		{"for ever", with(map[string]any{"exp": nil}), "", 401, "it must have exp"},
		{"not before 90 s", with(map[string]any{"nbf": after(90 * time.Second)}), "", 401, "does not hold yet"},
		{"not before the end of time", with(map[string]any{"nbf": 1e300}), "", 401, "does not hold yet"},
		{"made in 90 s", with(map[string]any{"iat": after(90 * time.Second)}), "", 401, "does not hold yet"},
		{"no time", with(map[string]any{"nbf": "soon"}), "", 401, "The token"},
		{"another audience", with(map[string]any{"aud": "other"}), "", 401, "for the audience dixa-mcp"},
		{"no audience", with(map[string]any{"aud": nil}), "", 401, "for the audience dixa-mcp"},
		{"another issuer", with(map[string]any{"iss": "https://login.example.com"}), "", 401, "must be a JWT of " + p.URL},
		{"signed by a stranger with the id of a key", stranger.sign(t, p.claims(nil)), "", 401, "not signed with a key of " + p.URL},
		{"signed with the public key as a secret", sign(t, jose.HS256, public, p.claims(nil)), "", 401, "signed with a public key"},
		{"not signed", unsigned(t, p.claims(nil)), "", 401, "signed with a public key"},
		{"altered", altered(with(nil)), "", 401, "not signed with a key of " + p.URL},
		{"no JWT", "opaque-token", "", 401, "must be a JWT"},

		{"no claim", with(map[string]any{"dixa_mcp_agent": nil}), "", 403, "its claim dixa_mcp_agent names no agent here"},
		{"an unknown agent", with(map[string]any{"dixa_mcp_agent": "admin-bot"}), "", 403, "names no agent here"},
		{"the agent's name", with(map[string]any{"dixa_mcp_agent": "privacy"}), "", 403, "names no agent here"},
		{"a number", with(map[string]any{"dixa_mcp_agent": 7}), "", 403, "names no agent here"},
		{"an empty text", with(map[string]any{"dixa_mcp_agent": ""}), "", 403, "names no agent here"},
		{"an object", with(map[string]any{"dixa_mcp_agent": map[string]any{"privacy-bot": true}}), "", 403, "names no agent here"},
		{"two agents", with(map[string]any{"dixa_mcp_agent": []string{"privacy-bot", "triage-bot"}}), "", 403, "names more than one agent"},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := request(c.token)
			who, err := b.Identify(r)
			if c.agent != "" {
				require.NoError(t, err)
				require.Equal(t, c.agent, who.Agent)
				require.Equal(t, "oidc", who.Key)
				still, err := b.Again(who)
				require.NoError(t, err)
				require.Equal(t, who, still)
				return
			}
			require.Error(t, err)
			answer := b.refused(r)
			require.Equal(t, c.status, answer.StatusCode, err)
			code := map[int]string{401: "invalid_token", 403: "insufficient_scope"}[c.status]
			challenge := answer.Header.Get("WWW-Authenticate")
			require.Contains(t, challenge, `error="`+code+`"`)
			require.Contains(t, challenge, `resource_metadata="https://mcp.example.com/.well-known/oauth-protected-resource/mcp"`)
			require.Contains(t, challenge, c.says)
			for _, part := range strings.Split(c.token, ".") {
				require.True(t, part == "" || !strings.Contains(challenge+err.Error(), part), "a credential is never repeated")
			}
			require.NotContains(t, challenge+err.Error()+b.log.String(), "service-7", "nor who has it")
		})
	}
}

// unsigned is a token with the algorithm none.
func unsigned(t *testing.T, claims map[string]any) string {
	token := sign(t, jose.HS256, []byte(strings.Repeat("k", 32)), claims)
	return "eyJhbGciOiJub25lIn0." + strings.Split(token, ".")[1] + "."
}

// altered has a signature of another text.
func altered(token string) string {
	parts := strings.Split(token, ".")
	last := "A"
	if strings.HasSuffix(parts[1], last) {
		last = "Q"
	}
	return parts[0] + "." + parts[1][:len(parts[1])-1] + last + "." + parts[2]
}

func TestTokenExpires(t *testing.T) {
	p := newProvider(t)
	key := newSigner(t, "a", jose.ES256)
	p.publish(key)
	b := newBed(t, withTokens(p))
	who, err := b.Identify(request(key.sign(t, p.claims(nil))))
	require.NoError(t, err)
	require.Equal(t, begin.Add(time.Hour+skew), who.Expires.UTC(), "with what clocks may be apart")
	b.pass(time.Hour + skew - 1)
	_, err = b.Again(who)
	require.NoError(t, err)
	b.pass(1)
	_, err = b.Again(who)
	require.ErrorContains(t, err, "a token for privacy has expired")
}

// Other settings and other claims count at once.
func TestReloadOfOIDC(t *testing.T) {
	p, other := newProvider(t), newProvider(t)
	key := newSigner(t, "a", jose.ES256)
	p.publish(key)
	other.publish(key)
	b := newBed(t, withTokens(p))
	token := key.sign(t, p.claims(nil))
	list := key.sign(t, p.claims(map[string]any{"dixa_mcp_agent": []string{"privacy-bot", "later-bot"}}))
	who, err := b.Identify(request(token))
	require.NoError(t, err)
	two, err := b.Identify(request(list))
	require.NoError(t, err)
	for name, change := range map[string]struct{ old, new string }{
		"issuer":     {p.URL, other.URL},
		"audience":   {"audience: dixa-mcp", "audience: dixa"},
		"claim":      {"audience: dixa-mcp", "audience: dixa-mcp, agent_claim: sub"},
		"agent":      {"privacy-bot", "private-bot"},
		"exchanged":  {"privacy-bot", "triage-bot\n  c: {oidc_claim: privacy-bot}\n  d:\n    oidc_claim: d-bot"},
		"no tokens":  {"oidc: {issuer: \"" + p.URL + "\", audience: dixa-mcp}\n", ""},
		"ambiguous":  {"oidc_claim: triage-bot", "oidc_claim: later-bot"},
		"gone agent": {"  privacy:", "  private:"},
	} {
		t.Run(name, func(t *testing.T) {
			defer b.reload(withTokens(p))
			file := strings.Replace(withTokens(p), change.old, change.new, 1)
			switch name {
			case "no tokens":
				file = strings.NewReplacer("    oidc_claim: triage-bot\n", "", "    oidc_claim: privacy-bot\n", "").Replace(file)
			case "exchanged":
				file = strings.Replace(file, "    oidc_claim: triage-bot\n", "", 1)
			}
			b.reload(file)
			asked := two
			if name != "ambiguous" {
				asked = who
			}
			_, err := b.Again(asked)
			require.Error(t, err)
			_, err = b.Identify(request(map[bool]string{true: list, false: token}[name == "ambiguous"]))
			if name == "exchanged" || name == "gone agent" {
				require.NoError(t, err, "it is another agent now")
				return
			}
			require.Error(t, err)
		})
	}
	_, err = b.Again(who)
	require.NoError(t, err)
	b.reload(strings.Replace(withTokens(p), p.URL, other.URL, 1))
	_, err = b.Identify(request(key.sign(t, other.claims(nil))))
	require.NoError(t, err)
}

func TestMetadata(t *testing.T) {
	p := newProvider(t)
	b := newBed(t, withTokens(p), func(o *Options) {
		o.Resource = func(*http.Request) string { return "https://mcp.example.com/dixa/mcp" }
	})
	get := func(method string) *httptest.ResponseRecorder {
		w := httptest.NewRecorder()
		b.Metadata().ServeHTTP(w, httptest.NewRequest(method, MetadataPath, nil))
		return w
	}
	w := get(http.MethodGet)
	require.Equal(t, http.StatusOK, w.Code)
	require.Equal(t, "*", w.Header().Get("Access-Control-Allow-Origin"))
	require.JSONEq(t, fmt.Sprintf(`{"resource":"https://mcp.example.com/dixa/mcp","resource_name":"dixa-mcp","authorization_servers":[%q],"bearer_methods_supported":["header"]}`, p.URL), w.Body.String())
	require.Contains(t, b.refused(request()).Header.Get("WWW-Authenticate"), `resource_metadata="https://mcp.example.com/.well-known/oauth-protected-resource/dixa/mcp"`)

	w = get(http.MethodOptions)
	require.Equal(t, http.StatusNoContent, w.Code)
	require.Equal(t, "*", w.Header().Get("Access-Control-Allow-Headers"))
	require.Equal(t, http.StatusMethodNotAllowed, get(http.MethodPost).Code)
	require.Zero(t, p.times(discovery), "nothing is asked of the issuer")

	b.reload(twoAgents)
	require.Equal(t, http.StatusNotFound, get(http.MethodGet).Code)
	require.Equal(t, "Bearer", b.refused(request()).Header.Get("WWW-Authenticate"))
}
