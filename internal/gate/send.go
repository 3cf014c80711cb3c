package gate

import (
	"context"
	"errors"
	"fmt"
	"time"

	"dixa-mcp/dixaclient"
	"dixa-mcp/internal/approval"
	"dixa-mcp/internal/audit"
	"dixa-mcp/internal/capability"
	"dixa-mcp/tools"
)

// Where the capability file says on_approval: send, an approver can have an approved call carried out at once. The call takes the
// way of the agent's own: as the agent and for the person that asked, under the rules in force now. The store gives the approval
// to one caller, whether that is the agent or an approver. For a day, the agent's same call is answered with who sent it.

// Send carries out an approved call for an approver, in place of the agent. answer is what the agent would have got. The error says
// why nothing was sent, or what is not known.
func (g *Gate) Send(ctx context.Context, r approval.Request, by string) (now approval.Request, answer string, err error) {
	if r, err = g.approvals.Get(ctx, r.Number); err == nil {
		err = sendable(&r)
	}
	if err != nil {
		return r, "", err
	}
	request, err := requestOf(r)
	if err != nil {
		return r, "", err
	}
	tool, ok := tools.ByName(r.Tool)
	switch {
	case ok && tool.Bulk:
		return r, "", fmt.Errorf("%s changes many conversations in several calls of the agent, so that only the agent carries it out", r.Tool)
	case !ok:
		return r, "", fmt.Errorf("there is no tool %s in this version of dixa-mcp, so nothing was sent", r.Tool)
	}
	agent, err := g.Rules().Agent(r.Agent)
	if err != nil {
		return r, "", err
	}
	request.Tool, request.Arguments, request.asked, request.by = r.Tool, r.Arguments, &r, by
	if shape := agent.Within(request.Conversation).Shape(tool); shape != nil { // a tool that is not granted any more is refused by the call
		if request.Arguments, err = shape.Given(r.Arguments); err != nil {
			return r, "", err
		}
	}
	a := g.Call(ctx, request)
	if now, err = g.approvals.Get(context.WithoutCancel(ctx), r.Number); err != nil {
		return r, a.Text, fmt.Errorf("%s What became of %s cannot be read: %w", a.Text, r.Number, err)
	}
	if a.Failed || now.State != approval.Done || now.SentBy != by {
		return now, a.Text, errors.New(a.Text)
	}
	return now, a.Text, nil
}

// sendable returns why a request cannot be carried out in its state, nil where it can.
func sendable(r *approval.Request) error {
	switch r.State {
	case approval.Approved:
		return nil
	case approval.Done:
		return fmt.Errorf("%s was carried out already, or begun; the agent has to ask again", r.Number)
	}
	return fmt.Errorf("%s is %s; nothing was sent", r.Number, r.State)
}

// maySend refuses a call that an approver has carried out, where the rules in force do not allow that.
func (a *approving) maySend() error {
	c := a.call
	if c.request.asked == nil {
		return nil
	}
	if !c.agent.SendsOnApproval() {
		return notSentOnApproval(c.agentName)
	}
	if err := stillTheirs(c.rules, &c.request); err != nil {
		return &refusal{text: sentenceOf(err.Error()) + nothingSent, reason: "the person may not use the agent any more", denied: true}
	}
	return nil
}

// sameCall returns the digest by which the agent's same call is recognized, whatever the conversation is like by then. One that the
// agent insists on is not the same as the one before, and has none.
func (a *approving) sameCall(args *tools.Arguments) string {
	c := a.call
	rest, again := args.Repeat()
	if again {
		return ""
	}
	return digestOf(c.agentName, c.request.behalf(), c.tool.Name, string(rest))
}

// sentAlready answers a call that an approver had carried out within a day.
func (a *approving) sentAlready(ctx context.Context, args *tools.Arguments) *Answer {
	c := a.call
	store := c.gate.approvals
	if store == nil || c.tool.Level == dixaclient.Read || c.tool.Bulk || c.request.asked != nil || !c.agent.SendsOnApproval() {
		return nil
	}
	same := a.sameCall(args)
	if same == "" {
		return nil
	}
	r, err := store.SentCall(ctx, c.agentName, same)
	if err != nil {
		refused := c.refuse(ctx, approvalsBroken(c.tool.Name, err))
		return &refused
	}
	if r == nil || r.Outcome == audit.OutcomeRefused || r.Outcome == audit.OutcomeNotDone {
		return nil
	}
	c.record.Approval, c.record.Approver, c.record.ApproverKey, c.record.Sender = r.Number, r.Approver, r.KeyID, r.SentBy
	if r.Outcome != audit.OutcomeDone {
		refused := c.refuse(ctx, sentOrNot(c.tool.Name, r, howToRepeat(c.agent, c.tool, "To ask for it once more")))
		return &refused
	}
	c.record.describe()
	c.record.Reason = "it was sent by " + r.SentBy + " before"
	words := sentBy(r)
	if r.Edited {
		words += ", with a text that " + r.Approver + " changed"
	}
	words += "; nothing was sent now" + howToRepeat(c.agent, c.tool, "To ask for it once more")
	answer := c.finish(ctx, audit.OutcomeRefused, Answer{Text: c.answer.saying("done", words)})
	return &answer
}

// sentBy says who sent what an agent had asked for, and when.
func sentBy(r *approval.Request) string {
	return fmt.Sprintf("sent by %s at %s", r.SentBy, r.Sent.UTC().Format("15:04 UTC on 2 January"))
}

// lasts returns how long a request can be decided about and carried out; 0 is the rule.
func (c *confirmation) lasts(asking capability.Asking) time.Duration {
	if long := asking.Expires(); long > 0 || c.call.request.draft == "" {
		return long
	}
	return tools.DraftsFor
}
