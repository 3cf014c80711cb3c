package capability

import (
	"slices"

	"dixa-mcp/dixaclient"
)

// Restriction is what a rule of the file says about an operation that is granted: what it reaches, or which values an argument
// may have.
type Restriction struct {
	Says string // such as "queueId must be billing or returns"
	Rule string // the key that says so
	Line int    // where that key is in the file
}

// LimitsArguments reports whether rules for arguments hold for an operation that is granted to the agent.
func (a *Agent) LimitsArguments(op *dixaclient.Spec) bool {
	return slices.ContainsFunc(a.Restrictions(op), func(r Restriction) bool { return a.bound == nil || r.Rule != a.bound.rule.key })
}

// Restrictions lists what holds for an operation that is granted to the agent: its bound, where the operation reaches
// conversations or customers, and the rules for arguments by which [Agent.Arguments] decides.
func (a *Agent) Restrictions(op *dixaclient.Spec) []Restriction {
	var all []Restriction
	if b := a.bound; b != nil && op.Scope != dixaclient.Shared {
		reach := "only conversations with "
		if op.Scope == dixaclient.OneEndUser || op.Scope == dixaclient.SomeEndUsers {
			reach = "only customers of conversations with "
		}
		all = append(all, Restriction{reach + b.String(), b.rule.key, b.rule.line})
	}
	t := a.catalog.operations[op.Name]
	if t == nil || !a.limits(t) {
		return all
	}
	for _, p := range a.catalog.schema(t).Properties() {
		if l := a.limit(t, p); !l.free {
			all = append(all, Restriction{l.argument + " " + a.wants(l), l.key, l.line})
		}
	}
	return all
}
