package tools

import (
	"encoding/json"
	"maps"
	"testing"

	"github.com/stretchr/testify/require"
)

// Journals have digests of what Repeat returns, and outlive the version of the program that wrote them: the bytes are those that
// encoding/json makes of a map.
func TestRepeat(t *testing.T) {
	for _, c := range []struct {
		tool, arguments string
		again           bool
	}{
		{"close_conversation", `{"conversationId":1234}`, false},
		{"close_conversation", `{"again":true,"agentId":"4715b3c3-35e3-4a7b-9443-3ecaf99a14d7","conversationId":1234}`, true},
		{"add_note", `{"conversationId":"1234","again":false,"message":"<b>\t\n\"Søren\" & \u2028 \\ \u0007"}`, false},
		{"create_conversation", `{"requesterId":"2ebb7a64-403d-4a3a-a9df-8a9cdbcef43f","emailIntegrationId":"billing@email.dixa.io","subject":"Hi","language":"en",` +
			`"channel":"email","direction":"Outbound","text":"<p>","attachments":[{"url":"https://example.org/a?b=1&c=2","prettyName":"a"}]}`, false},
		{"reply", `{"conversationId":1,"text":"Hello","agentId":"4715b3c3-35e3-4a7b-9443-3ecaf99a14d7","answers":"4715b3c3-35e3-4a7b-9443-3ecaf99a14d7"}`, false},
	} {
		tool, ok := ByName(c.tool)
		require.True(t, ok)
		args, err := tool.Decode(tool.Schema(), json.RawMessage(c.arguments), nil)
		require.NoError(t, err, c.tool)
		var all map[string]json.RawMessage
		require.NoError(t, json.Unmarshal(args.JSON, &all))
		delete(all, RepeatArgument)
		if all[answersArgument] != nil {
			maps.DeleteFunc(all, func(name string, _ json.RawMessage) bool { return name != answersArgument && name != "conversationId" })
		}
		want, err := json.Marshal(all)
		require.NoError(t, err)
		rest, again := args.Repeat()
		require.Equal(t, string(want), string(rest))
		require.Equal(t, c.again, again)
	}
}
