package gate

import (
	"context"
	"fmt"
	"strings"

	"dixa-mcp/internal/base/lines"
	"dixa-mcp/internal/capability"
	"dixa-mcp/internal/jobs"
	"dixa-mcp/tools"
)

// confirm stops a call that carries out a job which needs approval and does not have it. One approval is for the whole job: for
// its list of conversations and its change, whatever becomes of the conversations meanwhile. It is kept with the job.
func (b *bulk) confirm(ctx context.Context, change *tools.BulkUpdateIn, args *tools.Arguments, run *jobs.Run) (asking *Answer, err error) {
	c := b.call
	ops, err := change.Writes()
	if err != nil {
		return nil, err
	}
	how, rule := c.approval.needsFor(ops)
	if how == capability.ConfirmNobody {
		return nil, nil
	}
	c.record.Confirm = rule
	does := fmt.Sprintf("update %s (%s)", lines.Counted(len(run.IDs), "conversation"), strings.Join(change.Says(b.env), " · "))
	a := &confirmation{call: c, about: args.JSON}
	if b.approved(run.Approval, how, a.digest()) {
		c.record.Approval, c.record.Approver, c.record.ApproverKey = run.Approval.Number, run.Approval.Approver, run.Approval.KeyID
		return nil, nil
	}
	if err := c.budget.check(ctx, c.tool.Level); err != nil {
		return nil, err
	}
	sample, _, err := b.sample(ctx, change, run.IDs)
	if err != nil {
		return nil, err
	}
	for i, s := range sample { // planned now: a job keeps nothing of what was there before
		does += []string{", for example ", "; "}[min(i, 1)] + s.String()
	}
	a.does, a.shown = does, c.names.inWords(c.context(ctx), args)
	if asking, err = a.ask(ctx, how); err != nil || asking != nil {
		return asking, err
	}
	run.Approval = &jobs.Approval{Digest: a.digest(), Number: c.record.Approval, Approver: c.record.Approver, KeyID: c.record.ApproverKey}
	return nil, run.Save(context.WithoutCancel(ctx))
}

// approved reports whether an approval that was given before still holds.
func (b *bulk) approved(a *jobs.Approval, how capability.Confirm, digest string) bool {
	c := b.call
	switch {
	case a == nil || a.Digest != digest:
		return false
	case a.KeyID == "": // of the person at the client
		return how != capability.ConfirmApprover
	}
	return c.rules.StillDecides(a.Approver, a.KeyID, c.tool.Level, c.request.Person)
}
