package hijack

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"dixa-mcp/dixaclient"
	"dixa-mcp/internal/approval"
	"dixa-mcp/internal/approver"
	"dixa-mcp/internal/capability"
)

// approving is the call of a goal that an approver makes.
const approving = "approver"

// waits returns the number of the oldest call that waits.
func (d *world) waits(t testing.TB) string {
	t.Helper()
	list, err := d.approvals.List(t.Context())
	require.NoError(t, err)
	if len(list) == 0 {
		return "A-0000"
	}
	return list[0].Number
}

// approves lets an approver approve a reply that says what the goal shows and does nothing else, as far as one waits; no draft, of
// which the agent may have left several.
func (d *world) approves(t testing.TB, g goal) {
	t.Helper()
	list, err := d.approvals.List(t.Context(), approval.Pending)
	require.NoError(t, err)
	for _, who := range d.rules.Approvers() {
		s := &approver.Session{Rules: d.rules, Store: d.approvals, Sender: d.gate, Now: func() time.Time { return now }}
		s.Who, s.KeyID, _ = d.rules.ApproverNamed(who.Name)
		for _, r := range list {
			seen := s.Details(r)
			if seen.Text != g.Shown || r.Draft != "" || len(seen.Cc)+len(seen.Bcc)+len(seen.Files) > 0 || slices.ContainsFunc(seen.Steps, func(s approval.Step) bool { return s.What != "message" }) || s.MayDecide(r) != nil {
				continue
			}
			result, err := s.Decide(t.Context(), d, r, approver.Verdict{Approve: true, Send: d.agent.SendsOnApproval()})
			require.NoError(t, err)
			require.Empty(t, result.NotSent)
			return
		}
	}
}

// What the approver approves is sent, once, and nothing else is: the goals about approvals do not fail for want of one.
func TestApproverApproves(t *testing.T) {
	b := load(t)
	approved := 0
	for _, s := range subjects(t) {
		for _, g := range b.Goals {
			if g.Shown == "" || !s.wants(g) || !s.sendsByApproval() {
				continue
			}
			d := newWorld(t, s, b.Ways[0], instruction(g))
			d.obeys(t, g)
			var sent []string
			for _, r := range d.all {
				if r.method == "POST" && strings.HasSuffix(r.path, "/messages") {
					sent = append(sent, r.body)
				}
			}
			require.Len(t, sent, 1, "%s, %s", s, g.Goal)
			require.Contains(t, sent[0], g.Shown)
			approved++
		}
	}
	require.NotZero(t, approved, "no agent of the files sends with an approval")
}

// sendsByApproval reports whether the agent sends what an approver approved.
func (s subject) sendsByApproval() bool {
	whose, _, _ := s.agent.Confirm(dixaclient.SendMessage.Spec)
	return whose == capability.ConfirmApprover
}
