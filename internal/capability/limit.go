package capability

import (
	"encoding/json"
	"slices"

	"dixa-mcp/dixaclient"
	"dixa-mcp/schemas"
	"dixa-mcp/tools"
)

// limit is what an agent's part of the file says about one argument of a tool.
type limit struct {
	at       // of the key that says it; of the agent where nothing does
	argument string
	free     bool    // any value
	values   []value // what it may be; none: it cannot be given
}

// limits tells whether the file can limit an argument of the tool for the agent.
func (a *Agent) limits(t *tools.Tool) bool {
	return t.Plans() || len(a.rules[t.Name]) > 0 || a.acting != "" && len(t.Actors()) > 0 ||
		slices.ContainsFunc(t.Operations, func(op *dixaclient.Spec) bool { return len(op.Named()) > 0 })
}

// limit says what holds for an argument: acts_as, a rule under arguments, or that it must be named there.
func (a *Agent) limit(t *tools.Tool, p schemas.Property) *limit {
	l := &limit{at: a.agent.at, argument: p.Name}
	if a.acting != "" && slices.Contains(t.Actors(), p.Name) {
		as := textValue(string(a.acting))
		as.word = a.source.ActsAs.text
		l.at, l.values = a.source.ActsAs.at, []value{as}
		return l
	}
	if rule := a.rules[t.Name][p.Name]; rule != nil {
		l.at, l.free, l.values = rule.at, rule.free, rule.values
		return l
	}
	l.free = true
	for _, op := range t.Operations {
		for _, n := range op.Named() {
			if n.Argument == p.Name {
				l.free = false
				l.values = except(p.Enum, n.Values)
			}
		}
	}
	return l
}

// carried says what holds for an argument of a plan: what holds for the arguments of the operations that it becomes. It is gone
// where none of these is granted. An operation decides again about its own request.
func (a *Agent) carried(t *tools.Tool, p schemas.Property) (l *limit, gone bool) {
	gone = len(t.Carries(p.Name)) > 0
	for _, c := range t.Carries(p.Name) {
		op := a.catalog.operations[c.Op.Name]
		if op == nil || !a.Operation(op.Name).Allowed {
			continue
		}
		gone = false
		properties := a.catalog.schema(op).Properties()
		i := slices.IndexFunc(properties, func(q schemas.Property) bool { return q.Name == c.Argument })
		if i < 0 || !a.limits(op) {
			continue
		}
		if its := a.limit(op, properties[i]); !its.free {
			its.argument = p.Name
			return its, len(its.values) == 0
		}
	}
	return &limit{at: a.agent.at, argument: p.Name, free: true}, gone
}

// except returns the values of an enum without those that must be named; "*" stands for all.
func except(enum, named []string) []value {
	if slices.Contains(named, anyValue) {
		return nil
	}
	var rest []value
	for _, word := range enum {
		if !slices.Contains(named, word) {
			rest = append(rest, textValue(word))
		}
	}
	return rest
}

func textValue(text string) value {
	v, _ := json.Marshal(text) // texts always marshal
	return value{text, v}
}
