package capability

import (
	"errors"
	"net/url"
	"slices"
	"strings"
	"time"

	"dixa-mcp/internal/base/address"
)

const (
	defaultClaim = "dixa_mcp_agent"
	longestClaim = 200 // characters of a claim's name or value
)

// claimsOfTheToken say something about the token itself: none of them can name an agent.
var claimsOfTheToken = []string{"iss", "aud", "exp", "nbf", "iat", "jti"}

// OIDC says whose tokens let agents in over HTTP.
type OIDC struct {
	Issuer     string // as it is in tokens, letter for letter
	Audience   string // a token must be meant for it
	AgentClaim string // the claim whose value is an agent's oidc_claim
}

// OIDC returns the OpenID provider. It is not ok if the file has none.
func (r *Rules) OIDC() (OIDC, bool) { return r.oidc, r.oidc.Issuer != "" }

// ByClaim finds the agent that a claim's value names.
func (r *Rules) ByClaim(value string) (agent string, ok bool) {
	agent, ok = r.claims[value]
	return agent, ok
}

// NamesAgent reports whether one of a claim's values names an agent.
func (r *Rules) NamesAgent(values []string) bool {
	return slices.ContainsFunc(values, func(v string) bool { _, ok := r.claims[v]; return ok })
}

// CanAuthenticate reports whether a client can authenticate over HTTP at that time, as any agent.
func (r *Rules) CanAuthenticate(now time.Time) bool {
	return slices.ContainsFunc(r.agents, func(agent func() *Agent) bool { return agent().CanAuthenticate(now) })
}

// CanAuthenticate reports whether a client can authenticate as the agent over HTTP: by a key that has not expired, by a token, or as a
// person.
func (a *Agent) CanAuthenticate(now time.Time) bool {
	return a.people || a.source.OIDCClaim.line > 0 || slices.ContainsFunc(a.source.Keys.value, func(k agentKey) bool {
		return !k.Expires.expired(now)
	})
}

// CheckIssuer tells whether a text can be the address of an issuer: https, or http on this machine, since who can
// change what comes over the network could put in keys of their own.
func CheckIssuer(text string) error {
	u, err := url.Parse(text)
	switch {
	case err != nil || u.Host == "" || u.Opaque != "":
		return errors.New("must be an address such as https://login.example.com")
	case !address.IsConfidential(u):
		return errors.New("must begin with https://; http:// is taken only on this machine")
	case u.User != nil || u.RawQuery != "" || u.ForceQuery || strings.Contains(text, "#"):
		return errors.New("must be an address alone, without user, query and fragment")
	}
	return nil
}

// checkOIDC refuses issuers that cannot be trusted, and claims that name no agent or two.
func (d *decoder) checkOIDC(f *file) {
	o := &f.OIDC.value
	if o.Issuer.line > 0 {
		if err := CheckIssuer(o.Issuer.text); err != nil {
			d.fail(o.Issuer.at, "%v", err)
		}
	}
	for _, w := range []word{o.Audience, o.AgentClaim} {
		d.checkClaim(w)
	}
	if slices.Contains(claimsOfTheToken, o.AgentClaim.text) {
		d.fail(o.AgentClaim.at, "%s says something about the token, not about who has it", o.AgentClaim.text)
	}
	holders := map[string]string{} // names by claim
	for _, e := range f.Agents.entries {
		c := e.value.OIDCClaim
		if c.line == 0 {
			continue
		}
		if f.OIDC.line == 0 {
			d.fail(c.at, "needs oidc at the top of the file, which says whose tokens count")
		}
		d.checkClaim(c)
		if other, taken := holders[c.text]; taken {
			d.fail(c.at, "%.80q is the claim of %s, too: a token must name one agent", c.text, other)
			continue
		}
		holders[c.text] = e.name.text
	}
}

func (d *decoder) checkClaim(w word) {
	if w.line > 0 && !readable(w.text, longestClaim) {
		d.fail(w.at, "must be 1 to %d characters that can be read, without a space at either end", longestClaim)
	}
}

// settings returns the OIDC settings of a file that was checked.
func (o *oidc) settings() OIDC {
	s := OIDC{Issuer: o.Issuer.text, Audience: o.Audience.text, AgentClaim: o.AgentClaim.text}
	if s.Issuer != "" && s.AgentClaim == "" {
		s.AgentClaim = defaultClaim
	}
	return s
}

// claims returns the agents by the values of their claims.
func (f *file) claims() map[string]string {
	all := map[string]string{}
	for _, e := range f.Agents.entries {
		if c := e.value.OIDCClaim; c.line > 0 {
			all[c.text] = e.name.text
		}
	}
	return all
}

// aboutOIDC notes an issuer whose tokens authenticate no agent.
func (l *noteList) aboutOIDC(r *Rules) {
	if r.oidcAt.line > 0 && len(r.claims) == 0 && !r.HasPeople() {
		l.add(r.oidcAt, "has no effect: no agent has an oidc_claim, and there are no people")
	}
}
