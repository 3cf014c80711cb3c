package events

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"dixa-mcp/dixaclient"
)

const conversation = `"conversation":{"csid":1234,"channel":"EMAIL","status":"OPEN","direction":"INBOUND","queue":{"id":"4B1F0E2C-0000-4000-8000-000000000001","name":"Returns"},
	"contact_point":"support@example.com","requester":{"id":"4b1f0e2c-0000-4000-8000-000000000002","name":"Anna Holm","email":"anna@example.org","phone":"+4511223344"},
	"assignee":{"id":"4b1f0e2c-0000-4000-8000-000000000003","name":"Signe Toft"},"subject":"Secret subject","tags":[{"id":"x","name":"vip"}],"created_at":"2026-11-30T11:00:00Z"}`

func envelope(name, data string) []byte {
	return []byte(`{"event_id":"0C1A2B3C-4d5e-4f60-8a7b-000000000001","event_fqn":"` + name + `","event_version":"1","event_timestamp":"2026-11-30T12:00:00.123Z",
		"organization":{"id":"o","name":"Org"},"data":{` + data + `}}`)
}

func TestParse(t *testing.T) {
	score := 5.0
	about := Fields{Channel: "EMAIL", Status: "OPEN", Direction: "INBOUND", Requester: "4b1f0e2c-0000-4000-8000-000000000002", Assignee: "4b1f0e2c-0000-4000-8000-000000000003"}
	with := func(change func(*Fields)) Fields {
		f := about
		change(&f)
		return f
	}
	const author = `"author":{"id":"4b1f0e2c-0000-4000-8000-000000000004","name":"Anna Holm","user_type":"Contact"}`
	const authorID = "4b1f0e2c-0000-4000-8000-000000000004"
	for _, c := range []struct {
		name, data string
		kind       dixaclient.WebhookEvent
		want       Fields
	}{
		{"CONVERSATION_CREATED", conversation, "ConversationCreated", about},
		{"CONVERSATION_PENDING_EXPIRED", conversation + `,"pendingByUser":{"id":"` + authorID + `","name":"x"}`, "ConversationPendingExpired", with(func(f *Fields) { f.Author = authorID })},
		{"CONVERSATION_PENDINGEXPIRED", conversation, "ConversationPendingExpired", about},
		{"CONVERSATION_MESSAGE_ADDED", conversation + `,` + author + `,"content":{"text":"Geheim"},"text":"Geheim","direction":"inbound","message_id":"m1","external_id":"null"`,
			"ConversationMessageAdded", with(func(f *Fields) {
				f.Author, f.AuthorType, f.Message, f.MessageSide = authorID, "Contact", "m1", "inbound"
			})},
		{"CONVERSATION_NOTE_ADDED", conversation + `,` + author + `,"note_id":"n1","text":"Geheim"`, "ConversationNoteAdded",
			with(func(f *Fields) { f.Author, f.AuthorType, f.Note = authorID, "Contact", "n1" })},
		{"CONVERSATION_TAG_ADDED", conversation + `,"tag":"vip"`, "ConversationTagAdded", with(func(f *Fields) { f.Tag = "vip" })},
		{"CONVERSATION_RATED", conversation + `,"agent":{"id":"` + authorID + `"},"comment":"Geheim","score":5,"type":"Csat"`, "ConversationRated",
			with(func(f *Fields) { f.Agent, f.Score, f.RatingType = authorID, &score, "Csat" })},
		{"SLA_EVALUATION_BREACHED", conversation + `,"policy":{"name":"Geheim"}`, "SLAEvaluationBreached", about},
	} {
		t.Run(c.name, func(t *testing.T) {
			e, err := Parse(envelope(c.name, c.data))
			require.NoError(t, err)
			require.Equal(t, Event{
				ID: "0c1a2b3c-4d5e-4f60-8a7b-000000000001", Type: c.kind, Time: time.Date(2026, 11, 30, 12, 0, 0, 123e6, time.UTC),
				Conversation: 1234, Queue: "4b1f0e2c-0000-4000-8000-000000000001", Fields: c.want,
			}, e)
			text, err := json.Marshal(e)
			require.NoError(t, err)
			for _, secret := range []string{"Geheim", "Secret", "Anna", "Signe", "example.org", "+45", "Returns", "support@"} {
				require.NotContains(t, string(text), secret)
			}
		})
	}
}

// What does not have the documented form is left out; what does not say which event it is is refused.
func TestParseStrange(t *testing.T) {
	e, err := Parse(envelope("CONVERSATION_MESSAGE_ADDED", `"conversation":"none","author":7,"message_id":{"a":1},"tag":"`+strings.Repeat("x", 300)+`","score":"5","agent":{"id":"not a uuid"}`))
	require.NoError(t, err)
	require.Zero(t, e.Conversation)
	require.Zero(t, e.Fields)
	e, err = Parse(envelope("CONVERSATION_MESSAGE_ADDED", `"conversation":{"channel":"a text","status":"a text","direction":"a text"},"author":{"user_type":"a text"},"message_id":"a text",`+
		`"direction":"a\nb","note_id":"<a>","type":"a text"`))
	require.NoError(t, err)
	require.Zero(t, e.Fields, "texts in place of ids and states")
	e, err = Parse(envelope("AGENT_BANNED_ENDUSER", ""))
	require.NoError(t, err)
	require.Equal(t, dixaclient.WebhookEvent("AgentBannedEnduser"), e.Type)
	e, err = Parse(envelope("CONVERSATION_ABANDONED", `"queue":{"id":"4b1f0e2c-0000-4000-8000-000000000009"}`))
	require.NoError(t, err)
	require.Equal(t, "4b1f0e2c-0000-4000-8000-000000000009", e.Queue)
	good := string(envelope("CONVERSATION_CREATED", conversation))
	for _, bad := range []string{"", "{}", "null", "[]", good[1:], good + "x", strings.Replace(good, "0C1A2B3C", "zz", 1), strings.Replace(good, "_CREATED", "_EATEN", 1),
		strings.Replace(good, "2026-11-30T12", "yesterday", 1), strings.Replace(good, "2026-11-30T12:00:00.123Z", "", 1), strings.Replace(good, `"data":{`, `"data":7,"x":{`, 1)} {
		_, err := Parse([]byte(bad))
		require.ErrorIs(t, err, ErrPayload, bad)
	}
}

// The table has each of Dixa's events once.
func TestTypes(t *testing.T) {
	var names []string
	for _, info := range Types {
		names = append(names, string(info.Type))
	}
	require.Equal(t, dixaclient.WebhookEvent("").Values(), names)
	require.Len(t, byName, len(Types))
}

func FuzzParse(f *testing.F) {
	f.Add(envelope("CONVERSATION_CREATED", conversation))
	f.Add([]byte(`{"event_id":"0c1a2b3c-4d5e-4f60-8a7b-000000000001","event_fqn":"TYPING_STARTED","event_timestamp":"2026-01-01"}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		e, err := Parse(body)
		if err != nil {
			require.ErrorIs(t, err, ErrPayload)
			return
		}
		require.True(t, e.ID != "" && e.Type != "" && e.Conversation >= 0 && len(e.Queue) <= 36)
		text, err := json.Marshal(e.Fields)
		require.NoError(t, err)
		require.Less(t, len(text), 20*maxField)
	})
}
