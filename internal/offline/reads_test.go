package offline

import (
	"fmt"
	"testing"
)

// Every seeded thing that can be read is read once: with Dixa's documents at hand, each answer is held to them.
func TestSeedFitsTheContract(t *testing.T) {
	o := open(t, Options{})
	for id := firstConversation; id < firstConversation+seedConversations; id += 1 {
		path := fmt.Sprintf("/v1/conversations/%d", id)
		o.get(path)
		if id%5 == 0 || id == demoConversation || attackOf(int64(id)) >= 0 {
			o.get(path + "/messages")
			o.get(path + "/notes")
			o.get(path + "/tags")
		}
	}
	for i := 0; i < seedUsers; i += 7 {
		o.get("/v1/endusers/" + o.user(i))
		o.get("/v1/endusers/" + o.user(i) + "/conversations?pageLimit=3")
	}
	for i := range seedAgents {
		o.get("/v1/agents/" + o.agent(i))
		o.get("/v1/agents/" + o.agent(i) + "/presence")
	}
	for _, path := range []string{"/v1/agents", "/v1/agents/presence", "/v1/endusers", "/v1/teams", "/v1/queues", "/v1/tags",
		"/v1/tags?includeDeactivated=true", "/v1/custom-attributes", "/v1/contact-endpoints", "/v1/contact-endpoints?_type=EmailEndpoint",
		"/v1/webhooks", "/v1/organization", "/v1/analytics/metrics", "/v1/analytics/records", "/v1/analytics/metrics/csat",
		"/v1/analytics/records/ratings", "/v1/analytics/filter/channel"} {
		o.get(path)
	}
}
