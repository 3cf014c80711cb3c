package events

import (
	"strings"

	"dixa-mcp/dixaclient"
)

// Info describes a type of event.
type Info struct {
	Type dixaclient.WebhookEvent
	// Payload says how much of the webhook's payload is documented.
	Payload Payload
	// Log are the entries of Dixa's activity log that say the same, by their _type; nil if the log does not have it.
	Log []string
	// Needed reports that agents need it, so that a subscription is made with it.
	Needed bool
	// Own are the fields that it has apart from those of the conversation.
	Own []string
}

// Payload says how much is documented of an event's payload.
type Payload string

// How much is documented. Whatever is documented of one is read from the others too, where it is there.
const (
	Documented Payload = "documented"
	Unknown    Payload = "not documented"
)

// Types are Dixa's 32 events, in the order of [dixaclient.WebhookEvent].
var Types = []Info{
	{"ConversationCreated", Documented, []string{"ConversationCreatedByCustomer", "ConversationCreatedByAgent"}, true, nil},
	{"ConversationOpen", Documented, []string{"ConversationReopened"}, true, nil},
	{"ConversationPending", Documented, []string{"ConversationPending"}, true, nil},
	{"ConversationPendingExpired", Documented, []string{"FollowupExpired"}, true, []string{"author"}},
	{"ConversationClosed", Documented, []string{"ConversationClosed"}, true, nil},
	{"ConversationAbandoned", Documented, nil, true, nil},
	{"ConversationEnqueued", Documented, nil, true, nil},
	{"ConversationAssigned", Unknown, []string{"ConversationAssigned"}, true, nil},
	{"ConversationUnassigned", Unknown, []string{"ConversationUnassigned"}, true, nil},
	{"ConversationTransferred", Unknown, []string{"TransferSuccessful"}, true, nil},
	{"ConversationMessageAdded", Documented, []string{"MessageAddedByCustomer", "MessageAddedByAgent"}, true, []string{"author", "authorType", "message", "messageDirection"}},
	{"ConversationMessageDeliverySent", Unknown, nil, false, nil},
	{"ConversationMessageDeliveryDelivered", Unknown, nil, false, nil},
	{"ConversationMessageDeliverySeen", Unknown, nil, false, nil},
	{"ConversationMessageDeliveryFailed", Unknown, nil, true, nil},
	{"ConversationMessageDeliveryInfo", Unknown, nil, false, nil},
	{"ConversationMessageDeliverySpamComplaint", Unknown, nil, true, nil},
	{"ConversationNoteAdded", Documented, []string{"NoteAdded"}, true, []string{"author", "authorType", "note"}},
	{"ConversationTagAdded", Documented, []string{"TagAdded"}, true, []string{"author", "authorType", "tag"}},
	{"ConversationTagRemoved", Unknown, []string{"TagRemoved"}, true, nil},
	{"ConversationRated", Documented, []string{"ConversationRated"}, true, []string{"agent", "score", "ratingType"}},
	{"ConversationEndUserReplaced", Unknown, []string{"ConversationEndUserReplaced"}, true, nil},
	{"ConversationCustomAttributeUpdated", Unknown, []string{"ConversationCustomAttributesUpdated"}, true, nil},
	{"AgentBannedEnduser", Unknown, nil, false, nil},
	{"AgentUnbannedEnduser", Unknown, nil, false, nil},
	{"AgentBannedIp", Unknown, nil, false, nil},
	{"AgentUnbannedIp", Unknown, nil, false, nil},
	{"SLAEvaluationPending", Unknown, nil, true, nil},
	{"SLAEvaluationAchieved", Unknown, nil, true, nil},
	{"SLAEvaluationBreached", Unknown, nil, true, nil},
	{"SLAEvaluationVoided", Unknown, nil, true, nil},
	{"TypingStarted", Unknown, nil, false, nil},
}

// Needed returns the types that agents need.
func Needed() (all []dixaclient.WebhookEvent) {
	for _, t := range Types {
		if t.Needed {
			all = append(all, t.Type)
		}
	}
	return all
}

// byName finds a type by its name in a payload, such as CONVERSATION_PENDING_EXPIRED. Dixa documents the name of some only, so
// underscores are not compared.
var byName = func() map[string]dixaclient.WebhookEvent {
	m := map[string]dixaclient.WebhookEvent{}
	for _, t := range Types {
		m[strings.ToUpper(string(t.Type))] = t.Type
	}
	return m
}()
