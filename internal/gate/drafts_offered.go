package gate

import (
	"context"
	"errors"
	"fmt"

	"dixa-mcp/internal/capability"
	"dixa-mcp/tools"
)

// offerDrafts parks, for an approver to send, the replies that would send the drafts which the steps left: where the capability
// file says on_approval: send and the agent may send them with an approval. The agent does not wait for them.
func (c *call) offerDrafts(ctx context.Context, steps []tools.Step) {
	if c.gate.approvals == nil || !c.agent.SendsOnApproval() {
		return
	}
	for i := range steps {
		tool, arguments, ok := tools.SendingDraft(&steps[i])
		if !ok {
			continue
		}
		parked, err := c.offerDraft(unpriced(ctx), Request{
			Agent: c.agentName, Key: c.request.Key, Person: c.request.Person, Conversation: c.request.Conversation, Tool: tool, Arguments: arguments, AskApprover: true, draft: steps[i].Draft.Number,
		})
		switch {
		case err != nil: // the draft is in Dixa all the same, and the agent can send it
			c.log().Warn("a draft was not put before the approvers", "call", c.record.Call, "agent", c.agentName, "why", whyRefused(err))
		case parked != "":
			steps[i].Next += fmt.Sprintf(" An approver can send it, too: it waits as %s.", parked)
		}
	}
}

// offerDraft parks a reply that would send a draft. It returns its number, or "" where no approver is to be asked.
func (c *call) offerDraft(ctx context.Context, r Request) (number string, err error) {
	d := c.gate.begin(r)
	d.tool, _ = tools.ByName(r.Tool)
	if shape := c.agent.Shape(d.tool); shape != nil {
		if d.request.Arguments, err = shape.Given(r.Arguments); err != nil {
			return "", err
		}
	} else {
		return "", nil // the agent may not send
	}
	args, err := d.admit(d.context(ctx))
	if err != nil {
		return "", err
	}
	args.Env = d.env(d.context(ctx))
	steps, err := d.tool.Plan(d.context(ctx), c.gate.client, args)
	if err != nil {
		return "", err
	}
	if how, _ := d.needs(steps); how != capability.ConfirmApprover {
		return "", nil
	}
	if _, err := d.confirm(ctx, args, steps); err != nil {
		return "", err
	}
	return d.record.Approval, nil
}

// whyRefused says why in the words of records, which hold no customer's text.
func whyRefused(err error) string {
	if r, ok := errors.AsType[*refusal](err); ok {
		return r.reason
	}
	return kind(err)
}
