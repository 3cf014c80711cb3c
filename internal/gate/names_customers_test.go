package gate

import (
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"dixa-mcp/internal/audit"
)

const uuidForm = `[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}`

// A conversation without an address, such as a chat, shows its customer by name, wherever conversations are shown: looked up as
// the agent, once for each customer, at most five for an answer, and never for the answer to a write.
func TestCustomersWithoutAnAddress(t *testing.T) {
	b := taskBench(t, `  a: {access: {"*": write}}
  ids: {answers: ids, access: {"*": read}}
  blind: {access: {"*": read}, deny: [get_end_user]}
  ruled: {access: {"*": read}, arguments: {get_end_user.userId: [00000000-0000-4000-8000-000000000001]}}
  bounded: {access: {"*": read}, only: {channel: [Chat]}}
`)
	b.json = false
	found := b.call("a", "find_conversations", `{"channel":"Chat","limit":25}`).Text
	chats := regexp.MustCompile(`(?m)^(\d+) `).FindAllStringSubmatch(found, -1)
	require.Greater(t, len(chats), 6)
	withName := regexp.MustCompile(`customer (?:"[^"]+"|[^ ·]+)(?: ·|$|\n)`)
	for _, chat := range chats[:3] {
		b.book.all()
		text := b.call("a", "get_conversation", `{"conversationId":`+chat[1]+`}`).Text
		require.Regexp(t, withName, text)
		require.NotRegexp(t, "customer "+uuidForm, text)
		for _, agent := range []string{"bounded"} {
			require.Equal(t, text, b.call(agent, "get_conversation", `{"conversationId":`+chat[1]+`}`).Text)
		}
		require.Regexp(t, `customer .* \(`+uuidForm+`\)`, b.call("ids", "get_conversation", `{"conversationId":`+chat[1]+`}`).Text)
		for _, agent := range []string{"blind", "ruled"} {
			require.Regexp(t, "customer "+uuidForm, b.call(agent, "get_conversation", `{"conversationId":`+chat[1]+`}`).Text)
		}
		user := regexp.MustCompile(uuidForm).FindString(regexp.MustCompile("customer " + uuidForm).FindString(b.call("blind", "get_conversation", `{"conversationId":`+chat[1]+`}`).Text))
		b.book.all()
		list := b.call("a", "list_end_user_conversations", fmt.Sprintf(`{"userId":%q}`, user)).Text
		require.NotRegexp(t, "customer "+uuidForm, list)
		require.Equal(t, 1, strings.Count(operations(only(t, b.book.all())), "get_end_user"))
	}
}

func operations(r audit.Record) string {
	var names []string
	for _, o := range r.Operations {
		names = append(names, o.Operation)
	}
	return strings.Join(names, " ")
}

// No more than five customers are looked up for an answer.
func TestFewCustomersAreLookedUp(t *testing.T) {
	b := setUp(t, settings{})
	c := b.begin(Request{Agent: "admin", Tool: "list_linked_conversations", Arguments: []byte(`{}`)})
	agent, err := b.Rules().Agent("admin")
	require.NoError(t, err)
	c.agent = agent
	name := c.names.lookUp(c.context(t.Context()))
	for i := range 3 * mostCustomers {
		for range 2 {
			name("end user", fmt.Sprintf("00000000-0000-4000-8000-%012d", i))
		}
	}
	require.Len(t, b.requests(0), mostCustomers)
}
