package gate

import (
	"errors"
	"fmt"
	"path/filepath"
	"strings"

	"dixa-mcp/dixaclient"
	"dixa-mcp/internal/base/safetext"
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
	general bool   // every other call of the agent would be refused as well
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
	return &refusal{text: "the capability file no longer authorizes this connection. Tell the user: the operator of dixa-mcp must authorize it again, or give it another key." + nothingSent, reason: "the agent is not in the capability file", denied: true}
}

// unknownAgent refuses an agent that is not in the capability file.
func unknownAgent(err error) *refusal {
	return &refusal{text: err.Error() + ". Tell the user: the operator must correct the agent's name where this connection is set up." + nothingSent, reason: "the agent is not in the capability file", denied: true}
}

// unknownTool refuses a call of a tool that does not exist.
func unknownTool(a *capability.Agent, name string) *refusal {
	var names []string
	for _, t := range a.Tools() {
		names = append(names, t.Name)
	}
	text := fmt.Sprintf("there is no tool %q; ", safetext.Brief(name, 80))
	switch near := schemas.Nearest(name, names); {
	case near != "":
		text += fmt.Sprintf("did you mean %s?", near)
	case len(names) == 0:
		text += "this agent has no tool at all. Tell the user: the operator of dixa-mcp must grant some in the capability file."
	default:
		text += "this agent has " + listedTools(names) + "."
	}
	return &refusal{text: text, reason: "there is no such tool", denied: true}
}

// agentFrozen refuses an agent that the operator stopped.
func agentFrozen(agent, why string) *refusal {
	text := fmt.Sprintf("agent %s is frozen by the operator", agent)
	if why != "" {
		text += ": " + why
	}
	return &refusal{text: sentenceOf(text) + " Tell the user; trying again does not help until the operator thaws it." + nothingSent, reason: "the agent is frozen", denied: true, general: true}
}

// notGranted refuses what the capability file does not allow.
func notGranted(d capability.Decision) *refusal {
	r := notListed(d)
	r.text = sentenceOf(d.Why)
	if d.Line > 0 {
		r.text += fmt.Sprintf(" If it is needed, tell the user: the operator can change %s (line %d).", d.Rule, d.Line)
	}
	r.text += nothingSent
	return r
}

// notListed refuses a tool that is granted and that the agent reaches by another, which the decision names.
func notListed(d capability.Decision) *refusal {
	return &refusal{text: sentenceOf(d.Why) + nothingSent, denied: true, rule: d.Rule, line: d.Line}
}

// notAllowed refuses an operation of the call that the capability file does not allow. The caller of a tool of several operations
// hears of the tool and its arguments: it may not see the operation, and the record names the rule in full.
func (c *call) notAllowed(d capability.Decision) *refusal {
	if !c.tool.Task() {
		return notGranted(d)
	}
	rule, _, _ := strings.Cut(d.Rule, ".arguments.")
	if rule != d.Rule {
		rule += ".arguments"
	}
	names := strings.Join(c.tool.Giving(d.Argument), " or ")
	var text string
	place := rule
	if d.Line > 0 {
		place = fmt.Sprintf("%s (%s:%d)", rule, filepath.Base(c.rules.Name()), d.Line)
	}
	switch {
	case d.Argument == "" || names == "":
		text = fmt.Sprintf("%s: agent %s may not read all that this needs, by %s, and no argument of the tool changes that.", c.tool.Name, c.agentName, place)
	case d.Gone:
		text = fmt.Sprintf("%s: %s %s, by %s. Call it again without.", c.tool.Name, names, d.Wants, place)
	default:
		text = fmt.Sprintf("%s: %s %s, by %s. Call it again with such a value.", c.tool.Name, names, d.Wants, place)
	}
	if d.Line > 0 {
		text += fmt.Sprintf(" If that is not enough, tell the user: the operator can change %s (line %d).", rule, d.Line)
	}
	if len(c.operations) == 0 {
		text += nothingSent
	}
	r := notListed(d)
	r.text, r.inFull = text, sentenceOf(d.Why)
	return r
}

// outOfReach refuses a tool that reaches further than any bound.
func outOfReach(agent string, b *capability.Bound, tool string) *refusal {
	rule, line := b.Rule()
	return notGranted(capability.Decision{Rule: rule, Line: line, Why: tool + " reaches more than the conversations that agent " + agent + " may see"})
}

// outsideBound refuses what is outside an agent's bound. To the agent it is Dixa's answer about what does not exist.
func outsideBound(c *call, op *dixaclient.Spec) *refusal {
	rule, line := c.agent.Bound().Rule()
	answer := missing(op)
	c.inToolsOf(answer)
	place := rule
	if line > 0 {
		place = fmt.Sprintf("%s (line %d)", rule, line)
	}
	return &refusal{
		text: answer.Error(), reads: answer, denied: true, rule: rule, line: line,
		inFull: "what it is about does not exist, or lies outside " + place + "; the agent is told that it does not exist",
	}
}

// overBudget refuses an operation when the agent has used up its budget.
func overBudget(agent string, n *Count) *refusal {
	used := "its budget"
	if n.Used < n.Most {
		used = "this server's share of its budget (the total across servers is not known at the moment)"
	}
	text := fmt.Sprintf("agent %s has used up %s: %s. It resets at %s. Nothing was sent.", agent, used, n.Allowance, n.Ends.Format("15:04 UTC on 2 January"))
	return &refusal{text: text + " Tell the user, and go on then.", reason: "its budget is used up", general: true}
}

// tooManySteps refuses a plan for which the budget is not enough: it would end in the middle.
func tooManySteps(agent string, n *Count, several int) *refusal {
	text := fmt.Sprintf("agent %s has %d left of %s until %s, and this call needs %d. Nothing was sent: ask for less, or wait.", agent, n.Left, n.Allowance, n.Ends.Format("15:04 UTC on 2 January"), several)
	return &refusal{text: text, reason: "its budget is not enough for all steps", general: true}
}

// tooManyRows refuses an answer with more rows than the budget still allows: another call took them meanwhile, or one item counts as many.
func tooManyRows(agent string, n *Count, rows int) *refusal {
	if n.Left <= 0 {
		return overBudget(agent, n)
	}
	text := fmt.Sprintf("agent %s has %d left of %s until %s, and this answer counts as %d. Nothing is shown: ask for less, or call again then.", agent, n.Left, n.Allowance, n.Ends.Format("15:04 UTC on 2 January"), rows)
	return &refusal{text: text, reason: "its budget is not enough for all rows", general: true}
}

// overtaken refuses a step of a plan that was made from something that has changed since.
func overtaken(tool, what string) *refusal {
	return &refusal{text: tool + ": someone else changed it in the meantime (" + what + "), so this was not done. Read it again, and call again if it still applies." + nothingSent, reason: "it was changed in the meantime"}
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
	return &refusal{text: text + "\nCorrect it or leave it out: Dixa may ignore such a filter, and would answer another question." + nothingSent, reason: "a filter names what does not exist"}
}

func sentenceOf(s string) string {
	if strings.HasSuffix(s, ".") || strings.HasSuffix(s, "?") {
		return s
	}
	return s + "."
}
