package gate

import (
	"context"
	"encoding/json"
	"errors"

	"dixa-mcp/dixaclient"
	"dixa-mcp/tools"
)

// admit decides whether the call may go on, and checks its arguments.
func (c *call) admit(ctx context.Context) (*tools.Arguments, error) {
	if c.agentName == "" {
		return nil, noLongerAuthorized()
	}
	agent, err := c.rules.Agent(c.agentName)
	if err != nil {
		return nil, unknownAgent(err)
	}
	c.agent = agent.Within(c.request.Conversation)
	if err := c.checkFrozen(); err != nil {
		return nil, err
	}
	if c.discovery.misuse != nil {
		return nil, c.discovery.misuse
	}
	if err := c.approval.maySend(); err != nil {
		return nil, err
	}
	if c.tool == nil {
		return nil, unknownTool(agent, c.request.Tool)
	}
	if err := c.actAsCaller(ctx); err != nil {
		return nil, err
	}
	agent = c.agent
	if c.decision = c.discovery.listed(); !c.decision.Allowed {
		if args, err := c.tool.Decode(c.tool.Schema(), c.request.Arguments, nil); err == nil { // for the record
			c.arguments, c.valid = args.Checked, true
		}
		if agent.Operation(c.tool.Name).Allowed {
			return nil, notListed(c.decision)
		}
		return nil, notGranted(c.decision)
	}
	args, err := c.understand(ctx)
	if err != nil {
		return nil, err
	}
	c.arguments, c.valid = args.Checked, true
	if c.tool.Level > dixaclient.Read {
		c.names.note(ctx, args, false)
		if err := c.writable(c.tool.Name, args.JSON); err != nil {
			return nil, err
		}
	}
	return args, c.tool.Check(args, c.gate.Version())
}

// authorize wraps every operation: it refuses one that does not belong to a call or that the agent is not granted with these
// arguments.
func authorize(ctx context.Context, op *dixaclient.Call, next func(context.Context) error) error {
	c := callFrom(ctx)
	if c == nil {
		return errors.New("gate: " + op.Op.Name + " does not belong to a call of an agent")
	}
	if c.agent.NeedsPerson() { // admit put a Dixa agent in place of the caller
		return noPerson(c.agentName)
	}
	if d := c.agent.Operation(op.Op.Granted().Name); !d.Allowed {
		return c.notAllowed(d)
	}
	request, err := json.Marshal(op.In)
	if err != nil {
		return err
	}
	if d := c.agent.Arguments(op.Op.Granted(), request); !d.Allowed {
		return c.notAllowed(d)
	}
	if op.Op.Level > dixaclient.Read {
		if err := c.writable(op.Op.Name, request); err != nil { // again: the request itself, whatever made it
			return err
		}
	}
	if id, ok := dixaclient.ConversationOf(op.In); ok && op.Op.Level > dixaclient.Read {
		defer c.gate.facts.forget(id)
	}
	defer c.gate.directory.Wrote(op.Op)
	defer c.gate.callers.wrote(op.Op)
	return next(ctx)
}
