package capability

import (
	"cmp"
	"slices"

	"go.yaml.in/yaml/v3"
)

// OnApproval says who carries out an approved call.
type OnApproval string

// The values of [OnApproval].
const (
	OnApprovalAgent OnApproval = "agent" // the agent, with its next identical call
	OnApprovalSend  OnApproval = "send"  // also the approver, at once
)

// Values returns the words that the capability file takes.
func (OnApproval) Values() []string { return []string{string(OnApprovalAgent), string(OnApprovalSend)} }

func (o *OnApproval) decode(d *decoder, n *yaml.Node, key string) {
	if text, ok := d.word(n, key, o.Values()); ok {
		*o = OnApproval(text)
	}
}

// SendsOnApproval reports whether an approver can have an approved call of the agent carried out at once.
func (s *settings) SendsOnApproval() bool { return s.source.OnApproval.value == OnApprovalSend }

// onApproval compares who carries out approved calls.
func (d *diff) onApproval(old, new *Agent) {
	was, is := cmp.Or(old.source.OnApproval.value, OnApprovalAgent), cmp.Or(new.source.OnApproval.value, OnApprovalAgent)
	switch {
	case was == is:
	case is == OnApprovalSend:
		d.add(widens, "%s: an approver may have an approved call carried out at once", new.Name)
	default:
		d.add(narrows, "%s: only the agent carries out an approved call", new.Name)
	}
}

// aboutOnApproval notes an entry that changes nothing.
func (n *agentNotes) aboutOnApproval() {
	at := n.agent.source.OnApproval.at
	waits := slices.ContainsFunc(n.agent.source.Confirm.value, func(c *confirming) bool {
		return c.whose == ConfirmApprover && len(waitingFor(n.agent, c)) > 0
	})
	if n.agent.source.OnApproval.line > 0 && !waits {
		n.add(at, "changes nothing: no call of the agent waits for an approver; see confirm")
	}
}
