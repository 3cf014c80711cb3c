package gate

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

const answering = `version: 1
agents:
  full: {answers: text, access: {conversations: write, queues: read, agents: read}}
  ids: {answers: ids, access: {conversations: write, queues: read, agents: read}}
  json: {answers: json, access: {conversations: write, queues: read, agents: read}}
  poor: {answers: text, access: {conversations: write}}
  bounded: {answers: text, access: {conversations: write, queues: read}, only: {queue: [` + billingQueue + `]}}
`

// Answers name what the agent may list, with one look-up a list, and show ids for all else.
func TestNamesInAnswers(t *testing.T) {
	b := setUp(t, settings{file: answering})
	b.json = false
	get := func(agent string) string {
		a := b.call(agent, "get_conversation", `{"conversationId":1234}`)
		require.False(t, a.Failed, a.Text)
		return a.Text
	}
	move := `{"conversationId":1234,"queueId":"` + billingQueue + `"}`
	full := get("full")
	require.Contains(t, full, "Billing")
	require.NotContains(t, full, billingQueue)
	requests := len(b.dixa.Requests())
	require.Equal(t, full, get("full"))
	require.Len(t, b.dixa.Requests(), requests+1, "lists are kept")
	require.Contains(t, get("ids"), billingQueue)
	require.Contains(t, get("json"), billingQueue)
	poor := get("poor")
	require.Contains(t, poor, billingQueue)
	require.NotContains(t, poor, "Billing", "what another agent read is not shown to one that may not list it")
	require.Contains(t, get("bounded"), "Billing")
	require.Contains(t, b.call("full", "transfer_conversation", move).Text, "queue: Billing (taken from Luis Ortega)")
	require.Contains(t, b.call("poor", "transfer_conversation", strings.Replace(move, billingQueue, "5b0c9d1e-2a44-4c57-8f5a-91d2c7e4aa02", 1)).Text, billingQueue)
}

// A list that cannot be read costs one attempt, and the answer shows ids.
func TestNamesThatCannotBeRead(t *testing.T) {
	b := setUp(t, settings{file: answering})
	b.json = false
	b.wire.RoundTripper = refusing{b.wire.RoundTripper, "/v1/queues"}
	a := b.call("full", "search_conversations", `{"query":"refund"}`)
	require.False(t, a.Failed, a.Text)
	c := b.begin(Request{Agent: "full", Tool: "get_conversation"})
	c.agent, _ = b.Rules().Agent("full")
	before := len(b.book.entries)
	names := c.names.lookUp(c.context(t.Context()))
	for range 3 {
		require.Empty(t, names("queue", billingQueue))
	}
	require.Len(t, c.operations, 1)
	require.Len(t, b.book.entries, before)
}

// Records hold the id and say the name, which is in the sentence too.
func TestRecordsSayNames(t *testing.T) {
	b := setUp(t, settings{file: answering})
	b.json = false
	require.False(t, b.call("full", "transfer_conversation", `{"conversationId":1234,"queueId":"billing"}`).Failed)
	for _, e := range b.book.entries {
		require.JSONEq(t, `{"conversationId":1234,"queueId":"`+billingQueue+`"}`, e.Arguments.String())
		require.Equal(t, map[string]string{"queueId": "Billing"}, e.Names)
		require.True(t, strings.Contains(e.Text, `to queue "Billing" (`+billingQueue+`)`), e.Text)
	}
}
