package gate

import (
	"slices"
	"strings"

	"dixa-mcp/dixaclient"
	"dixa-mcp/internal/capability"
	"dixa-mcp/tools"
)

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
