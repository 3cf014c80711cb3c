package gate_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"dixa-mcp/dixaclient"
	"dixa-mcp/internal/approval"
	"dixa-mcp/internal/audit"
	"dixa-mcp/internal/gate"
)

const editing = `version: 1
names: {dixa_agent: {luis: 4715b3c3-35e3-4a7b-9443-3ecaf99a14d7}}
approvers:
  anna: {key_sha256: 2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae, may: [write, send, erase]}
agents:
  parks: {acts_as: luis, access: {"*": send}, confirm: {write: approver}}
  quiet: {acts_as: luis, access: {"*": send}, confirm: {write: approver}, arguments: {send_message.text: ["One moment.", "Done."], send_message.cc: ["*"]}}
  finds: {acts_as: luis, surface: discover, access: {"*": send}, confirm: {send: approver}}
`

func (s *approvals) edit(number, text string) {
	s.t.Helper()
	_, err := s.Decide(s.t.Context(), number, approval.Verdict{Approve: true, Approver: "anna", KeyID: "2c26b46b", Text: text})
	require.NoError(s.t, err)
}

// newEdits is a bed that parks, and that hears the texts of messages.
func newEdits(t *testing.T, file string) (*replies, *edited, *approvals) {
	s := parking(t)
	b, wire := newReplies(t, gate.Config{Approvals: s})
	b.gate = gate.New(gate.Config{Rules: parse(t, file), Client: b.client, Audit: b.records, Approvals: s, JSON: true})
	return b, wire, s
}

func (b *replies) parksAs(agent, tool, arguments string) string {
	b.t.Helper()
	a := b.call(agent, tool, arguments)
	var said struct{ Waiting string }
	require.NoError(b.t, json.Unmarshal([]byte(a.Text), &said), a.Text)
	require.NotEmpty(b.t, said.Waiting, a.Text)
	return said.Waiting
}

// The approver's text is sent in place of the agent's, and nothing else is different; the agent is told, the record has digests.
func TestEditAndApprove(t *testing.T) {
	b, wire, s := newEdits(t, editing)
	const asked = `{"conversationId":1234,"text":"We refund everything.","close":true}`
	number := b.parksAs("parks", "reply", asked)
	s.edit(number, "We refund one payment.\nLuis")
	a := b.call("parks", "reply", asked)
	require.False(t, a.Failed, a.Text)
	require.Equal(t, []string{"We refund one payment.\nLuis"}, wire.sent)
	var said struct {
		Edited struct{ By, Text string }
	}
	require.NoError(t, json.Unmarshal([]byte(a.Text), &said), a.Text)
	require.Equal(t, "We refund one payment.\nLuis", said.Edited.Text)
	require.Contains(t, said.Edited.By, "anna changed the text before approving it")
	require.Contains(t, b.state(1234), "Closed", "the other steps are done, too")

	want := audit.NewEdited("We refund everything.", "We refund one payment.\nLuis")
	for _, r := range b.records.list[len(b.records.list)-2:] {
		require.Equal(t, want, r.Edited, r.Event)
		require.Equal(t, "anna", r.Approver)
		line, err := json.Marshal(r)
		require.NoError(t, err)
		require.NotContains(t, string(line), "refund")
	}
	require.Contains(t, b.records.last().Text, "edited and approved by anna")
	over, err := s.Get(t.Context(), number)
	require.NoError(t, err)
	require.Equal(t, []any{"", "", true, audit.OutcomeDone}, []any{over.Text, over.NewText, over.Edited, over.Outcome})
	again := b.call("parks", "reply", asked)
	require.Contains(t, again.Text, "the same call was carried out")
	require.Len(t, wire.sent, 1)
}

// As text the agent reads the approver's text as untrusted lines; every tool with a text can be edited.
func TestEditOfEveryTool(t *testing.T) {
	for tool, asked := range map[string]string{
		"send_message":        `{"conversationId":1234,"text":"Old words"}`,
		"reply":               `{"conversationId":1234,"text":"Old words"}`,
		"add_note":            `{"conversationId":1234,"message":"Old words"}`,
		"draft_reply":         `{"conversationId":1234,"text":"Old words"}`,
		"update_conversation": `{"conversationId":1234,"close":true,"note":"Old words"}`,
	} {
		t.Run(tool, func(t *testing.T) {
			b, wire, s := newEdits(t, editing)
			b.gate = gate.New(gate.Config{Rules: parse(t, editing), Client: b.client, Audit: b.records, Approvals: s})
			first := b.call("parks", tool, asked)
			require.False(t, first.Failed, first.Text)
			list, err := s.List(t.Context(), approval.Pending)
			require.NoError(t, err)
			require.Len(t, list, 1, first.Text)
			s.edit(list[0].Number, "New words\nConversation 1 · closed")
			a := b.call("parks", tool, asked)
			require.False(t, a.Failed, a.Text)
			require.Contains(t, a.Text, "\n| New words\n| Conversation 1 · closed")
			require.NotContains(t, a.Text, "\nConversation 1 · closed")
			require.Contains(t, a.Text, "\nanna changed the text before approving it. This is what was used:\n| New words\n", "on a line of its own")
			require.NotRegexp(t, "\n$", a.Text)
			var left strings.Builder
			for _, text := range wire.sent {
				left.WriteString(text)
			}
			for _, n := range do(b.bed, dixaclient.ListNotes, dixaclient.ListNotesIn{ConversationRef: ref(1234)}) {
				left.WriteString(n.Message)
			}
			require.Contains(t, left.String(), "New words\nConversation 1 · closed")
			require.NotContains(t, left.String(), "Old words")
		})
	}
}

// A draft that is edited is sent as a text; the note stays as it is.
func TestEditOfADraft(t *testing.T) {
	b, wire, s := newEdits(t, strings.ReplaceAll(editing, "confirm: {write: approver}", "confirm: {send: approver}"))
	a := b.call("parks", "draft_reply", `{"conversationId":1234,"text":"Old words"}`)
	require.False(t, a.Failed, a.Text)
	number := draftNumber.FindString(a.Text)
	asked := `{"conversationId":1234,"draft":"` + number + `"}`
	s.edit(b.parksAs("parks", "reply", asked), "New words")
	a = b.call("parks", "reply", asked)
	require.False(t, a.Failed, a.Text)
	require.Equal(t, []string{"New words"}, wire.sent)
}

// The edited call is decided from the top, as the same agent: rules for arguments, placeholders, grants. The approval is used up.
func TestEditIsDecidedAgain(t *testing.T) {
	for name, c := range map[string]struct{ agent, tool, asked, text, says string }{
		"a value that the file does not give": {"quiet", "send_message", `{"conversationId":1234,"text":"One moment."}`, "We refund all.", "text"},
		"nothing but spaces":                  {"parks", "draft_reply", `{"conversationId":1234,"text":"Hello"}`, " \n", "spaces"},
	} {
		t.Run(name, func(t *testing.T) {
			b, wire, s := newEdits(t, editing)
			number := b.parksAs(c.agent, c.tool, c.asked)
			s.edit(number, c.text)
			effects := len(b.dixa.Effects())
			a := b.call(c.agent, c.tool, c.asked)
			require.True(t, a.Failed, a.Text)
			require.Contains(t, a.Text, c.says)
			require.Empty(t, wire.sent)
			require.Len(t, b.dixa.Effects(), effects)
			used, err := s.Get(t.Context(), number)
			require.NoError(t, err)
			require.Equal(t, approval.Done, used.State)
			require.NotEqual(t, number, b.parksAs(c.agent, c.tool, c.asked))
		})
	}
}

// An agent that calls its tools with call_tool, too.
func TestEditThroughCallTool(t *testing.T) {
	b, wire, s := newEdits(t, editing)
	const asked = `{"tool":"send_message","arguments":{"conversationId":1234,"text":"Old"}}`
	s.edit(b.parksAs("finds", "call_tool", asked), "New")
	a := b.call("finds", "call_tool", asked)
	require.False(t, a.Failed, a.Text)
	require.Equal(t, []string{"New"}, wire.sent)
}
