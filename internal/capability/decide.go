package capability

import (
	"path/filepath"
	"strconv"
	"strings"

	"dixa-mcp/tools"
)

const everyGroup = "*" // in access: every group without an entry of its own

// newRules makes rules of a file that was checked.
func newRules(name, digest string, f *file, c *catalog) *Rules {
	r := &Rules{name: name, digest: digest, catalog: c, stdio: f.Stdio, byName: map[string]*Agent{}}
	for _, e := range f.Agents.entries {
		a := &Agent{
			Name:   e.name.text,
			About:  e.value.About.text,
			asID:   f.actingAgent(e.value.ActsAs.text),
			asName: e.value.ActsAs.text,
			grants: newGrants(filepath.Base(name), e),
		}
		a.decide(c)
		r.agents = append(r.agents, a)
		r.byName[a.Name] = a
	}
	return r
}

// decide makes every decision about the agent in advance.
func (a *Agent) decide(c *catalog) {
	a.decisions = make(map[string]Decision, len(c.tools))
	for name, t := range c.operations {
		a.decisions[name] = a.operation(t)
	}
	for name, t := range c.composites {
		a.decisions[name] = a.composite(t)
	}
	for _, t := range c.tools {
		if a.decisions[t.Name].Allowed {
			a.granted = append(a.granted, t)
		}
	}
}

// composite decides about a tool that is made of several operations.
func (a *Agent) composite(t *tools.Tool) Decision {
	for _, op := range t.Operations {
		if d := a.Operation(op.Name); !d.Allowed {
			d.Why = t.Name + " needs " + op.Name + ", and " + d.Why
			return d
		}
	}
	return Decision{
		Allowed: true,
		Rule:    a.agent.key,
		Line:    a.agent.line,
		Why:     t.Name + " is granted: every operation it needs is (" + strings.Join(operationNames(t), ", ") + ")",
	}
}

// grants are what the file says about the operations of one agent.
type grants struct {
	file   string // for people and models, who need not know the directory
	agent  word
	access map[string]entry[level]
	allow  map[string]at
	deny   map[string]at
	source agent
}

func newGrants(file string, e entry[agent]) *grants {
	g := &grants{file: file, agent: e.name, access: map[string]entry[level]{}, source: e.value}
	for _, a := range e.value.Access.entries {
		g.access[a.name.text] = a
	}
	g.allow, g.deny = byOperation(e.value.Allow), byOperation(e.value.Deny)
	return g
}

func byOperation(operations []operation) map[string]at {
	m := make(map[string]at, len(operations))
	for _, o := range operations {
		if _, twice := m[o.tool.Name]; !twice {
			m[o.tool.Name] = o.at
		}
	}
	return m
}

// operation decides about an operation: what denies it beats what allows it, and both beat the levels.
func (g *grants) operation(t *tools.Tool) Decision {
	if where, ok := g.deny[t.Name]; ok {
		return g.decided(false, where, t.Name+" is denied by ")
	}
	if where, ok := g.allow[t.Name]; ok {
		return g.decided(true, where, t.Name+" is granted by ")
	}
	by, ok := g.level(t.Group)
	not := t.Name + " is not granted to agent " + g.agent.text
	switch {
	case t.Named:
		return g.refused(not + " and needs to be named under allow: no level covers it")
	case !ok:
		return g.refused(not + ": access gives nothing in " + t.Group + ", and allow does not name it")
	case by.value.Level < t.Level:
		return g.refused(not + ": access gives " + by.name.text + " only " + by.value.String() + ", and " + t.Name + " is " + t.Level.String())
	}
	return g.decided(true, by.name.at, t.Name+" is granted by ")
}

// level is the entry of access that holds for a group. A group's own entry stands in place of that of "*", also where
// it gives less.
func (g *grants) level(group string) (entry[level], bool) {
	e, ok := g.access[group]
	if !ok {
		e, ok = g.access[everyGroup]
	}
	return e, ok
}

// covered tells whether a level grants the operation.
func (g *grants) covered(t *tools.Tool) bool {
	e, ok := g.level(t.Group)
	return ok && !t.Named && e.value.Level >= t.Level
}

func (g *grants) decided(allowed bool, by at, why string) Decision {
	return Decision{Allowed: allowed, Rule: by.key, Line: by.line, Why: why + by.key + " (" + g.file + ":" + strconv.Itoa(by.line) + ")"}
}

// refused is the decision where nothing grants.
func (g *grants) refused(why string) Decision {
	return Decision{Rule: g.agent.key, Line: g.agent.line, Why: why}
}
