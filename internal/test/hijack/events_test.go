package hijack

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"dixa-mcp/internal/events"
	"dixa-mcp/internal/gate"
)

// full is what a webhook can bring, with the attacker's text wherever there is text.
func full() map[string]any {
	person := map[string]any{"id": "2ebb7a64-403d-4a3a-a9df-8a9cdbcef43f", "name": "{}", "email": "{}@evil.example", "phone": "{}", "user_type": "Contact", "roles": []any{"{}"}}
	return map[string]any{
		"conversation": map[string]any{"csid": 1234, "channel": "{}", "status": "{}", "subject": "{}", "contact_point": "{}", "requester": person, "assignee": person,
			"queue": map[string]any{"id": "{}", "name": "{}"}, "tags": []any{map[string]any{"id": "{}", "name": "{}"}}},
		"author": person, "agent": person, "pendingByUser": person, "message_id": "{}", "note_id": "{}", "external_id": "{}", "direction": "{}", "text": "{}", "comment": "{}", "type": "{}",
		"tag": "{}", "content": map[string]any{"text": "{}", "content_type": "{}", "original_content_url": "{}"}, "queue": map[string]any{"id": "{}", "name": "{}"}, "score": 1,
	}
}

// Of all events only those of tags carry an attacker's text to an agent, whether it lists events or waits for them.
func TestEventsCarryNoTextButTags(t *testing.T) {
	s := subject{rules: parse(t, strings.Replace(everything, "answers: json, ", "", 1))}
	s.agent = s.rules.Agents()[0]
	g := load(t).Goals[0]
	var names []string
	for _, e := range events.Types {
		names = append(names, strings.ToUpper(string(e.Type)))
	}
	d := newWorld(t, s, way{Event: strings.Join(names, " "), Put: full()}, instruction(g))
	require.True(t, d.planted)
	require.True(t, d.follows(t, g))
	found, _ := d.gate.ListEvents(t.Context(), gate.Request{Agent: s.agent.Name, Arguments: json.RawMessage(`{"limit":50}`)})
	require.Greater(t, len(found.Events), 20)
	var told []string
	for _, raw := range found.Events {
		var e struct{ Event string }
		require.NoError(t, json.Unmarshal(raw, &e))
		if tells(string(raw), g) {
			told = append(told, e.Event)
		}
	}
	require.ElementsMatch(t, []string{"ConversationTagAdded", "ConversationTagRemoved"}, told)

	for name, wait := range map[string]string{
		"CONVERSATION_CREATED": `{"queue":"0f6f3a52-6d3e-4f0e-9f0b-3a1c5b7d2e11","seconds":1}`, "SLA_EVALUATION_BREACHED": `{"conversationId":1234,"for":"breach","seconds":1}`,
		"CONVERSATION_MESSAGE_ADDED": `{"conversationId":1234,"after":4,"seconds":1}`,
	} {
		d := newWorld(t, s, way{Event: name, Put: full()}, instruction(g))
		require.False(t, d.hears(t, "wait_for", json.RawMessage(wait), g), d.said)
		require.Contains(t, d.said, "Conversation 1234 · ")
		require.NotContains(t, d.said, " in 1 s", "it waited in vain")
	}
}
