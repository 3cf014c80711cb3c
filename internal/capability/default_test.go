package capability

import (
	"strings"
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

	for name, want := range map[string]struct {
		most  dixaclient.Level
		tools int // at most; tokens are counted in internal/test/laws
		sees  string
	}{
		"reader":           {dixaclient.Read, 12, "read_conversation find_customer find_conversations overview report find_article"},
		"triage":           {dixaclient.Write, 12, "read_conversation find_conversations wait_for update_conversation list_tags"},
		"support":          {dixaclient.Send, 16, "read_conversation find_customer find_conversations find_article wait_for reply draft_reply update_conversation"},
		"team_lead":        {dixaclient.Write, 20, "overview report find_conversations list_ratings list_presence update_conversation manage_members"},
		"knowledge_editor": {dixaclient.Send, 20, "find_article get_article create_article update_article publish_article"},
		"privacy_officer":  {dixaclient.Erase, 8, "find_customer read_conversation update_conversation erase_customer get_anonymization"},
		"analyst":          {dixaclient.Read, 16, "report find_conversations query_metric list_metrics list_ratings"},
	} {
		a := agents[name]
		require.Equal(t, SurfaceTasks, a.Surface())
		require.LessOrEqual(t, len(a.Tools()), want.tools, "agent %s has too many tools: models choose worse among more. Name fewer in capabilities.yaml, or raise the ceiling in internal/capability/default_test.go", name)
		highest := dixaclient.Read
		for _, tool := range a.granted {
			highest = max(highest, tool.Level)
		}
		require.Equal(t, want.most, highest, "the highest level of agent %s: see its access and allow in capabilities.yaml", name)
		for tool := range strings.FieldsSeq(want.sees) {
			require.True(t, a.Sees(tool), "%s needs %s for its job", name, tool)
		}
		_, err := r.Stdio(name)
		require.NoError(t, err)
	}
	require.Len(t, agents, 8)
	for _, name := range []string{"list_end_users", "get_end_user", "send_message"} {
		require.False(t, agents["analyst"].Operation(name).Allowed, name)
	}
	require.False(t, agents["triage"].Operation("close_conversation").Allowed)
	for _, name := range []string{"send_message", "add_note", "close_conversation", "reopen_conversation", "transfer_conversation", "tag_conversation", "untag_conversation"} {
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
		require.Regexp(t, "^agents.(support|admin|privacy_officer)$", n.Key, n.Text)
	}
}
