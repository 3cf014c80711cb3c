package gate

import (
	"context"
	"errors"
	"fmt"
	"time"

	"dixa-mcp/internal/approval"
	"dixa-mcp/internal/capability"
	"dixa-mcp/tools"
)

// waiting lets a call wait for time, for a decision or for an event.
type waiting struct{ call *call }

// sleep lets a tool wait. What is decided about the call does not outlive that: the agent may have been stopped, and a changed
// capability file may have taken anything from it.
func (w waiting) sleep(ctx context.Context, d time.Duration) error {
	done, err := w.begin()
	if err != nil {
		return err
	}
	defer done()
	if err := w.call.gate.sleep(ctx, d); err != nil {
		return err
	}
	return w.stillAllowed()
}

// untilDecided lets a tool wait until this process keeps a decision about any call, and not longer than that. Decisions that other
// processes keep are found by looking again.
func (w waiting) untilDecided(ctx context.Context, d time.Duration) error {
	watched, tells := w.call.gate.approvals.(interface {
		OnChange(tell func()) (stop func())
	})
	if !tells {
		return w.sleep(ctx, d)
	}
	short, wake := context.WithCancel(ctx)
	defer wake()
	defer watched.OnChange(wake)()
	err := w.sleep(short, d)
	if short.Err() != nil && ctx.Err() == nil {
		return w.stillAllowed()
	}
	return err
}

// begin begins to wait, until done is called. An error means that too many calls of the agent wait.
func (w waiting) begin() (done func(), err error) {
	c := w.call
	if c.request.Waits == nil {
		return func() {}, nil
	}
	done, ok := c.request.Waits()
	if !ok {
		return nil, fmt.Errorf("%s: too many calls of this agent wait at this moment; call again in a minute", c.tool.Name)
	}
	return done, nil
}

// stillAllowed reports what happened to the call while it waited.
func (w waiting) stillAllowed() error {
	c := w.call
	if c.gate.Rules() != c.rules {
		return rulesChanged(c.tool.Name)
	}
	return c.checkFrozen()
}

// decisionStates are the states of approvals as tools know them.
var decisionStates = map[approval.State]tools.DecisionState{
	approval.Pending:  tools.DecisionPending,
	approval.Approved: tools.DecisionApproved,
	approval.Denied:   tools.DecisionDenied,
	approval.Done:     tools.DecisionUsed,
	approval.Expired:  tools.DecisionExpired,
}

// decisionOf returns what became of a call of this agent that had to be approved. Those of other agents, and of other
// people who use this one, do not exist for it.
func (w waiting) decisionOf(ctx context.Context, number string) (tools.Decision, error) {
	c := w.call
	if err := c.checkFrozen(); err != nil {
		return tools.Decision{}, err
	}
	store := c.gate.approvals
	if store == nil {
		return tools.Decision{}, approvalUnknown(c.tool.Name)
	}
	r, err := store.Get(ctx, number)
	switch {
	case errors.Is(err, approval.ErrNotFound) || err == nil && !c.request.mayKnow(r):
		return tools.Decision{}, approvalUnknown(c.tool.Name)
	case ctx.Err() != nil:
		return tools.Decision{}, context.Cause(ctx)
	case err != nil:
		return tools.Decision{}, approvalsUnreadable(c.tool.Name, err)
	}
	c.record.Approval = r.Number
	state := decisionStates[r.State]
	if r.Outcome == approval.OutcomeOvertaken {
		state = tools.DecisionOvertaken
	}
	return tools.Decision{
		Number: r.Number, Tool: r.Tool, Conversation: r.Conversation, State: state,
		Approver: r.Approver, Reason: r.Reason, Outcome: r.Outcome, Expires: r.Expires,
		SentBy: r.SentBy, Sent: r.Sent, Edited: r.Edited,
	}, nil
}

// howToWait says how to wait for the decision about a parked call, "" where the agent cannot wait.
func howToWait(a *capability.Agent, r *approval.Request) string {
	if !a.Sees(waitTool) {
		return ""
	}
	return fmt.Sprintf(" To wait for the decision: %s {\"approval\":%q}.", waitTool, r.Number)
}

// waitTool is the tool with which an agent waits.
const waitTool = "wait_for"
