package gate

import (
	"errors"
	"fmt"
	"strings"

	"dixa-mcp/dixaclient"
	"dixa-mcp/internal/capability"
	"dixa-mcp/schemas"
)

const nothingSent = " Nothing was sent to Dixa."

// refusal is a call, or one of its operations, that the gate stops. There is one constructor for each reason; it alone
// decides what the agent reads, what the record says, and whether the capability file's grant still holds for the call.
type refusal struct {
	text    string // what the agent reads
	reason  string // what the record says, without anything the caller wrote; "" where the rule says it
	denied  bool   // the call is not allowed, by rule if there is one; otherwise something stops it that the file allows
	rule    string // the key of the capability file that refuses it, and its line
	line    int
	invalid bool   // the arguments do not fit the tool
	inFull  string // what an operator reads, where the agent may not know it; "" for the same as text
	reads   error  // the error that it looks like from outside, nil for none
	fault   error  // what does not work at this server, for its log; nil for none
}

func (r *refusal) Error() string { return r.text }

func (r *refusal) Unwrap() error { return r.reads }

// NotGranted reports whether the capability file does not allow it, so that a tool can do without; what is outside an agent's
// bound looks like missing instead.
func (r *refusal) NotGranted() bool { return r.denied && r.rule != "" && r.reads == nil }

// refusalOf returns the refusal that stopped a call before it began. What is not one is about the call's arguments.
func refusalOf(tool string, err error) *refusal {
	if r, ok := errors.AsType[*refusal](err); ok {
		return r
	}
	return invalidArguments(tool, err)
}

// noLongerAuthorized refuses a connection that the capability file authorized when it began.
func noLongerAuthorized() *refusal {
	return &refusal{text: "the capability file no longer authorizes this connection; nothing was sent to Dixa", reason: "the agent is not in the capability file", denied: true}
}

// unknownAgent refuses an agent that is not in the capability file.
func unknownAgent(err error) *refusal {
	return &refusal{text: err.Error(), reason: "the agent is not in the capability file", denied: true}
}

// unknownTool refuses a call of a tool that does not exist.
func unknownTool(a *capability.Agent, name string) *refusal {
	var names []string
	for _, t := range a.Tools() {
		names = append(names, t.Name)
	}
	text := fmt.Sprintf("there is no tool %q", name)
	if near := schemas.Nearest(name, names); near != "" {
		text += fmt.Sprintf("; did you mean %s?", near)
	}
	return &refusal{text: text, reason: "there is no such tool", denied: true}
}

// agentFrozen refuses an agent that the operator stopped.
func agentFrozen(agent, why string) *refusal {
	text := fmt.Sprintf("agent %s is frozen by the operator", agent)
	if why != "" {
		text += ": " + why
	}
	return &refusal{text: text + ". Nothing was sent to Dixa; trying again does not help until it is thawed.", reason: "the agent is frozen", denied: true}
}

// notGranted refuses what the capability file does not allow.
func notGranted(d capability.Decision) *refusal {
	return &refusal{text: sentenceOf(d.Why) + nothingSent, denied: true, rule: d.Rule, line: d.Line}
}

// outOfReach refuses an operation that reaches further than any bound.
func outOfReach(agent string, b *capability.Bound, op *dixaclient.Spec) *refusal {
	rule, line := b.Rule()
	return notGranted(capability.Decision{Rule: rule, Line: line, Why: op.Name + " reaches more than the conversations that agent " + agent + " may see"})
}

// outsideBound refuses what is outside an agent's bound. To the agent it is Dixa's answer about what does not exist.
func outsideBound(b *capability.Bound, op *dixaclient.Spec) *refusal {
	rule, line := b.Rule()
	answer := missing(op)
	return &refusal{
		text: answer.Error(), reads: answer, denied: true, rule: rule, line: line,
		inFull: fmt.Sprintf("what it is about does not exist, or lies outside %s (line %d); the agent is told that it does not exist", rule, line),
	}
}

// overBudget refuses an operation when the agent has used up its budget.
func overBudget(agent string, n *Count) *refusal {
	used := "its budget"
	if n.Used < n.Most {
		used = "this server's share of its budget (the total across servers is not known at the moment)"
	}
	text := fmt.Sprintf("agent %s has used up %s: %s. It resets at %s. Nothing was sent.", agent, used, n.Line, n.Ends.Format("15:04 UTC on 2 January"))
	return &refusal{text: text, reason: "its budget is used up"}
}

// invalidArguments refuses arguments that do not fit the tool.
func invalidArguments(tool string, err error) *refusal {
	text := err.Error()
	if bad, ok := errors.AsType[*schemas.Error](err); ok {
		text = fmt.Sprintf("%s: %s", tool, sentenceOf(bad.Error())) + nothingSent
	}
	return &refusal{text: text, reason: "its arguments are not valid", invalid: true}
}

// unknownFilters refuses a search by what does not exist: Dixa may ignore it, and its answer would be one to another
// question.
func unknownFilters(tool string, found []string) *refusal {
	text := wrongValues(tool, "a filter names what does not exist:", found)
	return &refusal{text: text + "\nDixa may ignore such a filter, and would answer another question." + nothingSent, reason: "a filter names what does not exist"}
}

func sentenceOf(s string) string {
	if strings.HasSuffix(s, ".") || strings.HasSuffix(s, "?") {
		return s
	}
	return s + "."
}
