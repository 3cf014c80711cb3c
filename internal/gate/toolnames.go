package gate

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"dixa-mcp/dixaclient"
	"dixa-mcp/internal/base/lines"
	"dixa-mcp/internal/capability"
	"dixa-mcp/tools"
)

// mostTools is how many of an agent's tools a message names.
const mostTools = 5

// toolsFor names the tools with which an agent does what an operation does, "" where there are none. Every message that points
// to a tool asks it, so that none points to one that its reader cannot call.
func toolsFor(a *capability.Agent) func(operation string) string {
	return func(operation string) string {
		with := a.With(operation)
		return strings.Join(with[:min(len(with), mostTools)], " or ")
	}
}

// clause returns words about the tools with which an agent does what an operation does; "" where there are none.
func clause(a *capability.Agent, format, operation string) string {
	names := toolsFor(a)(operation)
	if names == "" {
		return ""
	}
	return fmt.Sprintf(format, names)
}

// listedTools names the first of an agent's tools.
func listedTools(names []string) string {
	return strings.Join(lines.First(names, mostTools, false), ", ")
}

// argumentsFor returns the arguments of a tool with which an argument of one of its operations, given by its path, is given.
func argumentsFor(t *tools.Tool, path string) string {
	if !t.Task() {
		return path
	}
	argument := strings.FieldsFunc(path, func(r rune) bool { return r == '.' || r == '[' })
	if len(argument) == 0 {
		return ""
	}
	return strings.Join(t.Giving(argument[0]), " or ")
}

// argumentsGiving lists those of the arguments of a call that give an argument of one of its tool's operations: what was not given is
// no cause of a failure.
func argumentsGiving(t *tools.Tool, arguments json.RawMessage, argument string) []string {
	names := []string{argument}
	if t.Task() {
		names = t.Giving(argument)
	}
	var given map[string]json.RawMessage
	if json.Unmarshal(arguments, &given) != nil {
		return names
	}
	return slices.DeleteFunc(names, func(name string) bool {
		outer, _, _ := strings.Cut(name, ".")
		_, is := given[outer]
		return !is
	})
}

// inToolsOf makes an error about an operation one about the tool that carried it out, which points to tools of the agent.
func (c *call) inToolsOf(err error) {
	if e, ok := errors.AsType[*dixaclient.Error](err); ok {
		e.Tool, e.Tools = c.tool.Name, toolsFor(c.agent)
		e.Giving = func(argument string) []string { return argumentsGiving(c.tool, c.request.Arguments, argument) }
	}
	if e, ok := errors.AsType[*dixaclient.InputError](err); ok && e.Operation != c.tool.Name {
		e.Operation, e.Field = c.tool.Name, argumentsFor(c.tool, e.Field)
	}
	if e, ok := errors.AsType[*dixaclient.BusyError](err); ok {
		e.Operation = c.tool.Name
	}
}
