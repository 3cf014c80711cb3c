package capability

import (
	"path/filepath"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"dixa-mcp/dixaclient"
)

// The ready files do what they say, and nothing about them is worth a look but what cannot be helped.
func TestReadyFiles(t *testing.T) {
	const dir = "../../testdata/capabilities"
	type promise struct {
		most    dixaclient.Level // the highest level of a tool
		tools   int              // at most
		has     []string
		hasNot  []string
		bounded bool
		notes   []string
	}
	promises := map[string]promise{
		"read-only-analyst.yaml": {most: dixaclient.Read, tools: 35, has: []string{"search_conversations", "query_metric"}, hasNot: []string{"query_metric_records", "export_conversations", "list_end_users"}},
		"triage.yaml":            {most: dixaclient.Write, tools: 25, has: []string{"transfer_conversation", "add_note"}, hasNot: []string{"send_message", "add_notes", "list_activity"}, bounded: true},
		"support.yaml":           {most: dixaclient.Send, tools: 30, has: []string{"send_message", "claim_conversation"}, hasNot: []string{"create_conversation", "anonymize_conversation", "record_message"}, bounded: true},
		"privacy-officer.yaml": {most: dixaclient.Erase, tools: 9, has: []string{"anonymize_end_user", "get_anonymization"}, hasNot: []string{"anonymize_entity", "delete_agent"}, notes: []string{
			"agents.privacy: may erase (anonymize_conversation, anonymize_end_user), which cannot be undone, without a confirmation; see confirm",
		}},
		"approved-replies.yaml": {most: dixaclient.Send, tools: 12, has: []string{"send_message", "add_note"}, hasNot: []string{"close_conversation", "create_conversation"}, notes: []string{
			"approvers.anna.holm: the digest is that of an example, and nobody has its key: make one with dixa-mcp key new --approver anna.holm",
			"approvers.joe.castel: the digest is that of an example, and nobody has its key: make one with dixa-mcp key new --approver joe.castel",
			"auditors.eva.lind: the digest is that of an example, and nobody has its key: make one with dixa-mcp key new --auditor eva.lind",
		}},
		"discover.yaml": {most: dixaclient.Send, tools: 80, has: []string{"send_message", "find_customer", "update_article"}, hasNot: []string{"create_webhook", "update_end_user", "delete_tag", "anonymize_conversation"}, notes: []string{
			"agents.assistant.confirm: client relies on the MCP client to ask its user: one that accepts by itself confirms without a person, and in one that cannot ask (Claude Desktop, Zed, Gemini CLI, claude.ai) these calls are refused; approver asks a person with a key",
		}},
		"archive.yaml":           {most: dixaclient.Read, tools: 35, has: []string{"get_conversation", "list_messages", "list_ratings"}, hasNot: []string{"export_messages", "list_activity"}},
		"people.yaml":            {most: dixaclient.Write, tools: 30, has: []string{"transfer_conversation", "add_note"}, hasNot: []string{"send_message", "link_conversation"}},
		"nightly-reporting.yaml": {most: dixaclient.Read, tools: 14, has: []string{"export_conversations", "query_metric"}, hasNot: []string{"export_messages", "search_conversations"}},
	}
	files, err := filepath.Glob(filepath.Join(dir, "*.yaml"))
	require.NoError(t, err)
	require.Len(t, files, len(promises))
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			want, ok := promises[filepath.Base(file)]
			require.True(t, ok)
			r, err := Load(file)
			require.NoError(t, err)
			a := r.Agents()[0]
			if !r.HasPeople() {
				a, err = r.Stdio("")
				require.NoError(t, err)
			}
			var most dixaclient.Level
			for _, tool := range a.Tools() {
				most = max(most, tool.Level)
			}
			require.Equal(t, want.most, most)
			require.LessOrEqual(t, len(a.Tools()), want.tools)
			for _, name := range slices.Concat(want.has, want.hasNot) {
				require.Equal(t, slices.Contains(want.has, name), a.Operation(name).Allowed, name)
			}
			require.Equal(t, want.bounded, a.Bound() != nil)
			require.NotZero(t, a.Budget())
			var notes []string
			for _, n := range r.Notes() {
				notes = append(notes, n.Key+": "+n.Text)
			}
			require.Equal(t, want.notes, notes)
		})
	}
}
