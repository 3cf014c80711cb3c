package gate_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"dixa-mcp/dixaclient"
	"dixa-mcp/internal/audit"
	"dixa-mcp/tools"
)

// singles are the tools of one write to a conversation, each with arguments that change something and what its answer then says.
var singles = map[string]struct{ arguments, says string }{
	"close_conversation":          {`{"conversationId":1234}`, "state: Open → Closed"},
	"reopen_conversation":         {`{"conversationId":2885}`, "state: Closed → Open"},
	"transfer_conversation":       {`{"conversationId":1234,"queueId":"` + returns + `"}`, "queue: Billing → Returns (taken from Luis Ortega)"},
	"claim_conversation":          {`{"conversationId":1234,"agentId":"` + bot + `","force":true}`, "assigned to: Luis Ortega → Billing Bot"},
	"set_followup":                {`{"conversationId":1234,"timestamp":"2099-01-02T10:00:00Z"}`, "state: Open → Pending until Fri 2 Jan 2099 10:00 UTC"},
	"link_conversation":           {`{"conversationId":1234,"parentId":2887,"linkType":"Related"}`, "parent: 2887"},
	"tag_conversation":            {`{"conversationId":1234,"tagId":"53a428b3-9772-4115-97fe-73c317e31621"}`, "tag urgent: added"},
	"untag_conversation":          {`{"conversationId":1234,"tagId":"77f0a2c4-1111-4a5b-9c3d-0a1b2c3d4e5f"}`, "tag refund: removed"},
	"set_conversation_attributes": {`{"conversationId":1234,"attributes":[{"id":"` + orderNumber + `","value":"HB-1"}]}`, "HB-204518 → HB-1"},
}

const single = "version: 1\nagents:\n  a: {access: {\"*\": write}, arguments: {claim_conversation.force: [\"*\"]}}\n  blind: {access: {conversations: write, tags: write, custom_attributes: write}, deny: [get_conversation], arguments: {claim_conversation.force: [\"*\"]}}\n"

// One write to a conversation says what was there before, sends nothing where nothing would change, and can be taken back.
func TestSingleWrites(t *testing.T) {
	for _, tool := range tools.All() {
		_, known := singles[tool.Name]
		require.Equal(t, known, tool.Compares(), tool.Name)
	}
	for name, c := range singles {
		t.Run(name, func(t *testing.T) {
			b := newBed(t, single)
			a := b.call("a", name, c.arguments)
			require.False(t, a.Failed, a.Text)
			require.Contains(t, a.Text, c.says)
			require.Contains(t, a.Text, `"as":"`)
			require.Len(t, b.dixa.Effects(), 1)
			require.Equal(t, []audit.Event{audit.EventIntent, audit.EventOutcome}, b.records.events())
			require.Empty(t, b.records.list[0].Step)

			a = b.call("a", name, insisting(c.arguments))
			require.False(t, a.Failed, a.Text)
			if name != "set_followup" { // which may be set to the same again
				require.Contains(t, a.Text, "no change")
				require.Len(t, b.dixa.Effects(), 1)
				require.Contains(t, b.records.last().Text, "a did not have to ")
			}
			if name == "link_conversation" { // Dixa cannot take it back
				return
			}
			a = b.call("a", "undo", `{}`)
			require.False(t, a.Failed, a.Text)
			require.Greater(t, len(b.dixa.Effects()), 1, a.Text)
		})
	}
}

// An agent that may not read conversations, and a conversation that cannot be read, get the write and Dixa's answer alone.
func TestSingleWritesUnread(t *testing.T) {
	for name, c := range singles {
		b := newBed(t, single)
		a := b.call("blind", name, c.arguments)
		require.False(t, a.Failed, name+" "+a.Text)
		require.NotContains(t, a.Text, "→", name)
		require.Len(t, b.dixa.Requests(), 1, name)
		require.Len(t, b.dixa.Effects(), 1, name)
	}
	b := newBed(t, single)
	a := b.call("a", "close_conversation", `{"conversationId":999999999}`)
	require.True(t, a.Failed)
	require.Contains(t, a.Text, "close_conversation: Dixa answered 404")
	a = b.call("a", "claim_conversation", `{"conversationId":1234,"agentId":"`+bot+`"}`)
	require.True(t, a.Failed)
	require.Contains(t, a.Text, "claim_conversation: Dixa answered 409")
}

// An approval of one write is for what was there before, too.
func TestSingleWriteApproval(t *testing.T) {
	b, s := newParked(t)
	arguments := `{"conversationId":1234,"queueId":"` + returns + `"}`
	b.call("parks", "transfer_conversation", arguments)
	parked, err := s.Get(context.Background(), b.records.last().Approval)
	require.NoError(t, err)
	require.Contains(t, parked.Effect, "→ Returns")
	s.approve(parked.Number)
	do(b, dixaclient.TransferConversation, dixaclient.TransferConversationIn{ConversationRef: ref(1234), QueueID: "34638054-2da2-44c7-9d6b-33fae60727a1"})
	effects := len(b.dixa.Effects())
	a := b.call("parks", "transfer_conversation", arguments)
	require.Len(t, b.dixa.Effects(), effects, a.Text)
	require.NotEqual(t, parked.Number, b.records.last().Approval, "it needs another approval")
}
