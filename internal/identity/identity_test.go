package identity

import (
	"crypto/sha256"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

var twoAgents = `
agents:
  triage:
    access: {tags: read}
    keys:
      - {id: triage-1, sha256: ` + digestOf(keyOf("one")) + `, expires: 2027-02-01}
      - {id: triage-2, sha256: ` + digestOf(keyOf("two")) + `}
  support:
    access: {tags: read}
    keys: [{id: support-old, sha256: ` + digestOf(keyOf("old")) + `, expires: 2027-01-01}]
`

func TestIdentifyByKey(t *testing.T) {
	b := newBed(t, twoAgents)
	p, err := b.Identify(request(keyOf("one")))
	require.NoError(t, err)
	require.Equal(t, "triage", p.Agent)
	require.Equal(t, "triage-1", p.Key)
	require.Equal(t, time.Date(2027, 2, 1, 0, 0, 0, 0, time.UTC), p.Expires)

	p, err = b.Identify(request(keyOf("two")))
	require.NoError(t, err)
	require.Equal(t, "triage-2", p.Key)
	require.Zero(t, p.Expires)
}

func TestRefusals(t *testing.T) {
	const keyText = "The key is invalid: it is unknown, was removed or has expired. Ask the server's operator for a new one."
	var failed []int
	b := newBed(t, twoAgents, func(o *Options) { o.Failed = func(status int) { failed = append(failed, status) } })
	header := func(values ...string) func(*http.Request) {
		return func(r *http.Request) { r.Header["Authorization"] = values }
	}
	query := func(q string) func(*http.Request) {
		return func(r *http.Request) {
			header("Bearer " + keyOf("one"))(r)
			r.URL.RawQuery = q
		}
	}
	for _, c := range []struct {
		name     string
		with     func(*http.Request)
		status   int
		code     string
		says, in string // the answer, and the operator's log
	}{
		{"nothing", header(), 401, "", "in the header Authorization: Bearer", "no Authorization header"},
		{"an empty header", header(""), 401, "", "must be the word Bearer, a space and one credential", ""},
		{"the scheme alone", header("Bearer"), 401, "", "must be the word Bearer", ""},
		{"the scheme and a space", header("Bearer "), 401, "", "must be the word Bearer", ""},
		{"another scheme", header("Basic " + keyOf("one")), 401, "", "must be the word Bearer", ""},
		{"no scheme", header(keyOf("one")), 401, "", "must be the word Bearer", ""},
		{"quotation marks", header(`Bearer "` + keyOf("one") + `"`), 401, "", "without quotation marks", ""},
		{"two in a header", header("Bearer " + keyOf("one") + ", Bearer " + keyOf("two")), 401, "", "one credential", ""},
		{"two words", header("Bearer " + keyOf("one") + " " + keyOf("two")), 401, "", "one credential", ""},
		{"too long", header("Bearer " + strings.Repeat("a", 16<<10+1)), 401, "", "one credential", ""},
		{"two headers", header("Bearer "+keyOf("one"), "Bearer "+keyOf("one")), 400, "invalid_request", "more than one Authorization header", ""},
		{"an unknown key", header("Bearer " + keyOf("other")), 401, "invalid_token", keyText, "the capability file does not have the key"},
		{"an expired key", header("Bearer " + keyOf("old")), 401, "invalid_token", keyText, "the key support-old of support has expired"},
		{"half a key", header("Bearer " + keyOf("one")[:40]), 401, "invalid_token", "The key is not whole", ""},
		{"a key and more", header("Bearer " + keyOf("one") + "0"), 401, "invalid_token", "The key is not whole", ""},
		{"odd characters", header("Bearer " + strings.Replace(keyOf("one"), "one", "o.e", 1)), 401, "invalid_token", "The key is not whole", ""},
		{"an approver's key", header("Bearer dixa-mcp-approver-" + strings.Repeat("0", keyLength)), 401, "invalid_token", "not one of an agent's", ""},
		{"a token where none count", header("Bearer eyJhbGciOiJSUzI1NiJ9.e30.c2ln"), 401, "invalid_token", "Tokens of an OpenID provider are not accepted here", ""},
		{"a token in the address", query("access_token=eyJhbGciOiJSUzI1NiJ9.e30.c2ln"), 400, "invalid_request", "The address of the request holds a credential", ""},
		{"a key in the address", query("session=1&k=" + keyOf("two")), 400, "invalid_request", "The address of the request holds a credential", ""},
		{"a hidden key in the address", query("k=" + strings.Replace(keyOf("two"), "d", "%64", 1)), 400, "invalid_request", "The address of the request holds a credential", ""},
		{"a key in half an address", query("%zz;" + keyOf("two")), 400, "invalid_request", "The address of the request holds a credential", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := request()
			c.with(r)
			_, err := b.Identify(r)
			var refused *Refused
			require.ErrorAs(t, err, &refused)
			require.Contains(t, err.Error(), c.in)
			failed = nil
			answer := b.refused(r)
			body, err := io.ReadAll(answer.Body)
			require.NoError(t, err)
			var said struct {
				Error       string `json:"error"`
				Description string `json:"error_description"`
			}
			require.NoError(t, json.Unmarshal(body, &said))
			require.Equal(t, c.status, answer.StatusCode)
			require.Equal(t, []int{c.status}, failed, "each failure is counted once")
			require.Contains(t, said.Description, c.says)
			require.Contains(t, said.Description, "Nothing was sent to Dixa.")
			require.Equal(t, "application/json", answer.Header.Get("Content-Type"))
			require.Equal(t, "no-store", answer.Header.Get("Cache-Control"))
			challenge := answer.Header.Get("WWW-Authenticate")
			if c.code == "" {
				require.Equal(t, "Bearer", challenge)
				require.Equal(t, "unauthorized", said.Error)
			} else {
				require.True(t, strings.HasPrefix(challenge, `Bearer error="`+c.code+`", error_description="`), challenge)
				require.Equal(t, c.code, said.Error)
			}
			for _, text := range []string{refused.Error(), string(body), challenge} {
				require.NotContains(t, text, "0000", "a credential is never repeated")
				require.NotContains(t, text, "eyJ")
			}
			require.NotContains(t, string(body)+challenge, "support", "nothing is told about other agents")
		})
	}
}

// Only the header counts, whatever else a client says about itself.
func TestNothingElseIsBelieved(t *testing.T) {
	b := newBed(t, twoAgents)
	r := httptest.NewRequest(http.MethodPost, "https://support@mcp.example.com/mcp", strings.NewReader(`{"agent":"support"}`))
	for _, name := range []string{"X-Api-Key", "Proxy-Authorization", "X-Agent", "X-Forwarded-User", "X-Authorization"} {
		r.Header.Set(name, "Bearer "+keyOf("one"))
	}
	r.AddCookie(&http.Cookie{Name: "Authorization", Value: keyOf("one")})
	require.Equal(t, http.StatusUnauthorized, b.refused(r).StatusCode)
	r.Header.Set("Authorization", "bearer  "+keyOf("two"))
	p, err := b.Identify(r)
	require.NoError(t, err, "the scheme has no case")
	require.Equal(t, "triage", p.Agent)
}

// A key that is removed from the file, or given to another agent, is invalid from the next request on, and for what is open.
func TestReloadOfKeys(t *testing.T) {
	b := newBed(t, twoAgents)
	p, err := b.Identify(request(keyOf("two")))
	require.NoError(t, err)
	still, err := b.Again(p)
	require.NoError(t, err)
	require.Equal(t, p, still)

	b.reload(strings.Replace(twoAgents, digestOf(keyOf("two"))+"}", digestOf(keyOf("two"))+", expires: 2027-01-11}", 1))
	still, err = b.Again(p)
	require.NoError(t, err)
	require.Equal(t, begin.Add(12*time.Hour), still.Expires.UTC(), "until when is asked again, too")
	b.pass(12 * time.Hour)
	_, err = b.Again(still)
	require.ErrorContains(t, err, "the key triage-2 of triage has expired")

	b.reload(strings.Replace(twoAgents, digestOf(keyOf("two")), digestOf(keyOf("three")), 1))
	_, err = b.Again(p)
	require.ErrorContains(t, err, "the capability file does not have the key")
	require.Equal(t, http.StatusUnauthorized, b.refused(request(keyOf("two"))).StatusCode)

	b.reload("agents:\n  triage: {}\n  support: {keys: [{id: support-2, sha256: " + digestOf(keyOf("two")) + "}]}\n")
	_, err = b.Again(p)
	require.ErrorContains(t, err, "the credential of triage is now that of support")
	_, err = b.Again(Principal{Agent: "triage"})
	require.Error(t, err, "no principal was authenticated")
}

func TestExtraKeys(t *testing.T) {
	extra := map[[sha256.Size]byte]Principal{
		sha256.Sum256([]byte(keyOf("demo"))): {Agent: "support", Key: "demo-support", Expires: begin.Add(time.Hour)},
		sha256.Sum256([]byte(keyOf("gone"))): {Agent: "gone", Key: "demo-gone"},
	}
	b := newBed(t, twoAgents, func(o *Options) { o.Extra = extra })
	p, err := b.Identify(request(keyOf("demo")))
	require.NoError(t, err)
	require.Equal(t, "support", p.Agent)
	require.Equal(t, "demo-support", p.Key)
	_, err = b.Identify(request(keyOf("gone")))
	require.Error(t, err, "the file has no such agent")
	b.pass(time.Hour)
	_, err = b.Again(p)
	require.Error(t, err)
	require.Equal(t, http.StatusUnauthorized, b.refused(request(keyOf("demo"))).StatusCode)
}

// What is no refusal of ours says nothing about the credential.
func TestRefuseOtherErrors(t *testing.T) {
	b := newBed(t, twoAgents)
	w := httptest.NewRecorder()
	b.Refuse(w, request(), errors.New("dial tcp 10.0.0.7: secret"))
	require.Equal(t, http.StatusServiceUnavailable, w.Code)
	require.Empty(t, w.Header().Get("WWW-Authenticate"))
	require.NotContains(t, w.Body.String(), "secret")
}
