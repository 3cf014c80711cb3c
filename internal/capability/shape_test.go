package capability

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"dixa-mcp/internal/test/schemalint"
	"dixa-mcp/schemas"
	"dixa-mcp/tools"
)

const (
	billing = "0f6f3a52-6d3e-4f0e-9f0b-3a1c5b7d2e11"
	returns = "5b0c9d1e-2a44-4c57-8f5a-91d2c7e4aa02"
	refund  = "77f0a2c4-1111-4a5b-9c3d-0a1b2c3d4e5f"
	bot     = "c2a1d9e8-7b6a-4d5c-8e9f-001122334455"
)

// agentWith is the agent of a file that begins with the known names and grants everything, also what must be named.
func agentWith(t testing.TB, text string) *Agent {
	t.Helper()
	var named []string
	for _, tool := range tools.All() {
		if tool.Named {
			named = append(named, tool.Name)
		}
	}
	r, err := Parse("dir/f.yaml", []byte(known+text+"    access: {\"*\": erase}\n    allow: ["+strings.Join(named, ", ")+"]\n"))
	require.NoError(t, err)
	return r.Agents()[0]
}

func toolNamed(t testing.TB, name string) *tools.Tool {
	t.Helper()
	tool, ok := tools.ByName(name)
	require.True(t, ok, name)
	return tool
}

func TestShape(t *testing.T) {
	for _, c := range []struct {
		name, rules, tool string
		properties        string // those that are shown, with their enums
		filled            []Filled
		given, want       string // arguments, and what becomes of them or the error
	}{
		{"no rule", "", "transfer_conversation", "conversationId queueId agentId again", nil,
			`{"conversationId":1,"queueId":"` + returns + `"}`, `{"conversationId":1,"queueId":"` + returns + `"}`},
		{"an empty list", "    arguments: {close_conversation.agentId: []}\n", "close_conversation", "conversationId again", nil,
			`{"conversationId":1,"agentId":"` + bot + `"}`, `agentId: got an unknown argument, want one of conversationId, again`},
		{"one value", "    arguments: {transfer_conversation.queueId: [billing]}\n", "transfer_conversation", "conversationId agentId again",
			[]Filled{{"queueId", json.RawMessage(`"` + billing + `"`), "agents.a.arguments.transfer_conversation.queueId", 8}},
			`{"conversationId":1}`, `{"conversationId":1,"queueId":"` + billing + `"}`},
		{"one value cannot be given", "    arguments: {transfer_conversation.queueId: [billing]}\n", "transfer_conversation", "conversationId agentId again",
			[]Filled{{"queueId", json.RawMessage(`"` + billing + `"`), "agents.a.arguments.transfer_conversation.queueId", 8}},
			`{"conversationId":1,"queueId":"` + billing + `"}`, `queueId: got an unknown argument, want one of conversationId, agentId, again`},
		{"names", "    arguments: {transfer_conversation.queueId: [billing, returns]}\n", "transfer_conversation", "conversationId agentId again queueId!{billing,returns}", nil,
			`{"conversationId":1,"queueId":"returns"}`, `{"conversationId":1,"queueId":"` + returns + `"}`},
		{"a name is not exact", "    arguments: {transfer_conversation.queueId: [billing, returns]}\n", "transfer_conversation", "conversationId agentId again queueId!{billing,returns}", nil,
			`{"conversationId":"1","queueId":"Returns","agentId":null}`, `{"conversationId":1,"queueId":"` + returns + `"}`},
		{"an id for a name", "    arguments: {transfer_conversation.queueId: [billing, returns]}\n", "transfer_conversation", "conversationId agentId again queueId!{billing,returns}", nil,
			`{"conversationId":1,"queueId":"` + strings.ToUpper(returns) + `"}`, `{"conversationId":1,"queueId":"` + returns + `"}`},
		{"another id", "    arguments: {transfer_conversation.queueId: [billing, returns]}\n", "transfer_conversation", "conversationId agentId again queueId!{billing,returns}", nil,
			`{"conversationId":1,"queueId":"` + refund + `"}`, `queueId: got "` + refund + `", want one of billing, returns`},
		{"ids and names", "    arguments: {transfer_conversation.queueId: [" + billing + ", " + refund + "]}\n", "transfer_conversation", "conversationId agentId again queueId!{billing," + refund + "}", nil,
			`{"conversationId":1,"queueId":"billing"}`, `{"conversationId":1,"queueId":"` + billing + `"}`},
		{"a list of names", "    arguments: {search_conversations.queueId: [billing, returns], search_conversations.tagIds: [refund]}\n", "search_conversations",
			"query exactMatch status{open,pending,closed} channel direction agentId contactId createdAfter createdBefore conditions strategy{All,Any} pageLimit pageKey queueId{billing,returns}",
			[]Filled{{"tagIds", json.RawMessage(`["` + refund + `"]`), "agents.a.arguments.search_conversations.tagIds", 8}},
			`{"queueId":["returns","billing"]}`, `{"queueId":["` + returns + `","` + billing + `"],"tagIds":["` + refund + `"]}`},
		{"one for a list", "    arguments: {search_conversations.queueId: [billing, returns], search_conversations.tagIds: [refund]}\n", "search_conversations", "-", nil,
			`{"queueId":"billing"}`, `{"queueId":["` + billing + `"],"tagIds":["` + refund + `"]}`},
		{"an enum", "    arguments: {search_conversations.status: [open, pending]}\n", "search_conversations", "-", nil,
			`{"status":["open","closed"]}`, `status[1]: got "closed", want one of Open, Pending`},
		{"integers", "    arguments: {list_upcoming_hours.days: [7, 14]}\n", "list_upcoming_hours", "scheduleId offset days", nil,
			`{"scheduleId":"` + billing + `","days":"14"}`, `{"scheduleId":"` + billing + `","days":14}`},
		{"another integer", "    arguments: {list_upcoming_hours.days: [7, 14]}\n", "list_upcoming_hours", "scheduleId offset days", nil,
			`{"scheduleId":"` + billing + `","days":8}`, `days: got 8, want one of 7, 14`},
		{"the same value twice", "    arguments: {list_upcoming_hours.days: [7, 7]}\n", "list_upcoming_hours", "scheduleId offset",
			[]Filled{{"days", json.RawMessage("7"), "agents.a.arguments.list_upcoming_hours.days", 8}},
			`{"scheduleId":"` + billing + `"}`, `{"scheduleId":"` + billing + `","days":7}`},
		{"skip, which the tool adds", "    arguments: {list_tags.skip: [5]}\n", "list_tags", "includeDeactivated",
			[]Filled{{"skip", json.RawMessage("5"), "agents.a.arguments.list_tags.skip", 8}}, `{}`, `{"skip":5}`},

		{"what must be named is not there", "", "claim_conversation", "conversationId agentId again", nil,
			`{"conversationId":1,"agentId":"` + bot + `","force":true}`, `force: got an unknown argument, want one of conversationId, agentId, again`},
		{"a boolean that is named", "    arguments: {claim_conversation.force: [false]}\n", "claim_conversation", "conversationId agentId again",
			[]Filled{{"force", json.RawMessage("false"), "agents.a.arguments.claim_conversation.force", 8}},
			`{"conversationId":1,"agentId":"` + bot + `"}`, `{"conversationId":1,"agentId":"` + bot + `","force":false}`},
		{"any value", "    arguments: {claim_conversation.force: [\"*\"]}\n", "claim_conversation", "conversationId agentId force again", nil,
			`{"conversationId":1,"agentId":"` + bot + `","force":true}`, `{"conversationId":1,"agentId":"` + bot + `","force":true}`},
		{"both values", "    arguments: {claim_conversation.force: [true, false]}\n", "claim_conversation", "conversationId agentId again force", nil,
			`{"conversationId":1,"agentId":"` + bot + `","force":true}`, `{"conversationId":1,"agentId":"` + bot + `","force":true}`},
		{"one value of an enum must be named", "", "create_conversation",
			"channel requesterId text format emailIntegrationId subject contactEndpointId widgetId queueId language browserInfo externalId again",
			[]Filled{{"direction", json.RawMessage(`"Outbound"`), "agents.a", 7}},
			`{"channel":"Callback","requesterId":"` + billing + `"}`, `{"channel":"Callback","direction":"Outbound","requesterId":"` + billing + `"}`},
		{"it is named", "    arguments: {create_conversation.direction: [Outbound, inbound]}\n", "create_conversation",
			"channel direction{Outbound,Inbound} requesterId text format emailIntegrationId subject contactEndpointId widgetId queueId language browserInfo externalId again", nil,
			`{"channel":"Callback","direction":"Inbound","requesterId":"` + billing + `"}`, `{"channel":"Callback","direction":"Inbound","requesterId":"` + billing + `"}`},
		{"copies", "    acts_as: billing-bot\n    arguments: {send_message.cc: [a@example.com, b@example.com]}\n", "send_message",
			"conversationId text format externalId cc{a@example.com,b@example.com} again",
			[]Filled{{"agentId", json.RawMessage(`"` + bot + `"`), "agents.a.acts_as", 8}},
			`{"conversationId":1,"text":"<b>&","cc":["b@example.com"]}`, `{"conversationId":1,"text":"<b>&","agentId":"` + bot + `","cc":["b@example.com"]}`},
		{"again, which the tool adds", "    arguments: {close_conversation.again: []}\n", "close_conversation", "conversationId agentId", nil,
			`{"conversationId":1,"again":true}`, `again: got an unknown argument, want one of conversationId, agentId`},
		{"acts_as", "    acts_as: billing-bot\n", "claim_conversation", "conversationId again",
			[]Filled{{"agentId", json.RawMessage(`"` + bot + `"`), "agents.a.acts_as", 8}},
			`{"conversationId":1}`, `{"conversationId":1,"agentId":"` + bot + `"}`},
		{"acts_as and the same as a rule", "    acts_as: billing-bot\n    arguments: {claim_conversation.agentId: [" + strings.ToUpper(bot) + "]}\n", "claim_conversation", "conversationId again",
			[]Filled{{"agentId", json.RawMessage(`"` + bot + `"`), "agents.a.acts_as", 8}},
			`{"conversationId":1}`, `{"conversationId":1,"agentId":"` + bot + `"}`},
		{"who acts, by name", "    arguments: {send_message.agentId: [billing-bot, " + refund + "]}\n", "send_message", "conversationId text format externalId again agentId!{billing-bot," + refund + "}", nil,
			`{"conversationId":1,"text":"x","agentId":"billing-bot"}`, `{"conversationId":1,"text":"x","agentId":"` + bot + `"}`},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := agentWith(t, c.rules).Shape(toolNamed(t, c.tool))
			require.NotNil(t, s)
			if c.properties != "-" {
				require.Equal(t, c.properties, shown(s))
				require.Equal(t, c.filled, s.Filled())
			}
			require.NoError(t, schemalint.Check(s.Schema().JSON()))
			got, err := s.Decode(json.RawMessage(c.given), nil)
			if err != nil {
				require.IsType(t, (*schemas.Error)(nil), err)
				require.Equal(t, c.want, err.Error())
				return
			}
			require.Equal(t, c.want, string(got.JSON))
			direct, err := s.tool.Decode(s.tool.Schema(), got.JSON, nil)
			require.NoError(t, err)
			require.Equal(t, direct, got, "what is sent is what was understood")
		})
	}
}

// shown lists the arguments of a schema, with the enums that a rule made.
func shown(s *Shape) string {
	var words []string
	for _, p := range s.Schema().Properties() {
		word := p.Name
		if strings.Contains(" queueId agentId ", " "+p.Name+" ") && p.Required && p.Enum != nil {
			word += "!"
		}
		if enum := strings.Join(p.Enum, ","); len(p.Enum) == 2 || p.Name == "status" {
			word += "{" + enum + "}"
		}
		words = append(words, word)
	}
	return strings.Join(words, " ")
}

func TestIntegersAreNamedInTheDescription(t *testing.T) {
	a := agentWith(t, "    arguments: {list_upcoming_hours.days: [7, 14], search_conversations.pageLimit: [5, 10]}\n")
	require.Contains(t, string(a.Shape(toolNamed(t, "list_upcoming_hours")).Schema().JSON()), `one of 7, 14"`)
	require.Contains(t, string(a.Shape(toolNamed(t, "search_conversations")).Schema().JSON()), `"1-50; one of 5, 10"`)
}

func TestWhatCannotBeGivenIsRefused(t *testing.T) {
	for _, c := range []struct {
		rules, tool string
		want        Decision
	}{
		{"", "send_message", Decision{Allowed: false, Rule: "agents.a", Line: 7, Why: "send_message needs agentId, and agent a may not give it: it reaches further than the level of send_message, so that it must be granted by itself; set acts_as, or name its values under arguments: send_message.agentId"}},
		{"", "create_webhook", Decision{Allowed: false, Rule: "agents.a", Line: 7, Why: "create_webhook needs url, and agent a may not give it: it reaches further than the level of create_webhook, so that it must be granted by itself; name its values under arguments: create_webhook.url"}},
		{"    arguments:\n      transfer_conversation.queueId: []\n", "transfer_conversation", Decision{Allowed: false, Rule: "agents.a.arguments.transfer_conversation.queueId", Line: 9, Why: "transfer_conversation needs queueId, and no value is left for it by agents.a.arguments.transfer_conversation.queueId (f.yaml:9)"}},
	} {
		a := agentWith(t, c.rules)
		require.Equal(t, c.want, a.Operation(c.tool))
		require.Nil(t, a.Shape(toolNamed(t, c.tool)))
		require.NotContains(t, a.Tools(), toolNamed(t, c.tool))
	}
	a := agentWith(t, "    acts_as: billing-bot\n    arguments: {create_webhook.url: [\"https://example.com/dixa\"]}\n")
	require.True(t, a.Operation("send_message").Allowed)
	require.True(t, a.Operation("create_webhook").Allowed)
	require.Len(t, a.Tools(), len(tools.All()))
}
