package gate

import (
	"slices"

	"dixa-mcp/internal/capability"
	"dixa-mcp/tools"
)

// An agent whose surface is discover calls its tools with call_tool. The call that comes out is decided, carried out and recorded
// as the tool's own: call_tool is taken off before anything else happens.

// discovery is how a call came: by the tool itself, or by call_tool.
type discovery struct {
	call    *call
	through bool  // it came by call_tool
	misuse  error // of call_tool
}

// unwrap puts the tool that call_tool calls, and its arguments, in place of call_tool.
func (d *discovery) unwrap() {
	c := d.call
	agent, err := c.rules.Agent(c.agentName)
	if err != nil || !agent.Discovers() {
		return
	}
	switch c.request.Tool {
	case tools.FindTools.Name:
		c.tool = tools.FindTools
	case tools.CallTool.Name:
		name, arguments, err := tools.Called(c.request.Arguments)
		if err != nil {
			c.tool, d.misuse = tools.CallTool, err
			return
		}
		d.through = true
		c.request.Tool, c.request.Arguments, c.arguments.JSON = name, arguments, arguments
		c.tool, _ = tools.ByName(name)
	}
}

// listed decides whether the agent may call the tool in the way in which it did.
func (d *discovery) listed() capability.Decision {
	c := d.call
	if d.through {
		return c.agent.Tool(c.tool)
	}
	return c.agent.Direct(c.tool)
}

// withSignature adds the arguments of a tool to a refusal that is about them, for an agent that does not see its schema.
func (d *discovery) withSignature(r *refusal) *refusal {
	c := d.call
	if !r.invalid || !d.through {
		return r
	}
	said := *r
	said.text += "\nIt takes: " + c.tool.Name + "(" + c.agent.Shape(c.tool).Schema().Signature() + ")"
	return &said
}

// findTools returns an agent's tools that fit words best.
func findTools(a *capability.Agent, what string, most int) []tools.Found {
	var found []tools.Found
	for _, t := range tools.Search(a.Tools(), what, most) {
		shape := a.Shape(t)
		found = append(found, tools.Found{Name: t.Name, Description: shape.Description(), Arguments: shape.Schema().Signature(), Level: t.Level})
	}
	return found
}

// groupsOf returns the groups of an agent's operations.
func groupsOf(a *capability.Agent) []string {
	var groups []string
	for _, t := range a.Tools() {
		if !t.Task() && !slices.Contains(groups, t.Group) {
			groups = append(groups, t.Group)
		}
	}
	return groups
}
