package gate_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"dixa-mcp/dixaclient"
	"dixa-mcp/internal/audit"
	"dixa-mcp/internal/capability"
	"dixa-mcp/internal/test/race"
	"dixa-mcp/tools"
)

// everythingBut grants all tools and all arguments, so that only the bound refuses.
func everythingBut(only string) string {
	var allow, arguments []string
	for _, t := range tools.All() {
		if t.Named {
			allow = append(allow, t.Name)
		}
		for _, op := range t.Operations {
			if t.Plans() {
				continue // the rules are those of its operations
			}
			for _, n := range op.Named() {
				if !slices.Contains(t.Actors(), n.Argument) {
					arguments = append(arguments, fmt.Sprintf("%s.%s: ['*']", t.Name, n.Argument))
				}
			}
		}
	}
	return fmt.Sprintf(`version: 1
names: {dixa_agent: {bot: %s}}
agents:
  bounded:
    acts_as: bot
    access: {"*": erase}
    allow: [%s]
    arguments: {%s}
    only: %s
`, bot, strings.Join(allow, ", "), strings.Join(arguments, ", "), only)
}

// bounds are the keys under only, one by one and together.
var bounds = []string{
	"{queue: [" + billing + "]}",
	"{tag: [77f0a2c4-1111-4a5b-9c3d-0a1b2c3d4e5f]}",
	"{channel: [email], direction: [inbound]}",
	"{assignee: [me]}",
	"{queue: [" + billing + ", " + returns + "], channel: [email, contactform], tag: [77f0a2c4-1111-4a5b-9c3d-0a1b2c3d4e5f]}",
}

// further are the arguments that tools about one conversation or end user require beside its id.
var further = map[string]string{
	"transfer_conversation":       `"queueId":"` + billing + `"`,
	"set_followup":                `"timestamp":"2099-04-01T09:00:00Z"`,
	"link_conversation":           `"parentId":1234,"linkType":"Related"`,
	"send_message":                `"text":"hello"`,
	"record_message":              `"text":"hello"`,
	"add_note":                    `"message":"hello"`,
	"add_notes":                   `"items":[{"message":"hello"}]`,
	"anonymize_message":           `"messageId":"` + nobody + `"`,
	"anonymize_conversation":      `"force":true`,
	"tag_conversation":            `"tagId":"77f0a2c4-1111-4a5b-9c3d-0a1b2c3d4e5f"`,
	"untag_conversation":          `"tagId":"77f0a2c4-1111-4a5b-9c3d-0a1b2c3d4e5f"`,
	"tag_conversation_by_name":    `"names":["refund"]`,
	"set_conversation_attributes": `"attributes":[{"id":"` + nobody + `","value":"x"}]`,
	"set_end_user_attributes":     `"attributes":[{"id":"` + nobody + `","value":"x"}]`,
	"offer_rating":                `"ratingType":"Csat","userId":"` + nobody + `","agentId":"` + bot + `"`,
	"submit_rating":               `"ratingId":"r","ratingType":"Csat","value":5`,
	"update_end_user":             `"firstName":"x"`,
	"update_conversation":         `"note":"x"`,
	"draft_reply":                 `"text":"hello"`,
	"reply":                       `"text":"hello"`,
	"replace_end_user":            `"displayName":"x"`,
}

func about(tool, id, value string) string {
	if more := further[tool]; more != "" {
		return fmt.Sprintf(`{%q:%s,%s}`, id, value, more)
	}
	return fmt.Sprintf(`{%q:%s}`, id, value)
}

// The law of bounds: of what lies outside, every tool says exactly what it says of what does not exist, with the same
// requests, and changes nothing.
func TestOutsideIsLikeMissing(t *testing.T) {
	race.Skip(t)
	h := seeded(t)
	checked := map[string]bool{}
	b := newBed(t, everythingBut(bounds[0]))
	for _, only := range bounds {
		file := everythingBut(only)
		rules, err := capability.Parse("f", []byte(file))
		require.NoError(t, err)
		agent, _ := rules.Agent("bounded")
		inside, outside := h.split(func(c *dixaclient.Conversation) bool { return agent.Bound().Holds(h.facts(c)) })
		require.NotEmpty(t, inside, only)
		strangers := h.strangers(inside)
		for _, tool := range tools.All() {
			var id, missing string
			var ids []string
			if tool.Undoes() || slices.Contains([]string{"bulk_update", "search_messages", "query_archive", "list_events"}, tool.Name) { // what the agent itself did, and lists: tests of their own
				continue
			}
			switch scope := tool.Operations[0].Scope; {
			case scope == dixaclient.OneConversation && agent.Tool(tool).Allowed:
				id, missing = "conversationId", itoa(noSuch)
				for i := range 6 {
					ids = append(ids, itoa(outside[(i*311+len(tool.Name))%len(outside)].ID))
				}
			case scope == dixaclient.OneEndUser && agent.Tool(tool).Allowed:
				id, missing = "userId", `"`+nobody+`"`
				for i := range 3 {
					ids = append(ids, `"`+string(strangers[i*17%len(strangers)])+`"`)
				}
			default:
				continue
			}
			checked[tool.Name] = true
			asked := func(value string) (string, int) {
				b.govern(file) // which remembers nothing
				b.dixa.ResetCounts()
				a := b.call("bounded", tool.Name, about(tool.Name, id, value))
				require.True(t, a.Failed, "%s of %s under %s: %s", tool.Name, value, only, a.Text)
				require.Empty(t, b.dixa.Effects(), tool.Name)
				return a.Text, len(b.dixa.Requests())
			}
			text, requests := asked(missing)
			require.Contains(t, text, "could not be found", "%s: its required arguments belong in further in internal/gate/bounds_test.go", tool.Name)
			for _, value := range ids {
				got, sent := asked(value)
				require.Equal(t, text, got, "%s of %s under %s", tool.Name, value, only)
				require.Equal(t, requests, sent, "requests of %s of %s under %s", tool.Name, value, only)
				require.Equal(t, audit.Refused, b.records.last().Decision, tool.Name)
			}
		}
	}
	require.Greater(t, len(checked), 30)
}

// strangers are end users without a conversation among these.
func (h *truth) strangers(inside []*dixaclient.Conversation) []dixaclient.UUID {
	known := map[dixaclient.UUID]bool{}
	for _, c := range inside {
		known[c.RequesterID] = true
	}
	var list []dixaclient.UUID
	for id := range h.of {
		if !known[id] {
			list = append(list, id)
		}
	}
	slices.Sort(list)
	return list
}

// Other ids than that of the tool's subject are checked against the bound, too.
func TestOtherIdsAreLikeMissing(t *testing.T) {
	h := seeded(t)
	inside, outside := h.split(func(c *dixaclient.Conversation) bool { return inQueue(c, billing) })
	stranger := string(h.strangers(inside)[0])
	b := newBed(t, everythingBut(bounds[0]))
	a := b.call("bounded", "list_messages", about("list_messages", "conversationId", itoa(outside[5].ID)))
	require.True(t, a.Failed)
	foreign := do(b, dixaclient.ListMessages, dixaclient.ListMessagesIn{ConversationRef: ref(outside[5].ID)})[0].ID
	for _, test := range []struct{ tool, other, outside, missing string }{
		{"anonymize_message", `{"conversationId":1234,"messageId":"%s"}`, string(foreign), nobody},
		{"submit_rating", `{"conversationId":1234,"ratingId":"%s","ratingType":"Csat","value":5}`, foreignRating(b, outside), "no-such-rating"},
		{"link_conversation", `{"conversationId":1234,"linkType":"Related","parentId":%s}`, itoa(outside[5].ID), itoa(noSuch)},
		{"offer_rating", `{"conversationId":1234,"ratingType":"Csat","agentId":"` + bot + `","userId":"%s"}`, stranger, nobody},
		{"list_end_users", `{"email":"%s"}`, h.users[dixaclient.UUID(stranger)].Email + h.users[dixaclient.UUID(stranger)].PhoneNumber, "nobody@example.com"},
	} {
		answers := map[string]bool{}
		for _, value := range []string{test.outside, test.missing} {
			b := newBed(t, everythingBut(bounds[0]))
			answers[b.call("bounded", test.tool, fmt.Sprintf(test.other, value)).Text] = true
			require.Empty(t, b.dixa.Effects())
		}
		require.Len(t, answers, 1, "%s tells what is outside from what is missing: %v", test.tool, answers)
	}
}

func TestWhatReachesEverythingIsRefused(t *testing.T) {
	b := newBed(t, everythingBut(bounds[0]))
	for _, tool := range tools.All() {
		for _, op := range tool.Operations {
			if op.Scope == dixaclient.Everything {
				a := b.call("bounded", tool.Name, `{}`)
				require.True(t, a.Failed)
				require.Contains(t, a.Text, "reaches the whole organization", tool.Name)
				require.Equal(t, "agents.bounded.only (capabilities.yaml:9)", b.records.last().Rule)
			}
		}
	}
	require.Empty(t, b.requests())
}

// A write of our own is seen by the next call, also when what was remembered is from before.
func TestOwnWritesAreSeenAtOnce(t *testing.T) {
	for _, test := range []struct{ name, only, tool, arguments string }{
		{"moved out of the queue", bounds[0], "transfer_conversation", `{"conversationId":1234,"queueId":"` + returns + `"}`},
		{"lost its tag", bounds[1], "untag_conversation", `{"conversationId":1234,"tagId":"77f0a2c4-1111-4a5b-9c3d-0a1b2c3d4e5f"}`},
		{"reopened, so that it is nobody's", "{queue: [" + billing + "], assignee: [" + string(seeded(t).conversation(1234).Assignment.AgentID) + "]}", "transfer_conversation",
			`{"conversationId":1234,"queueId":"` + billing + `"}`},
	} {
		b := newBed(t, everythingBut(test.only))
		require.False(t, b.call("bounded", "list_messages", `{"conversationId":1234}`).Failed, test.name)
		a := b.call("bounded", test.tool, test.arguments)
		require.False(t, a.Failed, "%s: %s", test.name, a.Text)
		for _, tool := range []string{"list_messages", "get_conversation", "list_conversation_activity", "get_queue_position", "close_conversation"} {
			require.Contains(t, b.call("bounded", tool, `{"conversationId":1234}`).Text, "could not be found", "%s: %s", test.name, tool)
		}
	}
}

// A look-up that a write overtakes is not remembered.
func TestOvertakenFactsAreForgotten(t *testing.T) {
	b := newBed(t, everythingBut(bounds[0]))
	inner, once := http.Handler(b.dixa), false
	hook := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		inner.ServeHTTP(w, r)
		if !once && r.Method == "GET" { // the answer is made, and not yet read
			once = true
			require.False(t, b.call("bounded", "transfer_conversation", `{"conversationId":1234,"queueId":"`+returns+`"}`).Failed)
		}
	})
	var err error
	b.client, err = dixaclient.New(dixaclient.Config{Token: dixaclient.StaticToken("token"), URL: "http://localhost", Transport: direct{hook}, Rate: 1e6, Burst: 1e6})
	require.NoError(t, err)
	b.govern(everythingBut(bounds[0]))
	b.call("bounded", "list_messages", `{"conversationId":1234}`)
	require.Contains(t, b.call("bounded", "list_messages", `{"conversationId":1234}`).Text, "could not be found")
}
