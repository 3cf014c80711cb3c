package gate_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"dixa-mcp/dixaclient"
	"dixa-mcp/internal/approval"
	"dixa-mcp/internal/events"
)

// A newer message than the approver was shown ends what waits for approval; nothing else does.
func TestEventsEndApprovals(t *testing.T) {
	b, s := newParked(t)
	waiting, approved, elsewhere := b.waits("parks", note), b.waits("parks", `{"conversationId":1234,"message":"Second."}`), b.waits("parks", `{"conversationId":1235,"message":"Refund agreed."}`)
	s.approve(approved)
	r, err := s.Get(t.Context(), waiting)
	require.NoError(t, err)
	state := func(number string) approval.State {
		r, err := s.Get(t.Context(), number)
		require.NoError(t, err)
		return r.State
	}
	heed := func(kind dixaclient.WebhookEvent, conversation int64, at time.Time, message string) {
		b.gate.Heed(t.Context(), events.Event{Type: kind, Conversation: conversation, Time: at, Fields: events.Fields{Message: message}})
	}
	later := r.Created.Add(time.Second)
	heed("ConversationMessageAdded", 1236, later, "m")
	heed("ConversationMessageAdded", 1234, later, r.LastMessage)
	heed("ConversationMessageAdded", 1234, r.Created.Add(-time.Second), "m")
	heed("ConversationTagAdded", 1234, later, "")
	heed("AgentBannedIp", 0, later, "")
	require.Equal(t, []approval.State{approval.Pending, approval.Approved, approval.Pending}, []approval.State{state(waiting), state(approved), state(elsewhere)})

	heed("ConversationMessageAdded", 1234, later, "m")
	require.Equal(t, []approval.State{approval.Expired, approval.Expired, approval.Pending}, []approval.State{state(waiting), state(approved), state(elsewhere)})
	_, err = s.Decide(t.Context(), waiting, approval.Verdict{Approve: true, Approver: "anna", KeyID: "2c26b46b"})
	require.ErrorContains(t, err, "a newer message came into the conversation")
	require.NotEqual(t, waiting, b.waits("parks", note), "the agent asks again")
}

// Bounds are judged anew after an event of the conversation, also where its facts are remembered.
func TestEventsRefreshFacts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := waitFor(t, 0, ", only: {queue: [billing]}")
		require.False(t, b.call("a", "list_notes", closing).Failed)
		b.move()
		b.gate.Heed(t.Context(), events.Event{Type: "ConversationTransferred", Conversation: 1234})
		a := b.call("a", "list_notes", closing)
		require.True(t, a.Failed)
		require.Contains(t, a.Text, "could not be found")
	})
}
