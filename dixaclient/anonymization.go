package dixaclient

import "strconv"

// Anonymization is a request to erase personal data. It is carried out later: ProcessedAt is zero until then. Type is
// Conversation, Message or User.
type Anonymization struct {
	ID             UUID   `json:"id"`
	Type           string `json:"_type"`
	TargetEntityID string `json:"targetEntityId"`
	RequestedBy    UUID   `json:"requestedBy"`
	InitiatedAt    Time   `json:"initiatedAt"`
	ProcessedAt    Time   `json:"processedAt"`
}

// GetAnonymizationIn names a request by the id that it was answered with.
type GetAnonymizationIn struct {
	RequestID UUID `json:"requestId" in:"path"`
}

// AnonymizeConversationIn names a conversation; an open one is refused unless Force closes it.
type AnonymizeConversationIn struct {
	ConversationRef
	Force bool `json:"force,omitzero" in:"query" named:"*" jsonschema_description:"close it if open"`
}

// AnonymizeMessageIn names a message.
type AnonymizeMessageIn struct {
	ConversationRef
	MessageID UUID `json:"messageId" in:"path"`
}

// Parts returns the message that is erased.
func (in AnonymizeMessageIn) Parts() []Part { return []Part{{MessagePart, string(in.MessageID)}} }

// AnonymizeEndUserIn names an end user with open conversations only if Force closes them.
type AnonymizeEndUserIn struct {
	EndUserRef
	Force bool `json:"force,omitzero" in:"query" named:"*" jsonschema_description:"close open conversations"`
}

// EntityType is what can be anonymized.
type EntityType string

// Values returns the three kinds.
func (EntityType) Values() []string { return []string{"Conversation", "Message", "User"} }

// AnonymizeEntityIn names what to anonymize by kind and id.
type AnonymizeEntityIn struct {
	Type               EntityType `json:"type"`
	EntityID           Name       `json:"entityId"`
	ForceAnonymization bool       `json:"forceAnonymization,omitzero" named:"*"`
}

// OfConversation returns the conversation's id, 0 when it is something else.
func (in AnonymizeEntityIn) OfConversation() int64 {
	if in.Type != "Conversation" {
		return 0
	}
	id, _ := strconv.ParseInt(string(in.EntityID), 10, 64)
	return id
}

// Body refuses a conversation whose id is no number: nothing could tell which one it is.
func (in AnonymizeEntityIn) Body() (any, error) {
	if in.Type == "Conversation" && in.OfConversation() <= 0 {
		return nil, &InputError{Field: "entityId", Problem: "must be a number for a Conversation"}
	}
	return map[string]any{"_type": in.Type, "entityId": in.EntityID, "forceAnonymization": in.ForceAnonymization}, nil
}

// The operations that erase personal data. Source: Dixa API v1, "Anonymization" and the resources' own groups.
var (
	GetAnonymization      = op[GetAnonymizationIn, Anonymization]("get_anonymization", "GET /v1/anonymization/request/{requestId}", Read)
	AnonymizeConversation = op[AnonymizeConversationIn, Anonymization]("anonymize_conversation", "PATCH /v1/conversations/{conversationId}/anonymize", Erase, lookWith("get_conversation"))
	AnonymizeMessage      = op[AnonymizeMessageIn, Anonymization]("anonymize_message", "PATCH /v1/conversations/{conversationId}/messages/{messageId}/anonymize", Erase, lookWith("list_messages"))
	AnonymizeEndUser      = op[AnonymizeEndUserIn, Anonymization]("anonymize_end_user", "PATCH /v1/endusers/{userId}/anonymize", Erase, everything, lookWith("get_end_user"))
	AnonymizeEntity       = op[AnonymizeEntityIn, Anonymization]("anonymize_entity", "POST /v1/anonymization", Erase, everything, idempotent, deprecated)
)
