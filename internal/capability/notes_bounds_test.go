package capability

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestNotesOfBounds(t *testing.T) {
	const reach = " reaches the whole organization, and agents.a.only bounds this agent to some conversations (f.yaml:9)"
	for _, c := range []struct {
		name, text string
		want       []string
	}{
		{"nothing to say", "    acts_as: billing-bot\n    access: {conversations: write, messages: send}\n    only: {queue: [billing]}\n    arguments: {transfer_conversation.queueId: [billing, returns], send_message.cc: [\"*\"], search_conversations.queueId: [billing]}\n    budget: {writes_per_hour: 9, sends_per_hour: 9}\n", nil},
		{"a bound makes it impossible", "    about: x\n    only: {queue: [billing]}\n    access: {analytics: read}\n    allow: [create_end_user]\n    arguments: {query_metric.id: [x]}\n", []string{
			"f:11:13: agents.a.allow: is granted and refused nevertheless: create_end_user" + reach,
			"f:12:17: agents.a.arguments.query_metric.id: changes nothing: query_metric" + reach,
		}},
		{"an argument makes it impossible", "    access: {messages: send}\n    allow: [create_webhook, transfer_conversation]\n    arguments:\n      transfer_conversation.queueId: []\n", []string{
			"f:8:14: agents.a.access.messages: is granted and refused nevertheless: send_message needs agentId, and agent a may not give it: it reaches further than the level of send_message, so that it must be granted by itself; set acts_as, or name its values under arguments: send_message.agentId",
			"f:9:13: agents.a.allow: is granted and refused nevertheless: create_webhook needs url, and agent a may not give it: it reaches further than the level of create_webhook, so that it must be granted by itself; name its values under arguments: create_webhook.url",
			"f:9:29: agents.a.allow: is granted and refused nevertheless: transfer_conversation needs queueId, and no value is left for it by agents.a.arguments.transfer_conversation.queueId (f.yaml:11)",
		}},
		{"denied is said elsewhere", "    access: {messages: send}\n    deny: [send_message]\n", nil},
		{"rules that change nothing", "    allow: [claim_conversation]\n    arguments:\n      send_message.cc: []\n      claim_conversation.agentId: [\"*\"]\n      claim_conversation.conversationId: [5, 5]\n", []string{
			"f:10:7: agents.a.arguments.send_message.cc: changes nothing: send_message is not granted to agent a: access gives nothing in messages, and allow does not name it",
			"f:11:7: agents.a.arguments.claim_conversation.agentId: changes nothing: agentId takes any value without it",
			"f:12:7: agents.a.arguments.claim_conversation.conversationId: names a value twice",
		}},
		{"no rules", "    allow: [claim_conversation]\n    arguments: {}\n    budget: {}\n", []string{
			"f:9:5: agents.a.arguments: is empty: no argument is bounded",
			"f:10:5: agents.a.budget: is empty: nothing is bounded",
		}},
		{"filters of a search", "    allow: [search_conversations]\n    arguments: {search_conversations.queueId: [billing], search_conversations.query: [x]}\n", []string{
			"f:9:17: agents.a.arguments.search_conversations.queueId: does not bound what is found: conditions can ask for any other queue; bound the agent with only",
		}},
		{"a search outside the bound", "    allow: [search_conversations]\n    only: {queue: [billing], channel: [email]}\n    arguments: {search_conversations.queueId: [billing, returns], search_conversations.channel: [sms], search_conversations.direction: [inbound]}\n", []string{
			"f:10:17: agents.a.arguments.search_conversations.queueId: a search with queueId returns finds nothing: it is outside agents.a.only.queue",
			"f:10:67: agents.a.arguments.search_conversations.channel: a search with channel sms finds nothing: it is outside agents.a.only.channel",
		}},
		{"budgets of nothing", "    access: {tags: read}\n    budget: {writes_per_day: 5, sends_per_day: 5, erases_per_hour: 5, requests_per_second: 0.001, requests_per_day: 87}\n", []string{
			"f:9:14: agents.a.budget.writes_per_day: bounds nothing: no tool that is granted to it changes anything",
			"f:9:33: agents.a.budget.sends_per_day: bounds nothing: no tool that is granted to it sends",
			"f:9:51: agents.a.budget.erases_per_hour: bounds nothing: no tool that is granted to it erases",
			"f:9:99: agents.a.budget.requests_per_day: cannot be reached: at 0.001 requests a second a day has 86",
		}},
		{"budgets above others", "    acts_as: billing-bot\n    access: {messages: send}\n    deny: [anonymize_message]\n    budget: {writes_per_hour: 5, writes_per_day: 4, sends_per_hour: 6, sends_per_day: 6}\n", []string{
			"f:10:12: agents.a.deny: anonymize_message need not be denied: nothing grants it",
			"f:11:14: agents.a.budget.writes_per_hour: cannot be reached: writes_per_day is 4",
			"f:11:53: agents.a.budget.sends_per_hour: cannot be reached: writes_per_hour is 5",
			"f:11:72: agents.a.budget.sends_per_day: cannot be reached: writes_per_day is 4",
		}},
		{"nobody's name", "    allow: [create_conversation, send_message]\n    arguments: {send_message.agentId: [billing-bot, " + refund + "]}\n", []string{
			"f:7:3: agents.a: create_conversation cannot say in whose name it writes; set acts_as, or name create_conversation.agentId under arguments",
			"f:7:3: agents.a: may send (reply, send_message) without acts_as: the model chooses in whose name",
		}},
		{"one name", "    allow: [create_conversation]\n    arguments: {create_conversation.agentId: [billing-bot]}\n", nil},
		{"no name is wanted", "    allow: [create_conversation]\n    arguments: {create_conversation.agentId: []}\n", nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			r, err := Parse("f.yaml", []byte(known+c.text+"stdio: [a]\n"))
			require.NoError(t, err)
			var got []string
			for _, n := range r.Notes() {
				got = append(got, n.In("f"))
			}
			require.Equal(t, c.want, got)
		})
	}
}
