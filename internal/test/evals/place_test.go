package evals

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"dixa-mcp/internal/gate"
)

// Whoever goes on behind the end of an answer is told where it ends.
func TestPlacesBehindTheEnd(t *testing.T) {
	g := desk(t, false)
	for call, want := range map[string]string{
		`read_conversation {"conversationId":1234,"message":9}`:                     "read_conversation: there is no message #9: the conversation has 5, #1 to #5",
		`read_conversation {"conversationId":1234,"messages":"6-"}`:                 "read_conversation: there is no message #6: the conversation has 5, #1 to #5",
		`read_conversation {"conversationId":1234,"message":2,"offset":99999}`:      `^read_conversation: offset must be 0 to [1-9]\d*, not 99999: the answer ends there$`,
		`read_conversation {"conversationId":1234,"messages":"2-3","offset":99999}`: `^read_conversation: offset must be 0 to [1-9]\d*, not 99999: item 2 of the list ends there$`,
		`list_conversation_activity {"conversationId":1234,"skip":10}`:              "list_conversation_activity: skip must be 0 to 9, not 10: the list of 10 ends there",
		`list_conversation_activity {"conversationId":1234,"offset":99999}`:         `^list_conversation_activity: offset must be 0 to [1-9]\d*, not 99999: item 1 of the list ends there$`,
		`list_messages {"conversationId":1234,"skip":5}`:                            "list_messages: skip must be 0 to 4, not 5: the list of 5 ends there",
		`list_messages {"conversationId":1234,"messageId":"#2","offset":99999}`:     `^list_messages: offset must be 0 to [1-9]\d*, not 99999: the answer ends there$`,
		`list_messages {"conversationId":1234,"messageId":"#9"}`:                    "the conversation has 5, #1 to #5",
		`list_tags {"skip":100}`: "list_tags: skip must be 0 to 29, not 100: the list of 30 ends there",
		`get_custom_attribute {"customAttributeId":"Contact reason","offset":999999}`: `^get_custom_attribute: offset must be 0 to [1-9]\d*, not 999999: the answer ends there$`,
		`list_agents {"pageLimit":50,"pageKey":"cut:900:50:0:"}`:                      "list_agents: pageKey goes on behind the end of its page: give a key as an answer gave it, or begin again without pageKey",
		`wait_for {"conversationId":1234,"after":99,"seconds":1}`:                     "wait_for: after: there is no message #99: the conversation has 5, #1 to #5",
	} {
		tool, arguments, _ := strings.Cut(call, " ")
		a := g.Call(t.Context(), gate.Request{Agent: "agent", Tool: tool, Arguments: json.RawMessage(arguments)})
		require.True(t, a.Failed, "%s: %s", call, a.Text)
		if strings.HasPrefix(want, "^") {
			require.Regexp(t, want, a.Text, call)
		} else {
			require.Contains(t, a.Text, want, call)
		}
	}
}
