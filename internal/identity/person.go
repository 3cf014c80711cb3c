package identity

import (
	"net/http"
	"slices"
	"strings"

	"dixa-mcp/internal/base/safetext"
	"dixa-mcp/internal/capability"
)

// Person is who signed in, as the OpenID provider says.
type Person = capability.Person

// AgentPath is the name of the part of an address that chooses one of the agents that a person may use: …/mcp/{agent}.
const AgentPath = "agent"

const longestName = 100 // characters of a person's name

// PersonOf returns who the claims of a verified token are about. The address is that of the claim email if email_verified is
// true.
func PersonOf(issuer string, claims map[string]any) Person {
	p := Person{Issuer: issuer, Groups: capability.ClaimValues(claims, "groups"), Claims: claims}
	p.Subject, _ = claims["sub"].(string)
	name, _ := claims["name"].(string)
	p.Name = safetext.Brief(name, longestName)
	if verified := claims["email_verified"]; verified == true || verified == "true" { // some providers write it as text
		email, _ := claims["email"].(string)
		p.Email = capability.VerifiedEmail(email)
	}
	return p
}

// SameEmail reports whether two addresses are the same one, as rules under people compare them.
func SameEmail(a, b string) bool { return capability.SameEmail(a, b) }

// agentOfPerson returns the agent that a person asked for, or the first.
func agentOfPerson(rules *capability.Rules, p *Person, asked string) (string, error) {
	agents := rules.AgentsFor(p)
	switch {
	case len(agents) == 0:
		return "", noAgent("no rule under people gives an agent to "+p.String(),
			"The token is valid, but the server's operator gave no agent to whom it belongs: "+unverified(p)+"ask for a rule under people in the capability file.")
	case asked == "":
		return agents[0], nil
	case !slices.Contains(agents, asked):
		return "", noAgent(p.String()+" may not use the agent that the address names",
			"You may not use the agent that this address names. Yours are: "+strings.Join(agents, ", ")+".")
	}
	return asked, nil
}

// unverified tells a person without a verified address that this is why, perhaps.
func unverified(p *Person) string {
	if p.Email != "" {
		return ""
	}
	return "the provider verified no e-mail address, which rules may need; "
}

// asked returns the agent that the address of a request names, "" where it names none.
func asked(r *http.Request) string { return r.PathValue(AgentPath) }

// only refuses the principal of another agent than the address names.
func only(p Principal, asked string) (Principal, error) {
	if asked == "" || asked == p.Agent {
		return p, nil
	}
	return Principal{}, noAgent("the address names another agent than "+p.Agent+", whose credential it is",
		"The credential is valid for the agent "+p.Agent+", and this address is that of another one. Use the address that ends in /mcp.")
}
