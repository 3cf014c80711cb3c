package offline

import (
	"fmt"
	"strings"
	"testing"

	"dixa-mcp/internal/offline/desk"
)

// Every seeded thing that can be read is read once: with Dixa's documents at hand, each answer is held to them.
func TestSeedFitsTheContract(t *testing.T) {
	o := open(t, Options{})
	for id := desk.FirstConversation; id < desk.FirstConversation+desk.SeededConversations; id++ {
		if id%4 != 0 && id != 1234 && id%250 != 77 && id%97 != 13 {
			continue
		}
		path := fmt.Sprintf("/v1/conversations/%d", id)
		o.get(path)
		if id%16 == 0 || id%4 != 0 {
			o.get(path + "/messages")
			o.get(path + "/notes")
			o.get(path + "/tags")
			o.get(path + "/ratings")
			o.get(path + "/rating")
			o.get(path + "/activitylog")
			o.get(path + "/linked")
		}
	}
	for i := 0; i < seedUsers; i += 7 {
		o.get("/v1/endusers/" + o.user(i))
		o.get("/v1/endusers/" + o.user(i) + "/conversations?pageLimit=3")
	}
	for i := range seedAgents {
		o.get("/v1/agents/" + o.agent(i))
		o.get("/v1/agents/" + o.agent(i) + "/presence")
		o.get("/v1/agents/" + o.agent(i) + "/teams")
	}
	for _, list := range []struct{ path, id, below string }{
		{"/v1/teams", "id", " /agents /presence"}, {"/v1/queues", "id", " /members /availability"}, {"/v1/tags", "id", ""},
		{"/v1/custom-attributes", "id", ""}, {"/v1/knowledge/collections", "id", " /catalog /catalog?language=da"},
		{"/v1/webhooks", "id", " /delivery-status /delivery-status/logs/ConversationCreated /delivery-status/logs/ConversationRated"},
	} {
		for _, id := range pluck(t, o.get(list.path), list.id) {
			for _, below := range strings.Split(list.below, " ") {
				o.get(list.path + "/" + id.(string) + below)
			}
		}
	}
	for _, schedule := range pluck(t, at(t, o.get("/v1/business-hours/schedules"), "schedules"), "id") {
		for _, below := range []string{"/definition", "/upcoming", "/upcoming?days=90", "/status", "/status?timestamp=2026-12-25T10:00:00Z"} {
			o.get("/v1/business-hours/schedules/" + schedule.(string) + below)
		}
	}
	w := o.dixa.world()
	for _, k := range w.Knowledge.Categories.List {
		o.get("/v1/knowledge/categories/" + k.ID + "?language=da")
		o.get("/v1/knowledge/categories/" + k.ID + "/translations")
	}
	for _, a := range w.Knowledge.Articles.List {
		o.get("/v1/knowledge/articles/" + a.ID)
		o.get("/v1/knowledge/articles/" + a.ID + "/translations")
	}
	for _, channel := range strings.Fields("WhatsApp Voicemail WidgetChat FacebookMessenger Email ContactForm Callback PstnPhone Messenger") {
		o.get("/v1/conversations/flows?channel=" + channel)
	}
	o.ok(200, "GET", "/v1/search/conversations?query=refund", "")
	for _, path := range []string{"/v1/templates", "/v1/templates?type=EmailAutoReply", "/v1/conversations/flows",
		"/v1/conversations/activitylog?pageLimit=10000", "/v1/contact-endpoints/support@email.dixa.io", "/v1/contact-endpoints/%2B442079460101",
		"/v1/agents", "/v1/agents/presence", "/v1/endusers", "/v1/teams", "/v1/queues", "/v1/tags",
		"/v1/tags?includeDeactivated=true", "/v1/custom-attributes", "/v1/contact-endpoints", "/v1/contact-endpoints?_type=EmailEndpoint",
		"/v1/webhooks", "/v1/organization", "/v1/analytics/metrics", "/v1/analytics/records", "/v1/analytics/metrics/csat",
		"/v1/analytics/records/ratings", "/v1/analytics/filter/channel"} {
		o.get(path)
	}
}
