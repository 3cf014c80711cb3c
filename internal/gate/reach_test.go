package gate

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"dixa-mcp/internal/offline"
)

// TestLongMessagesAreReadToTheEnd makes each call that the answer before names in more, until a message of many answers
// was read, in the list and by its messageId.
func TestLongMessagesAreReadToTheEnd(t *testing.T) {
	b := setUp(t, settings{dixa: offline.Options{}})
	var lines []string
	for i := range 2500 {
		lines = append(lines, fmt.Sprintf("> Line %d of what happened.", i))
	}
	said := strings.Join(lines, "\n")
	text, err := json.Marshal(said)
	require.NoError(t, err)
	require.False(t, b.call("admin", "record_message", `{"conversationId":1234,"text":`+string(text)+`}`).Failed)
	newest := func(arguments string) (texts []string, id string) {
		tool, last := "list_messages", ""
		for calls := 0; ; calls++ {
			require.Less(t, calls, 40)
			a := b.call("reader", tool, arguments)
			require.False(t, a.Failed, a.Text)
			var answer struct {
				ID, Text, More string
				Items          []struct{ ID, Text string }
			}
			require.NoError(t, json.Unmarshal([]byte(a.Text), &answer))
			if answer.ID != "" {
				answer.Items = append(answer.Items, struct{ ID, Text string }{answer.ID, answer.Text})
			}
			for _, m := range answer.Items {
				if m.ID != last {
					last, texts = m.ID, nil
				}
				whole, _, _ := strings.Cut(m.Text, "… [cut: ")
				texts = append(texts, whole)
			}
			if answer.More == "" {
				return texts, last
			}
			_, call, named := strings.Cut(answer.More, "for the rest: ")
			require.True(t, named, answer.More)
			tool, arguments, _ = strings.Cut(call, " ")
		}
	}
	texts, id := newest(`{"conversationId":1234}`)
	require.Greater(t, len(texts), 2)
	require.Equal(t, said, strings.Join(texts, ""))
	texts, _ = newest(`{"conversationId":1234,"messageId":"` + id + `"}`)
	require.Greater(t, len(texts), 2)
	require.Equal(t, said, strings.Join(texts, ""))
	require.Contains(t, b.call("reader", "list_messages", `{"conversationId":1077,"messageId":"`+id+`"}`).Text, "messageId", "of another conversation")
}
