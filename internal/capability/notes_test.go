package capability

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"dixa-mcp/dixaclient"
	"dixa-mcp/tools"
)

func TestNotes(t *testing.T) {
	r := mustParse(t, `version: 1
stdio: [good, careless, good]
agents:
  good:
    acts_as: c2a1d9e8-7b6a-4d5c-8e9f-001122334455
    access: {conversations: read}
    allow: [send_message, list_webhooks]
    deny: [search_conversations]
  careless:
    access: {conversations: erase, knowledge: write, messages: read}
    allow: [close_conversation, send_message, add_note, add_note]
    deny: [add_note, list_tags]
  blind: {}
`)
	var got []string
	for _, n := range r.Notes() {
		got = append(got, n.In("f"))
	}
	require.Equal(t, []string{
		"f:2:25: stdio: good is listed twice",
		"f:9:3: agents.careless: may send (send_message) without acts_as: the model chooses in whose name",
		"f:9:3: agents.careless: may erase (anonymize_conversation), which cannot be undone, without a confirmation; see confirm",
		"f:10:36: agents.careless.access.knowledge: grants nothing: no operation of knowledge is at write or below",
		"f:11:13: agents.careless.allow: close_conversation is granted already by agents.careless.access.conversations",
		"f:11:57: agents.careless.allow: add_note is listed twice",
		"f:12:12: agents.careless.deny: add_note is also under allow (line 11); deny beats it",
		"f:12:22: agents.careless.deny: list_tags need not be denied: nothing grants it",
		"f:13:3: agents.blind: no connection can be this agent: it is not under stdio, and has no valid key, no oidc_claim and no people",
		"f:13:3: agents.blind: sees no tool: nothing is granted to it",
	}, got)
}

func TestNotesOfManyTools(t *testing.T) {
	var all []*tools.Tool
	for i := range manyTools + 1 {
		all = append(all, fake("many", fmt.Sprintf("tool_%d", i), dixaclient.Read))
	}
	notes := func(deny string) []Note {
		r, err := parse("f", []byte("version: 1\nstdio: [a]\nagents:\n  a: {access: {many: read}, deny: ["+deny+"]}\n"), newCatalog(all, dixaclient.V1))
		require.NoError(t, err)
		return r.Notes()
	}
	require.Equal(t, []Note{{4, 3, "agents.a", "sees 41 tools; models choose worse among more than 40, and each costs tokens: grant or deny by name"}}, notes(""))
	require.Empty(t, notes("tool_0"))
}

func TestNoteString(t *testing.T) {
	require.Equal(t, "line 3: agents.a: sees no tool", Note{3, 5, "agents.a", "sees no tool"}.String())
	require.Equal(t, "is empty", Note{Text: "is empty"}.String())
}
