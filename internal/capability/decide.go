package capability

import (
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"

	"dixa-mcp/dixaclient"
	"dixa-mcp/tools"
)

const everyGroup = "*" // in access: every group without an entry of its own

// newRules makes rules of a file that was checked.
func newRules(name, digest string, f *file, all []terms, people []peopleRule, c *catalog) *Rules {
	r := &Rules{
		name: name, digest: digest, release: f.Tools.text, zone: f.Timezone, keep: f.Records.Keep, archive: f.Archive.Keep, catalog: c, stdio: f.Stdio, names: f.Names.list(),
		byName: map[string]func() *Agent{}, approvers: f.keyholders(), auditors: f.auditing(), keys: f.keys(),
		oidc: f.OIDC.value.settings(), oidcAt: f.OIDC.at, claims: f.claims(), people: people,
	}
	for i, e := range f.Agents.entries {
		a := &Agent{
			Name:     e.name.text,
			About:    e.value.About.text,
			settings: settings{newGrants(filepath.Base(name), e, f.Tools, c.releases), all[i], c},
			people:   slices.ContainsFunc(people, func(p peopleRule) bool { return slices.Contains(texts(p.agents), e.name.text) }),
		}
		a.one = sync.OnceValue(a.withinOne)
		r.add(a.Name, sync.OnceValue(func() *Agent {
			a.decide()
			return a
		}))
	}
	return r
}

// decide makes the decisions that grant something, in advance.
func (a *Agent) decide() {
	a.allowed, a.shapes = map[string]Decision{}, map[string]*Shape{}
	for _, t := range a.catalog.tools {
		if d, shape := a.judge(t); d.Allowed {
			a.allowed[t.Name], a.shapes[t.Name] = d, shape
			a.granted = append(a.granted, t)
			shape.describe(a)
		}
	}
	a.cover()
	a.addFinder()
}

// judge decides about a tool: by what grants it, held against what else the file says about the agent. The shape is of
// one that is granted.
func (a *Agent) judge(t *tools.Tool) (Decision, *Shape) {
	granted := a.operation
	if _, several := a.catalog.composites[t.Name]; several {
		granted = a.composite
	}
	d := granted(t)
	if !d.Allowed {
		return d, nil
	}
	if a.bound != nil && slices.ContainsFunc(t.Operations, func(op *dixaclient.Spec) bool { return op.Scope == dixaclient.Everything }) {
		rule, line := a.bound.Rule()
		if a.bound.ofKey() {
			return Decision{Rule: rule, Line: line, Why: t.Name + " reaches the whole organization, and the key of this connection is bound to one conversation"}, nil
		}
		return Decision{Rule: rule, Line: line, Why: t.Name + " reaches the whole organization, and " + rule + " bounds this agent to some conversations (" + a.file + ":" + strconv.Itoa(line) + ")"}, nil
	}
	shape, missing := newShape(a, t, a.catalog.schema(t))
	if missing != nil {
		return a.impossible(t, missing), nil
	}
	return d, shape
}

// impossible returns the decision about a tool that needs an argument which nothing may give.
func (s *settings) impossible(t *tools.Tool, l *limit) Decision {
	if l.free { // nothing that is granted takes it
		var ops []*dixaclient.Spec
		for _, c := range t.Carries(l.argument) {
			ops = append(ops, c.Op)
		}
		return s.refused(t.Name + " needs " + strings.Join(specNames(ops), " or ") + ", which is not granted to agent " + s.agent.text)
	}
	needs := t.Name + " needs " + l.argument + ", and "
	if l.at != s.agent.at {
		return s.decided(false, l.at, needs+"no value is left for it by ")
	}
	how := "name its values under arguments: " + t.Name + "." + l.argument
	if slices.Contains(t.Actors(), l.argument) {
		how = "set acts_as, or " + how
	}
	return s.refused(needs + "agent " + s.agent.text + " may not give it: it reaches further than the level of " + t.Name + ", so that it must be granted by itself; " + how)
}

// composite decides about a tool that is made of several operations: nothing grants it but all of them together, also where
// allow names it.
func (a *Agent) composite(t *tools.Tool) Decision {
	if where, ok := a.deny[t.Name]; ok {
		return a.decided(false, where, t.Name+" is denied by ")
	}
	if _, ok := a.allow[t.Name]; t.Named && !ok {
		return a.refused(t.Name + " is not granted to agent " + a.agent.text + " and needs to be named under allow")
	}
	if _, ok := a.allow[t.Name]; a.later(t) && !ok && a.Surface() == SurfaceOperations {
		return a.refused(t.Name + " is not granted to agent " + a.agent.text + ": it was added after release " + a.release.text + ", to which tools holds the agent (" + a.file + ":" + strconv.Itoa(a.release.line) + "); name it under allow, or set surface: tasks")
	}
	for _, op := range t.Operations {
		if d := a.Operation(op.Name); !d.Allowed {
			d.Why = t.Name + " needs " + op.Name + ", and " + d.Why
			return d
		}
	}
	if t.Plans() && !slices.ContainsFunc(t.Writes(), func(op *dixaclient.Spec) bool { return a.Operation(op.Name).Allowed }) {
		return a.refused(t.Name + " needs one of " + strings.Join(specNames(t.Writes()), ", ") + ", and none is granted to agent " + a.agent.text)
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

	release  release // that the levels are held to; without a text they are to none
	releases releases
}

func newGrants(file string, e entry[agent], held release, all releases) *grants {
	g := &grants{file: file, agent: e.name, access: map[string]entry[level]{}, source: e.value, release: held, releases: all}
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
	case g.later(t):
		return g.refused(not + ": it was added after release " + g.release.text + ", to which tools holds the levels (" + g.file + ":" + strconv.Itoa(g.release.line) + "); name it under allow, or set tools to a later release")
	case !ok:
		return g.refused(not + ": access gives nothing in " + t.Group + ", and allow does not name it")
	case by.value.Level < t.Level:
		return g.refused(not + ": access gives " + by.name.text + " only " + by.value.String() + ", and " + t.Name + " is " + t.Level.String())
	}
	return g.decided(true, by.name.at, t.Name+" is granted by ")
}

// level returns the entry of access that holds for a group. A group's own entry is used in place of that of "*", also where
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
	return ok && !t.Named && !g.later(t) && e.value.Level >= t.Level
}

func (g *grants) decided(allowed bool, by at, why string) Decision {
	return Decision{Allowed: allowed, Rule: by.key, Line: by.line, Why: why + by.key + " (" + g.file + ":" + strconv.Itoa(by.line) + ")"}
}

// refused returns the decision where nothing grants.
func (g *grants) refused(why string) Decision {
	return Decision{Rule: g.agent.key, Line: g.agent.line, Why: why}
}
