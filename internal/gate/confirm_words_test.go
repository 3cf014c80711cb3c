package gate

import (
	"context"
	"encoding/json"
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"dixa-mcp/internal/approval"
)

// A person who decides about a write reads names and words, and neither ids nor Dixa's spelling, however deep they are in the
// arguments and however the agent wrote them. The record and the approval keep the ids.
func TestQuestionsAreInWords(t *testing.T) {
	store := approval.NewDir(filepath.Join(t.TempDir(), "approvals"), time.Now)
	b := setUp(t, settings{gate: Config{Approvals: store}, file: `version: 1
agents:
  asks: {access: {"*": send}, confirm: {write: client}}
  waits: {access: {"*": send}, confirm: {write: approver}}
approvers: {anna: {key_sha256: 2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae, may: [write, send]}}
`})
	list := func(tool string) (items []struct{ ID, Name, Label, DisplayName string }) {
		var answer struct{ Items json.RawMessage }
		text := b.call("asks", tool, "{}").Text
		if json.Unmarshal([]byte(text), &items) != nil {
			require.NoError(t, json.Unmarshal([]byte(text), &answer), text)
			require.NoError(t, json.Unmarshal(answer.Items, &items), text)
		}
		return items
	}
	queue, agent := list("list_queues")[0], list("list_agents")[0]
	for _, c := range []struct {
		tool, arguments, id string
		says                []string
	}{
		{"transfer_conversation", fmt.Sprintf(`{"conversationId":1234,"queueId":%q}`, queue.ID), queue.ID, []string{"\nqueueId: " + queue.Name}},
		{"transfer_conversation", fmt.Sprintf(`{"conversationId":1234,"queueId":%q}`, queue.Name), queue.ID, []string{"\nqueueId: " + queue.Name}},
		{"add_queue_members", fmt.Sprintf(`{"queueId":%q,"agentIds":[%q]}`, queue.ID, agent.ID), agent.ID, []string{agent.DisplayName}},
		{"set_working_channel", fmt.Sprintf(`{"agentId":%q,"channel":"Phone","working":true}`, agent.ID), agent.ID, []string{"\nchannel: Phone", "\nagentId: " + agent.DisplayName}},
		{"set_working_channel", fmt.Sprintf(`{"agentId":%q,"channel":"Speak","working":true}`, agent.ID), agent.ID, []string{"\nchannel: Phone"}},
	} {
		t.Run(c.tool, func(t *testing.T) {
			r := Request{Agent: "asks", Tool: c.tool, Arguments: []byte(c.arguments), CanAsk: true}
			a := b.Call(t.Context(), r)
			require.NotNil(t, a.Ask, a.Text)
			require.NotRegexp(t, uuidForm, a.Ask.Text)
			for _, says := range c.says {
				require.Contains(t, a.Ask.Text, says)
			}
			require.NotContains(t, a.Ask.Text, "Speak")
			entries := b.book.all()
			record := entries[len(entries)-1].Record
			require.Contains(t, record.Arguments.String(), c.id, "the record has the id")

			r.Agent = "waits"
			require.False(t, b.Call(t.Context(), r).Failed)
			waiting, err := store.List(context.Background())
			require.NoError(t, err)
			last := waiting[len(waiting)-1]
			require.Contains(t, string(last.Arguments), c.id)
			require.NotRegexp(t, uuidForm, string(last.Shown)+last.Effect)
		})
	}
}
