package capability

import (
	"testing"

	"github.com/stretchr/testify/require"

	"dixa-mcp/tools"
)

const reads = "    access: {conversations: read, messages: read, tags: read, queues: read}\n"

func surfaced(t *testing.T, keys string) (*Rules, *Agent) {
	t.Helper()
	r := mustParse(t, "version: 1\nstdio: [a]\nagents:\n  a:\n"+reads+keys)
	return r, r.Agents()[0]
}

func namesOf(list []*tools.Tool) []string {
	names := []string{}
	for _, t := range list {
		names = append(names, t.Name)
	}
	return names
}

// An agent sees either everything it is granted, or tools made of several operations in place of these operations. What it does
// not see it cannot call, and stays granted.
func TestSurface(t *testing.T) {
	everything := []string{"get_conversation", "search_conversations", "conversation_overview", "list_messages", "list_tags", "list_queues"}
	for _, c := range []struct {
		name, keys   string
		sees, covers []string
	}{
		{"nothing is said", "", everything, nil},
		{"operations", "    surface: operations\n", everything, nil},
		{"tasks", "    surface: tasks\n", []string{"search_conversations", "conversation_overview", "list_queues"}, []string{"get_conversation", "list_messages", "list_tags"}},
		{"discover", "    surface: discover\n", everything, nil},
		{"also", "    surface: tasks\n    also: [list_tags]\n", []string{"search_conversations", "conversation_overview", "list_tags", "list_queues"}, []string{"get_conversation", "list_messages"}},
		{"a tool that is not granted covers nothing", "    surface: tasks\n    deny: [list_tags]\n", []string{"get_conversation", "search_conversations", "list_messages", "list_queues"}, nil},
		{"also grants nothing", "    surface: tasks\n    also: [close_conversation]\n", []string{"search_conversations", "conversation_overview", "list_queues"}, []string{"get_conversation", "list_messages", "list_tags"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			r, a := surfaced(t, c.keys)
			require.Equal(t, c.sees, namesOf(a.Tools()))
			require.Subset(t, namesOf(a.Covered()), c.covers)
			require.Len(t, a.Covered(), len(c.covers))
			for _, tool := range r.catalog.tools {
				_, sees := indexOf(a.Tools(), tool)
				require.Equal(t, sees, a.Tool(tool).Allowed, tool.Name)
			}
			for _, name := range c.covers {
				require.True(t, a.Operation(name).Allowed, "a tool that covers it carries it out")
				require.Equal(t, Decision{Rule: "agents.a.surface", Line: 6, Why: name + " is not listed for agent a: call conversation_overview instead (agents.a.surface, f.yaml:6)"},
					a.Tool(r.catalog.operations[name]))
			}
		})
	}
}

func indexOf(list []*tools.Tool, tool *tools.Tool) (int, bool) {
	for i, t := range list {
		if t.Name == tool.Name {
			return i, true
		}
	}
	return 0, false
}

func TestSurfaceRefuses(t *testing.T) {
	for keys, want := range map[string]string{
		"    surface: task\n":      `f:5:14: agents.a.surface: must be one of operations, tasks, discover, not "task"; did you mean "tasks"?`,
		"    surface: [tasks]\n":   "f:5:14: agents.a.surface: must be text, not a list",
		"    also: list_tags\n":    "f:5:11: agents.a.also: must be a list such as [a, b], not text",
		"    also: [list_tag]\n":   `f:5:12: agents.a.also: there is no tool "list_tag"; did you mean "list_tags"?`,
		"    allso: [list_tags]\n": `f:5:5: agents.a.allso: unknown key; did you mean "also"?`,
	} {
		_, err := parse("f", []byte("version: 1\nagents:\n  a:\n"+reads+keys), testCatalog())
		require.ErrorContains(t, err, want)
	}
}

func TestSurfaceNotes(t *testing.T) {
	for keys, want := range map[string]string{
		"    surface: tasks\n    also: [list_tags]\n":            "",
		"    surface: discover\n    also: [list_tags]\n":         "list_tags is found without it, since the surface is discover",
		"    also: [list_tags]\n":                                "list_tags is listed without it, since the surface is operations",
		"    surface: tasks\n    also: [close_conversation]\n":   "lists close_conversation, which is not granted",
		"    surface: tasks\n    also: [list_queues]\n":          "list_queues is listed without it: no tool that the agent sees covers it",
		"    surface: tasks\n    also: [list_tags, list_tags]\n": "list_tags is listed twice",
	} {
		r, _ := surfaced(t, keys)
		var said string
		for _, n := range r.Notes() {
			said += n.Text
		}
		require.Equal(t, want, said)
	}
}

// What an agent sees is compared, and while two versions of a file wait for one another it sees what both show.
func TestSurfaceOfTwoFiles(t *testing.T) {
	plain, _ := surfaced(t, "")
	tasks, _ := surfaced(t, "    surface: tasks\n")
	also, _ := surfaced(t, "    surface: tasks\n    also: [list_tags]\n")
	require.Equal(t, []Change{
		{Text: "a: surface operations → tasks"},
		{Text: "a may no longer call get_conversation (read), list_messages (read), list_tags (read) itself", Narrows: true},
	}, Compare(plain, tasks))
	require.Equal(t, []Change{
		{Text: "a: surface tasks → operations"},
		{Text: "a may now call get_conversation (read), list_messages (read), list_tags (read) itself", Widens: true},
	}, Compare(tasks, plain))
	require.Equal(t, []Change{{Text: "a may now call list_tags (read) itself", Widens: true}}, Compare(tasks, also))

	require.Equal(t, []string{"agents.a.surface"}, Removed(tasks, plain))

	finds, _ := surfaced(t, "    surface: discover\n")
	require.Equal(t, []Change{{Text: "a: surface operations → discover"}}, Compare(plain, finds))
	require.Equal(t, []Change{
		{Text: "a: surface tasks → discover"},
		{Text: "a may now call get_conversation (read), list_messages (read), list_tags (read) itself", Widens: true},
	}, Compare(tasks, finds))
	for _, pair := range [][2]*Rules{{plain, finds}, {finds, plain}, {tasks, finds}, {finds, tasks}} {
		b := Both(pair[0], pair[1]).Agents()[0]
		require.Equal(t, []string{"find_tools", "call_tool"}, namesOf(b.Listed()))
		require.True(t, b.Tool(tools.FindTools).Allowed)
		require.False(t, b.Direct(plain.catalog.operations["search_conversations"]).Allowed)
		if pair[0] == tasks || pair[1] == tasks {
			require.False(t, b.Tool(plain.catalog.operations["list_tags"]).Allowed)
		}
	}

	for _, pair := range [][2]*Rules{{plain, tasks}, {tasks, plain}, {tasks, also}, {also, tasks}} {
		b := Both(pair[0], pair[1]).Agents()[0]
		require.Equal(t, []string{"search_conversations", "conversation_overview", "list_queues"}, namesOf(b.Tools()))
		d := b.Tool(plain.catalog.operations["list_tags"])
		require.False(t, d.Allowed)
		require.Contains(t, d.Why, "call conversation_overview instead")
		require.True(t, b.Operation("list_tags").Allowed)
	}
}

// A description names no tool that the agent does not see.
func TestSurfaceInDescriptions(t *testing.T) {
	_, a := surfaced(t, "    surface: tasks\n")
	require.True(t, a.Sees("conversation_overview"))
	require.False(t, a.Sees("list_messages"))
	require.False(t, a.Sees("no_such_tool"))
}
