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

// inJSON reports whether the call is answered in JSON.
func (c *call) inJSON() bool {
	return c.request.forProgram || c.gate.json || c.agent.InJSON()
}

// options says how the answer of the call is shown.
func (c *call) options(ctx context.Context, args *tools.Arguments, out tools.Output) view.Options {
	o := c.tool.View
	o.Skip, o.NextKey, o.Total, o.More = args.Skip, out.Next, out.Total, out.More
	o.Offset, o.PageKey, o.Limit = args.Offset, args.PageKey, args.Limit
	if c.tool.Level == dixaclient.Read {
		o.Again = c.again
	}
	if !c.inJSON() {
		o.Form, o.Layout = view.AsText, c.tool.Layout()
		o.IDs = c.agent.Answers() == capability.AnswersIDs
		o.Names = c.names.lookUp(ctx)
		o.Zone = func() *time.Location { return c.times.shownIn(ctx) }
	}
	return o
}

// saying returns an answer of one statement of our own, in the words of an answer that is JSON or text.
func (c *call) saying(key, words string) string {
	if c.inJSON() {
		return c.adding("{}", key, words)
	}
	return c.adding("", key, words)
}

// adding adds a statement of our own to an answer.
func (c *call) adding(answer, key, words string) string {
	if !c.inJSON() {
		return answer + strings.ToUpper(key[:1]) + key[1:] + ": " + words + "\n"
	}
	text, _ := json.Marshal(map[string]string{key: words}) // strings always marshal
	return joined(answer, string(text))
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
func (c *call) again(skip, offset int) string {
	var given map[string]json.RawMessage
	_ = json.Unmarshal(c.request.Arguments, &given) // they were read before; without any, the map is made below
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
	if text := c.tool.Name + " " + string(arguments); err == nil && view.EstimateTokens(text) <= againMost {
		return text
	}
	return fmt.Sprintf("%s, skip=%d and offset=%d", words, skip, offset)
}

// paging are arguments that choose a part of a list.
var paging = []string{"pageLimit", "pageKey", "limit", "skip", "offset"}

// whyNone says why a list may be empty, and what to try. It tells the agent's bound whether or not anything is outside it.
func (c *call) whyNone(args *tools.Arguments) string {
	within := ""
	if b := c.agent.Bound(); b != nil && slices.Contains([]dixaclient.Scope{dixaclient.SomeConversations, dixaclient.SomeEndUsers, dixaclient.OneEndUser}, c.tool.Operations[0].Scope) {
		within = onlyWithin(b)
	}
	filters, of := c.filters(args)
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

// filters returns the arguments of the call that narrow a list, and those that say what it is a list of.
func (c *call) filters(args *tools.Arguments) (filters, of []string) {
	for _, r := range c.tool.References(args) {
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
