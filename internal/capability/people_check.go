package capability

import (
	"slices"
	"strings"
)

// notByName are claims that cannot be under claims, with what to do instead.
var notByName = map[string]string{
	groupsClaim:      "use groups",
	rolesClaim:       "use roles",
	"email":          "use email or email_domain, which match verified addresses only",
	"email_verified": "use email or email_domain, which match verified addresses only",
}

// anyonesDomains are domains in which everybody can have an address.
var anyonesDomains = []string{"gmail.com", "googlemail.com", "outlook.com", "hotmail.com", "live.com", "yahoo.com", "icloud.com", "gmx.de", "gmx.net", "proton.me", "protonmail.com", "aol.com"}

// readPeople makes rules of what is under people, and refuses what is none.
func (d *decoder) readPeople(f *file) []peopleRule {
	if f.People.line > 0 && f.OIDC.line == 0 {
		d.fail(f.People.at, "needs oidc at the top of the file, which says where people sign in")
	}
	if f.People.value != nil && len(f.People.value) == 0 {
		d.fail(f.People.at, "is an empty list; name at least one rule, or remove it")
	}
	var names []string
	for _, e := range f.Agents.entries {
		names = append(names, e.name.text)
	}
	all := make([]peopleRule, 0, len(f.People.value))
	for i := range f.People.value {
		p := &f.People.value[i]
		rule := peopleRule{at: p.Agents.at, conditions: d.conditions(p)}
		if len(rule.conditions) > 0 {
			first := rule.conditions[0]
			rule.at = p.place(first)
		}
		switch {
		case p.Agents.line > 0 && len(p.Agents.value) == 0:
			d.fail(p.Agents.at, "must list at least one agent")
		case p.Agents.line > 0 && len(rule.conditions) == 0 && !p.says():
			d.fail(p.Agents.at, "would be for everybody who can sign in: name at least one of groups, roles, email_domain, email, claims beside it")
		}
		for _, a := range p.Agents.value {
			if a.line > 0 && !slices.Contains(names, a.text) {
				d.fail(a.at, "%.80q is not under agents%s", a.text, didYouMean(a.text, names))
			}
		}
		rule.agents = p.Agents.value
		all = append(all, rule)
	}
	return all
}

// says reports whether the rule has a key besides agents, right or wrong.
func (p *personal) says() bool {
	return p.Groups.line+p.Roles.line+p.EmailDomain.line+p.Email.line+p.Claims.line > 0
}

// place returns where a condition is.
func (p *personal) place(c peopleCondition) at {
	return map[string]at{"groups": p.Groups.at, "roles": p.Roles.at, "email_domain": p.EmailDomain.at, "email": p.Email.at, "claims": p.Claims.at}[c.key]
}

// conditions reads the keys of a rule besides agents.
func (d *decoder) conditions(p *personal) []peopleCondition {
	var all []peopleCondition
	add := func(key, claim string, where at, values []word, check func(word) string) {
		if values != nil && len(values) == 0 {
			d.fail(where, "is an empty list, which nobody matches; name at least one value, or remove the key")
		}
		c := peopleCondition{key: key, claim: claim}
		for _, w := range values {
			if w.line == 0 { // said already
				continue
			}
			c.values = append(c.values, check(w))
		}
		if len(c.values) > 0 {
			all = append(all, c)
		}
	}
	plain := func(w word) string {
		d.checkClaim(w)
		return w.text
	}
	add("groups", "", p.Groups.at, p.Groups.value, plain)
	add("roles", "", p.Roles.at, p.Roles.value, plain)
	add("email_domain", "", p.EmailDomain.at, p.EmailDomain.value, d.domain)
	add("email", "", p.Email.at, p.Email.value, d.email)
	if p.Claims.value.empty.line > 0 {
		d.fail(p.Claims.at, "names no claim; name at least one, or remove the key")
	}
	for _, e := range p.Claims.value.entries {
		d.checkClaim(e.name)
		instead := notByName[e.name.text]
		switch {
		case instead != "":
			d.fail(e.name.at, "cannot be named here: %s", instead)
		case slices.Contains(claimsOfTheToken, e.name.text):
			d.fail(e.name.at, "%s says something about the token, not about who has it", e.name.text)
		}
		add("claims", e.name.text, e.name.at, e.value, plain)
	}
	return all
}

// domain reads a domain of e-mail addresses.
func (d *decoder) domain(w word) string {
	text := lowerASCII(w.text)
	if strings.Contains(text, "@") || strings.Contains(text, "*") || !strings.Contains(text, ".") || VerifiedEmail("a@"+text) == "" {
		d.fail(w.at, "%.80q is not a domain such as example.com, which is what comes after the @; subdomains are listed one by one", w.text)
	}
	return text
}

// email reads an e-mail address.
func (d *decoder) email(w word) string {
	if VerifiedEmail(w.text) == "" {
		d.fail(w.at, "%.80q is not an e-mail address such as anna@example.com", w.text)
	}
	return lowerASCII(w.text)
}

// aboutPeople notes rules that give too much or nothing.
func (l *noteList) aboutPeople(r *Rules) {
	for _, k := range r.approvers {
		if r.HasPeople() && k.Email == "" {
			l.add(k.at, "could decide about what an agent asked on the same person's behalf: say with email who it is")
		}
	}
	given := map[string]int{} // lines, by rule and agent
	for _, rule := range r.people {
		for _, c := range rule.conditions {
			for _, v := range c.values {
				if c.key == "email_domain" && slices.Contains(anyonesDomains, v) {
					l.add(rule.at, "everybody can have an address at %s", v)
				}
			}
		}
		for _, a := range rule.agents {
			key := rule.who() + "\x00" + a.text
			if line, twice := given[key]; twice {
				l.add(a.at, "gives %s to the same people as line %d", a.text, line)
			}
			given[key] = a.line
		}
	}
}
