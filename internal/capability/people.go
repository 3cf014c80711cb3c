package capability

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"dixa-mcp/internal/base/safetext"
)

// Person is who signed in, as the OpenID provider says.
type Person struct {
	Issuer  string         `json:"issuer"`
	Subject string         `json:"subject"`          // unique at the issuer
	Email   string         `json:"email,omitzero"`   // "" unless the provider says that it is verified
	Name    string         `json:"name,omitzero"`    // for display; the person may have chosen it
	Groups  []string       `json:"groups,omitzero"`  // the claim groups
	Claims  map[string]any `json:"claims,omitempty"` // as the provider gave them; never logged
}

// ID identifies the person in keys and digests. It is the same for as long as the provider gives the person the same
// subject, whatever happens to the address or the name. nil, which is no person, is "".
func (p *Person) ID() string {
	if p == nil {
		return ""
	}
	sum := sha256.Sum256(fmt.Appendf(nil, "%d:%s%d:%s", len(p.Issuer), p.Issuer, len(p.Subject), p.Subject))
	return hex.EncodeToString(sum[:16])
}

// String names the person for records, logs and approvers: by the verified address, without one by the subject. nil is "".
func (p *Person) String() string {
	switch {
	case p == nil:
		return ""
	case p.Email != "":
		return p.Email
	}
	return "subject " + p.Subject
}

const (
	groupsClaim  = "groups"
	rolesClaim   = "roles"
	longestEmail = 254 // bytes, by RFC 5321
)

// peopleRule is an entry under people.
type peopleRule struct {
	at
	conditions []peopleCondition // all must hold
	agents     []word
}

// peopleCondition is a key of an entry: one of its values must match.
type peopleCondition struct {
	key, claim string // claim only under claims
	values     []string
}

// HasPeople reports whether a person can use an agent at all.
func (r *Rules) HasPeople() bool { return len(r.people) > 0 }

// AgentsFor returns the agents that a person may use, the default first; none for nil, which is no person.
func (r *Rules) AgentsFor(p *Person) []string {
	var agents []string
	for _, rule := range r.people {
		if !rule.applies(p) {
			continue
		}
		for _, a := range rule.agents {
			if !slices.Contains(agents, a.text) && (r.other == nil || slices.Contains(r.other.AgentsFor(p), a.text)) {
				agents = append(agents, a.text)
			}
		}
	}
	return agents
}

// PersonRule returns the rule that gives an agent to a person, such as "people (groups leads)", and its line. It is not ok
// where none does.
func (r *Rules) PersonRule(p *Person, agent string) (rule string, line int, ok bool) {
	for _, rule := range r.people {
		if rule.applies(p) && slices.Contains(texts(rule.agents), agent) {
			return "people (" + rule.who() + ")", rule.line, true
		}
	}
	return "", 0, false
}

// PeopleRules says in words which people may use which agents, rule by rule.
func (r *Rules) PeopleRules() []PeopleRule {
	all := make([]PeopleRule, len(r.people))
	for i, rule := range r.people {
		all[i] = PeopleRule{Who: rule.who(), Agents: texts(rule.agents), Line: rule.line}
	}
	return all
}

// PeopleRule is a rule under people in words.
type PeopleRule struct {
	Who    string // "groups leads or admins, and email_domain example.com"
	Agents []string
	Line   int
}

// applies reports whether the person matches every key of the rule.
func (rule *peopleRule) applies(p *Person) bool {
	return p != nil && p.Issuer != "" && p.Subject != "" && !slices.ContainsFunc(rule.conditions, func(c peopleCondition) bool { return !c.holds(p) })
}

// who says in words to whom the rule applies.
func (rule *peopleRule) who() string {
	keys := make([]string, len(rule.conditions))
	for i, c := range rule.conditions {
		name := c.key
		if c.claim != "" {
			name = "claim " + safetext.Brief(c.claim, 80)
		}
		keys[i] = name + " " + someWords(c.values)
	}
	return strings.Join(keys, ", and ")
}

// holds reports whether one of the values is the person's.
func (c *peopleCondition) holds(p *Person) bool {
	var have []string
	switch c.key {
	case "groups":
		have = p.Groups
	case "roles":
		have = ClaimValues(p.Claims, rolesClaim)
	case "email":
		have = []string{lowerASCII(VerifiedEmail(p.Email))}
	case "email_domain":
		_, domain, _ := strings.Cut(lowerASCII(VerifiedEmail(p.Email)), "@")
		have = []string{domain}
	case "claims":
		have = ClaimValues(p.Claims, c.claim)
	}
	return slices.ContainsFunc(have, func(v string) bool { return v != "" && slices.Contains(c.values, v) })
}

// VerifiedEmail returns an address that a provider verified, or "" if it has not the form of a single address: in front of
// and behind its only "@" there is something, and the domain is labels that dots separate.
func VerifiedEmail(email string) string {
	name, domain, _ := strings.Cut(email, "@")
	odd := strings.ContainsFunc(email, func(r rune) bool {
		return !unicode.IsPrint(r) || unicode.IsSpace(r) || strings.ContainsRune(`"<>,;:()[]\`, r)
	})
	if odd || name == "" || strings.Contains(domain, "@") || len(email) > longestEmail || slices.Contains(strings.Split(domain, "."), "") {
		return ""
	}
	return email
}

// lowerASCII writes A to Z in lower case. Other letters stay: some of them are the same as ASCII letters to Unicode, such as
// the Kelvin sign, and another domain.
func lowerASCII(text string) string {
	return strings.Map(func(r rune) rune {
		if 'A' <= r && r <= 'Z' {
			return r + 'a' - 'A'
		}
		return r
	}, text)
}

// SameEmail reports whether two addresses are the same one. No address is the same as none.
func SameEmail(a, b string) bool { return a != "" && lowerASCII(a) == lowerASCII(b) }

// ClaimValues returns the values of a claim: a text, true or false, or a list of these. Anything else, such as a number, has
// none. A name with dots also finds a claim inside another, where there is none of the whole name.
func ClaimValues(claims map[string]any, name string) []string {
	switch v := claim(claims, name).(type) {
	case string:
		if slices.Contains(spaced, name) {
			return strings.Fields(v)
		}
		return []string{v}
	case bool:
		return []string{strconv.FormatBool(v)}
	case []string:
		return v
	case []any:
		var all []string
		for _, item := range v {
			switch item := item.(type) {
			case string:
				all = append(all, item)
			case bool:
				all = append(all, strconv.FormatBool(item))
			}
		}
		return all
	}
	return nil
}

// claim finds a claim, also inside others. nil is none.
func claim(claims map[string]any, name string) any {
	if v, ok := claims[name]; ok {
		return v
	}
	outer, rest, ok := strings.Cut(name, ".")
	if !ok {
		return nil
	}
	inner, _ := claims[outer].(map[string]any)
	return claim(inner, rest)
}

// spaced are the claims whose text holds several values. Of any other, such as a job title, the words mean nothing alone.
var spaced = []string{groupsClaim, rolesClaim, "scope", "scp"}
