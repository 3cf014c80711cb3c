package capability

import (
	"encoding/hex"
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
	for _, a := range r.Agents() {
		n := &agentNotes{&l, a, r}
		n.aboutKeys(now)
		reached := slices.Contains(stdio, a.Name) || a.CanAuthenticate(now)
		if !reached {
			l.add(a.agent.at, "no connection can be this agent: it is not under stdio, and has no valid key, no oidc_claim and no people")
		}
		n.aboutLists()
		n.aboutLevels()
		n.aboutSending()
		n.aboutCaller(slices.Contains(stdio, a.Name))
		n.aboutTools()
		n.aboutSurface()
		n.aboutImpossible()
		n.aboutArguments()
		n.aboutBudget()
		n.aboutConfirm(reached)
		n.aboutOnApproval()
	}
	l.aboutApprovers(r)
	for _, k := range r.auditors {
		l.aboutDigest(k.at, hex.EncodeToString(k.digest[:]), "--auditor "+k.name)
	}
	l.aboutOIDC(r)
	l.aboutPeople(r)
	return sortNotes(l)
}

type noteList []Note

func (l *noteList) add(where at, format string, args ...any) {
	*l = append(*l, Note{where.line, where.column, where.key, fmt.Sprintf(format, args...)})
}

// agentNotes are those about one agent.
type agentNotes struct {
	*noteList
	agent *Agent
	rules *Rules
}

// aboutLists notes entries of allow and deny that change nothing.
func (n *agentNotes) aboutLists() {
	for _, o := range n.agent.source.Allow {
		if missing := n.missing(o.tool); missing != "" {
			n.add(o.at, "does not grant %s by itself: it needs %s, which is not granted", o.tool.Name, missing)
		} else if n.agent.covered(o.tool) {
			e, _ := n.agent.level(o.tool.Group)
			n.add(o.at, "%s is granted already by %s", o.tool.Name, e.name.key)
		}
	}
	for _, o := range n.agent.source.Deny {
		if where, both := n.agent.allow[o.tool.Name]; both {
			n.add(o.at, "%s is also under allow (line %d); deny beats it", o.tool.Name, where.line)
		} else if !n.agent.covered(o.tool) && n.agent.catalog.composites[o.tool.Name] == nil || n.missing(o.tool) != "" {
			n.add(o.at, "%s need not be denied: nothing grants it", o.tool.Name)
		}
	}
	for _, listed := range []list[operation]{n.agent.source.Allow, n.agent.source.Deny} {
		for _, o := range twice(listed, func(o operation) string { return o.tool.Name }) {
			n.add(o.at, "%s is listed twice", o.tool.Name)
		}
	}
}

// missing returns the first operation of a tool made of several that is not granted; "" where none is, and for an operation.
func (n *agentNotes) missing(t *tools.Tool) string {
	if n.agent.catalog.composites[t.Name] == nil {
		return ""
	}
	for _, op := range t.Operations {
		if !n.agent.Operation(op.Name).Allowed {
			return op.Name
		}
	}
	return ""
}

// aboutLevels notes levels below everything in their group.
func (n *agentNotes) aboutLevels() {
	for _, e := range n.agent.source.Access.entries {
		covers := func(t *tools.Tool) bool {
			return (e.name.text == everyGroup || e.name.text == t.Group) && !t.Named && t.Level <= e.value.Level
		}
		if !slices.ContainsFunc(n.agent.catalog.tools, covers) {
			n.add(e.name.at, "grants nothing: no operation of %s is at %s or below", e.name.text, e.value)
		}
	}
}

// aboutTools notes what follows from all that is granted.
func (n *agentNotes) aboutTools() {
	where := n.agent.agent.at
	switch seen := len(n.agent.Tools()); {
	case seen == 0:
		n.add(where, "sees no tool: nothing is granted to it")
	case seen > manyTools && !n.agent.Discovers():
		n.add(where, "sees %d tools; models choose worse among more than %d, and each costs tokens: grant or deny by name", seen, manyTools)
	}
}

// names returns the granted tools of a kind, joined.
func (n *agentNotes) names(is func(*tools.Tool) bool) string {
	var names []string
	for _, t := range n.agent.granted {
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
