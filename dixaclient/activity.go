package dixaclient

// ActivityEntry is something that happened to a conversation. Type is one of some 43 words, such as
// ConversationAssigned or TagAdded; Attributes depend on it.
type ActivityEntry struct {
	ID                UUID           `json:"id"`
	Type              string         `json:"_type"`
	ConversationID    int64          `json:"conversationId"`
	ActivityTimestamp Time           `json:"activityTimestamp"`
	Author            *ActivityUser  `json:"author"`
	Attributes        map[string]any `json:"attributes"`
}

// ActivityUser is who did it, a Dixa agent or an end user.
type ActivityUser struct {
	ID          Name   `json:"id"`
	Name        string `json:"name"`
	Email       string `json:"email"`
	PhoneNumber string `json:"phoneNumber"`
}

// ListActivityIn says from when to when; without times it is all there is.
type ListActivityIn struct {
	FromDatetime Time `json:"fromDatetime,omitzero" in:"query"`
	ToDatetime   Time `json:"toDatetime,omitzero" in:"query" time:"end"`
	Page
}

// FlowChannel is a channel that has flows.
type FlowChannel string

// Values returns the nine channels.
func (FlowChannel) Values() []string {
	return []string{"Email", "ContactForm", "WidgetChat", "Messenger", "FacebookMessenger", "WhatsApp", "PstnPhone", "Callback", "Voicemail"}
}

// Flow is what Dixa does with new conversations of a contact endpoint.
type Flow struct {
	ID                UUID    `json:"id"`
	Name              string  `json:"name"`
	Channel           Channel `json:"channel"`
	ContactEndpointID Name    `json:"contactEndpointId"`
}

// ListFlowsIn names a channel; without one it is PstnPhone.
type ListFlowsIn struct {
	Channel FlowChannel `json:"channel,omitzero" in:"query" jsonschema_description:"default Phone"`
}

// The operations on what happens to conversations. Source: Dixa API v1, "Conversations".
var (
	ListActivity             = op[ListActivityIn, []ActivityEntry]("list_activity", "GET /v1/conversations/activitylog", Read, paged)
	ListConversationActivity = op[ConversationRef, []ActivityEntry]("list_conversation_activity", "GET /v1/conversations/{conversationId}/activitylog", Read)
	ListFlows                = op[ListFlowsIn, []Flow]("list_flows", "GET /v1/conversations/flows", Read, shared)
)
