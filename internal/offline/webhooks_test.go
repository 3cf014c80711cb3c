package offline

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"dixa-mcp/internal/offline/desk"
)

func TestWebhooks(t *testing.T) {
	o := open(t, Options{})
	made := o.ok(201, "POST", "/v1/webhooks", `{"name":"Mine","url":"https://hooks.example.com/x","events":["ConversationClosed"],
		"authorization":{"_type":"BasicAuth","username":"a","password":"b"},"customHeaders":{"X-One":"1"},
		"filters":{"Conversation":{"_type":"CombinedFilters","strategy":"All","conditions":[{"_type":"IsOneOf","field":"QueueId","values":["`+billingQueueID+`"]}]}}}`)
	path := "/v1/webhooks/" + at(t, made, "id").(string)
	require.Equal(t, made, o.get(path))
	require.Regexp(t, "^[0-9a-f]{64}$", at(t, made, "secretKey"))
	require.Equal(t, map[string]any{"Authorization": "Basic YTpi", "X-One": "1"}, at(t, made, "headers"))
	require.Equal(t, "IsOneOf", at(t, made, "filters", "Conversation", "conditions", 0, "_type"))
	require.Equal(t, true, at(t, made, "enabled"))
	require.Len(t, o.get("/v1/webhooks"), 4)

	changed := o.ok(200, "PATCH", path, `{"enabled":false,"customHeaders":{"X-Two":"2"}}`)
	require.Equal(t, map[string]any{"Authorization": "Basic YTpi", "X-Two": "2"}, at(t, changed, "headers"))
	require.Equal(t, false, at(t, changed, "enabled"))
	changed = o.ok(200, "PATCH", path, `{"authorization":{"_type":"TokenAuth","value":"t"}}`)
	require.Equal(t, map[string]any{"Authorization": "Bearer t", "X-Two": "2"}, at(t, changed, "headers"))
	changed = o.ok(200, "PATCH", path, `{"authorization":{"_type":"NoAuth"}}`)
	require.Equal(t, map[string]any{"X-Two": "2"}, at(t, changed, "headers"))
	require.Equal(t, at(t, made, "secretKey"), at(t, changed, "secretKey"))
	o.refused(400, badBody, "PATCH", path, `{"events":["Closed"]}`)

	status := o.get(path + "/delivery-status")
	require.Equal(t, "NoRecentDelivery", at(t, status, 0, "deliveryStatus", "_type"), "nothing is sent from here")
	o.ok(204, "DELETE", path, "")
	o.ok(404, "GET", path, "")
}

func TestDeliveries(t *testing.T) {
	o := open(t, Options{})
	seeded := o.get("/v1/webhooks")
	path := "/v1/webhooks/" + at(t, seeded, 0, "id").(string)
	require.Equal(t, "DeliveryDetail", at(t, o.get(path+"/delivery-status"), 0, "deliveryStatus", "_type"))
	logs := o.get(path + "/delivery-status/logs/ConversationTagAdded").([]any)
	require.Len(t, logs, 3)
	var payload struct {
		FQN  string `json:"event_fqn"`
		Data struct {
			Conversation struct{ CSID int64 } `json:"conversation"`
		} `json:"data"`
	}
	require.NoError(t, json.Unmarshal([]byte(at(t, logs, 0, "payload").(string)), &payload))
	require.Equal(t, "CONVERSATION_TAG_ADDED", payload.FQN)
	require.GreaterOrEqual(t, payload.Data.Conversation.CSID, int64(desk.FirstConversation))
	require.Empty(t, o.get(path+"/delivery-status/logs/TypingStarted"))
	o.refused(400, badValue, "GET", path+"/delivery-status/logs/CONVERSATION_TAG_ADDED", "")
}
