package capability

import (
	"encoding/json"
	"reflect"
	"slices"
	"strings"

	"dixa-mcp/dixaclient"
	"dixa-mcp/tools"
)

// Arguments decides whether the agent may send a request, a pointer to it, with the arguments that it has: what
// arguments, acts_as and the arguments that must be named say. A [Shape] shows these rules to the caller of one tool;
// this holds for the request itself, whichever tool makes it. [Agent.Operation] decides about the operation. An error
// means that the request cannot be read, and nothing may be sent.
func (a *Agent) Arguments(op *dixaclient.Spec, in any) (Decision, error) {
	allowed := Decision{Allowed: true}
	t := a.catalog.operations[op.Name]
	if t == nil || !a.limits(t) {
		return allowed, nil
	}
	raw, err := json.Marshal(in)
	if err != nil {
		return Decision{}, err
	}
	given := members(raw)
	for _, p := range a.catalog.schema(t).Properties() {
		l := a.limit(t, p)
		if l.free {
			continue
		}
		v, isGiven := given[p.Name]
		if isGiven || len(l.values) == 1 && l.at != a.agent.at { // a single value of a rule must be there
			if !l.holds(op, p.Name, v, isList(p)) {
				return a.outOfLimits(t, l), nil
			}
		}
	}
	return allowed, nil
}

// holds reports whether a value of a typed request is one of those that the limit allows.
func (l *limit) holds(op *dixaclient.Spec, argument string, v json.RawMessage, list bool) bool {
	if !list {
		return slices.ContainsFunc(l.values, func(allowed value) bool { return string(typed(op, argument, allowed.json)) == string(v) })
	}
	all := items(v)
	for _, item := range all {
		if !slices.ContainsFunc(l.values, func(allowed value) bool {
			same := items(typed(op, argument, array([]json.RawMessage{allowed.json})))
			return len(same) == 1 && string(same[0]) == string(item)
		}) {
			return false
		}
	}
	return len(all) > 0 || v != nil && len(l.values) != 1
}

// typed returns a value of the file in the form that it has in a request of the operation.
func typed(op *dixaclient.Spec, argument string, v json.RawMessage) json.RawMessage {
	in := reflect.New(op.In()).Interface()
	if json.Unmarshal(object(map[string]json.RawMessage{argument: v}), in) != nil {
		return v
	}
	raw, err := json.Marshal(in)
	if err != nil {
		return v
	}
	return members(raw)[argument]
}

// outOfLimits returns the refusal of a request whose argument has another value than the limit allows.
func (a *Agent) outOfLimits(t *tools.Tool, l *limit) Decision {
	if l.at == a.agent.at {
		return a.refused("agent " + a.Name + " may not give " + l.argument + " of " + t.Name + " this value: it reaches further than the level of " + t.Name + ", and arguments does not name it")
	}
	words := make([]string, len(l.values))
	for i, v := range l.values {
		words[i] = v.word
	}
	if len(words) == 0 {
		return a.decided(false, l.at, l.argument+" of "+t.Name+" cannot be given, by ")
	}
	return a.decided(false, l.at, l.argument+" of "+t.Name+" must be "+strings.Join(words, " or ")+", by ")
}
