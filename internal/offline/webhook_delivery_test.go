package offline

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// received is a request that came to a receiver of webhooks.
type received struct {
	header http.Header
	body   string
}

// receiver takes deliveries, and answers as told.
func receiver(t *testing.T, status int) (url string, got chan received) {
	got = make(chan received, 100)
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		b, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		got <- received{r.Header, string(b)}
		w.Header().Set("Location", "http://192.0.2.1/elsewhere")
		w.WriteHeader(status)
	}))
	t.Cleanup(s.Close)
	return s.URL, got
}

const everyDocumented = `"ConversationCreated","ConversationOpen","ConversationPending","ConversationClosed","ConversationEnqueued","ConversationPendingExpired",
	"ConversationAbandoned","ConversationMessageAdded","ConversationNoteAdded","ConversationTagAdded","ConversationRated"`

func (o *office) subscribe(url, events, filters string) (path string, hook any) {
	o.t.Helper()
	hook = o.ok(201, "POST", "/v1/webhooks", `{"name":"Mine","url":"`+url+`","events":[`+events+`],"authorization":{"_type":"TokenAuth","value":"t"},
		"customHeaders":{"X-One":"1","Content-Type":"text/plain"},"filters":{`+filters+`}}`)
	return "/v1/webhooks/" + at(o.t, hook, "id").(string), hook
}

// logsOf waits until the newest delivery of an event has been sent, and gives all, newest first.
func (o *office) logsOf(path, event string) []any {
	o.t.Helper()
	for {
		logs := o.get(path + "/delivery-status/logs/" + event).([]any)
		if len(logs) == 0 || at(o.t, logs, 0, "deliveryDetail", "responseText") != "Being sent" {
			return logs
		}
	}
}

// What happens after a subscription was made is delivered to it, signed, and is in its log with what became of it.
func TestDeliver(t *testing.T) {
	o := open(t, Options{})
	url, got := receiver(t, 204)
	path, hook := o.subscribe(url+"/in", everyDocumented, "")
	agent := o.agent(3)
	o.ok(200, "POST", demoPath+"/notes", `{"message":"A note","agentId":"`+agent+`"}`)
	r := <-got
	require.Equal(t, "application/json", r.header.Get("Content-Type"))
	require.Equal(t, at(t, hook, "id"), r.header.Get("X-DIXA-SUBSCRIPTION-ID"))
	require.Equal(t, "Bearer t", r.header.Get("Authorization"))
	require.Equal(t, "1", r.header.Get("X-One"))
	var stamp int64
	var sum string
	_, err := fmt.Sscanf(strings.Replace(r.header.Get("X-DIXA-SIGNATURE"), ",", " ", 1), "t=%d v1=%s", &stamp, &sum)
	require.NoError(t, err)
	require.Equal(t, today.UnixMilli(), stamp)
	key, err := hex.DecodeString(at(t, hook, "secretKey").(string))
	require.NoError(t, err)
	mac := hmac.New(sha256.New, key)
	fmt.Fprintf(mac, "%d.%s", stamp, r.body)
	require.Equal(t, hex.EncodeToString(mac.Sum(nil)), sum)

	logs := o.logsOf(path, "ConversationNoteAdded")
	require.Len(t, logs, 1)
	require.Equal(t, r.body, at(t, logs, 0, "payload"))
	require.Equal(t, map[string]any{"deliveryTimestamp": "2026-03-02T10:00:00.000Z", "success": true, "responseCode": 204.0, "responseText": "No Content"},
		at(t, logs, 0, "deliveryDetail"))
	var payload map[string]any
	require.NoError(t, json.Unmarshal([]byte(r.body), &payload))
	require.Equal(t, "CONVERSATION_NOTE_ADDED", payload["event_fqn"])
	require.Equal(t, "A note", at(t, payload, "data", "text"))
	require.Equal(t, agent, at(t, payload, "data", "author", "id"))
	require.Equal(t, 1234.0, at(t, payload, "data", "conversation", "csid"))
}

// Each operation delivers what it does, in the state in which it leaves the conversation.
func TestDeliverEvents(t *testing.T) {
	o := open(t, Options{})
	url, got := receiver(t, 200)
	o.subscribe(url, everyDocumented, "")
	agent, user := o.agent(3), o.user(0)
	next := func(n int) (events []string) {
		for range n {
			var p struct {
				FQN  string `json:"event_fqn"`
				Data struct {
					Conversation struct{ Status string } `json:"conversation"`
				} `json:"data"`
			}
			require.NoError(t, json.Unmarshal([]byte((<-got).body), &p))
			events = append(events, strings.TrimPrefix(p.FQN, "CONVERSATION_")+" "+p.Data.Conversation.Status)
		}
		return events
	}
	o.ok(201, "POST", "/v1/conversations", `{"_type":"Email","requesterId":"`+user+`","emailIntegrationId":"support@email.dixa.io","subject":"New","message":{"_type":"Inbound","content":{"_type":"Text","value":"x"}}}`)
	require.Equal(t, []string{"CREATED OPEN", "ENQUEUED OPEN", "MESSAGE_ADDED OPEN"}, next(3))
	const path = "/v1/conversations/3001"
	o.ok(204, "PUT", path+"/tags/"+o.tag("vip"), "")
	require.Equal(t, []string{"TAG_ADDED OPEN"}, next(1))
	o.ok(204, "PUT", path+"/close", "{}")
	require.Equal(t, []string{"CLOSED CLOSED", "ABANDONED CLOSED"}, next(2))
	o.ok(204, "PUT", path+"/reopen", "")
	require.Equal(t, []string{"OPEN OPEN", "ENQUEUED OPEN"}, next(2))
	o.ok(204, "PUT", path+"/followup", `{"timestamp":"2026-03-02T11:00:00Z"}`)
	require.Equal(t, []string{"PENDING PENDING"}, next(1))
	o.clock.at = today.Add(2 * time.Hour)
	o.get(path)
	require.Equal(t, []string{"PENDINGEXPIRED OPEN", "OPEN OPEN"}, func() []string {
		all := next(2)
		all[0] = strings.ReplaceAll(all[0], "_", "")
		return all
	}())
	o.ok(204, "PUT", path+"/transfer/queue", `{"queueId":"`+returnsQueueID+`"}`)
	require.Equal(t, []string{"ENQUEUED OPEN"}, next(1))
	rating := o.ok(201, "POST", path+"/ratings/offer", `{"userId":"`+user+`","agentId":"`+agent+`","ratingType":"Csat"}`)
	o.ok(201, "POST", path+"/ratings/"+at(t, rating, "id").(string)+"/submit", `{"ratingResult":{"_type":"Csat","value":5},"comment":"Good"}`)
	require.Equal(t, []string{"RATED OPEN"}, next(1))
	require.Empty(t, got)
}

// Nothing is sent but to this machine: not to other hosts, not to where a receiver redirects, not to what is filtered out or switched off.
func TestDeliverNowhereElse(t *testing.T) {
	o := open(t, Options{})
	url, got := receiver(t, 307)
	for _, elsewhere := range []string{"https://hooks.example.com/x", "http://192.0.2.1", "http://localhost.example.com", "http://10.0.0.1:8080", "http://[2001:db8::1]/"} {
		path, _ := o.subscribe(elsewhere, `"ConversationNoteAdded"`, "")
		o.ok(200, "POST", demoPath+"/notes", `{"message":"Secret"}`)
		logs := o.logsOf(path, "ConversationNoteAdded")
		require.Len(t, logs, 1)
		require.Equal(t, false, at(t, logs, 0, "deliveryDetail", "success"))
		require.Equal(t, 0.0, at(t, logs, 0, "deliveryDetail", "responseCode"))
		require.Contains(t, at(t, logs, 0, "deliveryDetail", "responseText"), "Unreachable")
		require.Equal(t, "DeliveryDetail", at(t, o.get(path+"/delivery-status"), 0, "deliveryStatus", "_type"))
	}
	path, _ := o.subscribe(url, `"ConversationNoteAdded"`, "")
	o.ok(200, "POST", demoPath+"/notes", `{"message":"x"}`)
	<-got
	require.Equal(t, 307.0, at(t, o.logsOf(path, "ConversationNoteAdded"), 0, "deliveryDetail", "responseCode"))
	o.ok(200, "PATCH", path, `{"enabled":false}`)
	filter := func(kind, field, value string) string {
		return `"Conversation":{"_type":"CombinedFilters","strategy":"All","conditions":[{"_type":"` + kind + `","field":"` + field + `","values":["` + value + `"]}]}`
	}
	for _, f := range []string{filter("IsOneOf", "QueueId", returnsQueueID), filter("IsNotOneOf", "InitialChannel", "email"), filter("IsOneOf", "InitialChannel", "pstn_phone")} {
		path, _ := o.subscribe(url, `"ConversationNoteAdded"`, f)
		o.ok(200, "POST", demoPath+"/notes", `{"message":"x"}`)
		require.Empty(t, o.get(path+"/delivery-status/logs/ConversationNoteAdded"), f)
	}
	require.Empty(t, got)
}
