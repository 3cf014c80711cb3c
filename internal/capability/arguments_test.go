package capability

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// known is the beginning of files with names; what follows it is line 8 and the agent's own.
const known = `version: 1
names:
  queue: {billing: 0f6f3a52-6d3e-4f0e-9f0b-3a1c5b7d2e11, returns: 5b0c9d1e-2a44-4c57-8f5a-91d2c7e4aa02}
  tag: {refund: 77f0a2c4-1111-4a5b-9c3d-0a1b2c3d4e5f}
  dixa_agent: {billing-bot: c2a1d9e8-7b6a-4d5c-8e9f-001122334455}
agents:
  a:
`

func TestParseRefusesArguments(t *testing.T) {
	const everything = "    access: {\"*\": erase}\n    arguments:\n"
	for _, c := range []struct{ name, text, want string }{
		{"no mapping", "    arguments: [x]\n", "f:8:16: agents.a.arguments: must be a mapping, not a list"},
		{"no argument", everything + "      send_message: []\n", "f:10:7: agents.a.arguments.send_message: must be an operation and its argument, such as send_message.cc"},
		{"an operation", everything + "      sent_message.cc: []\n", `f:10:7: agents.a.arguments.sent_message.cc: there is no tool "sent_message"; did you mean "send_message"?`},
		{"an argument", everything + "      claim_conversation.forced: []\n", `f:10:7: agents.a.arguments.claim_conversation.forced: claim_conversation has no argument "forced"; did you mean "force"?; its arguments are conversationId, agentId, force, again`},
		{"an operation without arguments", everything + "      get_organization.x: []\n", "f:10:7: agents.a.arguments.get_organization.x: get_organization has no arguments"},
		{"no list", everything + "      transfer_conversation.queueId: billing\n", "f:10:38: agents.a.arguments.transfer_conversation.queueId: must be a list such as [a, b], not text"},
		{"a list in the list", everything + "      transfer_conversation.queueId: [[billing]]\n", "f:10:39: agents.a.arguments.transfer_conversation.queueId: must be a value, not a list"},
		{"nothing in the list", everything + "      transfer_conversation.queueId: [~]\n", "f:10:39: agents.a.arguments.transfer_conversation.queueId: must be a value, not nothing"},
		{"an alias", everything + "      transfer_conversation.queueId: [*x]\n", "f:10: invalid YAML: unknown anchor 'x' referenced; anchors and aliases are not allowed here"},
		{"a rule twice", everything + "      send_message.cc: []\n      send_message.cc: []\n", "f:11:7: agents.a.arguments.send_message.cc: stands here a second time, first on line 10"},

		{"a name", everything + "      transfer_conversation.queueId: [returns, biling]\n", `f:10:48: agents.a.arguments.transfer_conversation.queueId: "biling" is neither a name under names.queue nor a UUID; did you mean "billing"?`},
		{"a name of another kind", everything + "      tag_conversation.tagId: [billing]\n", `f:10:32: agents.a.arguments.tag_conversation.tagId: "billing" is neither a name under names.tag nor a UUID`},
		{"an endpoint", everything + "      get_contact_endpoint.contactEndpointId: [a b]\n", `f:10:48: agents.a.arguments.get_contact_endpoint.contactEndpointId: "a b" is neither a name under names.contact_endpoint nor an id`},
		{"an enum", everything + "      link_conversation.linkType: [Relate]\n", `f:10:36: agents.a.arguments.link_conversation.linkType: got "Relate", want one of Related, SideConversation; did you mean Related?`},
		{"a UUID", everything + "      get_end_user.userId: [x]\n", `f:10:29: agents.a.arguments.get_end_user.userId: got "x", want a UUID such as 3fa85f64-5717-4562-b3fc-2c963f66afa6`},
		{"a text that is a number", everything + "      create_tag.name: [5]\n", "f:10:25: agents.a.arguments.create_tag.name: must be text, not a number: put 5 in quotes"},
		{"an integer that is text", everything + "      list_upcoming_hours.days: [\"7\"]\n", "f:10:34: agents.a.arguments.list_upcoming_hours.days: must be a whole number, not text"},
		{"an integer that is a fraction", everything + "      list_upcoming_hours.days: [1.5]\n", "f:10:34: agents.a.arguments.list_upcoming_hours.days: must be a whole number, not 1.5"},
		{"an integer in another form", everything + "      list_upcoming_hours.days: [0x7]\n", "f:10:34: agents.a.arguments.list_upcoming_hours.days: must be a number in decimal digits"},
		{"an integer out of range", everything + "      search_conversations.pageLimit: [51]\n", "f:10:40: agents.a.arguments.search_conversations.pageLimit: got 51, want an integer (1 to 50)"},
		{"a boolean that is text", everything + "      claim_conversation.force: [no]\n", "f:10:34: agents.a.arguments.claim_conversation.force: must be true or false, not text"},
		{"a list of objects", everything + "      send_message.attachments: [x]\n", `f:10:34: agents.a.arguments.send_message.attachments: single values cannot be listed for it; it can be [] or ["*"]`},
		{"a star among values", everything + "      send_message.cc: [a, \"*\"]\n", `f:10:28: agents.a.arguments.send_message.cc: "*" stands for all values; it must be the only one`},
		{"another than acts_as", "    acts_as: billing-bot\n" + everything + "      claim_conversation.agentId: [77f0a2c4-1111-4a5b-9c3d-0a1b2c3d4e5f]\n", "f:11:7: agents.a.arguments.claim_conversation.agentId: acts_as gives agentId already (line 8); remove one of the two"},
		{"any beside acts_as", "    acts_as: billing-bot\n" + everything + "      send_message.agentId: [\"*\"]\n", "f:11:7: agents.a.arguments.send_message.agentId: acts_as gives agentId already (line 8); remove one of the two"},
		{"none beside acts_as", "    acts_as: billing-bot\n" + everything + "      send_message.agentId: []\n", "f:11:7: agents.a.arguments.send_message.agentId: acts_as gives agentId already (line 8); remove one of the two"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := Parse("f", []byte(known+c.text))
			require.Error(t, err)
			require.Equal(t, c.want, err.Error())
		})
	}
}

func TestParseRefusesNames(t *testing.T) {
	for name, want := range map[string]string{
		`"*"`:                                  `f:2:17: names.queue.*: "*" cannot be a name: it has a meaning of its own`,
		"me":                                   `f:2:17: names.queue.me: "me" cannot be a name: it has a meaning of its own`,
		"0f6f3a52-6d3e-4f0e-9f0b-3a1c5b7d2e12": `f:2:17: names.queue.0f6f3a52-6d3e-4f0e-9f0b-3a1c5b7d2e12: a UUID cannot be a name`,
		`""`:                                   `f:2:17: names.queue."": must be 1 to 80 characters that can be read, without a space at either end`,
		`" x"`:                                 `f:2:17: names.queue." x": must be 1 to 80 characters that can be read, without a space at either end`,
		"\"a\\u202eb\"":                        `f:2:17: names.queue."a\u202eb": must be 1 to 80 characters that can be read, without a space at either end`,
	} {
		_, err := Parse("f", []byte("version: 1\nnames: {queue: {"+name+": 0f6f3a52-6d3e-4f0e-9f0b-3a1c5b7d2e11}}\nagents: {a: {}}\n"))
		require.EqualError(t, err, want)
	}
}

// A name whose id is wrong is one problem, wherever it is used.
func TestParseSaysAWrongIDOnce(t *testing.T) {
	_, err := Parse("f", []byte("version: 1\nnames: {queue: {billing: x}, dixa_agent: {bot: y}}\nagents:\n  a:\n    acts_as: bot\n    only: {queue: [billing], assignee: [me, bot]}\n    arguments: {transfer_conversation.queueId: [billing]}\n"))
	require.EqualError(t, err, "f:2:26: names.queue.billing: \"x\" is not a UUID such as 0f6f3a52-6d3e-4f0e-9f0b-3a1c5b7d2e11\nf:2:48: names.dixa_agent.bot: \"y\" is not a UUID such as 0f6f3a52-6d3e-4f0e-9f0b-3a1c5b7d2e11")
}
