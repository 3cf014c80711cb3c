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

// sleep lets a tool wait. What is decided about the call does not outlive that: the agent may have been stopped, and a changed
// capability file may have taken anything from it.
func (c *call) sleep(ctx context.Context, d time.Duration) error {
	done, err := c.waits()
	if err != nil {
		return err
	}
	defer done()
	if err := c.gate.sleep(ctx, d); err != nil {
		return err
	}
	return c.stillAllowed()
}

// untilDecided lets a tool wait until this process keeps a decision about any call, and not longer than that. Decisions that other
// processes keep are found by looking again.
func (c *call) untilDecided(ctx context.Context, d time.Duration) error {
	watched, tells := c.gate.approvals.(interface {
		OnChange(tell func()) (stop func())
	})
	if !tells {
		return c.sleep(ctx, d)
	}
	short, wake := context.WithCancel(ctx)
	defer wake()
	defer watched.OnChange(wake)()
	err := c.sleep(short, d)
	if short.Err() != nil && ctx.Err() == nil {
		return c.stillAllowed()
	}
	return err
}

// waits begins to wait, until done is called. An error means that too many calls of the agent wait.
func (c *call) waits() (done func(), err error) {
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
func (c *call) stillAllowed() error {
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
func (c *call) decisionOf(ctx context.Context, number string) (tools.Decision, error) {
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
