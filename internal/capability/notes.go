package capability

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"dixa-mcp/tools"
)

const manyTools = 40 // models choose worse among more

// Notes lists what is legal in the file and probably not meant, in the order of its lines.
func (r *Rules) Notes() []Note {
	var l noteList
	stdio := texts(r.stdio)
	for _, s := range twice(r.stdio, func(w word) string { return w.text }) {
		l.add(s.at, "%s is listed twice", s.text)
	}
	now := time.Now()
	for _, a := range r.agents {
		l.aboutKeys(a, now)
		reached := slices.Contains(stdio, a.Name) || a.CanAuthenticate(now)
		if !reached {
			l.add(a.agent.at, "no connection can be this agent: it is not under stdio, and has no valid key, no oidc_claim and no people")
		}
		l.aboutLists(a)
		l.aboutLevels(a, r.catalog)
		l.aboutSending(a)
		l.aboutCaller(a, slices.Contains(stdio, a.Name))
		l.aboutTools(a)
		l.aboutSurface(a)
		l.aboutImpossible(a, r.catalog)
		l.aboutArguments(a, r.catalog)
		l.aboutBudget(a)
		l.aboutConfirm(a, r, reached)
		l.aboutOnApproval(a, r)
	}
	l.aboutApprovers(r)
	l.aboutOIDC(r)
	l.aboutPeople(r)
	return sortNotes(l)
}

type noteList []Note

func (l *noteList) add(where at, format string, args ...any) {
	*l = append(*l, Note{where.line, where.column, where.key, fmt.Sprintf(format, args...)})
}

// aboutLists notes entries of allow and deny that change nothing.
func (l *noteList) aboutLists(a *Agent) {
	for _, o := range a.source.Allow {
		if missing := a.missing(o.tool); missing != "" {
			l.add(o.at, "does not grant %s by itself: it needs %s, which is not granted", o.tool.Name, missing)
		} else if a.covered(o.tool) {
			e, _ := a.level(o.tool.Group)
			l.add(o.at, "%s is granted already by %s", o.tool.Name, e.name.key)
		}
	}
	for _, o := range a.source.Deny {
		if where, both := a.allow[o.tool.Name]; both {
			l.add(o.at, "%s is also under allow (line %d); deny beats it", o.tool.Name, where.line)
		} else if !a.covered(o.tool) && a.catalog.composites[o.tool.Name] == nil || a.missing(o.tool) != "" {
			l.add(o.at, "%s need not be denied: nothing grants it", o.tool.Name)
		}
	}
	for _, listed := range []list[operation]{a.source.Allow, a.source.Deny} {
		for _, o := range twice(listed, func(o operation) string { return o.tool.Name }) {
			l.add(o.at, "%s is listed twice", o.tool.Name)
		}
	}
}

// missing returns the first operation of a tool made of several that is not granted; "" where none is, and for an operation.
func (a *Agent) missing(t *tools.Tool) string {
	if a.catalog.composites[t.Name] == nil {
		return ""
	}
	for _, op := range t.Operations {
		if !a.Operation(op.Name).Allowed {
			return op.Name
		}
	}
	return ""
}

// aboutLevels notes levels below everything in their group.
func (l *noteList) aboutLevels(a *Agent, c *catalog) {
	for _, e := range a.source.Access.entries {
		covers := func(t *tools.Tool) bool {
			return (e.name.text == everyGroup || e.name.text == t.Group) && !t.Named && t.Level <= e.value.Level
		}
		if !slices.ContainsFunc(c.tools, covers) {
			l.add(e.name.at, "grants nothing: no operation of %s is at %s or below", e.name.text, e.value)
		}
	}
}

// aboutTools notes what follows from all that is granted.
func (l *noteList) aboutTools(a *Agent) {
	where := a.agent.at
	switch n := len(a.Tools()); {
	case n == 0:
		l.add(where, "sees no tool: nothing is granted to it")
	case n > manyTools && !a.Discovers():
		l.add(where, "sees %d tools; models choose worse among more than %d, and each costs tokens: grant or deny by name", n, manyTools)
	}
}

// names returns the granted tools of a kind, joined.
func (a *Agent) names(is func(*tools.Tool) bool) string {
	var names []string
	for _, t := range a.granted {
		if is(t) {
			names = append(names, t.Name)
		}
	}
	return strings.Join(names, ", ")
}

// twice lists the items whose name came before.
func twice[T any](items []T, name func(T) string) []T {
	var again []T
	seen := map[string]bool{}
	for _, item := range items {
		if seen[name(item)] {
			again = append(again, item)
		}
		seen[name(item)] = true
	}
	return again
}
