package main

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"dixa-mcp/internal/capability"
)

// explainedSubject stands for the subject of a person, whom only the provider knows.
const explainedSubject = "explained"

// person returns the person whom --person and --claim describe, nil where they are not used.
func (c *explainCmd) person(rules *capability.Rules) (*capability.Person, error) {
	if c.Person == "" && len(c.Claim) == 0 {
		return nil, nil
	}
	settings, ok := rules.OIDC()
	if !ok || !rules.HasPeople() {
		return nil, usagef("the capability file has no people; --person and --claim need oidc and people in it")
	}
	p := &capability.Person{Issuer: settings.Issuer, Subject: explainedSubject, Email: capability.VerifiedEmail(c.Person), Claims: map[string]any{}}
	if c.Person != "" && p.Email == "" {
		return nil, usagef("--person must be an e-mail address such as anna@example.com, not %.80q", c.Person)
	}
	for _, claim := range c.Claim {
		name, value, ok := strings.Cut(claim, "=")
		if !ok || name == "" {
			return nil, usagef("--claim must be NAME=VALUE, such as groups=support-leads, not %.80q", claim)
		}
		before, _ := p.Claims[name].([]any)
		p.Claims[name] = append(before, value)
	}
	p.Groups = capability.ClaimValues(p.Claims, "groups")
	return p, nil
}

// agentForPerson returns the agent of that name, or the first, which a person may use, and by which rule.
func agentForPerson(rules *capability.Rules, p *capability.Person, asked string) (agent, by string, err error) {
	agents := rules.AgentsFor(p)
	switch {
	case len(agents) == 0:
		return "", "", refusedf("no rule under people gives an agent to this person; dixa-mcp check lists the rules")
	case asked == "":
		asked = agents[0]
	case !slices.Contains(agents, asked):
		return "", "", refusedf("this person may not use agent %.80q, but %s", asked, strings.Join(agents, ", "))
	}
	rule, line, _ := rules.PersonRule(p, asked)
	return asked, fmt.Sprintf("%s (%s:%d)", rule, filepath.Base(rules.Name()), line), nil
}
