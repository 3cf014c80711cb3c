package gate_test

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"dixa-mcp/dixaclient"
	"dixa-mcp/tools"
)

// A bounded agent sees nothing outside in the answers of tools that are made of several operations: no number of a
// conversation, and no address of a customer who has none inside.
func TestTasksOfABoundedAgent(t *testing.T) {
	h := seeded(t)
	for _, only := range bounds {
		b := newBed(t, everythingBut(only))
		agent, err := b.gate.Rules().Agent("bounded")
		require.NoError(t, err)
		inside, outside := h.split(func(c *dixaclient.Conversation) bool { return agent.Bound().Holds(h.facts(c)) })
		hidden := map[int64]bool{}
		for _, c := range outside {
			hidden[c.ID] = true
		}
		var addresses []string
		for _, id := range h.strangers(inside) {
			if email := h.users[id].Email; email != "" {
				addresses = append(addresses, email)
			}
		}
		stranger, known := h.users[h.strangers(inside)[0]], h.users[inside[0].RequesterID]
		for _, c := range []struct{ tool, arguments string }{
			{"read_conversation", fmt.Sprintf(`{"conversationId":%d}`, inside[0].ID)},
			{"read_conversation", fmt.Sprintf(`{"conversationId":%d}`, inside[len(inside)-1].ID)},
			{"find_customer", fmt.Sprintf(`{"email":%q}`, known.Email)},
			{"find_customer", fmt.Sprintf(`{"email":%q}`, stranger.Email)},
			{"find_conversations", `{"words":"refund","limit":25}`},
			{"find_conversations", `{"limit":25}`},
			{"find_conversations", `{"queue":"Returns","limit":25}`},
			{"overview", `{}`},
		} {
			if strings.Contains(c.arguments, `:""`) { // they have a phone number only
				continue
			}
			a := b.call("bounded", c.tool, c.arguments)
			require.False(t, a.Failed, "%s %s under %s: %s", c.tool, c.arguments, only, a.Text)
			text := strings.ReplaceAll(a.Text, stranger.Email, "") // what the agent itself asked for
			for _, address := range addresses {
				require.NotContains(t, text, `"`+address, "%s %s under %s", c.tool, c.arguments, only)
			}
			for _, number := range regexp.MustCompile(`"(?:id|oldest|parent)":(\d+)`).FindAllStringSubmatch(a.Text, -1) {
				id, err := strconv.ParseInt(number[1], 10, 64)
				require.NoError(t, err)
				require.False(t, hidden[id], "%s %s under %s shows %d", c.tool, c.arguments, only, id)
			}
		}
		if stranger.Email != "" {
			answer := func(email string) string {
				a := b.call("bounded", "find_conversations", fmt.Sprintf(`{"customer":%q}`, email))
				require.True(t, a.Failed)
				return strings.ReplaceAll(a.Text, email, "")
			}
			require.Equal(t, answer("nobody@example.com"), answer(stranger.Email))
		}
		for _, messages := range []string{"", `,"messages":"1-"`, `,"message":1`} {
			hiddenOne := b.call("bounded", "read_conversation", fmt.Sprintf(`{"conversationId":%d%s}`, outside[7].ID, messages))
			missing := b.call("bounded", "read_conversation", fmt.Sprintf(`{"conversationId":%d%s}`, noSuch, messages))
			require.True(t, hiddenOne.Failed)
			require.Equal(t, missing.Text, hiddenOne.Text, only)
		}
		for _, tool := range tools.All() {
			if tool.Task() && slices.ContainsFunc(tool.Operations, func(op *dixaclient.Spec) bool { return op.Scope == dixaclient.Everything }) {
				require.Contains(t, b.call("bounded", tool.Name, `{"metric":"csat"}`).Text, "reaches the whole organization", tool.Name)
			}
		}
	}
}
