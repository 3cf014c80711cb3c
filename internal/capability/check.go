package capability

import (
	"regexp"
	"slices"
	"strings"

	"dixa-mcp/dixaclient"
	"dixa-mcp/tools"
)

var agentName = regexp.MustCompile(`^[a-z][a-z0-9_-]{0,39}$`)

// check holds what keys say against other keys and against the catalog. What can be said of one value alone was said
// when it was read; values that could not be read are zero here.
func (d *decoder) check(f *file) {
	if f.Agents.empty.line > 0 {
		d.fail(f.Agents.empty, "must name at least one agent")
	}
	var names []string
	for _, e := range f.Agents.entries {
		names = append(names, e.name.text)
	}
	for _, s := range f.Stdio {
		if s.text != "" && !slices.Contains(names, s.text) {
			d.fail(s.at, "%.80q is not under agents%s", s.text, didYouMean(s.text, names))
		}
	}
	for _, e := range f.Agents.entries {
		if !agentName.MatchString(e.name.text) {
			d.fail(e.name.at, "must be a letter, then up to 39 letters, digits, _ and -, all lower case")
		}
		if w := e.value.ActsAs; w.line > 0 && f.actingAgent(w.text) == "" {
			d.fail(w.at, "%.80q is neither a name under names.dixa_agent nor a UUID%s", w.text, didYouMean(w.text, f.actingAgents()))
		}
		d.checkAccess(e.value.Access)
	}
}

// checkAccess refuses groups that do not exist, and those in which a level would grant nothing at all.
func (d *decoder) checkAccess(access dict[level]) {
	for _, e := range access.entries {
		group := e.name.text
		if group == everyGroup {
			continue
		}
		if !slices.Contains(d.catalog.groups, group) {
			d.fail(e.name.at, "there is no group %.80q%s; the groups are %s", group, didYouMean(group, d.catalog.groups), strings.Join(d.catalog.groups, ", "))
			continue
		}
		if named := d.catalog.onlyNamed(group); named != nil {
			d.fail(e.name.at, "grants nothing: no level covers the operations of %s; name those it may use under allow: %s", group, strings.Join(named, ", "))
		}
	}
}

// actingAgent is the id of a Dixa agent that is given by its name or its id, "" when it is neither.
func (f *file) actingAgent(text string) dixaclient.ActingAgent {
	for _, e := range f.Names.DixaAgent.entries {
		if e.name.text == text {
			return e.value.value
		}
	}
	if id := dixaclient.ActingAgent(text); id.Check() == nil {
		return id
	}
	return ""
}

func (f *file) actingAgents() []string {
	var names []string
	for _, e := range f.Names.DixaAgent.entries {
		names = append(names, e.name.text)
	}
	return names
}

// catalog is the list of tools, arranged for reading files.
type catalog struct {
	tools      []*tools.Tool
	groups     []string
	operations map[string]*tools.Tool // each operation's own tool, by the name that both have
	composites map[string]*tools.Tool // tools made of several operations
	names      []string               // of operations
}

func newCatalog(all []*tools.Tool) *catalog {
	c := &catalog{tools: all, operations: map[string]*tools.Tool{}, composites: map[string]*tools.Tool{}}
	for _, t := range all {
		if !slices.Contains(c.groups, t.Group) {
			c.groups = append(c.groups, t.Group)
		}
		if len(t.Operations) == 1 && t.Operations[0].Name == t.Name {
			c.operations[t.Name] = t
			c.names = append(c.names, t.Name)
		} else {
			c.composites[t.Name] = t
		}
	}
	return c
}

// onlyNamed lists the operations of a group that no level covers, nil when a level can cover at least one of its.
func (c *catalog) onlyNamed(group string) []string {
	var names []string
	for _, t := range c.tools {
		if t.Group != group {
			continue
		}
		if !t.Named {
			return nil
		}
		names = append(names, t.Name)
	}
	return names
}

func operationNames(t *tools.Tool) []string {
	names := make([]string, len(t.Operations))
	for i, op := range t.Operations {
		names[i] = op.Name
	}
	return names
}
