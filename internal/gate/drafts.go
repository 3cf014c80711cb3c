package gate

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"dixa-mcp/internal/capability"
	"dixa-mcp/tools"
)

// DraftObserver is an [Observer] that also hears what becomes of the drafts of an agent; "" for one that the capability file
// does not have any more.
type DraftObserver interface {
	Draft(agent string, outcome tools.DraftOutcome)
}

// drafting tells what becomes of the drafts that a call leaves, sends or drops.
type drafting struct{ call *call }

// observe tells the observer what became of a draft.
func (d drafting) observe(use *tools.DraftUse) {
	o, ok := d.call.gate.observer.(DraftObserver)
	if !ok || use == nil {
		return
	}
	agent := use.Agent
	if _, err := d.call.rules.Agent(agent); err != nil {
		agent = ""
	}
	o.Draft(agent, use.Outcome)
}

// observeDenied tells the observer that the drafts that the steps send were denied. id names the denial, which the same call
// meets again each time.
func (d drafting) observeDenied(steps []tools.Step, id string) {
	for i := range steps {
		if use := steps[i].Draft; use != nil && use.Outcome == tools.DraftSent && d.call.gate.denials.first(id) {
			d.observe(&tools.DraftUse{Outcome: tools.DraftDenied, Agent: use.Agent})
		}
	}
}

// denials are those that were counted.
type denials struct {
	mu      sync.Mutex
	counted map[string]bool
}

// mostDenials is how many denials are remembered.
const mostDenials = 1000

// first reports whether a denial comes for the first time.
func (d *denials) first(id string) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.counted[id] {
		return false
	}
	if d.counted == nil || len(d.counted) >= mostDenials {
		d.counted = map[string]bool{}
	}
	d.counted[id] = true
	return true
}

// offerAll parks, for an approver to send, the replies that would send the drafts which the steps left: where the capability
// file says on_approval: send and the agent may send them with an approval. The agent does not wait for them.
func (d drafting) offerAll(ctx context.Context, steps []tools.Step) {
	c := d.call
	if c.gate.approvals == nil || !c.agent.SendsOnApproval() {
		return
	}
	for i := range steps {
		tool, arguments, ok := tools.SendingDraft(&steps[i])
		if !ok {
			continue
		}
		parked, err := d.offer(unpriced(ctx), Request{
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

// offer parks a reply that would send a draft. It returns its number, or "" where no approver is to be asked.
func (d drafting) offer(ctx context.Context, r Request) (number string, err error) {
	c := d.call
	reply := c.gate.begin(r)
	reply.tool, _ = tools.ByName(r.Tool)
	if shape := c.agent.Shape(reply.tool); shape != nil {
		if reply.request.Arguments, err = shape.Given(r.Arguments); err != nil {
			return "", err
		}
	} else {
		return "", nil // the agent may not send
	}
	args, err := reply.admit(reply.context(ctx))
	if err != nil {
		return "", err
	}
	args.Env = reply.env(reply.context(ctx))
	steps, err := reply.tool.Plan(reply.context(ctx), c.gate.client, args)
	if err != nil {
		return "", err
	}
	if how, _ := reply.approval.needs(steps); how != capability.ConfirmApprover {
		return "", nil
	}
	if _, err := reply.approval.confirm(ctx, args, steps); err != nil {
		return "", err
	}
	return reply.record.Approval, nil
}

// whyRefused says why in the words of records, which hold no customer's text.
func whyRefused(err error) string {
	if r, ok := errors.AsType[*refusal](err); ok {
		return r.reason
	}
	return whyFailed(err)
}
