package capability

import (
	"encoding/json"
	"reflect"
	"slices"

	"dixa-mcp/dixaclient"
	"dixa-mcp/tools"
)

// Arguments decides whether the agent may send a request of an operation, given as JSON, with the arguments that it has: what
// arguments, acts_as and the arguments that must be named say. A [Shape] shows these rules to the caller of one tool; this
// holds for the request itself, whichever tool makes it. [Agent.Operation] decides about the operation.
func (a *Agent) Arguments(op *dixaclient.Spec, request json.RawMessage) Decision {
	t := a.catalog.operations[op.Name]
	if t == nil || !a.limits(t) {
		return Decision{Allowed: true}
	}
	given := members(request)
	for _, p := range a.catalog.schema(t).Properties() {
		l := a.limit(t, p)
		if l.free || !has(op, p.Name) {
			continue
		}
		v, isGiven := given[p.Name]
		filled := len(l.values) == 1 && l.at != a.agent.at // by a rule, so that it must be there
		if (isGiven || filled) && !l.holds(op, v, isList(p)) {
			return a.outOfLimits(t, l)
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
func (a *Agent) outOfLimits(t *tools.Tool, l *limit) Decision {
	d := a.decided(false, l.at, l.argument+" of "+t.Name+" "+a.wants(l)+", by ")
	if l.at == a.agent.at {
		d = a.refused("agent " + a.Name + " may not give " + l.argument + " of " + t.Name + " this value: it reaches further than the level of " + t.Name + ", and arguments does not name it")
	}
	d.Argument, d.Wants, d.Gone = l.argument, a.wants(l), len(l.values) == 0
	return d
}

// wants says in words which values a limit allows: "must be billing or returns", or "cannot be given".
func (a *Agent) wants(l *limit) string {
	words := make([]string, len(l.values))
	for i, v := range l.values {
		words[i] = v.word
	}
	says := "cannot be given"
	if len(words) > 0 {
		says = "must be " + someWords(words)
	}
	if l.at == a.agent.at {
		says += " unless arguments names it"
	}
	return says
}
