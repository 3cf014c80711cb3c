package offline

import (
	"testing"

	"github.com/stretchr/testify/require"

	"dixa-mcp/internal/offline/desk"
)

func TestEndUsers(t *testing.T) {
	o := open(t, Options{})
	made := o.ok(201, "POST", "/v1/endusers", `{"displayName":"Ada","email":"ada@example.com","externalId":"X1","additionalEmails":["ada2@example.com"]}`)
	id := at(t, made, "id").(string)
	path := "/v1/endusers/" + id
	require.Equal(t, made, o.get(path))
	for _, query := range []string{"email=ada@example.com", "email=ADA2@example.com", "externalId=X1"} {
		require.Equal(t, []any{id}, pluck(t, o.get("/v1/endusers?"+query), "id"), query)
	}
	require.Empty(t, o.get("/v1/endusers?phone=%2B4712345678"))

	require.Equal(t, "Ada", at(t, o.ok(200, "PATCH", path, `{"phoneNumber":"+4712345678"}`), "displayName"))
	require.Len(t, o.get("/v1/endusers?phone=%2B4712345678"), 1)
	before := o.do("GET", demoPath+"/messages", "").body
	o.ok(200, "PATCH", "/v1/endusers/"+o.user(0), `{"firstName":"E.","displayName":"E. C.","email":"ec@example.com"}`)
	require.Equal(t, before, o.do("GET", demoPath+"/messages", "").body, "what was written stays as it was")
	require.Equal(t, "ec@example.com", at(t, o.get(demoPath), "fromEmail"))
	replaced := o.ok(200, "PUT", path, `{"displayName":"Ada L."}`)
	require.Equal(t, "Ada L.", at(t, replaced, "displayName"))
	require.Nil(t, at(t, replaced, "email"))
	require.Empty(t, o.get("/v1/endusers?email=ada@example.com"))
	o.refused(400, badBody, "PUT", path, `{"firstName":"Ada"}`)

	tier := o.attribute("loyalty_tier")
	o.ok(200, "PATCH", path+"/custom-attributes", `{"`+tier+`":["gold"]}`)
	require.Equal(t, []any{"gold"}, at(t, o.get(path), "customAttributes", 0, "value"))
	require.NotContains(t, at(t, o.get("/v1/endusers?externalId=CUST-20000"), 0), "customAttributes", "lists leave them out")
	require.Contains(t, at(t, o.get("/v1/endusers/"+o.user(0)), "customAttributes", 0), "value")
}

func TestEndUsersInBulk(t *testing.T) {
	o := open(t, Options{})
	both := []any{"BulkActionSuccess", "BulkActionFailure"}
	made := o.ok(201, "POST", "/v1/endusers/bulk", `{"data":[{"email":"ada@example.com"},{"email":"emma.clarke@example.com"}]}`)
	require.Equal(t, both, pluck(t, made, "_type"))
	require.Equal(t, "Validation", at(t, made, 1, "error", "_type"))
	id := at(t, made, 0, "data", "id").(string)
	patched := o.ok(200, "PATCH", "/v1/endusers", `{"data":[{"id":"`+id+`","displayName":"Ada"},{"id":"`+noID+`"}]}`)
	require.Equal(t, both, pluck(t, patched, "_type"))
	require.Equal(t, "NotFound", at(t, patched, 1, "error", "_type"))
	require.Equal(t, "ada@example.com", at(t, o.get("/v1/endusers/"+id), "email"))
	replaced := o.ok(200, "PUT", "/v1/endusers", `{"data":[{"id":"`+id+`","displayName":"A"},{"id":"`+o.user(1)+`","displayName":"B","email":"emma.clarke@example.com"}]}`)
	require.Equal(t, both, pluck(t, replaced, "_type"))
	require.Nil(t, at(t, o.get("/v1/endusers/"+id), "email"))
	o.refused(400, badBody, "PATCH", "/v1/endusers", `[{"id":"`+id+`"}]`)
	o.refused(400, badValue, "PATCH", "/v1/endusers/bulk", `{"data":[]}`)
}

func TestAgents(t *testing.T) {
	o := open(t, Options{})
	made := o.ok(201, "POST", "/v1/agents", `{"displayName":"Ada","email":"ada@example.com"}`)
	path := "/v1/agents/" + at(t, made, "id").(string)
	require.Equal(t, made, o.get(path))
	require.Equal(t, []any{"Agent"}, at(t, made, "roles"))
	require.Len(t, o.get("/v1/agents?email=ada@example.com"), 1)
	require.Equal(t, "Offline", at(t, o.get(path+"/presence"), "connectionStatus"))
	require.Equal(t, "Lovelace", at(t, o.ok(200, "PATCH", path, `{"lastName":"Lovelace"}`), "lastName"))
	require.Nil(t, at(t, o.ok(200, "PUT", path, `{"displayName":"Ada L."}`), "lastName"))
	o.refused(400, badBody, "PATCH", path, `{"email":"other@example.com"}`)
	o.refused(400, "Validation failure during update", "PATCH", path, `{"additionalEmails":["karen.holm@example.com"]}`)

	both := []any{"BulkActionSuccess", "BulkActionFailure"}
	require.Equal(t, both, pluck(t, o.ok(201, "POST", "/v1/agents/bulk", `{"data":[{"displayName":"B","email":"b@example.com"},{"displayName":"A","email":"ada@example.com"}]}`), "_type"))
	require.Equal(t, both, pluck(t, o.ok(200, "PATCH", "/v1/agents", `[{"id":"`+o.agent(4)+`","firstName":"X"},{"id":"`+noID+`"}]`), "_type"))
	require.Equal(t, both, pluck(t, o.ok(200, "PUT", "/v1/agents", `[{"id":"`+o.agent(4)+`","displayName":"X"},{"id":"`+o.agent(5)+`","displayName":"Y","additionalEmails":["ada@example.com"]}]`), "_type"))
	require.Empty(t, o.ok(200, "PATCH", "/v1/agents", ""))
	o.refused(400, badBody, "PATCH", "/v1/agents", `{"data":[]}`)
}

// Who is no Dixa agent any more is an end user, in no team and no queue.
func TestDeleteAgent(t *testing.T) {
	o := open(t, Options{})
	demo := at(t, o.get(demoPath), "assignment", "agentId").(string)
	before := o.do("GET", demoPath+"/messages", "").body
	o.ok(200, "PATCH", "/v1/agents/"+demo, `{"displayName":"Somebody Else"}`)
	o.ok(204, "DELETE", "/v1/agents/"+demo, "")
	require.Equal(t, before, o.do("GET", demoPath+"/messages", "").body, "what was written stays as it was")
	id := o.agent(7)
	teams := o.get("/v1/agents/" + id + "/teams")
	require.NotEmpty(t, teams)
	o.ok(204, "DELETE", "/v1/agents/"+id, "")
	o.ok(404, "GET", "/v1/agents/"+id, "")
	o.ok(404, "GET", "/v1/agents/"+id+"/presence", "")
	require.Equal(t, id, at(t, o.get("/v1/endusers/"+id), "id"))
	require.NotContains(t, pluck(t, o.get("/v1/teams/"+at(t, teams, 0, "id").(string)+"/agents"), "id"), id)
	require.NotContains(t, pluck(t, o.ok(200, "GET", "/v1/agents/presence", ""), "userId"), id)
	o.ok(200, "GET", "/v1/conversations/activitylog?pageLimit=10000", "")
	o.refused(400, badValue, "DELETE", "/v1/agents/"+o.agent(desk.TokenOwner), "")
}

func TestPresence(t *testing.T) {
	o := open(t, Options{})
	id := o.agent(0)
	path := "/v1/agents/" + id + "/presence"
	require.Equal(t, "2026-03-02T10:00:00.000", at(t, o.get(path), "requestTime"))
	o.ok(204, "PUT", path+"/working-channel", `{"channel":"Speak","working":true}`)
	require.Contains(t, at(t, o.get(path), "activeChannels"), "PstnPhone")
	o.ok(204, "PUT", path+"/working-channel", `{"channel":"Speak","working":false}`)
	require.NotContains(t, at(t, o.get(path), "activeChannels"), "PstnPhone")
	o.refused(400, badBody, "PUT", path+"/working-channel", `{"channel":"Phone","working":true}`)
	require.Len(t, o.ok(200, "GET", "/v1/agents/presence", ""), seedAgents)
}

func TestTeams(t *testing.T) {
	o := open(t, Options{})
	path := "/v1/teams/" + at(t, o.ok(201, "POST", "/v1/teams", `{"name":"Night shift"}`), "id").(string)
	require.Equal(t, "Night shift", at(t, o.get(path), "name"))
	require.Len(t, o.get("/v1/teams"), 7)
	a, b := o.agent(1), o.agent(2)
	require.Nil(t, o.ok(200, "PATCH", path+"/agents", `{"agentIds":["`+a+`","`+b+`"]}`))
	require.Equal(t, []any{a, b}, pluck(t, o.get(path+"/agents"), "id"))
	require.Equal(t, []any{a, b}, pluck(t, o.get(path+"/presence"), "userId"))
	ids, pages := o.walk("GET", path+"/presence?pageLimit=1", "")
	require.Len(t, ids, 2)
	require.Equal(t, 2, pages)
	o.ok(204, "DELETE", path+"/agents", `{"agentIds":["`+a+`"]}`)
	require.Equal(t, []any{b}, pluck(t, o.get(path+"/agents"), "id"))
	o.refused(400, badBody, "DELETE", path+"/agents", "")
	o.ok(204, "DELETE", path, "")
	o.ok(404, "GET", path, "")
}

func TestQueues(t *testing.T) {
	o := open(t, Options{})
	made := o.ok(201, "POST", "/v1/queues", `{"request":{"name":"Night","callFunctionality":false,"isDefault":true,"isDoNotOfferEnabled":false,
		"offerAlgorithm":"AllAtOnce","queueThresholds":{"SlaPercentage":90},"doNotOfferTimeouts":{"Email":5}}}`)
	path := "/v1/queues/" + at(t, made, "id").(string)
	require.Equal(t, "AllAtOnce", at(t, made, "offeringAlgorithm"))
	require.Equal(t, made, o.get(path))
	defaults := 0
	for _, is := range pluck(t, o.get("/v1/queues"), "isDefault") {
		if is.(bool) {
			defaults++
		}
	}
	require.Equal(t, 1, defaults)
	agent := o.agent(6)
	outcomes := o.ok(200, "PATCH", path+"/members", `{"agentIds":["`+agent+`","`+noID+`","`+o.user(2)+`"]}`)
	require.Equal(t, agent, at(t, outcomes, 0, "data"))
	require.Equal(t, "NotFound", at(t, outcomes, 1, "error", "_type"))
	require.Equal(t, "Validation", at(t, outcomes, 2, "error", "_type"))
	require.Equal(t, []any{agent}, pluck(t, o.get(path+"/members"), "agentId"))
	require.Equal(t, "Available", at(t, o.get(path+"/availability"), 0, "channelAvailability", "availability"))
	o.ok(204, "DELETE", path+"/members", `{"agentIds":["`+agent+`"]}`)
	require.Empty(t, o.get(path+"/members"))
	require.Equal(t, "NotAvailable", at(t, o.get(path+"/availability"), 0, "channelAvailability", "availability"))
	eleven := `"` + noID + `"`
	for range 10 {
		eleven += `,"` + noID + `"`
	}
	o.refused(400, badBody, "DELETE", path+"/members", `{"agentIds":[`+eleven+`]}`)
	o.refused(400, "queue does not exist", "GET", "/v1/queues/"+noID+"/availability", "")
}
