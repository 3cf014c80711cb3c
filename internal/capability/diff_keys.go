package capability

import (
	"slices"
	"strings"
	"time"
)

// oidc compares whose tokens are accepted over HTTP.
func (d *diff) oidc(old, new *Rules) {
	was, had := old.OIDC()
	is, has := new.OIDC()
	switch {
	case had && !has:
		d.add(narrows, "tokens of %s are no longer accepted", was.Issuer)
	case !had && has:
		d.add(widens, "tokens of %s for %s are accepted for the agent that their claim %s names", is.Issuer, is.Audience, is.AgentClaim)
	default:
		d.turned("oidc: issuer", was.Issuer, is.Issuer)
		d.turned("oidc: audience", was.Audience, is.Audience)
		d.turned("oidc: agent_claim", was.AgentClaim, is.AgentClaim)
	}
}

func (d *diff) turned(what, was, is string) {
	if was != is {
		d.add(differs, "%s %s → %s", what, was, is)
	}
}

// letIn compares the credentials of an agent over HTTP.
func (d *diff) letIn(agent string, old, new *agent) {
	for _, is := range new.Keys.value {
		was := old.key(is.ID.text)
		switch {
		case was == nil:
			d.add(widens, "%s gets the key %s, which %s", agent, is.ID.text, is.end())
			continue
		case !strings.EqualFold(was.SHA256.text, is.SHA256.text):
			d.add(differs, "%s: the key %s is another", agent, is.ID.text)
		}
		if was.Expires.begins != is.Expires.begins {
			later := is.Expires.begins.IsZero() || !was.Expires.begins.IsZero() && is.Expires.begins.After(was.Expires.begins)
			d.add(direction{later, !later}, "%s: the key %s %s → %s", agent, is.ID.text, was.end(), is.end())
		}
	}
	for _, was := range old.Keys.value {
		if new.key(was.ID.text) == nil {
			d.add(narrows, "%s loses the key %s", agent, was.ID.text)
		}
	}
	switch was, is := old.OIDCClaim.text, new.OIDCClaim.text; {
	case was == is:
	case is == "":
		d.add(narrows, "no token is accepted for %s any more, before those with the claim %q", agent, was)
	case was == "":
		d.add(widens, "tokens with the claim %q are accepted for %s", is, agent)
	default:
		d.add(differs, "%s: the claim of its tokens %q → %q", agent, was, is)
	}
}

// key finds a key by its id, nil when there is none.
func (a *agent) key(id string) *agentKey {
	i := slices.IndexFunc(a.Keys.value, func(k agentKey) bool { return k.ID.text == id })
	if i < 0 {
		return nil
	}
	return &a.Keys.value[i]
}

func (k *agentKey) end() string {
	if k.Expires.begins.IsZero() {
		return "never expires"
	}
	return "expires on " + k.Expires.begins.Format(time.DateOnly)
}
