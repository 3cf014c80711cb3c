package gate

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"dixa-mcp/internal/approval"
	"dixa-mcp/internal/audit"
)

// askApprover lets the call go on when an approver approved it, and parks it otherwise.
func (c *confirmation) askApprover(ctx context.Context) (*Answer, error) {
	store, tool, record := c.call.gate.approvals, c.call.tool, &c.call.record
	asking := c.call.agent.Asking(c.call.approval.waitsBy)
	widens, _ := asking.Escalates()
	if store == nil {
		return nil, approvalsNotStored(tool.Name)
	}
	if err := c.look(ctx); err != nil {
		return nil, err
	}
	digest := c.digest(append(c.plan, c.message)...) // an approval does not outlive the next message: it was for another state of things
	found, err := store.Find(ctx, c.call.agentName, digest)
	switch {
	case err != nil:
		return nil, approvalsBroken(tool.Name, err)
	case c.call.request.asked != nil && (found == nil || found.Number != c.call.request.asked.Number || found.State == approval.Pending):
		return nil, changedSinceAsked(tool.Name, c.call.request.asked, c.message)
	case found == nil:
		return c.park(ctx, store, approval.Request{
			Agent: c.call.agentName, Person: c.call.record.Person, PersonID: c.call.request.Person.ID(), Bound: c.call.request.Conversation, Key: c.call.request.Key, SignedIn: c.call.request.signedIn(),
			Tool: tool.Name, Level: tool.Level.String(), Effect: c.does, Conversation: c.conversation,
			Arguments: c.about, Shown: c.arguments(), Text: c.text(), Steps: c.parkedSteps(),
			Digest: digest, Call: c.same, Draft: c.call.request.draft, Lasts: c.lasts(asking), Confirm: c.call.approval.waitsBy, Widens: widens, Rules: c.call.rules.Digest(), LastMessage: c.message,
		})
	case found.State == approval.Denied:
		record.Approval = found.Number
		drafting{c.call}.observeDenied(c.steps, found.Number)
		return nil, approvalDenied(tool.Name, found)
	case found.State == approval.Pending:
		return c.parked(ctx, found)
	case !c.call.rules.StillDecides(found.Approver, found.KeyID, tool.Level, c.call.request.Person) || !c.asked(found):
		return nil, approverReplaced(tool.Name, found)
	}
	var taken *approval.Request
	if c.call.request.asked != nil {
		taken, err = store.Send(ctx, c.call.agentName, digest, c.call.request.by)
	} else {
		taken, err = store.Take(ctx, c.call.agentName, digest)
	}
	switch {
	case errors.Is(err, approval.ErrTaken), errors.Is(err, approval.ErrNotApproved):
		return nil, approvalUsed(tool.Name)
	case err != nil:
		return nil, approvalsBroken(tool.Name, err)
	}
	c.call.approval.number, record.Approval = taken.Number, taken.Number
	record.Approver, record.ApproverKey, record.Sender = taken.Approver, taken.KeyID, taken.SentBy
	if c.call.approval.newText = taken.NewText; taken.NewText != "" {
		record.Edited = audit.NewEdited(taken.Text, taken.NewText)
	}
	return nil, nil
}

// asked reports whether the approver of a request was asked when they decided.
func (c *confirmation) asked(r *approval.Request) bool {
	after, ok := c.call.agent.Asking(c.call.approval.waitsBy).Asks(r.Approver)
	return ok && r.Decided.Sub(r.Created) >= after
}

// text returns the whole text that the call would send or leave, "" for none.
func (c *confirmation) text() string {
	for i := range c.steps {
		if c.steps[i].Text != "" {
			return c.steps[i].Text
		}
	}
	return c.call.tool.TextIn(c.about)
}

// parkedSteps returns the steps of the call as people read them; none where they say nothing.
func (c *confirmation) parkedSteps() []approval.Step {
	if !namesChanges(c.call.tool, c.steps) {
		return nil
	}
	steps := make([]approval.Step, len(c.steps))
	for i, s := range c.steps {
		steps[i] = approval.Step{What: s.What, Before: s.Before, After: s.After, Same: s.Same}
	}
	return steps
}

// until says when a request for approval, or the approval, expires.
func until(r *approval.Request) string { return r.Expires.UTC().Format("15:04 UTC on 2 January") }

func (c *confirmation) park(ctx context.Context, store approval.Store, r approval.Request) (*Answer, error) {
	parked, err := store.Park(ctx, r)
	switch {
	case errors.Is(err, approval.ErrTooMany):
		return nil, tooManyWaiting(r.Tool)
	case err != nil:
		return nil, approvalsBroken(r.Tool, err)
	}
	return c.parked(ctx, &parked)
}

// parked returns the answer to a call that is parked.
func (c *confirmation) parked(ctx context.Context, r *approval.Request) (*Answer, error) {
	text, _ := json.Marshal(struct { // strings always marshal
		Waiting string `json:"waiting"`
		Next    string `json:"next"`
	}{r.Number, fmt.Sprintf("Nothing was sent. A person has to approve it until %s; then make the same call again, with the same arguments.%s", until(r), howToWait(c.call.agent, r))})
	c.call.record.Approval = r.Number
	return c.waits(ctx, "waiting for approval "+r.Number, Answer{Text: string(text)})
}

// used tells the store what became of the call that an approval was for; the parked text goes with that.
func (a *approving) used(ctx context.Context, outcome string) {
	if a.number == "" {
		return
	}
	if err := a.call.gate.approvals.Finish(context.WithoutCancel(ctx), a.number, outcome); err != nil {
		a.call.log().Error("the outcome of an approved call could not be kept with its approval", "approval", a.number, "error", err)
	}
}
