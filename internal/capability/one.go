package capability

import (
	"maps"
	"slices"
	"strconv"

	"dixa-mcp/tools"
)

// numberTerm is the term of a bound that a key adds which is bound to one conversation. The capability file has no such key.
const numberTerm = "number"

// ofTheKey is the rule of a bound that comes from the key alone.
const ofTheKey = "the conversation of the key"

// Within returns the agent as it is for a key that is bound to one conversation: what the file grants, within its own bound, and
// of that only what is about the conversation. 0 is a key that is not bound.
func (a *Agent) Within(conversation int64) *Agent {
	if conversation == 0 {
		return a
	}
	b := *a.one()
	bound := *b.bound
	bound.terms = slices.Clone(bound.terms)
	number := strconv.FormatInt(conversation, 10)
	bound.terms[0] = bounding{key: numberTerm, words: []string{number}, values: []string{number}}
	bound.conversation = conversation
	b.bound = &bound
	return &b
}

// ofKey reports whether the bound is that of a key that is bound to one conversation.
func (b *Bound) ofKey() bool { return b.term(numberTerm) != nil }

// withinOne returns the agent as it is for a key that is bound to one conversation, whichever that is: its tools are the same for
// all.
func (a *Agent) withinOne() *Agent {
	b := *a
	b.bound = &Bound{rule: at{key: ofTheKey}, terms: []bounding{{key: numberTerm}}}
	if a.bound != nil {
		b.bound.rule = at{key: a.bound.rule.key + ", and " + ofTheKey, line: a.bound.rule.line}
		b.bound.terms = append(b.bound.terms, a.bound.terms...)
	}
	b.held, b.granted = false, nil
	b.decide()
	if b.held = a.held; b.held { // only what both versions of a changed file allow, in the narrower shape
		gone := func(name string) bool { return a.shapes[name] == nil }
		maps.DeleteFunc(b.allowed, func(name string, _ Decision) bool { return gone(name) })
		maps.DeleteFunc(b.shapes, func(name string, _ *Shape) bool { return gone(name) })
		for name := range b.shapes {
			b.shapes[name] = a.shapes[name]
		}
		b.granted = slices.DeleteFunc(slices.Clone(a.granted), func(t *tools.Tool) bool { return b.shapes[t.Name] == nil })
		b.coveredBy = a.coveredBy
	}
	return &b
}
