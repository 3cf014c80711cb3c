package offline

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"dixa-mcp/internal/offline/desk"
)

// logged are the kinds of the newest entries in the log of a conversation.
func (o *office) logged(id int64, n int) []any {
	o.t.Helper()
	kinds := pluck(o.t, o.get(fmt.Sprintf("/v1/conversations/%d/activitylog", id)), "_type")
	return kinds[len(kinds)-n:]
}

// found are the ids that a search finds on its first page.
func (o *office) found(body string) []any {
	o.t.Helper()
	return pluck(o.t, o.ok(200, "POST", "/v1/search/conversations", body), "id")
}

const (
	demoPath = "/v1/conversations/1234"
	isDemo   = `{"_type":"ConversationId","operator":{"_type":"IsOneOf","values":["1234"]}}`
)

func TestCloseAndReopen(t *testing.T) {
	o := open(t, Options{})
	open := filter(isDemo, `{"_type":"Status","operator":{"_type":"IsOneOf","values":["open"]}}`)
	require.Equal(t, []any{1234.0}, o.found(open))
	agent := o.agent(5)
	o.ok(204, "PUT", demoPath+"/close", `{"userId":"`+agent+`"}`)
	demo := o.get(demoPath)
	require.Equal(t, "Closed", at(t, demo, "state"))
	require.Equal(t, "2026-03-02T10:00:00Z", at(t, demo, "stateUpdatedAt"))
	require.Equal(t, []any{"ConversationClosed"}, o.logged(1234, 1))
	require.Empty(t, o.found(open))
	o.ok(204, "PUT", demoPath+"/close", "")
	require.Len(t, o.dixa.Effects(), 1, "closing twice is closing once")

	o.clock.at = today.Add(time.Hour)
	o.ok(204, "PUT", demoPath+"/reopen", "")
	demo = o.get(demoPath)
	require.Equal(t, "Open", at(t, demo, "state"))
	require.Nil(t, at(t, demo, "assignment"))
	require.Equal(t, billingQueueID, at(t, demo, "queue", "id"))
	require.Equal(t, "2026-03-02T11:00:00Z", at(t, demo, "queue", "queuedAt"))
	require.Equal(t, []Effect{
		{Operation: closePattern, Method: "PUT", Path: demoPath + "/close", ID: "1234", Detail: "closed"},
		{Operation: "PUT /v1/conversations/{conversationId}/reopen", Method: "PUT", Path: demoPath + "/reopen", ID: "1234", Detail: "reopened"},
	}, o.dixa.Effects())
}

func TestTransfer(t *testing.T) {
	o := open(t, Options{})
	o.ok(204, "PUT", demoPath+"/transfer/queue", `{"queueId":"`+returnsQueueID+`"}`)
	demo := o.get(demoPath)
	require.Equal(t, returnsQueueID, at(t, demo, "queue", "id"))
	require.Nil(t, at(t, demo, "assignment"))
	require.Equal(t, []any{"TransferInitiated", "TransferSuccessful"}, o.logged(1234, 2))
	inReturns := filter(isDemo, `{"_type":"QueueId","operator":{"_type":"IsOneOf","values":["`+returnsQueueID+`"]}}`)
	require.Equal(t, []any{1234.0}, o.found(inReturns))
	position := o.get("/v1/queues/conversation-position/1234")
	require.Positive(t, at(t, position, "position"))
	o.ok(204, "PUT", demoPath+"/claim", `{"agentId":"`+o.agent(4)+`"}`)
	o.ok(404, "GET", "/v1/queues/conversation-position/1234", "")
}

func TestClaim(t *testing.T) {
	o := open(t, Options{})
	first := at(t, o.get(demoPath), "assignment", "agentId")
	other := o.agent(11)
	require.NotEqual(t, first, other)
	o.refused(409, "Conversation 1234 is already assigned", "PUT", demoPath+"/claim", `{"agentId":"`+other+`"}`)
	o.ok(204, "PUT", demoPath+"/claim", `{"agentId":"`+other+`","force":true}`)
	require.Equal(t, other, at(t, o.get(demoPath), "assignment", "agentId"))
	o.ok(204, "PUT", demoPath+"/claim", `{"agentId":"`+other+`"}`)
	require.Len(t, o.dixa.Effects(), 1)
	require.Equal(t, []any{"ConversationClaimed", "ConversationAssigned"}, o.logged(1234, 2))
}

// A follow-up makes a conversation pending until its moment; then it is open by itself.
func TestFollowup(t *testing.T) {
	o := open(t, Options{})
	o.ok(204, "PUT", demoPath+"/followup", `{"timestamp":"2026-03-03T09:00:00Z"}`)
	require.Equal(t, "Pending", at(t, o.get(demoPath), "state"))
	o.clock.at = time.Date(2026, 3, 3, 8, 59, 0, 0, time.UTC)
	require.Equal(t, "Pending", at(t, o.get(demoPath), "state"))
	o.clock.at = time.Date(2026, 3, 3, 9, 0, 0, 0, time.UTC)
	demo := o.get(demoPath)
	require.Equal(t, "Open", at(t, demo, "state"))
	require.Equal(t, "2026-03-03T09:00:00Z", at(t, demo, "stateUpdatedAt"))
	require.Equal(t, []any{"FollowupExpired"}, o.logged(1234, 1))
	o.refused(400, badBody, "PUT", demoPath+"/followup", `{"followUp":true}`)
}

func TestLink(t *testing.T) {
	o := open(t, Options{})
	o.ok(204, "PUT", "/v1/conversations/1005/link", `{"parentId":1234,"linkType":"SideConversation"}`)
	require.Equal(t, map[string]any{"parentId": 1234.0, "_type": "SideConversation"}, at(t, o.get("/v1/conversations/1005"), "link"))
	require.Contains(t, pluck(t, o.get(demoPath+"/linked"), "id"), 1005.0)
	require.Equal(t, []any{"ConversationLinkedToParent"}, o.logged(1005, 1))
	require.Equal(t, []any{"ConversationLinkedFromChild"}, o.logged(1234, 1))
	o.refused(400, badValue, "PUT", "/v1/conversations/1005/link", `{"parentId":1006,"linkType":"Related"}`) // a second parent
	o.refused(400, badValue, "PUT", "/v1/conversations/1006/link", `{"parentId":1006,"linkType":"Related"}`) // itself
	o.refused(400, badValue, "PUT", demoPath+"/link", `{"parentId":1006,"linkType":"Related"}`)
	o.refused(400, badValue, "PUT", "/v1/conversations/1006/link", `{"parentId":1005,"linkType":"Related"}`)
	o.refused(404, notFound, "PUT", "/v1/conversations/1006/link", `{"parentId":9,"linkType":"Related"}`)
	o.refused(400, badBody, "PUT", "/v1/conversations/1006/link", `{"parentConversationId":1234}`)
	o.refused(400, badBody, "PUT", "/v1/conversations/1006/link", `{"parentId":1234,"linkType":"FollowUp"}`)
}

func TestManyChildren(t *testing.T) {
	o := open(t, Options{})
	linked := 0
	for id := 1010; linked < 100; id++ {
		if o.do("PUT", fmt.Sprintf("/v1/conversations/%d/link", id), `{"parentId":1234,"linkType":"Related"}`).status == 204 {
			linked++
		}
	}
	free := o.find(func(c *desk.Conversation) bool { return c.ID > 1300 && c.Link == nil })
	o.refused(400, badValue, "PUT", fmt.Sprintf("/v1/conversations/%d/link", free.ID), `{"parentId":1234,"linkType":"Related"}`)
	require.Len(t, o.get(demoPath+"/linked"), 100)
}

// Each kind of conversation is made, and reads back as its shape with its first message.
func TestCreateConversation(t *testing.T) {
	o := open(t, Options{})
	user, agent := o.user(0), o.agent(3)
	in := `{"_type":"Inbound","content":{"_type":"Text","value":"My order has not come"}}`
	out := `{"_type":"Outbound","agentId":"` + agent + `","content":{"_type":"Html","value":"<p>Good <b>news</b></p>"}}`
	for i, c := range []struct{ name, body, shape, direction, message string }{
		{"mail from a customer", `"_type":"Email","emailIntegrationId":"sales@email.dixa.io","subject":"Late","language":"en","message":` + in, "EmailConversation", "Inbound", "EmailAttributes"},
		{"mail to a customer", `"_type":"Email","emailIntegrationId":"sales@email.dixa.io","subject":"News","message":` + out, "EmailConversation", "Outbound", "EmailAttributes"},
		{"contact form", `"_type":"ContactForm","emailIntegrationId":"support@email.dixa.io","subject":"Form","message":` + in, "ContactFormConversation", "Inbound", "EmailAttributes"},
		{"chat", `"_type":"Chat","widgetId":"` + noID + `","browserInfo":{"name":"Firefox"},"message":` + in, "ChatConversation", "Inbound", "ChatAttributes"},
		{"text message", `"_type":"Sms","contactEndpointId":"` + smsNumber + `","message":` + out, "SmsConversation", "Outbound", "SmsAttributes"},
		{"callback", `"_type":"Callback","direction":"Inbound","contactEndpointId":"+442079460100","queueId":"` + billingQueueID + `"`, "PstnPhoneConversation", "Inbound", ""},
	} {
		o.run(c.name, func(t *testing.T) {
			made := o.ok(201, "POST", "/v1/conversations", `{"requesterId":"`+user+`",`+c.body+`}`)
			id := desk.FirstConversation + desk.SeededConversations + i
			require.Equal(t, float64(id), at(t, made, "id"))
			path := fmt.Sprintf("/v1/conversations/%d", id)
			cv := o.get(path)
			require.Equal(t, c.shape, at(t, cv, "_type"))
			require.Equal(t, c.direction, at(t, cv, "direction"))
			require.Equal(t, "Open", at(t, cv, "state"))
			messages := o.get(path + "/messages").([]any)
			if c.message == "" {
				require.Empty(t, messages)
				require.Equal(t, billingQueueID, at(t, cv, "queue", "id"))
				return
			}
			require.Equal(t, c.message, at(t, messages, 0, "attributes", "_type"))
			if c.direction == "Outbound" {
				require.Equal(t, agent, at(t, messages, 0, "authorId"))
				require.Equal(t, agent, at(t, cv, "assignment", "agentId"))
			} else {
				require.Equal(t, user, at(t, messages, 0, "authorId"))
			}
		})
	}
	require.Contains(t, o.found(`{"query":{"value":"good news","exactMatch":true}}`), 3002.0)
	require.Equal(t, 3006.0, at(t, o.get("/v1/endusers/"+user+"/conversations"), 0, "id"), "newest first")
}

func TestImport(t *testing.T) {
	o := open(t, Options{})
	user, agent := o.user(0), o.agent(3)
	made := o.ok(201, "POST", "/v1/conversations/import", `{"_type":"GenericConversationImport","genericChannelName":"email","requesterId":"`+user+`",
		"direction":"Inbound","createdAt":"2024-05-01T08:00:00Z","attributes":{"emailIntegrationId":"support@email.dixa.io","subject":"Old mail"},
		"assignment":{"agentId":"`+noID+`","assignedAt":"2024-05-01T09:00:00Z"},"closing":{"closedAt":"2024-05-03T09:00:00Z","closedBy":"`+agent+`"},
		"messages":[{"_type":"InboundImport","content":{"_type":"Text","value":"Long ago"},"createdAt":"2024-05-01T08:00:00Z","attributes":{"requesterId":"`+o.user(1)+`"}},
		{"_type":"OutboundImport","agentId":"`+agent+`","content":{"_type":"Text","value":"Indeed"},"createdAt":"2024-05-02T08:00:00Z"}]}`)
	require.Equal(t, "The conversation could not be assigned", at(t, made, "partialErrors", 0, "message"))
	cv := o.get("/v1/conversations/3001")
	require.Equal(t, "Closed", at(t, cv, "state"))
	require.Equal(t, "2024-05-01T08:00:00Z", at(t, cv, "createdAt"))
	require.Equal(t, "Old mail", at(t, cv, "subject"))
	messages := o.get("/v1/conversations/3001/messages")
	require.Equal(t, []any{o.user(1), agent}, pluck(t, messages, "authorId"))
	require.Equal(t, "2024-05-02T08:00:00.000Z[GMT]", at(t, messages, 1, "createdAt"))

	head := `{"_type":"GenericConversationImport","direction":"Inbound","createdAt":"2024-05-01T08:00:00Z",`
	o.ok(201, "POST", "/v1/conversations/import", head+`"genericChannelName":"genericapimessaging","requesterId":"`+user+`"}`)
	require.Equal(t, "GenericConversation", at(t, o.get("/v1/conversations/3002"), "_type"))
	o.refused(400, "Unsupported ConversationChannel", "POST", "/v1/conversations/import", head+`"genericChannelName":"widgetchat","requesterId":"`+user+`"}`)
	o.refused(400, "Requester does not exist", "POST", "/v1/conversations/import", head+`"genericChannelName":"genericapimessaging","requesterId":"`+noID+`"}`)
	o.refused(400, badBody, "POST", "/v1/conversations/import", `{"conversations":[]}`)
}

func TestConversationAttributes(t *testing.T) {
	o := open(t, Options{})
	number, reason := o.attribute("order_number"), o.attribute("contact_reason")
	set := o.ok(200, "PATCH", demoPath+"/custom-attributes", `{"`+number+`":"HB-000001","`+reason+`":["delivery","lost"]}`)
	require.Equal(t, []any{"HB-000001", []any{"delivery", "lost"}}, pluck(t, set, "value"))
	require.Equal(t, set, at(t, o.get(demoPath), "customAttributes"))
	require.Equal(t, []any{1234.0}, o.found(filter(`{"_type":"CustomAttribute","attributeId":"`+number+`","operator":{"_type":"IsOneOf","values":[["HB-000001"]]}}`)))
	require.Len(t, o.ok(200, "PATCH", demoPath+"/custom-attributes", `{"`+number+`":null}`), 1)
	require.Equal(t, []any{"ConversationCustomAttributesUpdated"}, o.logged(1234, 1))
}

func TestActivityLog(t *testing.T) {
	o := open(t, Options{})
	path := "/v1/conversations/activitylog?fromDatetime=2026-02-02T00:00:00Z&toDatetime=2026-02-03T00:00:00Z"
	ids, _ := o.walk("GET", path+"&pageLimit=10000", "")
	require.NotEmpty(t, ids)
	seen := map[string]bool{}
	for _, id := range ids {
		require.False(t, seen[id])
		seen[id] = true
	}
	paged, pages := o.walk("GET", path+"&pageLimit=20", "")
	require.Equal(t, ids, paged)
	require.Greater(t, pages, 2)
	for _, when := range pluck(t, o.get(path), "activityTimestamp") {
		require.Regexp(t, `^2026-02-02T.*Z\[GMT\]$`, when)
	}
	o.refused(400, badValue, "GET", "/v1/conversations/activitylog?fromDatetime=yesterday", "")
	o.refused(400, badValue, "GET", "/v1/conversations/activitylog?fromDatetime=2026-02-01T00:00:00Z&toDatetime=2026-01-01T00:00:00Z", "")
	o.refused(400, badValue, "GET", "/v1/conversations/flows?channel=Sms", "")
}
