package tools

import (
	"slices"
	"strings"
)

// The tables of all groups, in the order in which agents see them.
var groups = [][]*Tool{
	tasks,
	conversations,
	messages,
	tags,
	endUsers,
	agents,
	teams,
	queues,
	customAttributes,
	ratings,
	analytics,
	anonymization,
	contactEndpoints,
	organization,
	businessHours,
	templates,
	knowledge,
	webhooks,
	exports,
}

var (
	all    = slices.Concat(groups...)
	byName = index(all)
)

func index(list []*Tool) map[string]*Tool {
	m := make(map[string]*Tool, len(list))
	for _, t := range list {
		m[t.Name] = t
	}
	return m
}

// All lists every tool, group by group, in a fixed order.
func All() []*Tool { return slices.Clone(all) }

// ByName finds a tool.
func ByName(name string) (*Tool, bool) {
	t, ok := byName[name]
	return t, ok
}

// Names lists the names of all tools, sorted.
func Names() []string {
	names := make([]string, len(all))
	for i, t := range all {
		names[i] = t.Name
	}
	slices.SortFunc(names, strings.Compare)
	return names
}

// Groups lists the names of all groups, in their order.
func Groups() []string {
	var names []string
	for _, t := range all {
		if !slices.Contains(names, t.Group) {
			names = append(names, t.Group)
		}
	}
	return names
}
