package gate_test

import (
	"encoding/json"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"dixa-mcp/dixaclient"
	"dixa-mcp/tools"
)

// withRows is the file of an agent that may do everything and is shown so many rows in an hour.
func withRows(budget string) string {
	file := everythingBut("{}")
	return file[:strings.Index(file, "    only:")] + budget
}

// With rows_per_hour each tool that reads conversations or customers takes rows from the budget, and is refused without a request where none
// are left. Other tools take none.
func TestRecordsAreRows(t *testing.T) {
	text, err := os.ReadFile("../../testdata/examples.json")
	require.NoError(t, err)
	var examples map[string]struct {
		Before []struct {
			Tool      string
			Arguments json.RawMessage
		}
		Arguments json.RawMessage
	}
	require.NoError(t, json.Unmarshal(text, &examples))
	file := withRows("    budget: {rows_per_hour: 1}\n")
	var counted []string
	for _, tool := range tools.All() {
		if tool.Level > dixaclient.Read || len(tool.Operations) == 0 {
			continue
		}
		b := newBed(t, file)
		arguments := string(examples[tool.Name].Arguments)
		for _, before := range examples[tool.Name].Before {
			require.False(t, b.call("bounded", before.Tool, string(before.Arguments)).Failed)
		}
		b.call("bounded", tool.Name, arguments)
		sent := len(b.dixa.Requests())
		if a := b.call("bounded", tool.Name, arguments); strings.Contains(a.Text, "1 rows per UTC hour") {
			require.True(t, a.Failed)
			if !strings.Contains(a.Text, "Nothing is shown") { // an answer of several
				require.Len(t, b.dixa.Requests(), sent, tool.Name)
			}
			counted = append(counted, tool.Name)
		}
	}
	need := slices.DeleteFunc(tools.All(), func(t *tools.Tool) bool {
		return t.Level > dixaclient.Read || !slices.ContainsFunc(t.Operations, (*dixaclient.Spec).ShowsRecords)
	})
	for _, tool := range need {
		switch tool.Name {
		case "overview": // figures
		case "search_messages", "query_archive", "list_events": // rows, with or without the key
		default:
			require.Contains(t, counted, tool.Name)
		}
	}
	require.Len(t, counted, len(need)-4)
}

// A conversation that is read is one row, however many messages it has; a list counts what is shown of it; without the key nothing that Dixa
// answers is counted.
func TestWhatARowIs(t *testing.T) {
	b := newBed(t, withRows("    budget: {rows_per_hour: 8}\n"))
	for _, call := range [][2]string{
		{"list_messages", `{"conversationId":1234}`}, {"read_conversation", `{"conversationId":1234}`}, {"list_conversation_activity", `{"conversationId":1234}`},
		{"search_conversations", `{"queueId":["` + billing + `"],"pageLimit":3}`}, {"list_queues", `{}`}, {"find_conversations", `{"queue":"Billing","limit":5}`},
	} {
		a := b.call("bounded", call[0], call[1])
		require.False(t, a.Failed, a.Text)
		if call[0] == "find_conversations" {
			require.Len(t, conversationsOf(t, a), 2)
			require.Contains(t, a.Text, "the agent's budget allows no more rows")
		}
	}
	a := b.call("bounded", "list_messages", `{"conversationId":1234}`)
	require.True(t, a.Failed)
	require.Contains(t, a.Text, "8 rows per UTC hour")
	require.False(t, b.call("bounded", "list_queues", `{}`).Failed)
	require.False(t, b.call("bounded", "add_note", `{"conversationId":1234,"message":"Refund agreed."}`).Failed, "writes show nobody")

	b = newBed(t, withRows("    budget: {rows_per_hour: 2}\n"))
	a = b.call("bounded", "search_conversations", `{"queueId":["`+billing+`"],"pageLimit":3}`)
	require.True(t, a.Failed)
	require.Contains(t, a.Text, "has 2 left of 2 rows per UTC hour")
	require.Contains(t, a.Text, "counts as 3. Nothing is shown: ask for less")

	b = newBed(t, withRows(""))
	for range 30 {
		require.False(t, b.call("bounded", "search_conversations", `{"queueId":["`+billing+`"],"pageLimit":50}`).Failed)
	}
}
