package gate

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"dixa-mcp/dixaclient"
	"dixa-mcp/internal/audit"
	"dixa-mcp/internal/directory"
	"dixa-mcp/internal/offline"
)

const (
	billingQueue = "0f6f3a52-6d3e-4f0e-9f0b-3a1c5b7d2e11"
	nothingHere  = "00000000-0000-4000-8000-000000000000"
)

// blind may search and ask metrics, and list nothing that their filters name.
const blind = `version: 1
agents:
  admin: {access: {"*": erase}, allow: [export_conversations, create_webhook], arguments: {create_webhook.url: ["*"]}}
  blind: {access: {conversations: read}, allow: [query_metric]}
  subscriber: {allow: [create_webhook], arguments: {create_webhook.url: ["*"]}}
  bounded: {access: {conversations: read, queues: read, agents: read, end_users: read, tags: write}, only: {queue: [` + billingQueue + `]}}
`

// idsOf finds values that the offline Dixa has.
type idsOf struct{ reason, agent, endUser, activeTag, inactiveTag, loyalty string }

func (b *bench) ids() (ids idsOf) {
	b.t.Helper()
	ctx := withCall(b.t.Context(), b.begin(Request{Agent: "admin"}))
	agent, err := b.Rules().Agent("admin")
	require.NoError(b.t, err)
	callFrom(ctx).agent = agent
	attributes, err := dixaclient.ListCustomAttributes.Do(ctx, b.lookups, dixaclient.NoArguments{})
	require.NoError(b.t, err)
	for _, a := range attributes.Value {
		switch a.Identifier {
		case "contact_reason":
			ids.reason = string(a.ID)
		case "loyalty_tier":
			ids.loyalty = string(a.ID)
		}
	}
	tags, err := dixaclient.ListTags.Do(ctx, b.lookups, dixaclient.ListTagsIn{IncludeDeactivated: true})
	require.NoError(b.t, err)
	for _, t := range tags.Value {
		if t.State == "Inactive" {
			ids.inactiveTag = string(t.ID)
		} else {
			ids.activeTag = string(t.ID)
		}
	}
	agents, err := dixaclient.ListAgents.Do(ctx, b.lookups, dixaclient.ListAgentsIn{})
	require.NoError(b.t, err)
	ids.agent = string(agents.Value[0].ID)
	users, err := dixaclient.ListEndUsers.Do(ctx, b.lookups, dixaclient.ListEndUsersIn{})
	require.NoError(b.t, err)
	ids.endUser = string(users.Value[0].ID)
	return ids
}

// Values that do not exist are told with the nearest ones that do.
func TestValuesThatDoNotExist(t *testing.T) {
	b := setUp(t, settings{file: blind})
	ids := b.ids()
	require.NotContains(t, []string{ids.reason, ids.agent, ids.endUser, ids.activeTag, ids.inactiveTag, ids.loyalty}, "")
	condition := func(field, value, more string) string {
		return fmt.Sprintf(`{"conditions":[{"field":%q,"operator":"IsOneOf","values":[%q]%s}]}`, field, value, more)
	}
	set := func(what string) string { return `{"conversationId":1234,"attributes":[{` + what + `}]}` }
	metric := func(id, more string) string {
		return `{"id":"` + id + `","timezone":"UTC","preset":"ThisYear"` + more + `}`
	}
	webhook := func(queue string) string {
		return `{"authorization":"NoAuth","name":"w","url":"https://example.org/w","filters":[{"field":"QueueId","operator":"IsOneOf","values":["` + queue + `"]}]}`
	}
	for _, c := range []struct{ tool, arguments, says string }{
		// names where an id is due
		{"search_conversations", `{"queueId":["bilings"]}`, `queueId[0]: got "bilings", want the name or id of a queue; there is no such queue; did you mean "Billing"?`},
		{"search_conversations", `{"contactId":["Harry Lewis"]}`, "Dixa cannot find end users by name; give an id, e-mail address or phone number, or find them with list_end_users"},
		{"get_metric", `{"metricId":"first response"}`, `did you mean "first_response_time"?`},
		{"create_webhook", webhook("Biling"), `did you mean "Billing"?`},
		// empty answers
		{"search_conversations", `{"queueId":["` + nothingHere + `"]}`, "nothing was found, and a filter names what does not exist:\n- queueId[0]: no queue has this id"},
		{"search_conversations", `{"tagIds":["` + nothingHere + `"]}`, "tagIds[0]: no tag has this id"},
		{"search_conversations", `{"agentId":["` + nothingHere + `"]}`, "agentId[0]: no Dixa agent has this id"},
		{"search_conversations", `{"agentId":["` + ids.endUser + `"]}`, "agentId[0]: this is the id of an end user, not of a Dixa agent"},
		{"search_conversations", `{"contactId":["` + ids.agent + `"]}`, "contactId[0]: this is the id of a Dixa agent, not of an end user"},
		{"search_conversations", condition("QueueId", nothingHere, ""), "conditions[0].values[0]: no queue has this id"},
		{"search_conversations", condition("ConversationId", "999999999", ""), "conditions[0].values[0]: no conversation has this id"},
		{"search_conversations", condition("CustomAttribute", "payment", `,"attributeId":"`+nothingHere+`"`), "conditions[0].attributeId: no custom attribute has this id"},
		{"search_conversations", condition("CustomAttribute", "Paymnt", `,"attributeId":"`+ids.reason+`"`), `there is no option "Paymnt"; did you mean "Payment" (payment)?`},
		{"search_conversations", condition("CustomAttribute", "payment > refnd", `,"attributeId":"`+ids.reason+`"`), `there is no option "refnd" under "Payment"; did you mean "Refund" (refund)?`},
		{"query_metric", `{"id":"csat","timezone":"UTC","csidFilter":[999999999]}`, "csidFilter[0]: no conversation has this id"},
		{"export_conversations", `{"csids":[999999999]}`, "csids[0]: no conversation has this id"},
		// filters that Dixa may ignore
		{"query_metric", metric("csat", `,"filters":[{"attribute":"queue","values":["x"]}]`), `filters[0].attribute: there is no such filter attribute; did you mean "queue_id"?`},
		{"query_metric_records", metric("ratings", `,"filters":[{"attribute":"channel","values":["EMIAL"]}]`), `filters[0].values[0]: there is no such filter value; did you mean "EMAIL"?`},
		{"create_webhook", webhook(nothingHere), "filters[0].values[0]: no queue has this id"},
		// what Dixa refuses
		{"query_metric", metric("csatt", ""), `id: there is no such metric; did you mean "csat"?`},
		{"query_metric", metric("closed_conversations", `,"aggregations":["Percentage"]`), `aggregations[0]: there is no such aggregation; there are "Count"`},
		{"get_metric", `{"metricId":"CSAT"}`, `metricId: it must be written "csat": its case matters`},
		{"list_metric_filter_values", `{"filterAttribute":"queueid"}`, `filterAttribute: there is no such filter attribute; did you mean "queue_id"?`},
		{"claim_conversation", `{"conversationId":1234,"agentId":"` + ids.endUser + `"}`, "agentId: this is the id of an end user, not of a Dixa agent; see list_agents"},
		{"tag_conversation", `{"conversationId":1234,"tagId":"` + nothingHere + `"}`, "tagId: no tag has this id"},
		{"tag_conversation", `{"conversationId":1234,"tagId":"` + ids.inactiveTag + `"}`, "tagId: the tag \""},
		{"tag_conversation", `{"conversationId":999999999,"tagId":"` + ids.activeTag + `"}`, "Looked up:\n- conversationId: no conversation has this id"},
		{"set_conversation_attributes", set(`"id":"` + ids.reason + `","values":["Paymnt"]`), `there is no option "Paymnt"; did you mean "Payment" (payment)?`},
		{"set_conversation_attributes", set(`"id":"` + ids.reason + `","value":"payment"`), `is a Select: give values, not value`},
		{"set_conversation_attributes", set(`"id":"` + ids.loyalty + `","values":["gold"]`), `is one of the entity type Contact, not Conversation`},
	} {
		t.Run(c.tool+" "+c.arguments, func(t *testing.T) {
			b.t, b.directory = t, directory.New(time.Now)
			a := b.call("admin", c.tool, c.arguments)
			require.True(t, a.Failed, a.Text)
			require.Contains(t, a.Text, c.says)
			require.NotContains(t, a.Text, "?.")
			record := b.book.entries[len(b.book.entries)-1]
			if !strings.Contains(a.Text, "Dixa cannot find end users by name") {
				require.NotEmpty(t, record.Operations, "the look-up is in the record")
			}
		})
	}
	require.Empty(t, b.dixa.Effects(), "nothing was changed")
}

// A call whose values exist takes the one request that it is, and an empty answer takes its look-up once.
func TestOrdinaryCallsTakeNoLookups(t *testing.T) {
	b := setUp(t, settings{file: blind})
	operations := func(tool, arguments string) int {
		a := b.call("admin", tool, arguments)
		require.False(t, a.Failed, a.Text)
		return len(b.book.entries[len(b.book.entries)-1].Operations)
	}
	require.Equal(t, 1, operations("search_conversations", `{"queueId":["`+billingQueue+`"]}`))
	require.Equal(t, 1, operations("search_conversations", `{"query":"no such words at all"}`))
	empty := `{"queueId":["` + billingQueue + `"],"query":"no such words at all"}`
	require.Equal(t, 2, operations("search_conversations", empty))
	require.Equal(t, 1, operations("search_conversations", empty), "that the queue exists is remembered")
	filtered := `{"id":"csat","timezone":"UTC","preset":"ThisYear","filters":[{"attribute":"queue_id","values":["` + billingQueue + `"]}]}`
	require.Equal(t, 3, operations("query_metric", filtered))
	require.Equal(t, 1, operations("query_metric", filtered), "that the filter exists is remembered")
}

// Names of what an agent may not list are not told. An empty answer says what could not be checked, and which call lists
// valid values; what another agent looked up tells it nothing.
func TestValuesAreLookedUpWithTheAgentsGrants(t *testing.T) {
	b := setUp(t, settings{file: blind})
	b.call("admin", "search_conversations", `{"queueId":["`+billingQueue+`"],"query":"no such words at all"}`)
	for _, queue := range []string{billingQueue, nothingHere} {
		a := b.call("blind", "search_conversations", `{"queueId":["`+queue+`"],"query":"no such words at all"}`)
		require.JSONEq(t, `{"items":[],"unchecked":"queueId[0]: this agent may not look up valid values; give exactly the id that Dixa has"}`, a.Text)
	}
	a := b.call("blind", "search_conversations", `{"queueId":["Billing"]}`)
	require.Contains(t, a.Text, `want the name or id of a queue; this agent may not look up valid values; give exactly the id that Dixa has. Nothing was sent to Dixa.`)
	require.NotContains(t, a.Text, billingQueue)
	a = b.call("blind", "query_metric", `{"id":"csatt","timezone":"UTC","preset":"ThisYear"}`)
	require.Contains(t, a.Text, "Likely causes:\n- id: of no metric or record kind")
	for _, e := range b.book.entries[1:] {
		require.LessOrEqual(t, len(e.Operations), 1)
	}
}

// What a bounded agent is told of end users and conversations does not depend on whether they are outside or missing, nor
// does it take another request.
func TestValuesOfABoundedAgent(t *testing.T) {
	b := setUp(t, settings{file: blind})
	ids := b.ids()
	var first string
	for _, user := range []string{ids.endUser, nothingHere} {
		a := b.call("bounded", "search_conversations", `{"contactId":["`+user+`"],"query":"no such words at all"}`)
		require.Contains(t, a.Text, `"unchecked":"contactId[0]: it cannot be checked for an agent that may only see some conversations"`)
		require.True(t, first == "" || first == a.Text)
		require.Len(t, b.book.entries[len(b.book.entries)-1].Operations, 1)
		first = a.Text
	}
	a := b.call("bounded", "search_conversations", `{"queueId":["`+nothingHere+`"]}`)
	require.Contains(t, a.Text, "queueId[0]: no queue has this id", "queues are what all conversations have in common")

	before := len(b.dixa.Requests())
	for _, arguments := range []string{`{"agentId":["` + nothingHere + `"]}`, `{"agentId":["` + ids.endUser + `"]}`} {
		b.call("bounded", "search_conversations", arguments)
	}
	for _, r := range b.dixa.Requests()[before:] {
		require.NotContains(t, r.Path, "/v1/endusers", "no end user is looked up, not even in place of a Dixa agent")
	}
}

// A deactivated tag exists for a search. That it was found there does not hide why it cannot be set.
func TestDeactivatedValuesAreNotRemembered(t *testing.T) {
	b := setUp(t, settings{file: blind})
	ids := b.ids()
	a := b.call("admin", "search_conversations", `{"tagIds":["`+ids.inactiveTag+`"],"query":"no such words at all"}`)
	require.Equal(t, `{"items":[]}`, a.Text)
	a = b.call("admin", "tag_conversation", `{"conversationId":1234,"tagId":"`+ids.inactiveTag+`"}`)
	require.True(t, a.Failed)
	require.Contains(t, a.Text, "is deactivated")
}

// A webhook's filter that is no id would let no event through. Where the agent may not look up what is meant, it is refused.
func TestWebhookFilterThatIsNoID(t *testing.T) {
	b := setUp(t, settings{file: blind})
	a := b.call("subscriber", "create_webhook", `{"authorization":"NoAuth","name":"w","url":"https://example.org/w","filters":[{"field":"QueueId","operator":"IsOneOf","values":["Billing"]}]}`)
	require.True(t, a.Failed, a.Text)
	require.Contains(t, a.Text, `filters[0].values[0]: got "Billing", want the name or id of a queue; this agent may not look up valid values; give exactly the id that Dixa has. Nothing was sent to Dixa.`)
	require.Empty(t, b.dixa.Requests())
}

// Where the look-up fails nothing is claimed, and the call is answered all the same.
func TestValuesThatCannotBeLookedUp(t *testing.T) {
	b := setUp(t, settings{file: blind})
	b.wire.RoundTripper = refusing{b.wire.RoundTripper, "/v1/queues"}
	a := b.call("admin", "search_conversations", `{"queueId":["`+nothingHere+`"]}`)
	require.JSONEq(t, `{"items":[],"unchecked":"queueId[0]: valid values could not be read; try again, or give exactly the id that Dixa has"}`, a.Text)
	a = b.call("admin", "search_conversations", `{"queueId":["Billing"]}`)
	require.True(t, a.Failed)
	require.Contains(t, a.Text, "valid values could not be read; try again, or give exactly the id that Dixa has")
}

// refusing answers 403 for a path.
type refusing struct {
	http.RoundTripper
	path string
}

func (f refusing) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.URL.Path != f.path {
		return f.RoundTripper.RoundTrip(r)
	}
	return &http.Response{StatusCode: 403, Header: http.Header{"Content-Type": {"application/json"}}, Body: io.NopCloser(strings.NewReader(`{"message":"no"}`)), Request: r}, nil
}

// What is no name is not looked for: it could only cost.
func TestWhatIsNoName(t *testing.T) {
	b := setUp(t, settings{file: blind, dixa: offline.Options{}})
	for _, text := range []string{"", ".", "../x", "a?b", "Billing\\u200b", strings.Repeat("x", 201), "[redacted]"} {
		a := b.call("admin", "search_conversations", `{"queueId":["`+text+`"]}`)
		require.True(t, a.Failed)
	}
	require.Empty(t, b.dixa.Requests())
	require.Equal(t, audit.OutcomeRefused, b.book.entries[0].Outcome)
}
