package capability

import (
	"encoding/json"
	"reflect"
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
func (s *settings) limits(t *tools.Tool) bool {
	return t.Plans() || len(s.rules[t.Name]) > 0 || s.acting != "" && len(t.Actors()) > 0 ||
		slices.ContainsFunc(t.Operations, func(op *dixaclient.Spec) bool { return len(op.Named()) > 0 })
}

// limit says what holds for an argument: acts_as, a rule under arguments, or that it must be named there.
func (s *settings) limit(t *tools.Tool, p schemas.Property) *limit {
	l := &limit{at: s.agent.at, argument: p.Name}
	if s.acting != "" && slices.Contains(t.Actors(), p.Name) {
		as := textValue(string(s.acting))
		as.word = s.source.ActsAs.text
		l.at, l.values = s.source.ActsAs.at, []value{as}
		return l
	}
	if rule := s.rules[t.Name][p.Name]; rule != nil {
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

// Arguments decides whether the agent may send a request of an operation, given as JSON, with the arguments that it has: what
// arguments, acts_as and the arguments that must be named say. A [Shape] shows these rules to the caller of one tool; this
// holds for the request itself, whichever tool makes it. [Agent.Operation] decides about the operation.
func (s *settings) Arguments(op *dixaclient.Spec, request json.RawMessage) Decision {
	t := s.catalog.operations[op.Name]
	if t == nil || !s.limits(t) {
		return Decision{Allowed: true}
	}
	given := members(request)
	for _, p := range s.catalog.schema(t).Properties() {
		l := s.limit(t, p)
		if l.free || !has(op, p.Name) {
			continue
		}
		v, isGiven := given[p.Name]
		filled := len(l.values) == 1 && l.at != s.agent.at // by a rule, so that it must be there
		if (isGiven || filled) && !l.holds(op, v, isList(p)) {
			return s.outOfLimits(t, l)
		}
	}
	return Decision{Allowed: true}
}

// has reports whether requests of an operation have an argument. A tool has some of its own, such as offset: they are held to the
// rules where they are read, by the [Shape].
func has(op *dixaclient.Spec, argument string) bool {
	for name := range dixaclient.Arguments(op.In()) {
		if name == argument {
			return true
		}
	}
	return false
}

// holds reports whether the value of an argument in a request, nil for none, is among those that the limit allows.
func (l *limit) holds(op *dixaclient.Spec, v json.RawMessage, list bool) bool {
	given := []json.RawMessage{v}
	if list {
		given = items(v)
	}
	if len(given) == 0 {
		return len(l.values) != 1 // a single value is filled in
	}
	return !slices.ContainsFunc(given, func(one json.RawMessage) bool {
		return !slices.ContainsFunc(l.values, func(allowed value) bool { return string(typed(op, l.argument, allowed.json, list)) == string(one) })
	})
}

// typed returns a value of the file, or an item of a list, in the form that it has in a request of the operation.
func typed(op *dixaclient.Spec, argument string, v json.RawMessage, item bool) json.RawMessage {
	if item {
		v = array([]json.RawMessage{v})
	}
	in := reflect.New(op.In()).Interface()
	if json.Unmarshal(object(map[string]json.RawMessage{argument: v}), in) == nil {
		if request, err := json.Marshal(in); err == nil {
			v = members(request)[argument]
		}
	}
	if list := items(v); item && len(list) == 1 {
		return list[0]
	}
	return v
}

// outOfLimits returns the refusal of a request whose argument has another value than the limit allows.
func (s *settings) outOfLimits(t *tools.Tool, l *limit) Decision {
	d := s.decided(false, l.at, l.argument+" of "+t.Name+" "+s.wants(l)+", by ")
	if l.at == s.agent.at {
		d = s.refused("agent " + s.agent.text + " may not give " + l.argument + " of " + t.Name + " this value: it reaches further than the level of " + t.Name + ", and arguments does not name it")
	}
	d.Argument, d.Wants, d.Gone = l.argument, s.wants(l), len(l.values) == 0
	return d
}

// wants says in words which values a limit allows: "must be billing or returns", or "cannot be given".
func (s *settings) wants(l *limit) string {
	words := make([]string, len(l.values))
	for i, v := range l.values {
		words[i] = v.word
	}
	says := "cannot be given"
	if len(words) > 0 {
		says = "must be " + someWords(words)
	}
	if l.at == s.agent.at {
		says += " unless arguments names it"
	}
	return says
}

// Restriction is what a rule of the file says about an operation that is granted: what it reaches, or which values an argument
// may have.
type Restriction struct {
	Says string // such as "queueId must be billing or returns"
	Rule string // the key that says so
	Line int    // where that key is in the file
}

// LimitsArguments reports whether rules for arguments hold for an operation that is granted to the agent.
func (s *settings) LimitsArguments(op *dixaclient.Spec) bool {
	return slices.ContainsFunc(s.Restrictions(op), func(r Restriction) bool { return s.bound == nil || r.Rule != s.bound.rule.key })
}

// Restrictions lists what holds for an operation that is granted to the agent: its bound, where the operation reaches
// conversations or customers, and the rules for arguments by which [Agent.Arguments] decides.
func (s *settings) Restrictions(op *dixaclient.Spec) []Restriction {
	var all []Restriction
	if b := s.bound; b != nil && op.Scope != dixaclient.Shared {
		reach := "only conversations with "
		if op.Scope == dixaclient.OneEndUser || op.Scope == dixaclient.SomeEndUsers {
			reach = "only customers of conversations with "
		}
		all = append(all, Restriction{reach + b.String(), b.rule.key, b.rule.line})
	}
	t := s.catalog.operations[op.Name]
	if t == nil || !s.limits(t) {
		return all
	}
	for _, p := range s.catalog.schema(t).Properties() {
		if l := s.limit(t, p); !l.free {
			all = append(all, Restriction{l.argument + " " + s.wants(l), l.key, l.line})
		}
	}
	return all
}
