package capability

import (
	"encoding/hex"
	"slices"
	"strings"

	"dixa-mcp/dixaclient"
	"dixa-mcp/internal/clients"
	"dixa-mcp/tools"
)

// aboutConfirm notes what needs no confirmation, what may be confirmed by no person, and entries that change nothing.
func (n *agentNotes) aboutConfirm(reached bool) {
	erases := n.names(func(t *tools.Tool) bool { return t.Level == dixaclient.Erase && n.unconfirmed(t) })
	if erases != "" {
		n.add(n.agent.agent.at, "may erase (%s), which cannot be undone, without a confirmation; see confirm", erases)
	}
	s := n.agent.source.Confirm
	if s.line > 0 && len(s.value) == 0 {
		n.add(s.at, "is empty: no call needs a person")
	}
	asksClient := false
	for _, c := range s.value {
		covered := waitingFor(n.agent, c)
		asksClient = asksClient || c.whose == ConfirmClient && len(covered) > 0
		switch {
		case len(covered) > 0:
			n.aboutNobody(c, covered)
		case c.tool == nil:
			n.add(c.at, "changes nothing: no operation that is granted to it is at %s or above and without an entry of its own", c.level)
		default:
			n.add(c.at, "changes nothing: %s", n.agent.Operation(c.tool.Name).Why)
		}
		if level := s.value.of(c.level); len(covered) > 0 && c.tool != nil && level != nil && level.whose == c.whose {
			n.add(c.at, "is said already by %s", level.key)
		}
	}
	if asksClient && reached {
		n.add(s.at, "client relies on the MCP client to ask its user: one that accepts by itself confirms without a person, and in one that cannot ask (%s) these calls are refused; approver asks a person with a key", strings.Join(clients.Silent(), ", "))
	}
}

// aboutNobody notes operations that wait, by the entry of a lower level, for an approver whom there is not.
func (n *agentNotes) aboutNobody(c *confirming, covered []*dixaclient.Spec) {
	var never []string
	for _, op := range covered {
		decides := func(k keyholder) bool { return k.Decides(op.Level) }
		if c.whose == ConfirmApprover && !slices.ContainsFunc(n.rules.approvers, decides) {
			never = append(never, op.Name+" ("+op.Level.String()+")")
		}
	}
	if len(never) > 0 {
		n.add(c.at, "can never be carried out, since no one under approvers may decide about the level: %s", strings.Join(never, ", "))
	}
}

// unconfirmed reports whether one of the tool's operations needs no confirmation.
func (n *agentNotes) unconfirmed(t *tools.Tool) bool {
	return slices.ContainsFunc(t.Operations, func(op *dixaclient.Spec) bool {
		return op.Level == t.Level && n.agent.confirming(op) == nil
	})
}

// waitingFor returns the granted operations of an agent that an entry holds for.
func waitingFor(a *Agent, c *confirming) []*dixaclient.Spec {
	var covered []*dixaclient.Spec
	for _, name := range a.catalog.names {
		if op := a.catalog.operations[name].Operations[0]; a.Operation(name).Allowed && a.confirming(op) == c {
			covered = append(covered, op)
		}
	}
	return covered
}

// aboutApprovers notes approvers whom nothing waits for.
func (l *noteList) aboutApprovers(r *Rules) {
	waits := map[dixaclient.Level]bool{}
	for _, a := range r.Agents() {
		for _, c := range a.source.Confirm.value {
			for _, op := range waitingFor(a, c) {
				waits[op.Level] = waits[op.Level] || c.whose == ConfirmApprover
			}
		}
	}
	for _, k := range r.approvers {
		l.aboutDigest(k.at, hex.EncodeToString(k.digest[:]), "--approver "+k.Name)
		if !slices.ContainsFunc(k.May, func(level dixaclient.Level) bool { return waits[level] }) {
			l.add(k.at, "has nothing to decide: no agent's confirm waits for an approver at a level of may")
		}
	}
}
