package gate

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"dixa-mcp/dixaclient"
	"dixa-mcp/internal/capability"
	"dixa-mcp/internal/view"
	"dixa-mcp/tools"
)

// callAnswer makes what an answer says.
type callAnswer struct {
	call      *call
	unchecked string // filters of an empty answer that could not be checked
}

// inJSON reports whether the call is answered in JSON.
func (a *callAnswer) inJSON() bool {
	c := a.call
	return c.request.forProgram || c.gate.json || c.agent.InJSON()
}

// options says how the answer of the call is shown.
func (a *callAnswer) options(ctx context.Context, args *tools.Arguments, out tools.Output) view.Options {
	c := a.call
	o := c.tool.View
	o.Skip, o.NextKey, o.Total, o.More = args.Skip, out.Next, out.Total, out.More
	o.Offset, o.PageKey, o.Limit = args.Offset, args.PageKey, args.Limit
	if c.tool.Level == dixaclient.Read {
		o.Again = a.again
	}
	if !a.inJSON() {
		o.Form, o.Layout = view.AsText, c.tool.Layout()
		o.IDs = c.agent.Answers() == capability.AnswersIDs
		o.Names = c.names.lookUp(ctx)
		o.Zone = func() *time.Location { return c.times.shownIn(ctx) }
	}
	return o
}

// saying returns an answer of one statement of our own, in the words of an answer that is JSON or text.
func (a *callAnswer) saying(key, words string) string {
	if a.inJSON() {
		return a.adding("{}", key, words)
	}
	return a.adding("", key, words)
}

// adding adds a statement of our own to an answer.
func (a *callAnswer) adding(answer, key, words string) string {
	if !a.inJSON() {
		return answer + strings.ToUpper(key[:1]) + key[1:] + ": " + words + "\n"
	}
	text, _ := json.Marshal(map[string]string{key: words}) // strings always marshal
	return joined(answer, string(text))
}

// withRemarks adds to an answer what is said beside it: times as they were read, filters that were not checked, a budget that is nearly
// used up, and the text that an approver put in place of the call's.
func (a *callAnswer) withRemarks(ctx context.Context, to Answer) string {
	c := a.call
	if len(c.times.read) > 0 {
		to.Text = c.times.added(to)
	}
	if to.Failed {
		return to.Text
	}
	if a.unchecked != "" {
		to.Text = a.adding(to.Text, "unchecked", a.unchecked)
	}
	if c.warning != "" {
		to.Text = a.adding(to.Text, "budget", c.warning)
	}
	if c.approval.newText != "" {
		to.Text = a.addingEdited(ctx, to.Text)
	}
	return to.Text
}

// joined makes one JSON object of two, of which the second has members.
func joined(a, b string) string {
	if a == "{}" {
		return b
	}
	return strings.TrimSuffix(a, "}") + "," + strings.TrimPrefix(b, "{")
}

// againMost is how many tokens the exact call for the rest of an answer may have.
const againMost = 300

// again names the call that reads on at an item and a place in it: the tool, and the agent's own arguments with what
// changes.
func (a *callAnswer) again(skip, offset int) string {
	var given map[string]json.RawMessage
	_ = json.Unmarshal(a.call.request.Arguments, &given) // they were read before; without any, the map is made below
	if given == nil {
		given = map[string]json.RawMessage{}
	}
	words := "call again with the same arguments"
	for name, value := range map[string]int{"skip": skip, "offset": offset} {
		if value == 0 {
			delete(given, name)
			continue
		}
		given[name] = fmt.Append(nil, value)
	}
	arguments, err := json.Marshal(given)
	if text := a.call.tool.Name + " " + string(arguments); err == nil && view.EstimateTokens(text) <= againMost {
		return text
	}
	return fmt.Sprintf("%s, skip=%d and offset=%d", words, skip, offset)
}

// paging are arguments that choose a part of a list.
var paging = []string{"pageLimit", "pageKey", "limit", "skip", "offset"}

// whyNone says why a list may be empty, and what to try. It tells the agent's bound whether or not anything is outside it.
func (a *callAnswer) whyNone(args *tools.Arguments) string {
	c := a.call
	within := ""
	if b := c.agent.Bound(); b != nil && slices.Contains([]dixaclient.Scope{dixaclient.SomeConversations, dixaclient.SomeEndUsers, dixaclient.OneEndUser}, c.tool.Operations[0].Scope) {
		within = onlyWithin(b)
	}
	filters, of := filtersOf(c.tool, args)
	switch {
	case args.PageKey != "" || args.Skip > 0:
		return "The list ends before this page: call again without pageKey and skip to begin at the front." + within
	case len(filters) > 0:
		return "Nothing meets all of: " + strings.Join(filters, ", ") + ". Leave one out, or try other values." + within
	case len(of) > 0:
		return "There is none for this " + strings.Join(of, " and ") + ": check that it is the right one." + within
	}
	return "No argument narrows this list, so do not try others." + within
}

// filtersOf returns the arguments of a call of a tool that narrow a list, and those that say what it is a list of.
func filtersOf(t *tools.Tool, args *tools.Arguments) (filters, of []string) {
	for _, r := range t.References(args) {
		if r.InPath {
			of = append(of, r.Name)
		}
	}
	for name := range args.Values.All() {
		if !slices.Contains(paging, name) && !slices.Contains(of, name) {
			filters = append(filters, name)
		}
	}
	slices.Sort(filters)
	return filters, of
}

// onlyWithin says what an agent with a bound searches.
func onlyWithin(b *capability.Bound) string {
	return " Only what is within " + b.String() + " is searched for this agent."
}
