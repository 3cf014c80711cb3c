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

// timeLimit is why a call ended that took all the time it has.
type timeLimit time.Duration

// Error says how long that was.
func (l timeLimit) Error() string {
	return fmt.Sprintf("the call has taken %s, which is all it may", time.Duration(l))
}

// Is lets the limit pass as the deadline that it is.
func (timeLimit) Is(target error) bool { return target == context.DeadlineExceeded }

// broken records a call that a defect of this program ended, so that no intent is left without an outcome, and says
// what is known of it.
func (c *call) broken(ctx context.Context, p any) Answer {
	c.gate.log.Error("a call ended by a defect of dixa-mcp", "call", c.record.Call, "agent", c.agentName, "tool", c.record.Tool,
		"panic", describePanic(p), "stack", string(debug.Stack()))
	a := Answer{Text: cmp.Or(c.record.Tool, "the call") + ": dixa-mcp itself failed; its operator finds how in its log.", Failed: true}
	switch {
	case c.record.Decision != audit.Allowed: // it did not come to the intent
		c.describe()
		c.record.Reason = "dixa-mcp itself failed"
		a.Text += " Nothing was sent to Dixa."
		return c.finish(ctx, audit.OutcomeRefused, a)
	case c.tool.Level > dixaclient.Read:
		a.Text += " It is not known whether Dixa did it. Look before you try again."
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
