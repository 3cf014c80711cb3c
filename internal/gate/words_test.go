package gate

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
)

// A channel, a state or a direction can be written in every spelling wherever it is due, also in values whose field is named
// beside them. Dixa gets its own.
func TestWordsInValues(t *testing.T) {
	b := setUp(t, settings{file: blind})
	condition := func(field, value string) string {
		return fmt.Sprintf(`{"conditions":[{"field":%q,"operator":"IsOneOf","values":[%q]}]}`, field, value)
	}
	metric := func(attribute, value string) string {
		return fmt.Sprintf(`{"id":"csat","timezone":"UTC","preset":"ThisYear","filters":[{"attribute":%q,"values":[%q]}]}`, attribute, value)
	}
	webhook := func(value string) string {
		return fmt.Sprintf(`{"name":"x","url":"https://example.org/x","authorization":"NoAuth","events":["ConversationCreated"],"filters":[{"field":"InitialChannel","operator":"IsOneOf","values":[%q]}]}`, value)
	}
	for _, c := range []struct{ tool, arguments, sent, refused string }{
		{"search_conversations", condition("Channel", "Contact Form"), `"contactform"`, ""},
		{"search_conversations", condition("Channel", "PstnPhone"), `"phone"`, ""},
		{"search_conversations", condition("Channel", "WIDGET_CHAT"), `"chat"`, ""},
		{"search_conversations", condition("Status", "CLOSED"), `"closed"`, ""},
		{"search_conversations", condition("Direction", "Incoming"), `"inbound"`, ""},
		{"search_conversations", condition("Channel", "Twitter"), "", "want one of Email, Chat"},
		{"search_conversations", condition("Channel", "call"), "", "it can mean Phone or Callback"},
		{"search_conversations", condition("Channel", "Emial"), "", "did you mean Email?"},
		{"search_conversations", condition("Status", "AwaitingPending"), "", "want one of Open, Pending, Closed"},
		{"search_conversations", `{"channel":["Facebook"],"status":["OPEN"],"queueId":["Billing"]}`, `"facebookmessenger"`, ""},
		{"search_conversations", `{"channel":["call"]}`, "", "it can mean Phone or Callback"},
		{"query_metric", metric("channel", "Facebook Messenger"), `"FACEBOOK_MESSENGER"`, ""},
		{"query_metric", metric("channel", "call"), "", "it can mean Phone or Callback"},
		{"query_metric", metric("initial_direction", "outgoing"), `"OUTBOUND"`, ""},
		{"create_webhook", webhook("Phone"), `"pstn_phone"`, ""},
		{"create_webhook", webhook("pigeon"), `"pigeon"`, ""}, // Dixa does not list them
		{"list_flows", `{"channel":"Chat"}`, "channel=WidgetChat", ""},
		{"set_working_channel", `{"agentId":"` + nothingHere + `","channel":"Phone","working":true}`, `"Speak"`, ""},
		{"set_working_channel", `{"agentId":"` + nothingHere + `","channel":"Messenger","working":true}`, "", "it can mean Chat or Messaging"},
		{"list_contact_endpoints", `{"type":"Phone"}`, "_type=TelephonyEndpoint", ""},
	} {
		t.Run(c.tool+c.arguments, func(t *testing.T) {
			e := b.Explain(t.Context(), Request{Agent: "admin", Tool: c.tool, Arguments: []byte(c.arguments)})
			if c.refused != "" {
				require.Contains(t, e.Why, c.refused)
				require.True(t, e.Invalid)
				return
			}
			require.True(t, e.Granted, e.Why)
			require.Contains(t, e.Requests[len(e.Requests)-1], c.sent)
		})
	}
}
