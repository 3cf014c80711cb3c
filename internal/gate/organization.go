package gate

import (
	"context"
	"encoding/json"
	"sync/atomic"
	"time"

	"dixa-mcp/dixaclient"
	"dixa-mcp/internal/audit"
	"dixa-mcp/internal/capability"
)

// organizationWithin is how long a client that connects waits for the name of the organization.
const organizationWithin = time.Second

// organization is the name of the organization that the token belongs to. It is read at most once.
type organization struct {
	asked atomic.Bool
	name  atomic.Pointer[string]
}

// organizationName returns the name of the organization for the instructions of an agent, "" where the agent may not read it or
// it is not known. The first agent that may reads it, like any call of its own: authorized, counted, limited and recorded.
func (g *Gate) organizationName(ctx context.Context, a *capability.Agent, who Request) (name string) {
	op := dixaclient.GetOrganization
	if !a.Operation(op.Spec.Name).Allowed {
		return ""
	}
	if known := g.organization.name.Load(); known != nil {
		return *known
	}
	c := g.begin(Request{Agent: a.Name, Key: who.Key, Conversation: who.Conversation, Tool: op.Spec.Name, Arguments: json.RawMessage("{}")})
	if c.agent, _ = c.rules.Agent(a.Name); c.agent == nil || c.checkFrozen() != nil || !g.organization.asked.CompareAndSwap(false, true) {
		return ""
	}
	ctx, cancel := context.WithTimeout(ctx, organizationWithin)
	defer cancel()
	ctx, ended := c.observed(ctx)
	defer ended()
	defer func() {
		if p := recover(); p != nil {
			c.broken(ctx, p)
			name = ""
		}
	}()
	c.agent = c.agent.Within(who.Conversation)
	c.decision, c.valid = c.agent.Operation(op.Spec.Name), true
	c.record.describe()
	answer, err := op.Do(c.context(ctx), g.client, dixaclient.NoArguments{})
	if err != nil { // the record says what happened; the instructions do without
		c.fail(ctx, err)
		return ""
	}
	c.finish(ctx, audit.OutcomeDone, Answer{Text: answer.Value.Name})
	g.organization.name.Store(&answer.Value.Name)
	return answer.Value.Name
}
