package capability

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"

	"dixa-mcp/dixaclient"
	"dixa-mcp/tools"
)

// Surface says which of its tools an agent sees. What it does not see it cannot call.
type Surface string

// An agent sees all its tools, or those that are made of several operations and the operations that none of them covers, or two
// tools with which it finds and calls all its tools.
const (
	SurfaceOperations Surface = "operations"
	SurfaceTasks      Surface = "tasks"
	SurfaceDiscover   Surface = "discover"
)

// Values returns the words that the capability file takes.
func (Surface) Values() []string {
	return []string{string(SurfaceOperations), string(SurfaceTasks), string(SurfaceDiscover)}
}

func (s *Surface) decode(d *decoder, n *yaml.Node, key string) {
	if text, ok := d.word(n, key, s.Values()); ok {
		*s = Surface(text)
	}
}

// Surface says which of its tools the agent sees.
func (s *settings) Surface() Surface { return cmp.Or(s.source.Surface.value, SurfaceOperations) }

// Tool decides whether the agent may call a tool: it must be granted, and listed.
func (a *Agent) Tool(t *tools.Tool) Decision {
	d := a.Operation(t.Name)
	if by := a.coveredBy[t.Name]; d.Allowed && len(by) > 0 {
		return a.unlisted(t, by)
	}
	return d
}

// Discovers reports whether the agent sees two tools only, with which it finds and calls those that it may call.
func (s *settings) Discovers() bool { return s.Surface() == SurfaceDiscover }

// Direct decides whether the agent may call a tool by its own name, rather than with call_tool.
func (a *Agent) Direct(t *tools.Tool) Decision {
	d := a.Tool(t)
	if d.Allowed && a.Discovers() && t != tools.FindTools {
		where := a.source.Surface.at
		why := t.Name + " is not listed for agent " + a.agent.text + ": call it with " + tools.CallTool.Name + " (" + where.key + ", " + a.file + ":" + strconv.Itoa(where.line) + ")"
		return Decision{Rule: where.key, Line: where.line, Why: why}
	}
	return d
}

// Listed lists the tools that a client of the agent lists.
func (a *Agent) Listed() []*tools.Tool {
	if a.Discovers() {
		return []*tools.Tool{tools.FindTools, tools.CallTool}
	}
	return a.Tools()
}

// addFinder lets an agent that finds its tools call find_tools. call_tool is no tool of its own: the tool that it calls is decided
// about.
func (a *Agent) addFinder() {
	if !a.Discovers() {
		return
	}
	where := a.source.Surface.at
	for _, t := range a.Listed() {
		s := &Shape{tool: t, full: t.Schema(), shown: t.Schema(), taken: t.Schema()}
		s.describe(a)
		a.shapes[t.Name] = s
	}
	a.allowed[tools.FindTools.Name] = Decision{Allowed: true, Rule: where.key, Line: where.line, Why: tools.FindTools.Name + " is listed by " + where.key + " (" + a.file + ":" + strconv.Itoa(where.line) + ")"}
}

// Tools lists the tools that the agent sees or, if it discovers them, finds, in the catalog's order.
func (a *Agent) Tools() []*tools.Tool {
	return slices.DeleteFunc(slices.Clone(a.granted), func(t *tools.Tool) bool { return len(a.coveredBy[t.Name]) > 0 })
}

// Covered lists the operations that are granted to the agent and that it does not see, in the catalog's order.
func (a *Agent) Covered() []*tools.Tool {
	return slices.DeleteFunc(slices.Clone(a.granted), func(t *tools.Tool) bool { return len(a.coveredBy[t.Name]) == 0 })
}

// With returns the names of the tools with which the agent does what an operation does: the operation's own or, where it may not
// call that, those that cover it. There are none where the operation is not granted. A list of what all conversations have in
// common, such as tags, is not shown by a tool that only looks names up in it.
func (a *Agent) With(operation string) []string {
	if a.Sees(operation) {
		return []string{operation}
	}
	var needs, uses []string
	for _, name := range a.coveredBy[operation] {
		t, ok := a.catalog.named(name)
		if !ok || !a.Sees(name) {
			continue
		}
		is := func(op *dixaclient.Spec) bool { return op.Name == operation }
		if slices.ContainsFunc(t.Operations, is) {
			needs = append(needs, name)
		} else if i := slices.IndexFunc(t.Uses, is); i >= 0 && t.Uses[i].Scope != dixaclient.Shared {
			uses = append(uses, name)
		}
	}
	if len(needs) > 0 {
		return needs
	}
	return uses
}

// unlisted returns the decision about an operation in whose place the agent sees other tools.
func (a *Agent) unlisted(t *tools.Tool, by []string) Decision {
	where := a.source.Surface.at
	if where.line == 0 { // held: the file that waits says it
		where = a.agent.at
	}
	by = slices.DeleteFunc(slices.Clone(by), func(name string) bool { return !a.Sees(name) }) // a changed file that waits may take some
	how := ": a changed capability file takes effect soon, and until then the tool in its place is not granted; call again in a minute"
	if len(by) > 0 {
		how = ": call " + strings.Join(by, " or ") + " instead"
	}
	why := t.Name + " is not listed for agent " + a.agent.text + how + " (" + where.key + ", " + a.file + ":" + strconv.Itoa(where.line) + ")"
	return Decision{Rule: where.key, Line: where.line, Why: why}
}

// cover finds the operations that the agent does not see, with the tools that it sees in their place.
func (a *Agent) cover() {
	a.coveredBy = map[string][]string{}
	if a.source.Surface.value != SurfaceTasks {
		return
	}
	also := byOperation(a.source.Also)
	for _, t := range a.granted {
		if a.catalog.composites[t.Name] == nil {
			continue
		}
		for _, op := range t.Covers() {
			if _, listed := also[op.Name]; !listed && a.allowed[op.Name].Allowed {
				a.coveredBy[op.Name] = append(a.coveredBy[op.Name], t.Name)
			}
		}
	}
}

// aboutSurface notes entries of also that change nothing.
func (n *agentNotes) aboutSurface() {
	for _, o := range n.agent.source.Also {
		switch {
		case !n.agent.Operation(o.tool.Name).Allowed:
			n.add(o.at, "lists %s, which is not granted", o.tool.Name)
		case n.agent.Discovers():
			n.add(o.at, "%s is found without it, since the surface is %s", o.tool.Name, n.agent.Surface())
		case n.agent.Surface() != SurfaceTasks:
			n.add(o.at, "%s is listed without it, since the surface is %s", o.tool.Name, n.agent.Surface())
		case !n.coverable(o.tool):
			n.add(o.at, "%s is listed without it: no tool that the agent sees covers it", o.tool.Name)
		}
	}
	for _, o := range twice(n.agent.source.Also, func(o operation) string { return o.tool.Name }) {
		n.add(o.at, "%s is listed twice", o.tool.Name)
	}
}

// coverable reports whether a tool that the agent sees is made of the operation.
func (n *agentNotes) coverable(t *tools.Tool) bool {
	return slices.ContainsFunc(n.agent.granted, func(s *tools.Tool) bool {
		return s != t && slices.ContainsFunc(s.Covers(), func(op *dixaclient.Spec) bool { return op.Name == t.Name })
	})
}

// surface compares what an agent sees, of what it is granted before and after.
func (d *diff) surface(old, new *Agent) {
	if was, is := old.Surface(), new.Surface(); was != is {
		d.add(direction{}, "%s: surface %s → %s", new.Name, was, is)
	}
	if shown := seen(old.Covered(), new); len(shown) > 0 {
		d.add(widens, "%s may now call %s itself", new.Name, listTools(shown))
	}
	if gone := seen(new.Covered(), old); len(gone) > 0 {
		d.add(narrows, "%s may no longer call %s itself", new.Name, listTools(gone))
	}
}

// seen returns the tools of a list that the agent sees.
func seen(list []*tools.Tool, from *Agent) []*tools.Tool {
	return slices.DeleteFunc(list, func(t *tools.Tool) bool { return !from.Tool(t).Allowed })
}
