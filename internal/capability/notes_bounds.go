package capability

import (
	"slices"
	"strings"

	"dixa-mcp/dixaclient"
	"dixa-mcp/tools"
)

// aboutImpossible notes what is granted and refused nevertheless. What a level covers is noted only where an argument
// is missing: a level cannot know what a bound excludes.
func (n *agentNotes) aboutImpossible() {
	for _, o := range n.agent.source.Allow {
		if d := n.agent.Operation(o.tool.Name); !d.Allowed && !n.denies(o.tool) {
			n.add(o.at, "is granted and refused nevertheless: %s", d.Why)
		}
	}
	for _, name := range n.agent.catalog.names {
		t, d := n.agent.catalog.operations[name], n.agent.Operation(name)
		_, allowed := n.agent.allow[name]
		if !d.Allowed && !allowed && n.agent.covered(t) && !n.denies(t) && (n.agent.bound == nil || d.Rule != n.agent.bound.rule.key) {
			e, _ := n.agent.level(t.Group)
			n.add(e.name.at, "is granted and refused nevertheless: %s", d.Why)
		}
	}
}

func (n *agentNotes) denies(t *tools.Tool) bool {
	_, denied := n.agent.deny[t.Name]
	return denied
}

// aboutArguments notes rules for arguments that change nothing, or less than it seems.
func (n *agentNotes) aboutArguments() {
	if s := n.agent.source.Arguments; s.line > 0 && len(s.value) == 0 {
		n.add(s.at, "is empty: no argument is bounded")
	}
	for _, rule := range n.agent.source.Arguments.value {
		d := n.agent.Operation(rule.tool.Name)
		name := rule.property.Name
		switch {
		case !d.Allowed && d.Rule != rule.key:
			n.add(rule.at, "changes nothing: %s", d.Why)
			continue
		case rule.free && !mustBeNamed(rule.tool, name):
			n.add(rule.at, "changes nothing: %s takes any value without it", name)
		case len(rule.values) < len(rule.written) && !rule.free:
			n.add(rule.at, "names a value twice")
		}
		if d.Allowed {
			n.aboutWaysAround(rule)
		}
		if rule.tool.Name == dixaclient.SearchConversations.Spec.Name {
			n.aboutSearch(rule)
		}
	}
}

func mustBeNamed(t *tools.Tool, argument string) bool {
	return slices.ContainsFunc(t.Operations, func(op *dixaclient.Spec) bool {
		return slices.ContainsFunc(op.Named(), func(n dixaclient.Named) bool { return n.Argument == argument })
	})
}

// filters are the arguments of a search that say the same as keys under only.
var filters = map[string]string{"queueId": "queue", "channel": "channel", "agentId": "assignee", "direction": "direction", "tagIds": "tag"}

// aboutSearch notes rules for the filters of a search that do not bound what it finds, or with which it finds nothing.
func (n *agentNotes) aboutSearch(rule *argument) {
	key, name := filters[rule.property.Name], rule.property.Name
	if key == "" || rule.free {
		return
	}
	if n.agent.bound == nil {
		n.add(rule.at, "does not bound what is found: conditions can ask for any other %s; bound the agent with only", key)
		return
	}
	for _, t := range n.agent.bound.terms {
		for _, v := range rule.values {
			if t.key == key && key != "tag" && !t.has(plain(v.json)) {
				n.add(rule.at, "a search with %s %s finds nothing: it is outside %s.%s", name, v.word, n.agent.bound.rule.key, key)
			}
		}
	}
}

// aboutBudget notes limits that cannot be reached.
func (n *agentNotes) aboutBudget() {
	s := n.agent.source.Budget
	if s.line == 0 {
		return
	}
	b := s.value
	if limits := n.agent.Budget(); limits == (Budget{PerPerson: limits.PerPerson, RowsPerHour: DefaultRowsPerHour}) && b.RowsPerHour.line == 0 {
		n.add(s.at, "is empty: nothing is bounded")
	}
	if b.Per.text == perPerson && !n.agent.people {
		n.add(b.Per.at, "changes nothing: no rule under people gives %s to anybody", n.agent.Name)
	}
	for _, c := range []struct {
		sections []section[count]
		what     string
		is       func(dixaclient.Level) bool
	}{
		{[]section[count]{b.WritesPerHour, b.WritesPerDay}, "changes anything", func(l dixaclient.Level) bool { return l > dixaclient.Read }},
		{[]section[count]{b.SendsPerHour, b.SendsPerDay}, "sends", func(l dixaclient.Level) bool { return l == dixaclient.Send }},
		{[]section[count]{b.ErasesPerHour, b.ErasesPerDay}, "erases", func(l dixaclient.Level) bool { return l == dixaclient.Erase }},
	} {
		granted := n.names(func(t *tools.Tool) bool { return c.is(t.Level) }) != ""
		for _, s := range c.sections {
			if s.line > 0 && !granted {
				n.add(s.at, "bounds nothing: no tool that is granted to it %s", c.what)
			}
		}
		n.unreachable(c.sections[0], c.sections[1])
	}
	shows := func(t *tools.Tool) bool { return slices.ContainsFunc(t.Operations, (*dixaclient.Spec).ShowsRecords) }
	if s := b.RowsPerHour; s.line > 0 && !slices.ContainsFunc(n.agent.granted, shows) {
		n.add(s.at, "bounds nothing: no tool that is granted to it shows conversations or customers")
	}
	for _, less := range []section[count]{b.SendsPerHour, b.ErasesPerHour} {
		n.unreachable(less, b.WritesPerHour)
	}
	for _, less := range []section[count]{b.SendsPerDay, b.ErasesPerDay} {
		n.unreachable(less, b.WritesPerDay)
	}
	if perDay := b.RequestsPerSecond.value.number * 24 * 60 * 60; perDay > 0 && float64(b.RequestsPerDay.value.number) > perDay {
		n.add(b.RequestsPerDay.at, "cannot be reached: at %g requests a second a day has %.0f", b.RequestsPerSecond.value.number, perDay)
	}
}

// unreachable notes a limit that is above another which counts the same and more.
func (l *noteList) unreachable(above, than section[count]) {
	if than.line > 0 && above.value.number > than.value.number {
		key := than.key[strings.LastIndexByte(than.key, '.')+1:]
		l.add(above.at, "cannot be reached: %s is %d", key, than.value.number)
	}
}

// aboutSending notes in whose name messages go out where that is not settled.
func (n *agentNotes) aboutSending() {
	var chooses []string
	for _, t := range n.agent.granted {
		if t.Level != dixaclient.Send || n.agent.acting != "" {
			continue
		}
		for _, actor := range t.Actors() {
			switch {
			case n.agent.Shape(t).has(actor):
				chooses = append(chooses, t.Name)
			case n.agent.rules[t.Name][actor] == nil:
				n.add(n.agent.agent.at, "%s cannot say in whose name it writes; set acts_as, or name %s.%s under arguments", t.Name, t.Name, actor)
			}
		}
	}
	if len(chooses) > 0 {
		n.add(n.agent.agent.at, "may send (%s) without acts_as: the model chooses in whose name", strings.Join(slices.Compact(chooses), ", "))
	}
}

// has tells whether the agent may give the argument.
func (s *Shape) has(argument string) bool {
	for _, p := range s.shown.Properties() {
		if p.Name == argument {
			return true
		}
	}
	return false
}
