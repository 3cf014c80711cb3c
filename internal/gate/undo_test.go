package gate_test

import (
	"context"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"dixa-mcp/dixaclient"
	"dixa-mcp/internal/gate"
)

const undoing = "version: 1\nagents:\n  a: {access: {\"*\": write}, arguments: {claim_conversation.force: [\"*\"]}}\n  b: {access: {\"*\": write}}\n  few: {allow: [get_conversation, list_conversation_tags, tag_conversation]}\n"

// state is what can be taken back of a conversation.
func (b *bed) state(id int64) string {
	c := do(b, dixaclient.GetConversation, dixaclient.GetConversationIn{ConversationRef: ref(id)})
	var all []string
	for _, t := range do(b, dixaclient.ListConversationTags, ref(id)) {
		all = append(all, t.Name)
	}
	slices.Sort(all)
	queue, assignee := dixaclient.UUID(""), dixaclient.UUID("")
	if c.Queue != nil {
		queue = c.Queue.ID
	}
	if c.Assignment != nil {
		assignee = c.Assignment.AgentID
	}
	for _, a := range c.CustomAttribute {
		if text, ok := a.Value.(string); ok {
			all = append(all, a.Name+"="+text)
		}
	}
	return strings.Join(append(all, c.State, string(queue), string(assignee)), " ")
}

// Each change that can be taken back is, with one call, and that a second time takes back nothing again.
func TestUndo(t *testing.T) {
	for name, arguments := range map[string]string{
		"tags":       `{"conversationId":1234,"tag":["53a428b3-9772-4115-97fe-73c317e31621"]}`,
		"untag":      `{"conversationId":1234,"untag":["77f0a2c4-1111-4a5b-9c3d-0a1b2c3d4e5f"]}`,
		"queue":      `{"conversationId":1234,"queue":"` + returns + `"}`,
		"both":       `{"conversationId":1234,"queue":"` + returns + `","assignee":"` + bot + `"}`,
		"assignee":   `{"conversationId":1234,"assignee":"` + bot + `","force":true}`,
		"close":      `{"conversationId":1234,"close":true}`,
		"reopen":     `{"conversationId":2885,"reopen":true}`,
		"follow-up":  `{"conversationId":1234,"followUp":"2099-01-02T10:00:00Z"}`,
		"attributes": `{"conversationId":1234,"attributes":[{"id":"` + orderNumber + `","value":"HB-1"}]}`,
		"all":        `{"conversationId":1234,"tag":["53a428b3-9772-4115-97fe-73c317e31621"],"attributes":[{"id":"` + orderNumber + `","value":"HB-1"}],"queue":"` + returns + `"}`,
	} {
		t.Run(name, func(t *testing.T) {
			b := newBed(t, undoing)
			id := int64(1234)
			if name == "reopen" {
				id = 2885
			}
			before := b.state(id)
			a := b.call("a", "update_conversation", arguments)
			require.False(t, a.Failed, a.Text)
			require.NotEqual(t, before, b.state(id))
			require.Contains(t, b.call("b", "undo", `{}`).Text, "you changed nothing", "another agent's")
			a = b.call("a", "undo", `{}`)
			require.False(t, a.Failed, a.Text)
			require.NotContains(t, a.Text, "not taken back")
			require.Equal(t, before, b.state(id), a.Text)
			require.NotRegexp(t, `(?i)billing → billing`, a.Text, "it stayed in its queue")
			if name == "close" {
				require.Contains(t, a.Text, "state: Closed → Open")
			}
			effects := len(b.dixa.Effects())
			a = b.call("a", "undo", `{}`)
			require.Contains(t, a.Text, "you changed nothing", "it was taken back already")
			require.Len(t, b.dixa.Effects(), effects)
			a = b.call("a", "update_conversation", arguments) // the repeat guard must not answer with what was taken back
			require.NotContains(t, a.Text, "repeated")
			require.NotEqual(t, before, b.state(id))
		})
	}
}

// What somebody else changed since, what Dixa cannot take back and what is not granted stays, and the answer says so.
func TestUndoLeaves(t *testing.T) {
	b := newBed(t, undoing)
	require.False(t, b.call("a", "update_conversation", `{"conversationId":1234,"queue":"`+returns+`","note":"moved"}`).Failed)
	do(b, dixaclient.TransferConversation, dixaclient.TransferConversationIn{ConversationRef: ref(1234), QueueID: "34638054-2da2-44c7-9d6b-33fae60727a1"})
	effects := len(b.dixa.Effects())
	a := b.call("a", "undo", `{"conversationId":1234}`)
	require.Contains(t, a.Text, "queue: not taken back (it was changed since)")
	require.Contains(t, a.Text, "note: not taken back (Dixa cannot take it back)")
	require.Len(t, b.dixa.Effects(), effects)

	moved := b.state(2951)
	require.False(t, b.call("a", "update_conversation", `{"conversationId":2951,"tag":["53a428b3-9772-4115-97fe-73c317e31621"],"queue":"`+returns+`","note":"moved"}`).Failed)
	a = b.call("a", "undo", `{"conversationId":2951}`)
	require.False(t, a.Failed, a.Text)
	require.Contains(t, a.Text, "note: not taken back (Dixa cannot take it back)")
	require.Equal(t, moved, b.state(2951), "all but the note is as it was")
	effects = len(b.dixa.Effects())

	require.False(t, b.call("few", "update_conversation", `{"conversationId":2951,"tag":["53a428b3-9772-4115-97fe-73c317e31621"]}`).Failed)
	a = b.call("few", "undo", `{}`)
	require.Contains(t, a.Text, "not taken back (needs untag_conversation, which is not granted for it)")
	require.Len(t, b.dixa.Effects(), effects+1)

	b.stand("version: 1\nagents: {b: {access: {conversations: write}, deny: [get_conversation]}}\n", gate.Config{})
	require.False(t, b.call("b", "close_conversation", `{"conversationId":2951}`).Failed)
	b.gate.Reload(context.Background(), parse(t, undoing))
	require.Contains(t, b.call("b", "undo", `{}`).Text, "where it was before is not known")
}

// What is taken back is approved, and bounded, like any other change.
func TestUndoIsDecided(t *testing.T) {
	b, s := newParked(t)
	move := `{"conversationId":1234,"queue":"` + returns + `"}`
	b.call("parks", "update_conversation", move)
	s.approve(b.records.last().Approval)
	require.False(t, b.call("parks", "update_conversation", move).Failed)
	effects := len(b.dixa.Effects())
	a := b.call("parks", "undo", `{}`)
	require.False(t, a.Failed, a.Text)
	require.Len(t, b.dixa.Effects(), effects)
	parked, err := s.Get(t.Context(), b.records.last().Approval)
	require.NoError(t, err)
	require.Contains(t, parked.Effect, "queue: Returns → billing")
	require.Contains(t, a.Text, "waiting")
	s.approve(parked.Number)
	require.False(t, b.call("parks", "undo", `{}`).Failed)
	require.Greater(t, len(b.dixa.Effects()), effects)

	b = newBed(t, confirming)
	frozen := false
	b.stand("version: 1\nagents: {a: {access: {\"*\": write}}}\n", gate.Config{Frozen: func(string) (string, bool) { return "stop", frozen }})
	require.False(t, b.call("a", "update_conversation", move).Failed)
	frozen = true
	require.Contains(t, b.call("a", "undo", `{}`).Text, "frozen")
}
