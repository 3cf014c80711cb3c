package capability

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// The file that shows every part of the form is read as it stands.
func TestCompleteFile(t *testing.T) {
	r, err := Load("testdata/complete.yaml")
	require.NoError(t, err)
	o, ok := r.OIDC()
	require.True(t, ok)
	require.Equal(t, OIDC{"https://login.example.com", "dixa-mcp", "dixa_mcp_agent"}, o)
	agent, ok := r.ByClaim("privacy-bot")
	require.True(t, ok)
	require.Equal(t, "privacy", agent)
	_, ok = r.ByClaim("privacy")
	require.False(t, ok)

	expires := time.Date(2027, 2, 1, 0, 0, 0, 0, time.UTC)
	k, ok := r.Key(digest(t, digestA), expires.Add(-1))
	require.True(t, ok)
	require.Equal(t, Key{"triage", "triage-1", expires}, k)
	k, ok = r.Key(digest(t, digestA), expires)
	require.False(t, ok, "the day has begun")
	require.Equal(t, "triage-1", k.ID, "for the operator")
	_, ok = r.Key(sha256.Sum256([]byte("another")), expires.Add(-1))
	require.False(t, ok)
}

func digest(t *testing.T, text string) (d [sha256.Size]byte) {
	_, err := hex.Decode(d[:], []byte(text))
	require.NoError(t, err)
	return d
}

func TestOIDC(t *testing.T) {
	const bot = "agents:\n  a: {oidc_claim: bot}\n"
	where := func(issuer string) string { return "oidc: {issuer: " + issuer + ", audience: dixa-mcp}\n" + bot }
	const form, secure, alone = "f:2:16: oidc.issuer: must be an address such as https://login.example.com",
		"f:2:16: oidc.issuer: must begin with https://; http:// is taken only on this machine",
		"f:2:16: oidc.issuer: must be an address alone, without user, query and fragment"
	for _, c := range []struct{ text, want string }{
		{where("https://login.example.com"), ""},
		{where("https://login.example.com:8443/realms/support/"), ""},
		{where("http://localhost:9000"), ""},
		{where("http://127.0.0.1:9000"), ""},
		{where(`"http://[::1]:9000"`), ""},
		{where("http://login.example.com"), secure},
		{where("http://localhost.example.com"), secure},
		{where("http://10.0.0.1"), secure},
		{where("ftp://localhost"), secure},
		{where("login.example.com"), form},
		{where("https:login.example.com"), form},
		{where("https:///realms"), form},
		{where(`"https://login.example.com\n"`), form},
		{where(`""`), form},
		{where("https://me@login.example.com"), alone},
		{where(`"https://login.example.com?realm=a"`), alone},
		{where(`"https://login.example.com?"`), alone},
		{where(`"https://login.example.com#"`), alone},
		{where("1"), "f:2:16: oidc.issuer: must be text, not a number: put 1 in quotes"},
		{"oidc: {}\n" + bot, "f:2:7: oidc.issuer: is missing\nf:2:7: oidc.audience: is missing"},
		{"oidc: x\n" + bot, "f:2:7: oidc: must be a mapping, not text"},
		{"oidc: {issuer: https://a.example, audience: \"\"}\n" + bot, "f:2:45: oidc.audience: must be 1 to 200 characters that can be read, without a space at either end"},
		{"oidc: {issuer: https://a.example, audience: a, agent_claim: \" a\"}\n" + bot, "f:2:61: oidc.agent_claim: must be 1 to 200 characters that can be read, without a space at either end"},
		{"oidc: {issuer: https://a.example, audience: a, agent_claim: aud}\n" + bot, "f:2:61: oidc.agent_claim: aud says something about the token, not about who has it"},
		{"oidc: {issuer: https://a.example, audience: a, claim: b}\n" + bot, `f:2:48: oidc.claim: unknown key; did you mean "agent_claim"?`},
		{bot, "f:3:19: agents.a.oidc_claim: needs oidc at the top of the file, which says whose tokens count"},
		{where("https://a.example") + "  b: {oidc_claim: bot}\n", `f:5:19: agents.b.oidc_claim: "bot" is the claim of a, too: a token must name one agent`},
		{where("https://a.example") + "  b: {oidc_claim: \"\"}\n", "f:5:19: agents.b.oidc_claim: must be 1 to 200 characters that can be read, without a space at either end"},
		{where("https://a.example") + "  b: {oidc_claim: 7}\n", "f:5:19: agents.b.oidc_claim: must be text, not a number: put 7 in quotes"},
	} {
		r, err := parse("f", []byte("version: 1\n"+c.text), testCatalog())
		if c.want != "" {
			require.EqualError(t, err, c.want, c.text)
			continue
		}
		require.NoError(t, err, c.text)
		o, ok := r.OIDC()
		require.True(t, ok)
		require.Equal(t, "dixa_mcp_agent", o.AgentClaim, "by default")
	}
	_, ok := mustParse(t, valid).OIDC()
	require.False(t, ok)
}

func TestCanAuthenticate(t *testing.T) {
	now := time.Date(2027, 1, 31, 23, 59, 59, 0, time.UTC)
	const key = "{access: {tags: read}, keys: [{id: k, sha256: " + digestA + ", expires: "
	for agent, want := range map[string][2]bool{
		"{access: {tags: read}}":                      {false, false},
		"{access: {tags: read}, keys: []}":            {false, false},
		"{access: {tags: read}, oidc_claim: a}":       {true, true},
		key + "2027-01-31}]}":                         {false, false},
		key + "2027-02-01}]}":                         {true, false},
		strings.Replace(key, ", expires: ", "}]}", 1): {true, true},
	} {
		r := mustParse(t, "version: 1\nstdio: [a]\noidc: {issuer: https://a.example, audience: b}\nagents:\n  a: "+agent+"\n")
		require.Equal(t, want, [2]bool{r.CanAuthenticate(now), r.CanAuthenticate(now.Add(time.Second))}, agent)
	}
}

func TestNotesOnWhoGetsIn(t *testing.T) {
	notes := func(text string) string {
		var all []string
		for _, n := range mustParse(t, "version: 1\n"+text).Notes() {
			all = append(all, n.String())
		}
		return strings.Join(all, "\n")
	}
	const oidc = "oidc: {issuer: https://a.example, audience: b}\n"
	const nobody = "no connection can be this agent: it is not under stdio, and has no valid key, no oidc_claim and no people"
	require.Equal(t, "line 2: oidc: has no effect: no agent has an oidc_claim, and there are no people\nline 4: agents.a: "+nobody, notes(oidc+"agents:\n  a: {access: {tags: read}}\n"))
	require.Empty(t, notes(oidc+"agents:\n  a: {access: {tags: read}, oidc_claim: a}\n"))
	require.Contains(t, notes("agents:\n  a: {access: {tags: read}, keys: [{id: k, sha256: "+digestA+", expires: 2020-01-01}]}\n"), nobody)
	require.NotContains(t, notes("agents:\n  a: {access: {tags: read}, keys: [{id: k, sha256: "+digestA+"}]}\n"), nobody)
}

func TestDiffOfKeys(t *testing.T) {
	const key = "{id: a-1, sha256: " + digestA + ", expires: 2027-02-01}"
	const old = "version: 1\nstdio: [a]\noidc: {issuer: https://a.example, audience: b}\nagents:\n" +
		"  a: {access: {tags: read}, keys: [" + key + "]}\n  b: {oidc_claim: bot}\n"
	change := func(pairs ...string) []string {
		return Diff(mustParse(t, old), mustParse(t, strings.NewReplacer(pairs...).Replace(old)))
	}
	require.Nil(t, change(digestA, strings.ToUpper(digestA), "audience: b}", "audience: b, agent_claim: dixa_mcp_agent}"))
	require.Equal(t, []string{"a gets the key a-2, which never expires"}, change(key, key+", {id: a-2, sha256: "+digestB+"}"))
	require.Equal(t, []string{"a loses the key a-1"}, change(key, ""))
	require.Equal(t, []string{"a: the key a-1 is another", "a: the key a-1 expires on 2027-02-01 → expires on 2028-02-01"}, change(digestA, digestB, "2027", "2028"))
	require.Equal(t, []string{"a: the key a-1 expires on 2027-02-01 → never expires"}, change(", expires: 2027-02-01", ""))
	require.Equal(t, []string{"oidc: issuer https://a.example → https://c.example", "oidc: audience b → d", "oidc: agent_claim dixa_mcp_agent → sub"},
		change("a.example", "c.example", "audience: b", "audience: d, agent_claim: sub"))
	require.Equal(t, []string{`b: the claim of its tokens "bot" → "bob"`}, change("bot", "bob"))
	require.Equal(t, []string{`no token is accepted for b any more, before those with the claim "bot"`}, change("{oidc_claim: bot}", "{}"))
	require.Equal(t, []string{`tokens with the claim "and" are accepted for a`}, change("keys:", "oidc_claim: and, keys:"))
	require.Equal(t, []string{"tokens of https://a.example are no longer accepted", `no token is accepted for b any more, before those with the claim "bot"`},
		change("oidc: {issuer: https://a.example, audience: b}\n", "", "{oidc_claim: bot}", "{}"))
	require.Equal(t, []string{"stdio gains b", "stdio loses a", "stdio's default agent a → b", "new agent c gains no tool", "c gets the key a-1, which expires on 2027-02-01", "agent a is gone; it loses list_tags (read)"},
		change("  a:", "  c:", "[a]", "[b]", "access: {tags: read}, ", ""))
}
