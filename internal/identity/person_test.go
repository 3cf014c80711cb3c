package identity

import (
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/stretchr/testify/require"
)

// withPeople are agents that people use, beside one of a program.
func withPeople(p *provider) string {
	return `oidc: {issuer: "` + p.URL + `", audience: dixa-mcp}
people:
  - {groups: [leads], agents: [lead, support]}
  - {email_domain: [example.com], agents: [support]}
agents:
  lead: {access: {tags: read}}
  support:
    access: {tags: read}
    keys: [{id: support-1, sha256: ` + digestOf(keyOf("one")) + `}]
  privacy: {access: {tags: read}, oidc_claim: privacy-bot}
`
}

func TestPersonOf(t *testing.T) {
	type c = map[string]any
	for _, x := range []struct {
		claims c
		email  string
	}{
		{c{"email": "anna@example.com", "email_verified": true}, "anna@example.com"},
		{c{"email": "anna@example.com", "email_verified": "true"}, "anna@example.com"},
		{c{"email": "anna@example.com"}, ""},
		{c{"email": "anna@example.com", "email_verified": false}, ""},
		{c{"email": "anna@example.com", "email_verified": "false"}, ""},
		{c{"email": "anna@example.com", "email_verified": "True"}, ""},
		{c{"email": "anna@example.com", "email_verified": 1.0}, ""},
		{c{"email": "anna@example.com", "email_verified": []any{true}}, ""},
		{c{"email": []any{"anna@example.com"}, "email_verified": true}, ""},
		{c{"email": "anna@example.com\n", "email_verified": true}, ""},
		{c{"email": "a@b@example.com", "email_verified": true}, ""},
		{c{"preferred_username": "anna@example.com", "upn": "anna@example.com", "email_verified": true}, ""},
	} {
		x.claims["sub"], x.claims["groups"], x.claims["name"] = "7", []any{"a", 3.0, "b"}, "Anna\u202e\nHolm"
		p := PersonOf("https://login.example.com", x.claims)
		require.Equal(t, x.email, p.Email, "%v", x.claims)
		require.Equal(t, []string{"a", "b"}, p.Groups)
		require.Equal(t, "7", p.Subject)
		require.NotContains(t, p.Name, "\n")
		require.NotContains(t, p.Name, "\u202e")
	}
	require.Empty(t, PersonOf("i", c{"sub": 7}).Subject)
}

// A person gets an agent that people gives, the one that the address names or the first.
func TestIdentifyPerson(t *testing.T) {
	p := newProvider(t)
	key := newSigner(t, "rsa", jose.RS256)
	p.publish(key)
	b := newBed(t, withPeople(p))
	type c = map[string]any
	anna := c{"email": "anna@example.com", "email_verified": true}
	for _, x := range []struct {
		name   string
		claims c
		path   string
		agent  string // "": refused
		status int
		says   string
	}{
		{"the first", c{"groups": []string{"leads"}}, "", "lead", 0, ""},
		{"the chosen one", c{"groups": []string{"leads"}}, "support", "support", 0, ""},
		{"by address", anna, "", "support", 0, ""},
		{"an agent of others", anna, "lead", "", 403, "You may not use the agent that this address names. Yours are: support."},
		{"an agent that does not exist", anna, "nobody", "", 403, "You may not use the agent that this address names. Yours are: support."},
		{"an agent of a program", anna, "privacy", "", 403, "Yours are: support."},
		{"an address that is not verified", c{"email": "anna@example.com"}, "", "", 403, "the provider verified no e-mail address"},
		{"nobody", c{"groups": []string{"sales"}, "email": "x@other.example", "email_verified": true}, "", "", 403, "gave no agent to whom it belongs: ask"},
		{"no sub", c{"groups": []string{"leads"}, "sub": nil}, "", "", 401, "it must have sub"},
		{"a program", c{"dixa_mcp_agent": "privacy-bot", "groups": []string{"leads"}}, "", "privacy", 0, ""},
		{"a program at another address", c{"dixa_mcp_agent": "privacy-bot", "groups": []string{"leads"}}, "lead", "", 403, "this address is that of another one"},
	} {
		all := p.claims(map[string]any{"dixa_mcp_agent": nil})
		for k, v := range x.claims {
			if all[k] = v; v == nil {
				delete(all, k)
			}
		}
		r := request(key.sign(t, all))
		r.SetPathValue(AgentPath, x.path)
		who, err := b.Identify(r)
		if x.agent == "" {
			require.Error(t, err, x.name)
			w := httptest.NewRecorder()
			b.Refuse(w, r, err)
			require.Equal(t, x.status, w.Code, x.name)
			require.Contains(t, w.Body.String(), x.says, x.name)
			continue
		}
		require.NoError(t, err, x.name)
		require.Equal(t, x.agent, who.Agent, x.name)
		require.Equal(t, x.claims["dixa_mcp_agent"] == nil, who.Person != nil, x.name)
		if who.Person != nil {
			require.Equal(t, "service-7", who.Person.Subject)
		}
	}
	for path, ok := range map[string]bool{"": true, "support": true, "lead": false} {
		r := request(keyOf("one"))
		r.SetPathValue(AgentPath, path)
		who, err := b.Identify(r)
		require.Equal(t, ok, err == nil, path)
		require.Nil(t, who.Person)
	}
}

// What is open ends with the rule that gave it.
func TestPersonAgain(t *testing.T) {
	p := newProvider(t)
	key := newSigner(t, "rsa", jose.RS256)
	p.publish(key)
	b := newBed(t, withPeople(p))
	token := key.sign(t, p.claims(map[string]any{"dixa_mcp_agent": nil, "groups": []string{"leads"}}))
	first, err := b.Identify(request(token))
	require.NoError(t, err)
	chosen := request(token)
	chosen.SetPathValue(AgentPath, "support")
	second, err := b.Identify(chosen)
	require.NoError(t, err)
	for _, who := range []Principal{first, second} {
		now, err := b.Again(who)
		require.NoError(t, err)
		require.Equal(t, who.Person, now.Person)
	}

	b.reload(strings.Replace(withPeople(p), "[lead, support]", "[support, lead]", 1))
	_, err = b.Again(first)
	require.Error(t, err, "the address stands for another agent now")
	_, err = b.Again(second)
	require.NoError(t, err)

	b.reload(strings.Replace(withPeople(p), "[leads]", "[others]", 1))
	_, err = b.Again(second)
	require.ErrorContains(t, err, "no rule under people gives an agent to subject service-7")
	b.pass(2 * time.Hour)
	_, err = b.Again(second)
	require.ErrorContains(t, err, "expired")
}
