package gate_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"dixa-mcp/internal/gate"
	"dixa-mcp/internal/view"
)

const answering = `version: 1
timezone: Europe/Copenhagen
agents:
  text: {access: {"*": write}}
  ids: {answers: ids, access: {"*": write}}
  json: {answers: json, access: {"*": write}}
  few: {access: {"*": write}, budget: {writes_per_hour: 1}}
`

// inForm puts a gate in front of the bed's Dixa that answers as the capability file says.
func (b *bed) inForm(file string) {
	b.records = &records{}
	b.gate = gate.New(gate.Config{Rules: parse(b.t, file), Client: b.client, Audit: b.records})
}

// Answers are text unless the capability file says otherwise, in the organization's zone, and what we say ourselves is on
// lines of its own.
func TestFormOfAnswers(t *testing.T) {
	b := newBed(t, answering)
	b.inForm(answering)
	text := b.call("text", "get_conversation", `{"conversationId":1234}`)
	require.False(t, text.Failed, text.Text)
	require.True(t, strings.HasPrefix(text.Text, "Conversation 1234 · Email"), text.Text)
	require.True(t, strings.HasSuffix(text.Text, "\nTimes: Europe/Copenhagen"), text.Text)
	require.Equal(t, view.EstimateTokens(text.Text), b.records.last().Tokens)

	require.True(t, strings.HasPrefix(b.call("json", "get_conversation", `{"conversationId":1234}`).Text, `{"id":1234`))
	require.Contains(t, b.call("ids", "list_tags", `{}`).Text, "77f0a2c4-1111-4a5b-9c3d-0a1b2c3d4e5f")
	require.NotContains(t, b.call("text", "list_tags", `{}`).Text, "77f0a2c4-1111-4a5b-9c3d-0a1b2c3d4e5f")

	require.Equal(t, "Conversation 1234 · state: Open → Closed · as the API token's user", b.call("text", "close_conversation", `{"conversationId":1234}`).Text)
	require.Equal(t, `{"outcome":{"id":1234,"state":"state: Closed, no change"}}`, b.call("json", "close_conversation", `{"conversationId":1234}`).Text)
	require.Regexp(t, `^Conversation 1234 · state: Closed → Open · as the API token's user\nBudget: 0 left of 1 writes per UTC hour, until \S+ UTC$`, b.call("few", "reopen_conversation", `{"conversationId":1234}`).Text)
	require.Regexp(t, `\nTimes: Europe/Copenhagen; read as from: 2020-02-23 00:00$`, b.call("text", "find_conversations", `{"from":"2020-02-23","limit":1}`).Text)
	found := b.call("text", "search_conversations", `{"createdAfter":"1971-01-01","createdBefore":"1971-01-02"}`).Text
	require.Regexp(t, `^None\. Nothing meets all of: createdAfter, createdBefore\. .*\nTimes were read as createdAfter: .*Copenhagen.*$`, found)

	b.gate = gate.New(gate.Config{Rules: parse(t, answering), Client: b.client, Audit: b.records, JSON: true})
	require.True(t, strings.HasPrefix(b.call("text", "get_conversation", `{"conversationId":1234}`).Text, `{"id":1234`), "a caller that wants JSON")
}

// The answer to a write looks nothing up: a look-up could fail, or cost another request, when the write is done.
func TestAnswersToWritesLookNothingUp(t *testing.T) {
	file := `{version: 1, agents: {a: {access: {"*": write}}}}`
	b := newBed(t, file)
	b.inForm(file)
	require.Contains(t, b.call("a", "add_note", `{"conversationId":1234,"message":"x"}`).Text, "Times: UTC")
	require.Len(t, b.records.last().Operations, 1)
}
