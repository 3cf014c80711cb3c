package dixaclient

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
	Force bool `json:"force,omitzero" in:"query" jsonschema_description:"close it if open"`
}

// The operations that erase personal data. Source: Dixa API v1, "Anonymization" and the resources' own groups.
var (
	GetAnonymization      = op[GetAnonymizationIn, Anonymization]("get_anonymization", "GET /v1/anonymization/request/{requestId}", Read)
	AnonymizeConversation = op[AnonymizeConversationIn, Anonymization]("anonymize_conversation", "PATCH /v1/conversations/{conversationId}/anonymize", Erase, lookWith("get_conversation"))
)
