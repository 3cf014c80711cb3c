package gate

import (
	"context"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"dixa-mcp/dixaclient"
	"dixa-mcp/internal/audit"
)

// The gate's client is what a tool gets. It refuses what does not belong to a call of an agent.
func TestNoOperationWithoutACall(t *testing.T) {
	b := setUp(t, settings{})
	_, err := dixaclient.GetConversation.Do(t.Context(), b.client, dixaclient.GetConversationIn{ConversationRef: dixaclient.ConversationRef{ConversationID: 1234}})
	require.ErrorContains(t, err, "get_conversation does not belong to a call of an agent")
	_, err = dixaclient.DeleteAgent.Do(context.Background(), b.client, dixaclient.AgentRef{})
	require.Error(t, err)
	require.Empty(t, b.dixa.Requests())
}

// A tool that makes several requests needs a grant for each of them.
func TestEveryOperationOfACallNeedsItsGrant(t *testing.T) {
	b := setUp(t, settings{file: `{version: 1, agents: {half: {allow: [get_conversation, close_conversation], deny: [add_note]}}}`})
	c := b.begin(Request{Agent: "half", Tool: "close_conversation", Arguments: []byte(`{"conversationId":1234}`)})
	_, err := c.admit(t.Context())
	require.NoError(t, err)

	ref := dixaclient.ConversationRef{ConversationID: 1234}
	ctx := withCall(t.Context(), c)
	_, err = dixaclient.GetConversation.Do(ctx, b.client, dixaclient.GetConversationIn{ConversationRef: ref})
	require.NoError(t, err)
	for _, refused := range []func() error{
		func() error {
			_, err := dixaclient.AddNote.Do(ctx, b.client, dixaclient.AddNoteIn{ConversationRef: ref, Message: "x"})
			return err
		},
		func() error {
			_, err := dixaclient.SendMessage.Do(ctx, b.client, dixaclient.SendMessageIn{ConversationRef: ref})
			return err
		},
	} {
		var not *refusal
		require.ErrorAs(t, refused(), &not)
	}
	require.Equal(t, []string{routeOf(t, "get_conversation")}, b.requests(0))
	require.Empty(t, b.dixa.Effects())
	require.Len(t, c.operations, 1, "the record says what was sent, and nothing else")
}

// What a tool makes of its arguments goes by the same rule: no placeholder of an answer is written.
func TestNoOperationWritesAPlaceholder(t *testing.T) {
	b := setUp(t, settings{})
	ctx := withCall(t.Context(), b.begin(Request{Agent: "admin", Tool: "get_conversation", Arguments: []byte(`{"conversationId":1234}`)}))
	c := callFrom(ctx)
	_, err := c.admit(t.Context())
	require.NoError(t, err)
	_, err = dixaclient.AddNote.Do(ctx, b.client, dixaclient.AddNoteIn{ConversationRef: dixaclient.ConversationRef{ConversationID: 1234}, Message: "he wrote: [earlier message quoted: 90 characters]"})
	require.ErrorContains(t, err, "message holds \"[earlier message quoted: 90 characters]\"")
	require.Empty(t, b.dixa.Requests())
}

// A context made for one call cannot be used to act as somebody else: the agent comes from the call.
func TestTheAgentComesFromTheCall(t *testing.T) {
	b := setUp(t, settings{})
	for _, c := range []struct {
		agent, tool, want string
	}{
		{"nobody", "get_conversation", `test.yaml has no agent "nobody"; its agents are admin, reader. Tell the user: the operator must correct the agent's name where this connection is set up. Nothing was sent to Dixa.`},
		{"", "get_conversation", "the capability file no longer authorizes this connection. Tell the user: the operator of dixa-mcp must authorize it again, or give it another key. Nothing was sent to Dixa."},
		{"reader", "close_conversation", "close_conversation is not granted to agent reader: access gives conversations only read, and close_conversation is write. If it is needed, tell the user: the operator can change agents.reader (line 7). Nothing was sent to Dixa."},
		{"reader", "get_conversatoin", `there is no tool "get_conversatoin"; did you mean get_conversation?`},
		{"reader", "close_conversatoin", `there is no tool "close_conversatoin"; this agent has read_conversation, find_conversations, wait_for, search_conversations, and 7 more.`},
		{"reader", "list_webhooks", "list_webhooks is not granted to agent reader and needs to be named under allow: no level covers it. If it is needed, tell the user: the operator can change agents.reader (line 7). Nothing was sent to Dixa."},
	} {
		t.Run(c.agent+" "+c.tool, func(t *testing.T) {
			answer := b.call(c.agent, c.tool, `{"conversationId":1234}`)
			require.True(t, answer.Failed)
			require.Equal(t, c.want, answer.Text)
			r := only(t, b.book.all())
			require.Equal(t, audit.EventRefused, r.Event)
			require.Equal(t, audit.Refused, r.Decision)
			require.Equal(t, c.agent, r.Agent)
			require.Empty(t, b.dixa.Requests())
		})
	}
}

// TestArgumentsHoldForEveryRequest bypasses the schema that an agent sees, as a tool does that makes requests of its own:
// nothing that arguments and acts_as exclude is sent, by any operation.
func TestArgumentsHoldForEveryRequest(t *testing.T) {
	const other = "4715b3c3-35e3-4a7b-9443-3ecaf99a14d7"
	b := setUp(t, settings{file: `version: 1
agents:
  a:
    access: {"*": erase}
    allow: [create_webhook, close_conversation]
    acts_as: c2a1d9e8-7b6a-4d5c-8e9f-001122334455
    arguments: {transfer_conversation.queueId: [0f6f3a52-6d3e-4f0e-9f0b-3a1c5b7d2e11, 5b0c9d1e-2a44-4c57-8f5a-91d2c7e4aa02], add_note.createdAt: []}
`})
	ref := dixaclient.ConversationRef{ConversationID: 1234}
	c := b.begin(Request{Agent: "a", Tool: "get_conversation", Arguments: []byte(`{"conversationId":1234}`)})
	_, err := c.admit(t.Context())
	require.NoError(t, err)
	ctx := withCall(t.Context(), c)
	for rule, send := range map[string]func() error{
		"agents.a.acts_as": func() error {
			_, err := dixaclient.CloseConversation.Do(ctx, b.client, dixaclient.CloseConversationIn{ConversationRef: ref, AgentID: other})
			return err
		},
		"agents.a.arguments.transfer_conversation.queueId": func() error {
			_, err := dixaclient.TransferConversation.Do(ctx, b.client, dixaclient.TransferConversationIn{ConversationRef: ref, QueueID: other, AgentID: "c2a1d9e8-7b6a-4d5c-8e9f-001122334455"})
			return err
		},
		"agents.a": func() error { // bcc must be named
			_, err := dixaclient.SendMessage.Do(ctx, b.client, dixaclient.SendMessageIn{ConversationRef: ref, AgentID: "c2a1d9e8-7b6a-4d5c-8e9f-001122334455", Bcc: []string{"a@example.com"}})
			return err
		},
	} {
		err, not := send(), new(refusal)
		require.ErrorAs(t, err, &not, rule)
		require.Equal(t, rule, not.rule)
		c.fail(ctx, err)
		r := last(t, b.book.all())
		require.Equal(t, []any{audit.EventRefused, audit.Refused, ""}, []any{r.Event, r.Decision, r.Reason}, "the record says that the file refuses it")
		require.True(t, strings.HasPrefix(r.Rule, rule+" ("), r.Rule)
	}
	require.Empty(t, b.dixa.Requests())
}
