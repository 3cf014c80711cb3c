package gate

import (
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"dixa-mcp/internal/audit"
	"dixa-mcp/tools"
)

// What is not listed cannot be called: the refusal names a tool that can, nothing is sent, and that tool still carries it out.
func TestWhatIsNotListedCannotBeCalled(t *testing.T) {
	const file = "  a: {surface: tasks, access: {\"*\": read}}\n"
	agent, err := taskBench(t, file).Rules().Agent("a")
	require.NoError(t, err)
	covered := agent.Covered()
	require.NotEmpty(t, covered)
	for _, tool := range covered {
		b := taskBench(t, file)
		a := b.call("a", tool.Name, "{}")
		require.True(t, a.Failed)
		require.Contains(t, a.Text, tool.Name+" is not listed for agent a: call ")
		require.Contains(t, a.Text, "Nothing was sent to Dixa.")
		require.Empty(t, b.requests(0), tool.Name)
		record := only(t, b.book.all())
		require.Equal(t, audit.Refused, record.Decision)
		require.Contains(t, record.Rule, "agents.a.surface")
		e := b.Explain(t.Context(), Request{Agent: "a", Tool: tool.Name})
		require.False(t, e.Granted)
		require.Contains(t, e.Why, "is not listed for agent a")

		_, named, _ := strings.Cut(a.Text, ": call ")
		named, _, _ = strings.Cut(named, " instead")
		for by := range strings.SplitSeq(named, " or ") {
			other, ok := tools.ByName(by)
			require.True(t, ok, a.Text)
			require.True(t, agent.Tool(other).Allowed)
			require.Contains(t, names(slices.Concat(other.Operations, other.Uses)), tool.Name)
		}
	}
	for _, tool := range askingTools() {
		name, arguments := tool.Name, taskCalls[tool.Name]
		b := taskBench(t, file)
		a := b.call("a", name, arguments)
		require.False(t, a.Failed, "%s: %s", name, a.Text)
		require.NotEmpty(t, b.requests(0))
	}
	b := taskBench(t, "  a: {surface: tasks, also: [list_tags], access: {\"*\": read}}\n")
	require.False(t, b.call("a", "list_tags", "{}").Failed)
	require.True(t, b.call("a", "list_queues", "{}").Failed)
}
