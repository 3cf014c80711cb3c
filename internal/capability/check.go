package capability

import (
	"slices"
	"strings"

	"dixa-mcp/dixaclient"
	"dixa-mcp/schemas"
	"dixa-mcp/tools"
)

// LongestName is how many characters the name of an agent or an approver, or the id of a key, can have.
const LongestName = 40

// isName tells whether s is a lower-case letter, then letters, digits and these marks.
func isName(s, marks string) bool {
	for i, c := range []byte(s) {
		if letter := 'a' <= c && c <= 'z'; !letter && (i == 0 || !('0' <= c && c <= '9') && strings.IndexByte(marks, c) < 0) {
			return false
		}
	}
	return s != "" && len(s) <= LongestName
}

// terms are what an agent's part of the file says, with ids in place of names.
type terms struct {
	acting dixaclient.ActingAgent
	bound  *Bound                          // nil: all conversations
	rules  map[string]map[string]*argument // by operation and argument
}

// check holds what keys say against other keys and against the catalog, and gives the terms of each agent, and the rules of people. What can be
// said of one value alone was said when it was read; values that could not be read are zero here.
func (d *decoder) check(f *file) ([]terms, []peopleRule) {
	d.lexicon = f.Names.lexicon()
	d.checkNames()
	if f.Agents.empty.line > 0 {
		d.fail(f.Agents.empty, "must name at least one agent")
	}
	var names []string
	for _, e := range f.Agents.entries {
		names = append(names, e.name.text)
	}
	for _, s := range f.Stdio {
		if s.line > 0 && !slices.Contains(names, s.text) {
			d.fail(s.at, "%.80q is not under agents%s", s.text, didYouMean(s.text, names))
		}
	}
	d.checkApprovers(f)
	d.checkOIDC(f)
	all := make([]terms, len(f.Agents.entries))
	for i, e := range f.Agents.entries {
		if !isName(e.name.text, "_-") {
			d.fail(e.name.at, "must be a letter, then up to 39 letters, digits, _ and -, all lower case")
		}
		d.checkAccess(e.value.Access)
		d.checkConfirm(e.value.Confirm.value, f.Approvers)
		all[i] = d.terms(&e.value)
	}
	return all, d.readPeople(f)
}

// terms reads what an agent's part of the file says about ids.
func (d *decoder) terms(a *agent) terms {
	t := terms{rules: map[string]map[string]*argument{}}
	if a.ActsAs.text == callerActs {
		t.acting = callerActs
	} else if a.ActsAs.line > 0 {
		id, _ := d.id(agentIDs, a.ActsAs)
		t.acting = dixaclient.ActingAgent(id)
	}
	t.bound = d.bound(a, t.acting)
	d.checkBudget(&a.Budget.value)
	for _, rule := range a.Arguments.value {
		d.resolve(rule)
		if t.acting != "" && slices.Contains(rule.tool.Actors(), rule.property.Name) && !rule.is(string(t.acting)) {
			d.fail(rule.at, "acts_as gives %s already (line %d); remove one of the two", rule.property.Name, a.ActsAs.line)
		}
		if t.rules[rule.tool.Name] == nil {
			t.rules[rule.tool.Name] = map[string]*argument{}
		}
		t.rules[rule.tool.Name][rule.property.Name] = rule
	}
	return t
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

// catalog is the list of tools, arranged for reading files. It is read only, and shared by all rules.
type catalog struct {
	tools      []*tools.Tool
	groups     []string               // of operations: no level covers a tool that is made of several
	operations map[string]*tools.Tool // each operation's own tool, by the name that both have
	composites map[string]*tools.Tool // tools made of several operations
	names      []string               // of operations
	version    dixaclient.Version
	releases   releases
}

func newCatalog(all []*tools.Tool, version dixaclient.Version) *catalog {
	c := &catalog{tools: all, operations: map[string]*tools.Tool{}, composites: map[string]*tools.Tool{}, version: version, releases: readReleases(releasesText)}
	for _, t := range all {
		if len(t.Operations) == 1 && t.Operations[0].Name == t.Name {
			if !slices.Contains(c.groups, t.Group) {
				c.groups = append(c.groups, t.Group)
			}
			c.operations[t.Name] = t
			c.names = append(c.names, t.Name)
		} else {
			c.composites[t.Name] = t
		}
	}
	return c
}

// schema returns what a tool takes. One schema serves all agents, and is made when the first of them has the tool.
func (c *catalog) schema(t *tools.Tool) *schemas.Schema { return t.SchemaIn(c.version) }

// named finds a tool: an operation's own, or one made of several.
func (c *catalog) named(name string) (*tools.Tool, bool) {
	t, ok := c.operations[name]
	if !ok {
		t, ok = c.composites[name]
	}
	return t, ok
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

func operationNames(t *tools.Tool) []string { return specNames(t.Operations) }

func specNames(ops []*dixaclient.Spec) []string {
	names := make([]string, len(ops))
	for i, op := range ops {
		names[i] = op.Name
	}
	return names
}
