package capability

import (
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"dixa-mcp/dixaclient"
	"dixa-mcp/internal/test/seeds"
	"dixa-mcp/tools"
)

func TestParseRefusesOnly(t *testing.T) {
	for _, c := range []struct{ name, text, want string }{
		{"no mapping", "    only: [billing]\n", "f:8:11: agents.a.only: must be a mapping, not a list"},
		{"empty", "    only: {}\n", "f:8:11: agents.a.only: bounds nothing; name queues, channels, tags, assignees or directions, or remove it"},
		{"an unknown key", "    only: {queues: [billing]}\n", `f:8:12: agents.a.only.queues: unknown key; did you mean "queue"?`},
		{"an empty list", "    only:\n      queue: []\n", "f:9:7: agents.a.only.queue: is an empty list, in which no conversation is; name at least one queue, or remove the key"},
		{"no list", "    only: {queue: billing}\n", "f:8:19: agents.a.only.queue: must be a list such as [a, b], not text"},
		{"a number", "    only: {queue: [5]}\n", "f:8:20: agents.a.only.queue: must be text, not a number: put 5 in quotes"},
		{"a queue", "    only: {queue: [biling]}\n", `f:8:20: agents.a.only.queue: "biling" is neither a name under names.queue nor a UUID; did you mean "billing"?`},
		{"a tag", "    only: {tag: [refund, billing]}\n", `f:8:26: agents.a.only.tag: "billing" is neither a name under names.tag nor a UUID`},
		{"a channel", "    only: {channel: [emial]}\n", `f:8:22: agents.a.only.channel: there is no channel "emial" in Dixa's search; did you mean "Email"?; it has Email, Chat, Phone, Contact Form, SMS, WhatsApp, Facebook Messenger, Messenger, Callback, Voicemail, Ada Chat, Kindly Chat, DigitalGenius Chat, Generic API Messaging, Trustpilot, Yotpo`},
		{"a direction", "    only: {direction: [both]}\n", `f:8:24: agents.a.only.direction: there is no direction "both" in Dixa's search; it has Inbound, Outbound, Internal`},
		{"an assignee", "    only: {assignee: [billingbot]}\n", `f:8:23: agents.a.only.assignee: "billingbot" is neither a name under names.dixa_agent nor a UUID; did you mean "billing-bot"?`},
		{"me without acts_as", "    only: {assignee: [me]}\n", `f:8:23: agents.a.only.assignee: "me" is the Dixa agent that acts_as names, and agents.a has no acts_as`},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := Parse("f", []byte(known+c.text))
			require.EqualError(t, err, c.want)
		})
	}
}

func TestBoundedDecisions(t *testing.T) {
	a := agentWith(t, "    acts_as: billing-bot\n    about: x\n    only:\n      queue: [billing]\n")
	rule, line := a.Bound().Rule()
	require.Equal(t, "agents.a.only", rule)
	require.Equal(t, 10, line)
	for _, tool := range tools.All() {
		d := a.Tool(tool)
		if tool.Task() {
			reaches := slices.ContainsFunc(tool.Operations, func(op *dixaclient.Spec) bool { return op.Scope == dixaclient.Everything })
			within := func(op *dixaclient.Spec) bool { return op.Scope != dixaclient.Everything }
			if tool.Plans() && !slices.ContainsFunc(tool.Writes(), within) || tool.Name == "erase_customer" { // which needs anonymize_end_user
				reaches = true
			}
			require.Equal(t, !reaches, d.Allowed, tool.Name)
			continue
		}
		if tool.Operations[0].Scope != dixaclient.Everything {
			require.True(t, d.Allowed, tool.Name)
			continue
		}
		require.Equal(t, Decision{Rule: rule, Line: line, Why: tool.Name + " reaches the whole organization, and agents.a.only bounds this agent to some conversations (f.yaml:10)"}, d)
		require.Nil(t, a.Shape(tool))
	}
	require.Nil(t, agentWith(t, "").Bound())
}

func TestFactsOf(t *testing.T) {
	for channel, want := range map[string]string{
		"Email": "email", "ContactForm": "contactform", "WidgetChat": "chat", "Messenger": "dixamessenger", "PstnPhone": "phone",
		"Voicemail": "voicemail", "Callback": "callback", "Sms": "sms", "WhatsApp": "whatsapp", "FacebookMessenger": "facebookmessenger",
		"Twitter": "", "": "", "Carrier pigeon": "",
		"Trustpilot": "trustpilot", "GenericApiMessaging": "genericapimessaging", "AdaChat": "adachat",
		"email": "", "chat": "", // words of the search are not words of a conversation
	} {
		require.Equal(t, Facts{Channel: want}, FactsOf(&dixaclient.Conversation{Channel: channel}), channel)
	}
	for channel, want := range map[string]string{"Messenger": "", "Email": "", "Trustpilot": "trustpilot", "yotpo": "yotpo"} {
		require.Equal(t, want, FactsOf(&dixaclient.Conversation{Type: "GenericConversation", Channel: channel}).Channel, channel)
	}
	require.Equal(t, Facts{Queue: billing, Assignee: bot, Channel: "email", Direction: "internal"}, FactsOf(&dixaclient.Conversation{
		Channel: "Email", Direction: "Internal", Queue: &dixaclient.ConversationQueue{ID: billing}, Assignment: &dixaclient.Assignment{AgentID: bot},
	}))
	require.Empty(t, FactsOf(&dixaclient.Conversation{Direction: "Sideways"}).Direction)
	words := dixaclient.SearchChannel("").Values()
	for _, word := range searchWord {
		require.Contains(t, words, word)
	}
}

func TestBound(t *testing.T) {
	a := agentWith(t, "    acts_as: billing-bot\n    only: {queue: [billing, "+strings.ToUpper(returns)+"], assignee: [me], tag: [refund], channel: [email], direction: [inbound]}\n")
	b := a.Bound()
	require.True(t, b.NeedsTags())
	inside := Facts{Queue: returns, Assignee: bot, Channel: "email", Direction: "inbound", Tags: []dixaclient.UUID{billing, refund}}
	require.True(t, b.Holds(inside))
	require.False(t, b.Holds(Facts{}))
	for _, outside := range []func(*Facts){
		func(f *Facts) { f.Queue = refund }, func(f *Facts) { f.Queue = "" }, func(f *Facts) { f.Assignee = "" },
		func(f *Facts) { f.Channel = "chat" }, func(f *Facts) { f.Direction = "outbound" }, func(f *Facts) { f.Tags = nil },
	} {
		f := inside
		outside(&f)
		require.False(t, b.Holds(f), "%+v", f)
	}
	require.False(t, agentWith(t, "    only: {queue: [billing]}\n").Bound().NeedsTags())
}

func TestNarrow(t *testing.T) {
	b := agentWith(t, "    only: {queue: [billing], tag: [refund], channel: [email, sms], direction: [inbound], assignee: [billing-bot]}\n").Bound()
	own := make([]dixaclient.SearchCondition, 1, 10)
	own[0] = dixaclient.SearchCondition{Field: "QueueId", Operator: "IsOneOf", Values: []string{returns}}
	in := dixaclient.SearchConversationsIn{Query: "x", QueueID: []dixaclient.UUID{returns}, Conditions: own}
	require.NoError(t, b.Narrow(&in))
	require.Equal(t, dixaclient.SearchCondition{}, own[:2][1], "the caller's memory is not written to")
	require.Equal(t, []dixaclient.SearchCondition{
		own[0],
		{Field: "QueueId", Operator: "IsOneOf", Values: []string{billing}},
		{Field: "Channel", Operator: "IsOneOf", Values: []string{"email", "sms"}},
		{Field: "TagId", Operator: "IncludesOne", Values: []string{refund}},
		{Field: "AgentId", Operator: "IsOneOf", Values: []string{bot}},
		{Field: "Direction", Operator: "IsOneOf", Values: []string{"inbound"}},
	}, in.Conditions)
	require.Equal(t, []dixaclient.UUID{returns}, in.QueueID)
	request, err := dixaclient.SearchConversations.Spec.Request(&in)
	require.NoError(t, err, "Dixa takes every condition of it")
	require.Equal(t, 7, strings.Count(string(request.Body), `"operator"`))
	require.Contains(t, string(request.Body), `"strategy":"All"`)

	in = dixaclient.SearchConversationsIn{Strategy: "All"}
	require.NoError(t, b.Narrow(&in))
	for _, strategy := range []dixaclient.SearchStrategy{"Any", "any", "Other"} {
		in = dixaclient.SearchConversationsIn{Strategy: strategy}
		require.EqualError(t, b.Narrow(&in), "strategy Any cannot be used by this agent, which may only see some conversations; leave strategy out, and search once for each alternative")
		require.Empty(t, in.Conditions)
	}
}

// Holds agrees with a plain reading of random bounds, and Narrow asks for the same.
func TestBoundsFollowTheRules(t *testing.T) {
	ids := []string{billing, returns, refund, bot}
	pools := map[string][]string{"queue": ids, "tag": ids, "assignee": ids, "channel": {"email", "chat", "sms"}, "direction": {"inbound", "outbound"}}
	keys := slices.Sorted(maps.Keys(pools)) // in one order, so that a seed can be repeated
	pick := func(r *rand.Rand, list []string) string { return list[r.IntN(len(list))] }
	seeds.Run(t, func(t *testing.T, r *rand.Rand) {
		only := map[string][]string{}
		for _, key := range keys {
			if pool := pools[key]; r.IntN(2) == 0 {
				only[key] = []string{pick(r, pool), pick(r, pool)}
			}
		}
		if len(only) == 0 {
			return
		}
		text, err := json.Marshal(only) // which is YAML as well
		require.NoError(t, err)
		rules, err := parse("f", fmt.Appendf(nil, "version: 1\nagents: {a: {only: %s}}\n", text), testCatalog())
		require.NoError(t, err)
		b := rules.Agents()[0].Bound()
		in := dixaclient.SearchConversationsIn{}
		require.NoError(t, b.Narrow(&in))
		require.Len(t, in.Conditions, len(only))
		for range 20 {
			facts := map[string][]string{}
			for _, key := range keys {
				for range r.IntN(2 + len(key)%2) {
					facts[key] = append(facts[key], pick(r, pools[key]))
				}
			}
			first := func(key string) string { return strings.Join(facts[key][:min(1, len(facts[key]))], "") }
			f := Facts{Queue: dixaclient.UUID(first("queue")), Assignee: dixaclient.UUID(first("assignee")), Channel: first("channel"), Direction: first("direction")}
			for _, tag := range facts["tag"] {
				f.Tags = append(f.Tags, dixaclient.UUID(tag))
			}
			want := true
			for key, values := range only {
				have := facts[key]
				if key != "tag" {
					have = have[:min(1, len(have))]
				}
				want = want && slices.ContainsFunc(values, func(v string) bool { return slices.Contains(have, v) })
			}
			require.Equal(t, want, b.Holds(f), "%s %+v", text, f)
		}
	})
}
