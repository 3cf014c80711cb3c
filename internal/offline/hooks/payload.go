package hooks

import (
	"encoding/json"
	"strings"

	"dixa-mcp/internal/offline/desk"
	"dixa-mcp/internal/offline/wire"
)

// envelope returns the payload of an event: what all events have, the conversation, and what this event adds.
func envelope(w *desk.World, event, at string, n int64, conversation map[string]any, more map[string]any) (string, error) {
	data := map[string]any{"conversation": conversation}
	for name, value := range more {
		data[name] = value
	}
	b, err := json.Marshal(map[string]any{
		"event_id": w.UUID("event "+event+" "+at, n), "event_fqn": fqn(event), "event_version": "1", "event_timestamp": at,
		"organization": map[string]string{"id": w.Organization.ID, "name": w.Organization.Name}, "data": data,
	})
	return string(b), err
}

// hookedConversation returns a conversation as webhooks have it, in a state and with a Dixa agent.
func hookedConversation(w *desk.World, c *desk.Conversation, state, agent string) map[string]any {
	tags := []map[string]any{}
	for _, id := range c.Tags {
		t := w.Tags.ByID[id]
		tags = append(tags, map[string]any{"id": t.ID, "name": t.Name, "is_deactivated": t.Inactive})
	}
	v := map[string]any{
		"csid": c.ID, "channel": c.Channel.Upper, "status": strings.ToUpper(desk.Status(state)), "direction": strings.ToUpper(c.Direction),
		"queue": nil, "contact_point": c.Endpoint, "requester": Person(w, c.Requester), "assignee": Person(w, agent), "subject": nil,
		"tags": tags, "created_at": wire.MilliTime(c.Created),
	}
	if q := w.Queues.ByID[c.Queue]; q != nil {
		v["queue"] = map[string]string{"id": q.ID, "name": q.Name}
	}
	if c.Subject != "" {
		v["subject"] = c.Subject
	}
	return v
}

// Person returns a person as webhooks have it, or nil for an empty id.
func Person(w *desk.World, id string) any {
	p := w.PersonByID(id)
	if p == nil {
		return nil
	}
	kind := "Contact"
	if w.Agents.Has(id) {
		kind = "Member"
	}
	return map[string]any{"id": p.ID, "name": p.DisplayName, "email": p.Email, "phone": p.PhoneNumber, "roles": wire.List(p.Roles), "user_type": kind}
}

// fqn returns the name of an event in payloads: ConversationNoteAdded is CONVERSATION_NOTE_ADDED.
func fqn(event string) string {
	var b strings.Builder
	for i, r := range event {
		if i > 0 && r >= 'A' && r <= 'Z' && event[i-1] >= 'a' {
			b.WriteByte('_')
		}
		b.WriteRune(r)
	}
	return strings.ToUpper(b.String())
}

// Message returns a message as webhooks have it.
func Message(w *desk.World, c *desk.Conversation, m *desk.Message) map[string]any {
	content := map[string]any{"text": m.Text, "content_type": "Text", "original_content_url": nil, "processed_content_url": nil}
	if m.Attributes.OriginalContentURL != nil {
		content["original_content_url"] = m.Attributes.OriginalContentURL.URL
	}
	external := "null" // as Dixa has it
	if m.External != "" {
		external = m.External
	}
	return map[string]any{"author": Person(w, m.Author), "channel": c.Channel.Upper, "content": content, "created_at": wire.MilliTime(m.At),
		"direction": strings.ToLower(desk.Side(m.Out)), "external_id": external, "message_id": m.ID, "text": m.Text}
}

// Events are all that can be subscribed to.
var Events = strings.Fields("SLAEvaluationVoided ConversationPending SLAEvaluationBreached ConversationMessageAdded " +
	"ConversationCustomAttributeUpdated SLAEvaluationAchieved ConversationAssigned ConversationMessageDeliveryDelivered " +
	"ConversationMessageDeliveryInfo ConversationTransferred ConversationEnqueued AgentUnbannedEnduser TypingStarted ConversationCreated " +
	"ConversationUnassigned ConversationOpen ConversationAbandoned ConversationClosed ConversationMessageDeliveryFailed " +
	"ConversationTagAdded ConversationNoteAdded AgentBannedEnduser ConversationEndUserReplaced ConversationMessageDeliverySeen " +
	"AgentUnbannedIp ConversationMessageDeliverySent AgentBannedIp ConversationTagRemoved ConversationRated SLAEvaluationPending " +
	"ConversationMessageDeliverySpamComplaint ConversationPendingExpired")
