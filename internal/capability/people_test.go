package capability

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"dixa-mcp/internal/test/seeds"
)

const provider = "version: 1\noidc: {issuer: \"https://login.example.com\", audience: dixa-mcp}\n"

// threeAgents are agents that people use.
const threeAgents = `agents:
  lead: {access: {tags: write}}
  support: {access: {tags: read}}
  reader: {access: {tags: read}}
`

const employees = provider + `people:
  - {groups: [leads, "Team Leads"], agents: [lead, support]}
  - {roles: [analyst], email_domain: [Example.com], agents: [reader]}
  - {email: [Bo@Partner.example], agents: [support]}
  - claims: {department: [Support, returns], "https://example.com/tier": ["2"], realm_access.roles: [agent], pilot: ["true"], scope: ["dixa:read"]}
    agents: [reader, support]
` + threeAgents

// who is a person with a claim beside.
func who(email string, claims map[string]any) *Person {
	return &Person{Issuer: "https://login.example.com", Subject: "1", Email: email, Groups: ClaimValues(claims, "groups"), Claims: claims}
}

func TestAgentsFor(t *testing.T) {
	r, err := Parse("f", []byte(employees))
	require.NoError(t, err)
	all := map[string]any{"department": "Support", "https://example.com/tier": "2", "realm_access": map[string]any{"roles": []any{"x", "agent"}}, "pilot": true, "scope": "openid dixa:read"}
	but := func(claim string, v any) map[string]any {
		m := map[string]any{}
		for k, v := range all {
			m[k] = v
		}
		m[claim] = v
		return m
	}
	type c = map[string]any
	for _, x := range []struct {
		name  string
		email string
		is    map[string]any
		may   string // agents, in order
	}{
		{"nobody in particular", "x@other.example", nil, ""},
		{"a list", "", c{"groups": []any{"staff", "leads"}}, "lead support"},
		{"one value", "", c{"groups": "leads"}, "lead support"},
		{"separated by spaces", "", c{"groups": "staff leads"}, "lead support"},
		{"a value with a space in a list", "", c{"groups": []any{"Team Leads"}}, "lead support"},
		{"words of a value in a list", "", c{"groups": []any{"no leads"}}, ""},
		{"another case", "", c{"groups": []any{"Leads"}}, ""},
		{"a part of a value", "", c{"groups": []any{"leads-of-sales", "lead"}}, ""},
		{"a number, nothing, an object", "", c{"groups": []any{7, nil, c{"leads": true}}}, ""},
		{"an object in place of a list", "", c{"groups": c{"leads": "leads"}}, ""},

		{"both keys of a rule", "anna@EXAMPLE.com", c{"roles": []any{"analyst"}}, "reader"},
		{"only the role", "anna@other.example", c{"roles": []any{"analyst"}}, ""},
		{"only the domain", "anna@example.com", nil, ""},
		{"a role and an address that is not verified", "", c{"roles": "analyst", "email": "anna@example.com"}, ""},
		{"a subdomain", "anna@mail.example.com", c{"roles": "analyst"}, ""},
		{"a domain that ends like it", "anna@badexample.com", c{"roles": "analyst"}, ""},
		{"a domain behind another", "anna@example.com@evil.example", c{"roles": "analyst"}, ""},
		{"a domain in the name", `"anna@evil.example"@example.com`, c{"roles": "analyst"}, ""},
		{"a domain before a comma", "anna@evil.example,bo@example.com", c{"roles": "analyst"}, ""},
		{"a letter that looks alike", "anna@еxample.com", c{"roles": "analyst"}, ""},
		{"a dot at the end", "anna@example.com.", c{"roles": "analyst"}, ""},
		{"an address", "bo@partner.EXAMPLE", nil, "support"},
		{"another address there", "bob@partner.example", nil, ""},
		{"a letter that folds to k", "bo@partner.example\u212a", nil, ""},

		{"all claims", "", all, "reader support"},
		{"another value", "", but("department", "returns"), "reader support"},
		{"words of a text", "", but("department", "not Support"), ""},
		{"a number that reads alike", "", but("https://example.com/tier", 2), ""},
		{"false", "", but("pilot", false), ""},
		{"the text true", "", but("pilot", "true"), "reader support"},
		{"an inner claim that is missing", "", but("realm_access", c{}), ""},
		{"an inner claim of its whole name", "", but("realm_access.roles", "agent"), "reader support"},
		{"a whole name that is before the inner claim", "", but("realm_access.roles", "x"), ""},
		{"a scope that is a part of another", "", but("scope", "dixa:readers"), ""},
		{"several rules, each agent once", "bo@partner.example", but("groups", []any{"leads"}), "lead support reader"},
	} {
		p := who(x.email, x.is)
		got := r.AgentsFor(p)
		require.Equal(t, x.may, strings.Join(got, " "), x.name)
		for _, agent := range []string{"lead", "support", "reader"} {
			rule, line, ok := r.PersonRule(p, agent)
			require.Equal(t, slices.Contains(got, agent), ok, x.name)
			require.Equal(t, ok, line > 0 && strings.HasPrefix(rule, "people ("), x.name)
		}
	}
	require.Empty(t, r.AgentsFor(nil))
	require.Empty(t, r.AgentsFor(&Person{Groups: []string{"leads"}}), "of no provider")
	a, err := r.Agent("lead")
	require.NoError(t, err)
	require.True(t, a.CanAuthenticate(time.Now()))
}

// A person gets what a rule says and nothing else, whatever the claims are.
func TestAgentsForProperty(t *testing.T) {
	values := []string{"a", "b", "A", "a b", "", "ab"}
	seeds.Run(t, func(t *testing.T, r *rand.Rand) {
		wanted := values[r.IntN(3)]
		rules, err := Parse("f", fmt.Appendf(nil, "%speople:\n  - {groups: [%s], claims: {c: [%q]}, agents: [lead]}\n%s", provider, wanted, wanted, threeAgents))
		require.NoError(t, err)
		random := func(spaced bool) (claim any, has bool) {
			v := values[r.IntN(len(values))]
			switch r.IntN(4) {
			case 0:
				return v, v == wanted || spaced && slices.Contains(strings.Fields(v), wanted)
			case 1:
				other := values[r.IntN(len(values))]
				return []any{other, v, 3}, v == wanted || other == wanted
			case 2:
				return map[string]any{wanted: wanted}, false
			}
			return nil, false
		}
		groups, inGroup := random(true)
		c, hasClaim := random(false)
		got := rules.AgentsFor(who("", map[string]any{"groups": groups, "c": c}))
		require.Equal(t, inGroup && hasClaim, len(got) == 1, "%s: %v %v", wanted, groups, c)
	})
}

func TestPeopleMistakes(t *testing.T) {
	for _, x := range []struct{ people, says string }{
		{"{groups: [a], agents: [lead]}", "f:3:9: people: must be a list such as [a, b], not a mapping"},
		{"[]", `people: is an empty list; name at least one rule`},
		{"\n  - {groups: [a]}", "people.agents: is missing"},
		{"\n  - {groups: [a], agents: []}", "f:4:19: people.agents: must list at least one agent"},
		{"\n  - {groups: [a], agents: [leed]}", `f:4:28: people.agents: "leed" is not under agents; did you mean "lead"?`},
		{"\n  - {group: [a], agents: [lead]}", `people.group: unknown key; did you mean "groups"?`},
		{"\n  - {agents: [lead]}", "people.agents: would be for everybody who can sign in"},
		{"\n  - {claims: {}, agents: [lead]}", "people.claims: names no claim"},
		{"\n  - {groups: [], agents: [lead]}", "people.groups: is an empty list, which nobody matches"},
		{"\n  - {groups: [7], agents: [lead]}", "people.groups: must be text, not a number: put 7 in quotes"},
		{"\n  - {groups: [''], agents: [lead]}", "people.groups: must be 1 to 200 characters"},
		{"\n  - {email_domain: ['@example.com'], agents: [lead]}", `people.email_domain: "@example.com" is not a domain such as example.com`},
		{"\n  - {email_domain: ['*.example.com'], agents: [lead]}", "is not a domain"},
		{"\n  - {email_domain: [example], agents: [lead]}", "is not a domain"},
		{"\n  - {email_domain: [.example.com], agents: [lead]}", "is not a domain"},
		{"\n  - {email: [example.com], agents: [lead]}", `people.email: "example.com" is not an e-mail address`},
		{"\n  - {claims: {email: [a@example.com]}, agents: [lead]}", "people.claims.email: cannot be named here: use email or email_domain, which match verified addresses only"},
		{"\n  - {claims: {groups: [a]}, agents: [lead]}", "people.claims.groups: cannot be named here: use groups"},
		{"\n  - {claims: {iss: [a]}, agents: [lead]}", "iss says something about the token"},
		{"\n  - {claims: {a: []}, agents: [lead]}", "people.claims.a: is an empty list"},
	} {
		_, err := Parse("f", []byte(provider+"people: "+x.people+"\n"+threeAgents))
		require.ErrorContains(t, err, x.says, x.people)
	}
	_, err := Parse("f", []byte("version: 1\npeople: [{groups: [a], agents: [lead]}]\n"+threeAgents))
	require.ErrorContains(t, err, "f:2:1: people: needs oidc at the top of the file")
}

func TestPeopleNotes(t *testing.T) {
	r, err := Parse("f", []byte(provider+"people:\n  - {email_domain: [example.com, Gmail.com], agents: [lead]}\n  - {groups: [a], agents: [lead, lead]}\n"+threeAgents))
	require.NoError(t, err)
	var notes []string
	for _, n := range r.Notes() {
		notes = append(notes, n.String())
	}
	require.Contains(t, notes, "line 4: people.email_domain: everybody can have an address at gmail.com")
	require.Contains(t, notes, "line 5: people.agents: gives lead to the same people as line 5")
	require.NotContains(t, strings.Join(notes, "\n"), "agents.lead: no connection")
	require.Contains(t, strings.Join(notes, "\n"), "agents.reader: no connection can be this agent")
}

func TestBudgetPer(t *testing.T) {
	file := func(budget string) string {
		return provider + "people: [{groups: [a], agents: [lead]}]\n" + strings.Replace(threeAgents, "lead: {", "lead: {budget: {"+budget+"}, ", 1)
	}
	_, err := Parse("f", []byte(file("per: persons, writes_per_day: 2")))
	require.ErrorContains(t, err, `agents.lead.budget.per: must be agent or person, not "persons"; did you mean "person"?`)
	each, err := Parse("f", []byte(file("per: person, writes_per_day: 2")))
	require.NoError(t, err)
	all, err := Parse("f", []byte(file("writes_per_day: 2")))
	require.NoError(t, err)
	require.Equal(t, []string{"lead: budget per agent → per person"}, Diff(all, each))
	require.True(t, Widens(Compare(all, each)))
	require.False(t, Widens(Compare(each, all)))
	for _, both := range []*Rules{Both(each, all), Both(all, each)} {
		a, err := both.Agent("lead")
		require.NoError(t, err)
		require.Equal(t, Budget{WritesPerDay: 2, RowsPerHour: DefaultRowsPerHour}, a.Budget())
	}
	notes := func(text string) (all string) {
		r, err := Parse("f", []byte(text))
		require.NoError(t, err)
		for _, n := range r.Notes() {
			all += n.Text + "\n"
		}
		return all
	}
	require.Contains(t, notes(strings.Replace(file("per: person, writes_per_day: 2"), "agents: [lead]", "agents: [reader]", 1)), "changes nothing: no rule under people gives lead to anybody")
	require.Contains(t, notes(file("per: person")), "is empty: nothing is bounded")
}

func TestPeopleDiff(t *testing.T) {
	parse := func(people string) *Rules {
		r, err := Parse("f", []byte(provider+people+threeAgents))
		require.NoError(t, err)
		return r
	}
	one := "people:\n  - {groups: [a, b], agents: [lead, support]}\n"
	for _, x := range []struct {
		old, new       string
		widens, narrow bool
		says           string
	}{
		{"", one, true, false, "people with groups a or b may use lead"},
		{one, "", false, true, "people with groups a or b may no longer use support by that"},
		{one, strings.Replace(one, "[a, b]", "[b, a, a]", 1), false, false, ""},
		{one, strings.Replace(one, "[a, b]", "['a or b']", 1), true, true, `people with groups "a or b" may use lead`},
		{one, strings.Replace(one, "lead, support", "support, lead", 1), true, true, "another order"},
		{one, strings.Replace(one, "lead, support", "lead", 1), false, true, "may no longer use support"},
		{one, strings.Replace(one, "groups", "roles", 1), true, true, "people with roles a or b may use lead"},
	} {
		old, new := parse(x.old), parse(x.new)
		changes := Compare(old, new)
		require.Equal(t, x.widens, Widens(changes), "%v", changes)
		require.Equal(t, x.narrow, slices.ContainsFunc(changes, func(c Change) bool { return c.Narrows }), "%v", changes)
		require.Contains(t, strings.Join(Diff(old, new), "\n"), x.says)

		for _, group := range []string{"a", "b", "a or b", "c"} {
			p := &Person{Issuer: "i", Subject: "s", Groups: []string{group}, Claims: map[string]any{"roles": group}}
			for _, agent := range Both(old, new).AgentsFor(p) {
				require.Contains(t, old.AgentsFor(p), agent)
				require.Contains(t, new.AgentsFor(p), agent)
			}
		}
	}
	old, new := parse(one), parse(strings.Replace(one, "lead, support", "support", 1))
	require.Equal(t, []string{"support"}, Both(old, new).AgentsFor(&Person{Issuer: "i", Subject: "s", Groups: []string{"a"}}))
}

func TestPersonID(t *testing.T) {
	var nobody *Person
	require.Empty(t, nobody.ID())
	require.Empty(t, nobody.String())
	anna := &Person{Issuer: "https://login.example.com", Subject: "anna", Email: "anna@example.com"}
	require.Equal(t, "anna@example.com", anna.String())
	for _, other := range []*Person{
		{Issuer: anna.Issuer, Subject: "bo", Email: anna.Email},                           // an address that was given to somebody else
		{Issuer: "https://other.example.com", Subject: "anna", Email: anna.Email},         //
		{Issuer: anna.Issuer + "1:a", Subject: "nna"}, {Issuer: anna.Issuer, Subject: ""}, // parts that could run together
	} {
		require.NotEqual(t, anna.ID(), other.ID())
	}
	renamed := *anna
	renamed.Email, renamed.Name = "", "Anna"
	require.Equal(t, anna.ID(), renamed.ID())
	require.Equal(t, "subject anna", renamed.String())
}
