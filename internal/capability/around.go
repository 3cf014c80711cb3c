package capability

import (
	"encoding/json"
	"slices"
	"strings"
	"unicode"

	"dixa-mcp/dixaclient"
	"dixa-mcp/tools"
)

// aboutWaysAround notes the operations by which an agent can make the change that a rule for an argument bounds.
func (n *agentNotes) aboutWaysAround(rule *argument) {
	if rule.free || rule.tool.Level == dixaclient.Read {
		return
	}
	var ways []string
	for _, other := range n.agent.granted {
		if other == rule.tool || n.agent.catalog.operations[other.Name] == nil {
			continue
		}
		for _, f := range n.agent.catalog.same(rule.tool, rule.property.Name, other) {
			if n.reachesBeyond(rule, other, f) {
				ways = append(ways, other.Name+"."+f.String())
			}
		}
	}
	if len(ways) > 0 {
		n.add(rule.at, "does not bound the same change by other operations that are granted: %s; bound each under arguments, too, or deny it", strings.Join(ways, ", "))
	}
}

// reachesBeyond tells whether the agent may give a field of another operation a value that the rule does not allow.
func (n *agentNotes) reachesBeyond(rule *argument, other *tools.Tool, f field) bool {
	own := n.agent.rules[other.Name][f.argument]
	switch {
	case own == nil || own.free || f.leaf != f.argument && len(own.values) > 0:
		return n.agent.Shape(other).has(f.argument)
	default:
		return slices.ContainsFunc(own.values, func(v value) bool { return !rule.has(v) })
	}
}

// field is something that an operation sets: an argument, or a field of the objects in one.
type field struct{ argument, leaf string }

func (f field) String() string {
	if f.leaf == f.argument {
		return f.leaf
	}
	return f.argument + "." + f.leaf
}

// name returns what two operations that set the same thing have in common: many things at once have the fields of one, and what adds to
// a list sets the list.
func (f field) name() string {
	switch rest, ok := strings.CutPrefix(f.leaf, "add"); {
	case f.leaf != f.argument && f.argument != "items" && f.argument != "messages":
		return f.String()
	case ok && rest != "" && unicode.IsUpper(rune(rest[0])):
		return strings.ToLower(rest[:1]) + rest[1:]
	}
	return f.leaf
}

// sameEntity lists the arguments that choose what one operation anonymizes, whose path does not say what.
var sameEntity = []string{"anonymize_conversation.conversationId", "anonymize_message.messageId", "anonymize_end_user.userId"}

const anyEntity = "anonymize_entity.entityId"

// same lists the fields of another write that make the change which an argument of a write makes: those of the same name
// where both are about the same thing, and those that choose the thing where both change something of it.
func (c *catalog) same(t *tools.Tool, argument string, other *tools.Tool) (same []field) {
	if argument == tools.RepeatArgument {
		return nil
	}
	if name := t.Name + "." + argument; name == anyEntity || slices.Contains(sameEntity, name) {
		for _, f := range c.fields(other) {
			if way := other.Name + "." + f.leaf; way == anyEntity || name == anyEntity && slices.Contains(sameEntity, way) {
				return []field{f}
			}
		}
	}
	to, of := newTarget(t.Operations[0]), newTarget(other.Operations[0])
	if other.Level == dixaclient.Read || (to.method == "DELETE") != (of.method == "DELETE") {
		return nil
	}
	sets, otherSets := c.sets(t, to), c.sets(other, of)
	switch {
	case argument == to.member: // such as the tag in /tags/{tagId}
		if to.path == of.path {
			return otherSets
		}
	case slices.Contains(to.chooses, argument):
		alike := to.verb() != "" && to.verb() == of.verb() || to.path == of.path && to.member+of.member != ""
		if to.near(of) {
			for _, f := range sets {
				alike = alike || slices.ContainsFunc(otherSets, func(g field) bool { return g.name() == f.name() })
			}
		}
		if !alike || to.collection() != of.collection() {
			return nil
		}
		if slices.Contains(of.chooses, argument) {
			return []field{{argument, argument}}
		}
		for _, f := range c.fields(other) { // of many things at once
			if f.leaf == "id" && f.argument == "items" {
				same = append(same, f)
			}
		}
	case slices.Contains(t.Actors(), argument) && t.Level != other.Level: // who sends is not who closes
	case to.near(of):
		sets = slices.DeleteFunc(sets, func(f field) bool { return f.argument != argument })
		for _, f := range otherSets {
			if to.path == of.path && of.member == f.leaf || slices.ContainsFunc(sets, func(g field) bool { return g.name() == f.name() }) {
				same = append(same, f)
			}
		}
	}
	return same
}

// sets lists what a write sets, which is not what chooses the thing.
func (c *catalog) sets(t *tools.Tool, to target) []field {
	return slices.DeleteFunc(c.fields(t), func(f field) bool { return f.leaf == "id" || slices.Contains(to.chooses, f.argument) })
}

// fields lists the arguments of a tool, and in place of those that hold objects the fields of these.
func (c *catalog) fields(t *tools.Tool) []field {
	var all []field
	var s struct {
		Properties map[string]json.RawMessage `json:"properties"`
	}
	schema := c.schema(t).Without(tools.RepeatArgument) // which changes nothing at Dixa
	if json.Unmarshal(schema.JSON(), &s) != nil {
		return nil
	}
	for _, p := range schema.Properties() {
		leaves := leavesOf(s.Properties[p.Name])
		if len(leaves) == 0 {
			leaves = []string{p.Name}
		}
		for _, leaf := range leaves {
			if f := (field{p.Name, leaf}); !slices.Contains(all, f) {
				all = append(all, f)
			}
		}
	}
	return all
}

// leavesOf lists the names of the fields inside a schema, sorted.
func leavesOf(raw json.RawMessage) (leaves []string) {
	var s struct {
		Properties map[string]json.RawMessage `json:"properties"`
		Items      json.RawMessage            `json:"items"`
		AnyOf      []json.RawMessage          `json:"anyOf"`
		OneOf      []json.RawMessage          `json:"oneOf"`
	}
	if json.Unmarshal(raw, &s) != nil {
		return nil
	}
	for name, inner := range s.Properties {
		if below := leavesOf(inner); len(below) > 0 {
			leaves = append(leaves, below...)
		} else {
			leaves = append(leaves, name)
		}
	}
	for _, inner := range slices.Concat(s.AnyOf, s.OneOf, []json.RawMessage{s.Items}) {
		leaves = append(leaves, leavesOf(inner)...)
	}
	slices.Sort(leaves)
	return slices.Compact(leaves)
}

// target is what an operation changes, as its path says.
type target struct {
	method  string
	path    string   // without variables, and without what says only that there are many: conversations/tags
	chooses []string // variables that say which thing
	member  string   // the variable at the end that is put into a list, "" where there is none
}

func newTarget(op *dixaclient.Spec) target {
	t := target{method: op.Method}
	var words []string
	parts := strings.Split(strings.Trim(op.Path, "/"), "/")[1:]
	for i, part := range parts {
		name, ok := strings.CutPrefix(part, "{")
		switch name = strings.TrimSuffix(name, "}"); {
		case ok && i == len(parts)-1 && len(t.chooses) > 0:
			t.member = name
		case ok:
			t.chooses = append(t.chooses, name)
		case part != "bulk" && part != "import":
			words = append(words, part)
		}
	}
	t.path = strings.Join(words, "/")
	return t
}

// collection returns the first part of the path.
func (t target) collection() string {
	first, _, _ := strings.Cut(t.path, "/")
	return first
}

// verb returns what is done where the path ends in a verb after the thing, such as publish.
func (t target) verb() string {
	last := t.path[strings.LastIndexByte(t.path, '/')+1:]
	if slices.Contains([]string{"anonymize", "publish", "unpublish"}, last) {
		return last
	}
	return ""
}

// near tells whether two operations are about the same thing, or one about a part of the other's.
func (t target) near(other target) bool {
	return strings.HasPrefix(t.path+"/", other.path+"/") || strings.HasPrefix(other.path+"/", t.path+"/")
}
