package gate

import (
	"fmt"
	"path/filepath"
	"slices"

	"dixa-mcp/dixaclient"
	"dixa-mcp/internal/directory"
)

// Part is an operation that a tool of several operations can carry out, and what the capability file says about it.
type Part struct {
	Operation string
	Need      Need
	Granted   bool
	Why       string
	Rule      string // the key that decides, with its line: agents.triage.access.tags (capabilities.yaml:12)
	// Restrictions are the rules that hold for it where it is granted, each with its key and line.
	Restrictions []string
}

// Need says what a tool is without an operation.
type Need string

// What an operation is to a tool.
const (
	Required Need = "required" // the tool is refused without it
	Optional Need = "optional" // its part of the answer is left out
	LookUp   Need = "lookup"   // names are shown as ids and not taken, and times are in UTC
)

// parts lists the operations that a tool of several operations can carry out for the agent; none for another tool.
func (x explaining) parts() []Part {
	c := x.call
	if len(c.tool.Operations) == 0 || !c.tool.Task() { // find_tools has none
		return nil
	}
	var all []Part
	for _, op := range c.tool.Operations {
		all = append(all, x.part(op, Required))
	}
	for _, op := range c.tool.Uses {
		all = append(all, x.part(op, Optional))
	}
	for _, op := range x.nameReads() {
		if !slices.ContainsFunc(all, func(p Part) bool { return p.Operation == op.Name }) {
			all = append(all, x.part(op, LookUp))
		}
	}
	return all
}

// part returns whether the agent is granted an operation, by which line, and what restricts it.
func (x explaining) part(op *dixaclient.Spec, need Need) Part {
	c := x.call
	place := func(rule string, line int) string {
		if line == 0 { // it is not in the file
			return rule
		}
		return fmt.Sprintf("%s (%s:%d)", rule, filepath.Base(c.rules.Name()), line)
	}
	d := c.agent.Operation(op.Name)
	p := Part{Operation: op.Name, Need: need, Granted: d.Allowed, Why: d.Why, Rule: place(d.Rule, d.Line)}
	if !d.Allowed {
		return p
	}
	for _, r := range c.agent.Restrictions(op) {
		p.Restrictions = append(p.Restrictions, r.Says+": "+place(r.Rule, r.Line))
	}
	return p
}

// nameReads returns the operations with which the names in the tool's arguments and answers, and the zone of its times, are
// looked up.
func (x explaining) nameReads() (ops []*dixaclient.Spec) {
	things := slices.Clone(anyOf)
	for _, thing := range x.call.tool.ArgumentThings() {
		switch thing {
		case dixaclient.EndUserThing:
			ops = append(ops, dixaclient.ListEndUsers.Spec, dixaclient.GetConversation.Spec)
		case dixaclient.MessageThing:
			ops = append(ops, dixaclient.ListMessages.Spec)
		}
		things = append(things, thing)
	}
	for _, thing := range things {
		if l, ok := directory.Of(thing); ok {
			ops = append(ops, l.Op)
			for _, also := range l.Also {
				ops = append(ops, also.Op)
			}
		}
	}
	if x.call.rules.Timezone() == nil {
		ops = append(ops, dixaclient.ListSchedules.Spec, dixaclient.GetSchedule.Spec)
	}
	return ops
}
