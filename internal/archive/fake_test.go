package archive_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"dixa-mcp/dixaclient"
	"dixa-mcp/internal/test/double"
)

// desk is a help desk behind Dixa's API. It is used inside synctest bubbles, whose clock makes waiting for limits cost nothing.
type desk struct {
	byConversation bool          // the export of messages goes by the time of the conversation, not by that of the message
	inclusive      bool          // both ends belong to a window
	silent         bool          // an anonymization is no update
	lag            time.Duration // how long rows take to appear in exports

	mu            sync.Mutex
	conversations []*talk
	redactions    []entry
	exports       []time.Time
	fault         func(path string) string // what goes wrong with a request: "", "500", "cut", "429"
	then          func()                   // is called after each request
}

type talk struct {
	id         int64
	customer   string
	created    time.Time
	updated    time.Time
	anonymized time.Time
	messages   []*said
}

type said struct {
	id       string
	at       time.Time
	text     string
	redacted bool
}

type entry struct {
	at      time.Time
	message string
}

func (k *talk) last() time.Time { return k.messages[len(k.messages)-1].at }

func (d *desk) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	d.mu.Lock()
	defer d.mu.Unlock()
	fault := ""
	if d.fault != nil {
		fault = d.fault(r.URL.Path)
	}
	if d.then != nil {
		defer d.then()
	}
	if strings.HasSuffix(r.URL.Path, "_export") {
		d.exports = append(d.exports, time.Now())
	}
	switch fault {
	case "500":
		w.WriteHeader(500)
		return
	case "429":
		w.WriteHeader(429)
		return
	}
	body, err := json.Marshal(d.answer(r))
	if err != nil {
		panic(err)
	}
	if fault == "cut" && len(body) > 2 {
		_, _ = w.Write(body[:len(body)*2/3])
		w.(http.Flusher).Flush()
		panic(http.ErrAbortHandler)
	}
	_, _ = w.Write(body)
}

func (d *desk) answer(r *http.Request) any {
	switch path := r.URL.Path; {
	case path == "/v1/organization":
		return map[string]any{"data": map[string]any{"id": "org", "name": "Havbris"}}
	case path == "/v1/message_export":
		return d.exportedMessages(d.window(r, "created"))
	case path == "/v1/conversation_export":
		return d.exportedConversations(r)
	case path == "/v1/conversations/activitylog":
		return d.activity()
	case strings.HasSuffix(path, "/anonymize"):
		return map[string]any{"data": map[string]any{"id": "0c1a2b3c-4d5e-4f60-8a7b-0123456789ac", "_type": "User"}}
	}
	id, _ := strconv.ParseInt(strings.Split(r.URL.Path, "/")[3], 10, 64)
	list := []any{}
	for _, k := range d.conversations {
		if k.id == id {
			for _, m := range k.messages {
				list = append(list, map[string]any{"id": m.id, "createdAt": m.at.UTC().Format("2006-01-02T15:04:05.000Z"), "authorId": m.id,
					"attributes": map[string]any{"_type": "EmailAttributes", "direction": "Inbound", "from": map[string]any{"email": m.id + "@example.org"},
						"emailContent": map[string]any{"_type": "Regular", "content": map[string]any{"_type": "Text", "value": m.shown(k)}}}})
			}
		}
	}
	return map[string]any{"data": list}
}

// shown is the text that Dixa shows of a message.
func (m *said) shown(k *talk) string {
	if m.redacted || !k.anonymized.IsZero() {
		return "[anonymized]"
	}
	return m.text
}

// window returns what tells whether a time is in the window of a request.
func (d *desk) window(r *http.Request, by string) func(time.Time) bool {
	after, _ := strconv.ParseInt(r.URL.Query().Get(by+"_after"), 10, 64)
	before, _ := strconv.ParseInt(r.URL.Query().Get(by+"_before"), 10, 64)
	visible := time.Now().Add(-d.lag)
	return func(t time.Time) bool {
		ms := t.UnixMilli()
		if t.After(visible) {
			return false
		}
		return ms > after && ms < before || d.inclusive && (ms == after || ms == before)
	}
}

func (d *desk) exportedMessages(in func(time.Time) bool) any {
	list := []any{}
	for _, k := range d.conversations {
		for _, m := range k.messages {
			if d.byConversation && !in(k.created) || !d.byConversation && !in(m.at) {
				continue
			}
			row := map[string]any{"id": m.id, "csid": k.id, "created_at": m.at.UnixMilli(), "direction": "inbound", "text": m.shown(k)}
			if !m.redacted && k.anonymized.IsZero() {
				row["author_email"] = m.id + "@example.org"
			}
			list = append(list, row)
		}
	}
	return list
}

func (d *desk) exportedConversations(r *http.Request) any {
	list := []any{}
	ids := strings.Split(r.URL.Query().Get("csids"), ",")
	in := d.window(r, "updated")
	for _, k := range d.conversations {
		if ids[0] == "" && !in(k.updated) || ids[0] != "" && !slices.Contains(ids, fmt.Sprint(k.id)) {
			continue
		}
		row := map[string]any{"id": k.id, "created_at": k.created.UnixMilli(), "updated_at": k.updated.UnixMilli(), "initial_channel": "email", "status": "open",
			"requester_id": k.customer, "last_message_created_at": k.last().UnixMilli(), "tags": []string{"refund"}}
		if k.anonymized.IsZero() {
			row["subject"] = subject(k)
		} else {
			row["anonymized_at"] = k.anonymized.UnixMilli()
		}
		list = append(list, row)
	}
	return list
}

func subject(k *talk) string { return fmt.Sprintf("betreff%dx", k.id) }

func (d *desk) activity() any {
	list := []any{}
	for _, e := range d.redactions {
		list = append(list, map[string]any{"id": e.message, "_type": "ConversationMessageRedacted", "activityTimestamp": e.at.UTC().Format("2006-01-02T15:04:05.000Z"),
			"attributes": map[string]any{"messageId": e.message, "wasTextRedacted": true}})
	}
	return map[string]any{"data": list}
}

func client(t *testing.T, h http.Handler) *dixaclient.Client {
	network := double.Network(t, h)
	c, err := dixaclient.New(dixaclient.Config{Token: dixaclient.StaticToken("token"), URL: "http://127.0.0.1", ExportsURL: "http://127.0.0.1", Transport: network})
	require.NoError(t, err)
	t.Cleanup(c.Close)
	return c
}
