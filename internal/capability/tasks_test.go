package capability

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// A tool that is made of several operations is granted by all of them together and by nothing else; deny takes it away.
func TestToolsOfSeveralOperations(t *testing.T) {
	const all = "    access: {conversations: read, messages: read, tags: read}\n"
	for _, c := range []struct {
		name, agent string
		granted     bool
		why, note   string
	}{
		{"all of its operations", all, true, "conversation_overview is granted: every operation it needs is (get_conversation, list_messages, list_tags)", ""},
		{"named besides", all + "    allow: [conversation_overview]\n", true, "conversation_overview is granted: every operation it needs is (get_conversation, list_messages, list_tags)", "conversation_overview is granted already by agents.a.access.conversations"},
		{"denied", all + "    deny: [conversation_overview]\n", false, "conversation_overview is denied by agents.a.deny (f.yaml:5)", ""},
		{"one is missing", "    access: {conversations: read, messages: read}\n", false, "conversation_overview needs list_tags, and list_tags is not granted to agent a: access gives nothing in tags, and allow does not name it", ""},
		{"one is denied", all + "    deny: [list_tags]\n", false, "conversation_overview needs list_tags, and list_tags is denied by agents.a.deny (f.yaml:5)", ""},
		{"only named", "    allow: [conversation_overview]\n", false, "conversation_overview needs get_conversation, and get_conversation is not granted to agent a: access gives nothing in conversations, and allow does not name it",
			"does not grant conversation_overview by itself: it needs get_conversation, which is not granted"},
		{"denied in vain", "    access: {messages: read}\n    deny: [conversation_overview]\n", false, "conversation_overview is denied by agents.a.deny (f.yaml:5)", "conversation_overview need not be denied: nothing grants it"},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := mustParse(t, "version: 1\nagents:\n  a:\n"+c.agent)
			a := r.Agents()[0]
			d := a.Tool(r.catalog.composites["conversation_overview"])
			require.Equal(t, c.granted, d.Allowed)
			require.Equal(t, c.why, d.Why)
			var notes []string
			for _, n := range r.Notes() {
				notes = append(notes, n.Text)
			}
			if c.note != "" {
				require.Contains(t, notes, c.note)
			}
		})
	}
	_, err := parse("f", []byte("version: 1\nagents:\n  a:\n    access: {tasks: read}\n"), testCatalog())
	require.ErrorContains(t, err, `there is no group "tasks"`)
}
