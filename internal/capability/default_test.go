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
		require.LessOrEqual(t, len(agents[name].Tools()), 31, "agent %s has too many tools: models choose worse among more. Name fewer in capabilities.yaml, or raise the ceiling here", name)
		highest := dixaclient.Read
		for _, tool := range agents[name].Tools() {
			highest = max(highest, tool.Level)
		}
		require.Equal(t, most, highest, "the highest level of agent %s: see its access and allow in capabilities.yaml", name)
	}
	require.GreaterOrEqual(t, len(agents["reader"].Tools()), 20, "agent reader in capabilities.yaml lost tools")
	require.False(t, agents["triage"].Operation("close_conversation").Allowed)
	for _, name := range []string{"send_message", "add_note", "close_conversation", "reopen_conversation", "transfer_conversation", "tag_conversation", "untag_conversation", "update_end_user"} {
		require.True(t, agents["support"].Operation(name).Allowed, name)
	}
	for _, tool := range tools.All() {
		require.Equal(t, !tool.Named, agents["admin"].Tool(tool).Allowed, "%s: the admin of capabilities.yaml has what levels cover, and nothing else", tool.Name)
	}

	for _, tool := range tools.All() {
		for _, op := range tool.Operations {
			shared := op.Scope == dixaclient.Shared && op.Level > dixaclient.Read
			require.False(t, shared, "%s changes what the whole organization shares, and agents with only could do it: remove shared from its line in dixaclient", op.Name)
		}
	}

	for _, n := range r.Notes() {
		require.Regexp(t, "^agents.(support|admin)$", n.Key, n.Text)
	}
}
