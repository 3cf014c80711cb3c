package capability

import (
	"testing"

	"github.com/stretchr/testify/require"

	"dixa-mcp/dixaclient"
	"dixa-mcp/tools"
)

// What the agents of the default file promise, whatever operations are added.
func TestDefault(t *testing.T) {
	r, err := Load("../../capabilities.yaml")
	require.NoError(t, err)
	agents := map[string]*Agent{}
	for _, a := range r.Agents() {
		agents[a.Name] = a
		_, _, acts := a.ActsAs()
		require.False(t, acts, "no organization has the id")
	}
	first, err := r.Stdio("")
	require.NoError(t, err)
	require.Equal(t, "reader", first.Name)

	for name, most := range map[string]dixaclient.Level{"reader": dixaclient.Read, "triage": dixaclient.Write, "support": dixaclient.Send} {
		require.LessOrEqual(t, len(agents[name].Tools()), 28, name)
		highest := dixaclient.Read
		for _, tool := range agents[name].Tools() {
			highest = max(highest, tool.Level)
		}
		require.Equal(t, most, highest, name)
	}
	require.GreaterOrEqual(t, len(agents["reader"].Tools()), 20)
	require.False(t, agents["triage"].Operation("close_conversation").Allowed)
	for _, name := range []string{"send_message", "add_note", "close_conversation", "reopen_conversation", "transfer_conversation", "tag_conversation", "untag_conversation", "update_end_user"} {
		require.True(t, agents["support"].Operation(name).Allowed, name)
	}
	for _, tool := range tools.All() {
		require.Equal(t, !tool.Named, agents["admin"].Tool(tool).Allowed, tool.Name)
	}

	for _, n := range r.Notes() {
		require.Regexp(t, "^agents.(support|admin)$", n.Key, n.Text)
	}
}
