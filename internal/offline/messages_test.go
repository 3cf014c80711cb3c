package offline

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"dixa-mcp/internal/offline/desk"
)

func TestAddMessage(t *testing.T) {
	o := open(t, Options{})
	agent := o.agent(9)
	made := o.ok(200, "POST", demoPath+"/messages", `{"_type":"Outbound","agentId":"`+agent+`","externalId":"x-1",
		"content":{"_type":"Html","value":"<p>It is on its way &amp; will be there soon, quokka</p>"},"cc":["boss@example.com","`+o.agent(1)+`"],
		"attachments":[{"url":"https://files.example.com/a.pdf","prettyName":"a.pdf"}]}`)
	require.Equal(t, "2026-03-02T10:00:00.000Z", at(t, made, "createdAt"))
	require.Equal(t, "Outbound", at(t, made, "direction"))
	messages := o.get(demoPath + "/messages").([]any)
	last := messages[len(messages)-1]
	require.Equal(t, at(t, made, "messageId"), at(t, last, "id"))
	require.Equal(t, "2026-03-02T10:00:00.000Z[GMT]", at(t, last, "createdAt"))
	require.Equal(t, at(t, made, "content"), at(t, last, "attributes", "emailContent", "content"))
	require.Equal(t, "boss@example.com", at(t, last, "attributes", "cc", 0, "email"))
	require.Equal(t, "thomas.berg@example.com", at(t, last, "attributes", "cc", 1, "email"))
	require.Equal(t, []any{1234.0}, o.found(`{"query":{"value":"quokka"}}`))
	require.Equal(t, []any{"MessageAddedByAgent"}, o.logged(1234, 1))
	o.refused(400, "Duplicate externalId", "POST", demoPath+"/messages", `{"_type":"Inbound","externalId":"x-1","content":{"_type":"Text","value":"x"}}`)
}

// A customer who writes to a closed conversation opens it again; an agent does not.
func TestMessageReopens(t *testing.T) {
	o := open(t, Options{})
	o.ok(204, "PUT", demoPath+"/close", "{}")
	o.ok(200, "POST", demoPath+"/messages", `{"_type":"Outbound","agentId":"`+o.agent(2)+`","content":{"_type":"Text","value":"Bye"}}`)
	require.Equal(t, "Closed", at(t, o.get(demoPath), "state"))
	o.ok(200, "POST", demoPath+"/messages", `{"_type":"Inbound","content":{"_type":"Text","value":"Wait"}}`)
	require.Equal(t, "Open", at(t, o.get(demoPath), "state"))
}

// Which channels take which messages.
func TestMessagesByChannel(t *testing.T) {
	o := open(t, Options{})
	agent := o.agent(2)
	in := `{"_type":"Inbound","content":{"_type":"Text","value":"x"}}`
	out := func(kind, files string) string {
		return `{"_type":"Outbound","agentId":"` + agent + `","attachments":[` + files + `],"content":{"_type":"` + kind + `","value":"x"}}`
	}
	const wrong, unsupported = "Invalid input for Message", "Unsupported ConversationChannel"
	for _, c := range []struct{ shape, body, refusal string }{
		{"EmailConversation", in, ""}, {"EmailConversation", out("Markdown", ""), ""},
		{"ContactFormConversation", out("Html", ""), ""}, {"ChatConversation", in, ""}, {"MessengerConversation", out("Text", ""), ""},
		{"SmsConversation", out("Text", ""), ""}, {"SmsConversation", in, wrong},
		{"WhatsAppConversation", out("Markdown", ""), ""}, {"WhatsAppConversation", out("Text", ""), wrong}, {"WhatsAppConversation", in, wrong},
		{"WhatsAppConversation", out("Markdown", `{"url":"https://example.com/a.jpg"}`), ""},
		{"WhatsAppConversation", out("Markdown", `{"url":"https://example.com/a.exe"}`), wrong},
		{"WhatsAppConversation", out("Markdown", `{"url":"https://example.com/a.jpg"},{"url":"https://example.com/b.jpg"}`), wrong},
		{"PstnPhoneConversation", out("Text", ""), unsupported}, {"TwitterConversation", out("Text", ""), unsupported},
		{"FacebookMessengerConversation", out("Text", ""), unsupported}, {"GenericConversation", out("Text", ""), unsupported},
		{"AnonymizedConversation", out("Text", ""), unsupported},
	} {
		o.run(c.shape, func(t *testing.T) {
			cv := o.find(func(cv *desk.Conversation) bool { return shapeOf(cv) == c.shape })
			path := fmt.Sprintf("/v1/conversations/%d/messages", cv.ID)
			if c.refusal != "" {
				o.refused(400, c.refusal, "POST", path, c.body)
			} else {
				o.ok(200, "POST", path, c.body)
			}
		})
	}
}

func TestNotes(t *testing.T) {
	o := open(t, Options{})
	note := o.ok(200, "POST", demoPath+"/notes", `{"message":"Call back"}`)
	require.Equal(t, o.agent(desk.TokenOwner), at(t, note, "authorId"))
	require.Equal(t, "2026-03-02T10:00:00.000Z[GMT]", at(t, note, "createdAt"))
	o.loose = true // the documents' examples send the zone's name, their schema knows none
	o.ok(200, "POST", demoPath+"/notes", `{"message":"Dated","agentId":"`+o.agent(4)+`","createdAt":"2021-12-01T12:46:36.581Z[GMT]"}`)
	o.loose = false
	outcomes := o.ok(200, "POST", demoPath+"/notes/bulk", `{"data":[{"message":"One"},{"message":"Two","agentId":"`+noID+`"}]}`)
	require.Equal(t, []any{"BulkActionSuccess", "BulkActionFailure"}, pluck(t, outcomes, "_type"))
	require.Equal(t, map[string]any{"message": "An agent with id:" + noID + " cannot be found in org."}, at(t, outcomes, 1, "error"))
	notes := o.get(demoPath + "/notes")
	require.Equal(t, []any{"Call back", "Dated", "One"}, pluck(t, notes, "message")[1:])
	require.Equal(t, "2021-12-01T12:46:36.581Z[GMT]", at(t, notes, 2, "createdAt"))
	require.Equal(t, []any{"NoteAdded"}, o.logged(1234, 1))
}

func TestTags(t *testing.T) {
	o := open(t, Options{})
	made := o.ok(200, "POST", "/v1/tags", `{"name":"quokka","color":"#000000"}`)
	id := at(t, made, "id").(string)
	tagged := filter(`{"_type":"TagId","operator":{"_type":"IncludesOne","values":["` + id + `"]}}`)
	o.ok(204, "PUT", demoPath+"/tags/"+id, "")
	o.ok(204, "PUT", demoPath+"/tags/"+id, "")
	require.Contains(t, pluck(t, o.get(demoPath+"/tags"), "name"), "quokka")
	require.Equal(t, []any{1234.0}, o.found(tagged))
	require.Equal(t, []any{"TagAdded"}, o.logged(1234, 1))
	require.Len(t, o.dixa.Effects(), 2)

	o.ok(204, "PATCH", "/v1/tags/"+id+"/deactivate", "")
	require.Equal(t, "Inactive", at(t, o.get("/v1/tags/"+id), "state"))
	require.NotContains(t, pluck(t, o.get("/v1/tags"), "id"), id)
	o.refused(400, badValue, "PUT", "/v1/conversations/1235/tags/"+id, "")
	o.ok(204, "DELETE", demoPath+"/tags/"+id, "")
	require.Empty(t, o.found(tagged))
	o.ok(204, "PATCH", "/v1/tags/"+id+"/activate", "")

	o.ok(202, "POST", demoPath+"/tags/bulk", `{"data":[{"name":"quokka"},{"name":"wombat"},{"name":"beta-test"}]}`)
	names := pluck(t, o.get(demoPath+"/tags"), "name")
	require.Contains(t, names, "wombat")
	require.NotContains(t, names, "beta-test")
	o.ok(204, "DELETE", "/v1/tags/"+id, "")
	require.NotContains(t, pluck(t, o.get(demoPath+"/tags"), "name"), "quokka")
	o.ok(404, "GET", "/v1/tags/"+id, "")
}

func TestRatings(t *testing.T) {
	o := open(t, Options{})
	offer := o.ok(201, "POST", demoPath+"/ratings/offer", `{"userId":"`+o.user(0)+`","agentId":"`+o.agent(9)+`","ratingType":"Csat"}`)
	id := at(t, offer, "id").(string)
	require.Equal(t, "Offered", at(t, o.get(demoPath+"/ratings"), 0, "ratingStatus"))
	for _, wrong := range []string{`{"_type":"Csat","value":6}`, `{"_type":"Csat","value":0}`, `{"_type":"Nps","value":5}`} {
		o.refused(400, badValue, "POST", demoPath+"/ratings/"+id+"/submit", `{"ratingResult":`+wrong+`}`)
	}
	o.ok(201, "POST", demoPath+"/ratings/"+id+"/submit", `{"userId":null,"ratingResult":{"_type":"Csat","value":4},"comment":"Nice"}`)
	rated := at(t, o.get(demoPath+"/rating"), 0)
	require.Equal(t, []any{"Rated", 4.0, "Nice"}, []any{at(t, rated, "ratingStatus"), at(t, rated, "ratingScore"), at(t, rated, "ratingComment")})
	o.refused(400, badValue, "POST", demoPath+"/ratings/"+noID+"/submit", `{"ratingResult":{"_type":"Csat","value":4}}`)
	o.refused(400, badBody, "POST", demoPath+"/ratings/offer", `{"ratingType":"Csat"}`)
	o.refused(400, "User not found", "POST", demoPath+"/ratings/offer", `{"userId":"`+noID+`","agentId":"`+o.agent(9)+`","ratingType":"Csat"}`)

	survey := o.find(func(c *desk.Conversation) bool { return len(o.dixa.world().RatingsOf(c)) == 2 })
	both := o.get(fmt.Sprintf("/v1/conversations/%d/ratings", survey.ID))
	require.Equal(t, at(t, both, 0, "id"), at(t, both, 1, "id"))
	require.NotEqual(t, at(t, both, 0, "ratingType"), at(t, both, 1, "ratingType"))
}

// Anonymization is asked for, and done a moment later: at the second look at the request, or after a second.
func TestAnonymizeConversation(t *testing.T) {
	o := open(t, Options{})
	asked := o.ok(202, "PATCH", demoPath+"/anonymize?force=true", "")
	require.Equal(t, "Conversation", at(t, asked, "_type"))
	require.Equal(t, "1234", at(t, asked, "targetEntityId"))
	require.Nil(t, at(t, asked, "processedAt"))
	o.ok(409, "PATCH", demoPath+"/anonymize?force=true", "")
	require.Equal(t, "EmailConversation", at(t, o.get(demoPath), "_type"))

	request := "/v1/anonymization/request/" + at(t, asked, "id").(string)
	require.Nil(t, at(t, o.get(request), "processedAt"))
	require.Equal(t, "2026-03-02T10:00:00.000Z[GMT]", at(t, o.get(request), "processedAt"))
	demo := o.get(demoPath)
	require.Equal(t, "AnonymizedConversation", at(t, demo, "_type"))
	require.Equal(t, "Closed", at(t, demo, "state"))
	require.NotContains(t, o.do("GET", demoPath+"/messages", "").body, "Emma")
	require.Empty(t, o.get(demoPath+"/notes"))
	require.NotContains(t, o.do("GET", demoPath+"/activitylog", "").body, "Double charge")
	require.Empty(t, o.found(`{"query":{"value":"HB-204518","exactMatch":true}}`))
	o.ok(409, "PATCH", demoPath+"/anonymize", "")
	o.refused(400, badValue, "PUT", demoPath+"/reopen", "")

	closed := o.find(func(c *desk.Conversation) bool { return c.State == desk.StateClosed && c.Anonymized.IsZero() })
	path := fmt.Sprintf("/v1/conversations/%d", closed.ID)
	o.ok(202, "PATCH", path+"/anonymize", "")
	o.clock.at = today.Add(time.Second)
	require.Equal(t, "2026-03-02T10:00:01Z", at(t, o.get(path), "anonymizedAt"))
}

func TestAnonymizeMessage(t *testing.T) {
	o := open(t, Options{})
	id := at(t, o.get(demoPath+"/messages"), 0, "id").(string)
	asked := o.ok(202, "PATCH", demoPath+"/messages/"+id+"/anonymize", "")
	require.Equal(t, "1234_"+id, at(t, asked, "targetEntityId"))
	o.ok(409, "PATCH", demoPath+"/messages/"+id+"/anonymize", "")
	o.ok(404, "PATCH", demoPath+"/messages/"+noID+"/anonymize", "")
	o.clock.at = today.Add(2 * time.Second)
	messages := o.get(demoPath + "/messages")
	require.Equal(t, desk.AnonymousText, at(t, messages, 0, "attributes", "emailContent", "content", "value"))
	require.NotEqual(t, desk.AnonymousText, at(t, messages, 1, "attributes", "emailContent", "content", "value"))
	require.Equal(t, []any{"ConversationMessageRedacted"}, o.logged(1234, 1))
}

func TestAnonymizeUser(t *testing.T) {
	o := open(t, Options{})
	user := o.user(0)
	o.ok(409, "PATCH", "/v1/endusers/"+user+"/anonymize", "")
	o.ok(202, "PATCH", "/v1/endusers/"+user+"/anonymize?force=true", "")
	o.clock.at = today.Add(2 * time.Second)
	u := o.get("/v1/endusers/" + user)
	require.Nil(t, at(t, u, "email"))
	require.Equal(t, desk.AnonymousText, at(t, u, "displayName"))
	require.Equal(t, "AnonymizedConversation", at(t, o.get(demoPath), "_type"))
	require.Empty(t, o.get("/v1/endusers?email=emma.clarke@example.com"))
	o.ok(409, "PATCH", "/v1/endusers/"+user+"/anonymize", "")
}

// The deprecated form takes the kind from _type or from the field before it, and answers 200.
func TestAnonymizeEntity(t *testing.T) {
	o := open(t, Options{})
	closed := o.find(func(c *desk.Conversation) bool { return c.State == desk.StateClosed && c.Anonymized.IsZero() })
	asked := o.ok(200, "POST", "/v1/anonymization", fmt.Sprintf(`{"entityId":"%d","_type":"Conversation"}`, closed.ID))
	require.Equal(t, fmt.Sprint(closed.ID), at(t, asked, "targetEntityId"))
	o.ok(200, "POST", "/v1/anonymization", `{"entityId":"`+o.user(0)+`","_type":"User","forceAnonymization":true}`)
	o.refused(404, notFound, "POST", "/v1/anonymization", `{"entityId":"`+noID+`","entityType":{"_type":"UserAnonymizationType"}}`)
	o.refused(404, notFound, "POST", "/v1/anonymization", `{"entityId":"x","entityType":"ConversationAnonymizationType"}`)
	o.refused(400, badBody, "POST", "/v1/anonymization", `{"entityId":"1234"}`)
}
