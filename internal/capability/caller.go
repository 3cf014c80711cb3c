package capability

import (
	"maps"
	"slices"

	"dixa-mcp/dixaclient"
)

// callerActs is the value of acts_as with which an agent acts as whoever signed in. It stands for that Dixa agent until it is
// known ([Agent.For]): Dixa has no such id, so that nothing can be done with it.
const callerActs = "caller"

const (
	callerName  = "of the person who signed in"
	callerWords = "the person who signed in" // for me
)

// NeedsPerson reports whether the agent acts as the Dixa agent of the person who signed in. Nothing may be carried out for it
// but as what [Agent.For] returns.
func (s *settings) NeedsPerson() bool { return s.acting == callerActs }

// For returns the agent as it is for a person who is a Dixa agent: it acts as that one, and me under only.assignee is that
// one. name is what people call the person.
func (a *Agent) For(id dixaclient.ActingAgent, name string) *Agent {
	b, g := *a, *a.grants
	b.grants, b.acting = &g, id
	g.source.ActsAs.text = name
	if a.bound != nil {
		b.bound = a.bound.forCaller(string(id), name)
	}
	b.shapes = maps.Clone(a.shapes)
	for tool, s := range b.shapes {
		if s.acts == callerActs {
			b.shapes[tool] = s.forCaller(id, name, a.source.ActsAs.key)
		}
	}
	return &b
}

// forCaller returns the bound with a Dixa agent in place of the caller.
func (b *Bound) forCaller(id, name string) *Bound {
	c := *b
	c.terms = slices.Clone(b.terms)
	for i, t := range c.terms {
		if at := slices.Index(t.values, callerActs); t.key == "assignee" && at >= 0 {
			t.values, t.words = slices.Clone(t.values), slices.Clone(t.words)
			t.values[at], t.words[at] = id, name
			c.terms[i] = t
		}
	}
	return &c
}

// forCaller returns the shape with a Dixa agent in place of the caller.
func (s *Shape) forCaller(id dixaclient.ActingAgent, name, rule string) *Shape {
	c := *s
	c.acts, c.filled, c.words = id, slices.Clone(s.filled), maps.Clone(s.words)
	for i, f := range c.filled {
		if f.Rule == rule {
			c.filled[i].Value = textValue(string(id)).json
			c.words[f.Argument] = name
		}
	}
	return &c
}

// aboutCaller notes connections with which an agent that acts as its caller can do nothing.
func (n *agentNotes) aboutCaller(stdio bool) {
	if !n.agent.NeedsPerson() {
		return
	}
	where := n.agent.source.ActsAs.at
	refused := func(what string) {
		n.add(where, "every call is refused %s: caller is the person who signed in, and there is none", what)
	}
	if stdio {
		refused("over stdin and stdout")
	}
	if len(n.agent.source.Keys.value) > 0 {
		refused("with a key")
	}
	if n.agent.source.OIDCClaim.line > 0 {
		refused("with a token of oidc_claim")
	}
	if !n.agent.people {
		n.add(where, "nobody can use %s: caller is a person who signed in, and no rule under people gives it", n.agent.Name)
	}
}
