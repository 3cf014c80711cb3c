package gate

import (
	"cmp"
	"context"
	"fmt"
	"runtime"
	"runtime/debug"
	"time"

	"dixa-mcp/dixaclient"
	"dixa-mcp/internal/audit"
)

// timeLimit is the cancellation cause of a call that exceeded its time limit.
type timeLimit time.Duration

// Error names the limit.
func (l timeLimit) Error() string {
	return fmt.Sprintf("the call exceeded its time limit of %s", time.Duration(l))
}

// Is makes errors.Is report a timeLimit as context.DeadlineExceeded.
func (timeLimit) Is(target error) bool { return target == context.DeadlineExceeded }

// broken records a call that a defect of this program ended, so that no intent is left without an outcome, and says
// what is known of it.
func (c *call) broken(ctx context.Context, p any) Answer {
	c.log().Error("internal error during a call", "call", c.record.Call, "agent", c.agentName, "tool", c.record.Tool,
		"panic", describePanic(p), "stack", string(debug.Stack()))
	a := Answer{Text: cmp.Or(c.record.Tool, "the call") + ": dixa-mcp failed with an internal error; the operator finds the cause in its log.", Failed: true}
	switch {
	case c.record.Decision != audit.Allowed: // it did not come to the intent
		c.record.describe()
		c.record.Reason = "dixa-mcp failed with an internal error"
		a.Text += " Nothing was sent to Dixa."
		return c.finish(ctx, audit.OutcomeRefused, a)
	case c.tool.Level > dixaclient.Read:
		a.Text += " It is not known whether Dixa did it. Check before you try again."
		return c.finish(ctx, audit.OutcomeUnknown, a)
	}
	return c.finish(ctx, audit.OutcomeFailed, a)
}

// describePanic gives the words of Go itself; any other value may hold what a customer wrote.
func describePanic(p any) string {
	if e, ok := p.(runtime.Error); ok {
		return e.Error()
	}
	return fmt.Sprintf("%T", p)
}
