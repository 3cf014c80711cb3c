package capability

import (
	"slices"
	"strings"
	"time"
)

// oidc compares whose tokens count over HTTP.
func (d *diff) oidc(old, new *Rules) {
	was, had := old.OIDC()
	is, has := new.OIDC()
	switch {
	case had && !has:
		d.add("tokens of %s let nobody in any more", was.Issuer)
	case !had && has:
		d.add("tokens of %s for %s let in the agent that their claim %s names", is.Issuer, is.Audience, is.AgentClaim)
	default:
		d.turned("oidc: issuer", was.Issuer, is.Issuer)
		d.turned("oidc: audience", was.Audience, is.Audience)
		d.turned("oidc: agent_claim", was.AgentClaim, is.AgentClaim)
	}
}

func (d *diff) turned(what, was, is string) {
	if was != is {
		d.add("%s %s → %s", what, was, is)
	}
}

// letIn compares what lets an agent in over HTTP.
func (d *diff) letIn(agent string, old, new *agent) {
	for _, is := range new.Keys.value {
		was := old.key(is.ID.text)
		switch {
		case was == nil:
			d.add("%s gets the key %s, which %s", agent, is.ID.text, is.end())
			continue
		case !strings.EqualFold(was.SHA256.text, is.SHA256.text):
			d.add("%s: the key %s is another", agent, is.ID.text)
		}
		if was.Expires.begins != is.Expires.begins {
			d.add("%s: the key %s %s → %s", agent, is.ID.text, was.end(), is.end())
		}
	}
	for _, was := range old.Keys.value {
		if new.key(was.ID.text) == nil {
			d.add("%s loses the key %s", agent, was.ID.text)
		}
	}
	switch was, is := old.OIDCClaim.text, new.OIDCClaim.text; {
	case was == is:
	case is == "":
		d.add("no token lets %s in any more, before those with the claim %q", agent, was)
	case was == "":
		d.add("tokens with the claim %q let %s in", is, agent)
	default:
		d.add("%s: the claim that lets it in %q → %q", agent, was, is)
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
