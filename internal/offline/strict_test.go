package offline

import (
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// filter is the body of a search for what passes all conditions.
func filter(fields ...string) string {
	return `{"filters":{"strategy":"All","conditions":[{"field":` + strings.Join(fields, `},{"field":`) + `}]}}`
}

// What Dixa refuses, is refused here with its status and its words.
func TestStrict(t *testing.T) {
	o := open(t, Options{})
	agent, user := o.agent(3), o.user(4)
	mail := `{"_type":"Email","requesterId":"` + user + `","emailIntegrationId":"support@email.dixa.io","subject":"s","message":`
	for _, c := range []struct {
		name         string
		status       int
		message      string
		method, path string
		body         string
	}{
		{"unknown path", 404, notFound, "GET", "/v1/nothing", ""},
		{"path of Dixa's own MCP", 404, notFound, "GET", "/v1/conversations/1234/activity-log", ""},
		{"trailing slash", 404, notFound, "GET", "/v1/agents/", ""},
		{"wrong method", 405, "Method Not Allowed", "DELETE", "/v1/organization", ""},
		{"unknown query parameter", 400, badValue, "GET", "/v1/agents?limit=5", ""},
		{"page parameter on a list that is not paged", 400, badValue, "GET", "/v1/tags?pageLimit=5", ""},
		{"page limit of 0", 400, badValue, "GET", "/v1/agents?pageLimit=0", ""},
		{"page limit that is no number", 400, badValue, "GET", "/v1/agents?pageLimit=ten", ""},
		{"flag that is none", 400, badValue, "GET", "/v1/tags?includeDeactivated=1", ""},
		{"conversation id that is no number", 400, badValue, "GET", "/v1/conversations/abc", ""},
		{"agent id that is no uuid", 400, badValue, "GET", "/v1/agents/abc", ""},
		{"unknown conversation", 404, notFound, "GET", "/v1/conversations/99", ""},
		{"unknown agent", 404, notFound, "GET", "/v1/agents/" + noID, ""},
		{"unknown end user", 404, notFound, "GET", "/v1/endusers/" + noID, ""},
		{"an agent is no end user", 404, notFound, "GET", "/v1/endusers/" + agent, ""},
		{"two agent filters", 400, "Invalid filters: Cannot provide more than one filter", "GET", "/v1/agents?email=a@example.com&phone=%2B4512345678", ""},
		{"two end user filters", 400, "Invalid filters: Cannot provide more than one filter", "GET", "/v1/endusers?email=a@example.com&externalId=1", ""},
		{"endpoint type", 400, badValue, "GET", "/v1/contact-endpoints?_type=Email", ""},
		{"no body", 400, badBody, "POST", "/v1/tags", ""},
		{"no JSON", 400, badBody, "POST", "/v1/tags", `{"name":`},
		{"two values", 400, badBody, "POST", "/v1/tags", `{"name":"a"} {}`},
		{"missing field", 400, badBody, "POST", "/v1/tags", `{}`},
		{"null for a required field", 400, badBody, "POST", "/v1/tags", `{"name":null}`},
		{"unknown field", 400, badBody, "POST", "/v1/tags", `{"name":"x","colour":"red"}`},
		{"field in other letters", 400, badBody, "POST", "/v1/tags", `{"Name":"x"}`},
		{"wrong type", 400, badBody, "POST", "/v1/tags", `{"name":5}`},
		{"uuid that is none", 400, badBody, "PUT", "/v1/conversations/1234/transfer/queue", `{"queueId":"billing"}`},
		{"queue that is none", 400, "Queue does not exist", "PUT", "/v1/conversations/1234/transfer/queue", `{"queueId":"` + noID + `"}`},
		{"agentId where Dixa says userId", 400, badBody, "PUT", "/v1/conversations/1234/close", `{"agentId":"` + agent + `"}`},
		{"close as nobody", 400, "User not found", "PUT", "/v1/conversations/1234/close", `{"userId":"` + noID + `"}`},
		{"close as an end user", 400, "User is not agent/admin", "PUT", "/v1/conversations/1234/close", `{"userId":"` + user + `"}`},
		{"note by nobody", 400, "Agent was not found", "POST", "/v1/conversations/1234/notes", `{"message":"x","agentId":"` + noID + `"}`},
		{"note with a bad date", 400, badBody, "POST", "/v1/conversations/1234/notes", `{"message":"x","createdAt":"yesterday"}`},
		{"inactive tag", 400, badValue, "PUT", "/v1/conversations/1234/tags/" + o.tag("beta-test"), ""},
		{"unknown tag", 404, notFound, "PUT", "/v1/conversations/1234/tags/" + noID, ""},
		{"tag that is there", 400, badValue, "POST", "/v1/tags", `{"name":"refund"}`},
		{"queue without its wrapper", 400, badBody, "POST", "/v1/queues", `{"name":"x","callFunctionality":false,"isDefault":false,"isDoNotOfferEnabled":false}`},
		{"queue with an unknown threshold", 400, badBody, "POST", "/v1/queues", `{"request":{"name":"x","callFunctionality":false,"isDefault":false,"isDoNotOfferEnabled":false,"queueThresholds":{"Max":1}}}`},
		{"team member that is none", 400, badValue, "PATCH", "/v1/teams/" + o.team(0) + "/agents", `{"agentIds":["` + noID + `"]}`},
		{"message without kind", 400, badBody, "POST", "/v1/conversations/1234/messages", `{"content":{"_type":"Text","value":"x"}}`},
		{"content without kind", 400, badBody, "POST", "/v1/conversations/1234/messages", `{"_type":"Inbound","content":{"value":"x"}}`},
		{"outbound without agent", 400, badBody, "POST", "/v1/conversations/1234/messages", `{"_type":"Outbound","content":{"_type":"Text","value":"x"}}`},
		{"inbound with agent", 400, badBody, "POST", "/v1/conversations/1234/messages", `{"_type":"Inbound","agentId":"` + agent + `","content":{"_type":"Text","value":"x"}}`},
		{"outbound by an end user", 400, "Invalid input for Message", "POST", "/v1/conversations/1234/messages", `{"_type":"Outbound","agentId":"` + user + `","content":{"_type":"Text","value":"x"}}`},
		{"integration of nobody", 400, "Invalid input for Message", "POST", "/v1/conversations/1234/messages", `{"_type":"Inbound","integrationEmail":"x@example.com","content":{"_type":"Text","value":"x"}}`},
		{"attachment that is no address", 400, "Failure to download attachment", "POST", "/v1/conversations/1234/messages", `{"_type":"Inbound","attachments":[{"url":"file.pdf"}],"content":{"_type":"Text","value":"x"}}`},
		{"copy to nowhere", 400, badBody, "POST", "/v1/conversations/1234/messages", `{"_type":"Outbound","agentId":"` + agent + `","cc":["boss"],"content":{"_type":"Text","value":"x"}}`},
		{"conversation of an unknown kind", 400, badBody, "POST", "/v1/conversations", `{"_type":"Letter"}`},
		{"conversation with a top-level agent", 400, badBody, "POST", "/v1/conversations", mail + `{"_type":"Inbound","content":{"_type":"Text","value":"x"}},"agentId":"` + agent + `"}`},
		{"conversation to an unknown address", 400, badValue, "POST", "/v1/conversations", `{"_type":"Email","requesterId":"` + user + `","emailIntegrationId":"x@email.dixa.io","subject":"s","message":{"_type":"Inbound","content":{"_type":"Text","value":"x"}}}`},
		{"conversation of nobody", 404, notFound, "POST", "/v1/conversations", `{"_type":"Email","requesterId":"` + noID + `","emailIntegrationId":"support@email.dixa.io","subject":"s","message":{"_type":"Inbound","content":{"_type":"Text","value":"x"}}}`},
		{"inbound text message", 400, "Invalid input for Message", "POST", "/v1/conversations", `{"_type":"Sms","requesterId":"` + user + `","contactEndpointId":"` + smsNumber + `","message":{"_type":"Inbound","content":{"_type":"Text","value":"x"}}}`},
		{"open conversation is not anonymized", 409, "Conversation 1234 is not closed", "PATCH", "/v1/conversations/1234/anonymize", ""},
		{"unknown anonymization", 404, notFound, "GET", "/v1/anonymization/request/" + noID, ""},
		{"attribute of the other entity", 400, "Invalid input for patching", "PATCH", "/v1/conversations/1234/custom-attributes", `{"` + o.attribute("location") + `":["uk"]}`},
		{"option that is none", 400, "Invalid input for patching", "PATCH", "/v1/conversations/1234/custom-attributes", `{"` + o.attribute("contact_reason") + `":["refund"]}`},
		{"text for a select", 400, "Invalid input for patching", "PATCH", "/v1/conversations/1234/custom-attributes", `{"` + o.attribute("contact_reason") + `":"other"}`},
		{"number for a text", 400, badBody, "PATCH", "/v1/conversations/1234/custom-attributes", `{"` + o.attribute("order_number") + `":5}`},
		{"attribute that is archived", 400, "Invalid input for patching", "PATCH", "/v1/conversations/1234/custom-attributes", `{"` + o.attribute("old_reference") + `":"x"}`},
		{"attribute by name", 400, badBody, "PATCH", "/v1/conversations/1234/custom-attributes", `{"order_number":"x"}`},
		{"unknown attribute", 404, notFound, "PATCH", "/v1/conversations/1234/custom-attributes", `{"` + noID + `":"x"}`},
		{"agent with somebody's address", 400, "Validation failure during agent creation", "POST", "/v1/agents", `{"displayName":"x","email":"karen.holm@example.com"}`},
		{"agent without address", 400, badBody, "POST", "/v1/agents", `{"displayName":"x"}`},
		{"agent with an external id", 400, badBody, "POST", "/v1/agents", `{"displayName":"x","email":"x@example.com","externalId":"1"}`},
		{"end user with somebody's address", 400, "Validation failure during enduser creation", "POST", "/v1/endusers", `{"email":"emma.clarke@example.com"}`},
		{"end user takes somebody's address", 400, "Validation failure during update", "PATCH", "/v1/endusers/" + user, `{"email":"emma.clarke@example.com"}`},
		{"phone number that is none", 400, badBody, "POST", "/v1/endusers", `{"phoneNumber":"0123"}`},
		{"webhook without headers", 400, badBody, "POST", "/v1/webhooks", `{"name":"x","url":"https://example.com","authorization":{"_type":"NoAuth"}}`},
		{"webhook for an unknown event", 400, badBody, "POST", "/v1/webhooks", `{"name":"x","url":"https://example.com","events":["CONVERSATION_CREATED"],"authorization":{"_type":"NoAuth"},"customHeaders":{}}`},
		{"webhook to nowhere", 400, badBody, "POST", "/v1/webhooks", `{"name":"x","url":"example","authorization":{"_type":"NoAuth"},"customHeaders":{}}`},
		{"search page over 50", 400, badValue, "POST", "/v1/search/conversations?pageLimit=51", `{}`},
		{"search text in the wrong field", 400, badBody, "POST", "/v1/search/conversations", `{"query":{"query":"x"}}`},
		{"search filters as a list", 400, badBody, "POST", "/v1/search/conversations", `{"filters":[]}`},
		{"search without strategy", 400, badBody, "POST", "/v1/search/conversations", `{"filters":{"conditions":[]}}`},
		{"search by an unknown field", 400, badBody, "POST", "/v1/search/conversations", filter(`{"_type":"Subject","operator":{"_type":"IsEmpty"}}`)},
		{"channel with the operator of tags", 400, badBody, "POST", "/v1/search/conversations", filter(`{"_type":"Channel","operator":{"_type":"IncludesOne","values":["email"]}}`)},
		{"channel in the words of conversations", 400, badBody, "POST", "/v1/search/conversations", filter(`{"_type":"Channel","operator":{"_type":"IsOneOf","values":["Email"]}}`)},
		{"status in the words of conversations", 400, badBody, "POST", "/v1/search/conversations", filter(`{"_type":"Status","operator":{"_type":"IsOneOf","values":["Open"]}}`)},
		{"date without time", 400, badBody, "POST", "/v1/search/conversations", filter(`{"_type":"CreationDate","operator":{"_type":"Since","timestamp":"2026-01-01"}}`)},
		{"attribute value that is not wrapped", 400, badBody, "POST", "/v1/search/conversations", filter(`{"_type":"CustomAttribute","attributeId":"` + o.attribute("order_number") + `","operator":{"_type":"IsOneOf","values":["x"]}}`)},
		{"unknown metric", 400, badValue, "POST", "/v1/analytics/metrics", `{"id":"x","csidFilter":[1],"timezone":"UTC"}`},
		{"unknown aggregation", 400, badValue, "POST", "/v1/analytics/metrics", `{"id":"csat","csidFilter":[1],"timezone":"UTC","aggregations":["Sum"]}`},
		{"unknown time zone", 400, badBody, "POST", "/v1/analytics/metrics", `{"id":"csat","csidFilter":[1],"timezone":"CET+1"}`},
		{"neither period nor conversations", 400, badBody, "POST", "/v1/analytics/metrics", `{"id":"csat","timezone":"UTC"}`},
		{"period and conversations", 400, badBody, "POST", "/v1/analytics/metrics", `{"id":"csat","timezone":"UTC","csidFilter":[1],"periodFilter":{"_type":"Preset","value":"Today"}}`},
		{"preset that Dixa has not", 400, badBody, "POST", "/v1/analytics/metrics", `{"id":"csat","timezone":"UTC","periodFilter":{"_type":"Preset","value":{"_type":"PreviousYear"}}}`},
		{"records over 300", 400, badValue, "POST", "/v1/analytics/records?pageLimit=301", `{"id":"ratings","csidFilter":[1],"timezone":"UTC"}`},
		{"records with aggregations", 400, badBody, "POST", "/v1/analytics/records", `{"id":"ratings","csidFilter":[1],"timezone":"UTC","aggregations":["Count"]}`},
	} {
		o.run(c.name, func(t *testing.T) {
			o.refused(c.status, c.message, c.method, c.path, c.body)
		})
	}
	require.Empty(t, o.dixa.Effects(), "a refused request has done something")
}

func TestContentType(t *testing.T) {
	o := open(t, Options{})
	req, err := http.NewRequestWithContext(t.Context(), "POST", URL+"/v1/tags", http.NoBody)
	require.NoError(t, err)
	req.Header.Set("Authorization", "token")
	o.loose = true
	res, err := o.http.Do(req)
	require.NoError(t, err)
	require.NoError(t, res.Body.Close())
	require.Equal(t, 400, res.StatusCode)
}

func TestToken(t *testing.T) {
	for _, c := range []struct {
		name, token, sent string
		status            int
	}{
		{"any token", "", "x", 200},
		{"any bearer", "", "Bearer x", 200},
		{"no token", "", "", 401},
		{"bearer of nothing", "", "Bearer ", 401},
		{"the token", "secret", "secret", 200},
		{"the token as bearer", "secret", "Bearer secret", 200},
		{"another token", "secret", "other", 401},
	} {
		t.Run(c.name, func(t *testing.T) {
			o := open(t, Options{Token: c.token})
			req, err := http.NewRequestWithContext(t.Context(), "GET", URL+"/v1/organization", nil)
			require.NoError(t, err)
			if c.sent != "" {
				req.Header.Set("Authorization", c.sent)
			}
			res, err := o.http.Do(req)
			require.NoError(t, err)
			require.NoError(t, res.Body.Close())
			require.Equal(t, c.status, res.StatusCode)
		})
	}
}
