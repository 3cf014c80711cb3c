package gate_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"dixa-mcp/dixaclient"
	"dixa-mcp/internal/archive"
	"dixa-mcp/internal/gate"
)

// An explanation reads neither the archive nor the inbox, and takes nothing of the budget: not even an error tells what is in them.
func TestExplainReadsNoArchive(t *testing.T) {
	s := &tables{shelves: *archived(1234), table: archive.Table{Columns: []string{"a"}, Rows: [][]any{{"emma@example.com"}}}}
	b := newBed(t, searching)
	b.stand(searching, gate.Config{Archive: s, Events: newInbox(t, event(1, "ConversationCreated", 1234))})
	for _, call := range [][3]string{
		{"asks-rows", "query_archive", `{"sql":"SELECT abs(-9223372036854775808)"}`}, {"bounded", "search_messages", `{"words":"voucher"}`},
		{"whole", "find_conversations", `{"customerName":"Emma"}`}, {"whole", "find_customer", `{"displayName":"Emma"}`},
	} {
		e := b.gate.Explain(t.Context(), request(call[0], call[1], call[2]))
		require.True(t, e.Granted, "%s: %s", call[1], e.Why)
		counts, err := b.budgets.Counts(t.Context(), call[0], []gate.Allowance{{What: "rows", Period: time.Hour}, {What: "requests", Period: 24 * time.Hour}})
		require.NoError(t, err)
		require.Zero(t, counts[0].Used+counts[1].Used, call[1])
	}
	require.Empty(t, s.sql)
	require.Empty(t, s.asked)
	require.Empty(t, s.shelves.found)

	b = newListening(t, event(1, "ConversationCreated", 1234))
	require.True(t, b.gate.Explain(t.Context(), request("few", "list_events", `{}`)).Granted)
	require.Len(t, hear(t, b.call("few", "list_events", `{}`)).Events, 1)
}

// Who may not see correspondence is told no plan, which is made from what is in Dixa, and of a write alone what they gave themselves.
func TestExplainBlind(t *testing.T) {
	b, _ := newReplies(t, gate.Config{})
	number := b.draft("triage", textOf(t, 1234, greeting))
	for _, c := range []struct{ tool, arguments, tells string }{
		{"reply", `{"conversationId":1234,"draft":"` + number + `"}`, "it is paid"},
		{"update_conversation", `{"conversationId":1234,"close":true}`, "close"},
		{"erase_customer", `{"customer":"emma.clarke@example.com"}`, ""},
	} {
		r := request("support", c.tool, c.arguments)
		whole, err := json.Marshal(b.gate.Explain(t.Context(), r))
		require.NoError(t, err)
		require.Contains(t, string(whole), c.tells)
		sent := len(b.dixa.Requests())
		r.Blind = true
		e := b.gate.Explain(t.Context(), r)
		require.Empty(t, e.Requests)
		if e.Granted {
			require.Equal(t, []string{"is read from the conversation, and shown to approvers"}, e.Plan)
		}
		blind, err := json.Marshal(e)
		require.NoError(t, err)
		require.NotContains(t, string(blind), "it is paid")
		for _, sent := range b.dixa.Requests()[sent:] {
			require.NotContains(t, sent.Path, "/notes")
			require.NotContains(t, sent.Path, "/messages")
		}
	}
	r := request("writes_asking", "update_conversation", `{"conversationId":1234,"close":true}`)
	r.Blind = true
	require.Regexp(t, `^approver: agents\.writes_asking\.confirm\.write \(.*\); if a step of the plan needs it$`, b.gate.Explain(t.Context(), r).Confirm)
	r = request("support", "close_conversation", `{"conversationId":1234}`)
	r.Blind = true
	e := b.gate.Explain(t.Context(), r)
	require.True(t, e.Granted, e.Why)
	require.Equal(t, []string{`PUT /v1/conversations/1234/close {"userId":"4715b3c3-35e3-4a7b-9443-3ecaf99a14d7"}`}, e.Requests)
	require.NotEmpty(t, do(b.bed, dixaclient.ListNotes, dixaclient.ListNotesIn{ConversationRef: ref(1234)}))
}
