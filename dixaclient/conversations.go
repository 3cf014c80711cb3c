package dixaclient

// ConversationRef names the conversation that a request is about. Dixa calls the same number csid in places.
type ConversationRef struct {
	ConversationID int64 `json:"conversationId" in:"path"`
}

// OfConversation returns the conversation's id.
func (r ConversationRef) OfConversation() int64 { return r.ConversationID }

// Conversation is one conversation of any channel. Type names the channel's shape, such as EmailConversation; fields
// that a shape does not have are empty. An AnonymizedConversation has lost its personal data.
type Conversation struct {
	Type            string                 `json:"_type"`
	ID              int64                  `json:"id"`
	RequesterID     UUID                   `json:"requesterId"` // the end user
	Channel         string                 `json:"channel"`     // Email, WidgetChat, PstnPhone, …
	Direction       string                 `json:"direction"`   // Inbound, Outbound, Internal
	State           string                 `json:"state"`       // Open, Pending, AwaitingPending, Closed
	Subject         string                 `json:"subject"`
	Language        string                 `json:"language"`
	CreatedAt       Time                   `json:"createdAt"`
	StateUpdatedAt  Time                   `json:"stateUpdatedAt"`
	AnonymizedAt    Time                   `json:"anonymizedAt"`
	TransportEnd    Time                   `json:"transportExpiresAt"` // Dixa does not document it
	Assignment      *Assignment            `json:"assignment"`
	Queue           *ConversationQueue     `json:"queue"`
	Link            *ConversationLink      `json:"link"`
	CustomAttribute []CustomAttributeValue `json:"customAttributes"`
}

// Assignment is the Dixa agent that a conversation is assigned to.
type Assignment struct {
	AgentID    UUID `json:"agentId"`
	AssignedAt Time `json:"assignedAt"`
}

// ConversationQueue is the queue that a conversation is or was in.
type ConversationQueue struct {
	ID       UUID `json:"id"`
	QueuedAt Time `json:"queuedAt"`
}

// ConversationLink is a conversation's tie to its parent; Type is EmailForward, FollowUp or SideConversation.
type ConversationLink struct {
	Type     string `json:"_type"`
	ParentID int64  `json:"parentId"`
}

// GetConversationIn names a conversation.
type GetConversationIn struct{ ConversationRef }

// CloseConversationIn says which conversation to close, and as whom.
type CloseConversationIn struct {
	ConversationRef
	AgentID ActingAgent `json:"agentId,omitzero" wire:"userId" jsonschema_description:"Dixa agent who acts; default: the API token's user"` // Dixa calls it userId here
}

// ReopenConversationIn says which conversation to reopen, and as whom.
type ReopenConversationIn struct {
	ConversationRef
	AgentID ActingAgent `json:"agentId,omitzero" wire:"userId" jsonschema_description:"Dixa agent who acts; default: the API token's user"`
}

// TransferConversationIn says which conversation goes to which queue, and who sends it there.
type TransferConversationIn struct {
	ConversationRef
	QueueID UUID        `json:"queueId"`
	AgentID ActingAgent `json:"agentId,omitzero" wire:"userId" jsonschema_description:"Dixa agent who acts; default: the API token's user"`
}

// ClaimConversationIn says who claims which conversation; without Force, an assigned one stays assigned.
type ClaimConversationIn struct {
	ConversationRef
	AgentID ActingAgent `json:"agentId" jsonschema_description:"assignee"`
	Force   bool        `json:"force,omitzero" named:"*" jsonschema_description:"take it from another Dixa agent"`
}

// Body always says whether to force, since Dixa does when nothing is said.
func (in ClaimConversationIn) Body() (any, error) {
	return map[string]any{"agentId": in.AgentID, "force": in.Force}, nil
}

// SetFollowupIn sets a conversation aside until a time, when it opens again.
type SetFollowupIn struct {
	ConversationRef
	Timestamp Time        `json:"timestamp" time:"future"`
	AgentID   ActingAgent `json:"agentId,omitzero" wire:"userId" jsonschema_description:"Dixa agent who follows up"`
}

// LinkType is how a conversation belongs to its parent.
type LinkType string

// Values returns the two ways that can be set.
func (LinkType) Values() []string { return []string{"Related", "SideConversation"} }

// LinkConversationIn puts a conversation under a parent. A parent has at most 100 children, a child one parent and no
// children; Dixa cannot undo it.
type LinkConversationIn struct {
	ConversationRef
	ParentID int64    `json:"parentId" check:"min=1"`
	LinkType LinkType `json:"linkType"`
}

// OtherConversations returns the parent.
func (in LinkConversationIn) OtherConversations() []int64 { return []int64{in.ParentID} }

// The operations on a conversation as a whole. Source: Dixa API v1, "Conversations".
var (
	GetConversation         = op[GetConversationIn, Conversation]("get_conversation", "GET /v1/conversations/{conversationId}", Read)
	CloseConversation       = op[CloseConversationIn, None]("close_conversation", "PUT /v1/conversations/{conversationId}/close", Write, lookWith("get_conversation"))
	ReopenConversation      = op[ReopenConversationIn, None]("reopen_conversation", "PUT /v1/conversations/{conversationId}/reopen", Write, lookWith("get_conversation"))
	TransferConversation    = op[TransferConversationIn, None]("transfer_conversation", "PUT /v1/conversations/{conversationId}/transfer/queue", Write, lookWith("get_conversation"))
	ClaimConversation       = op[ClaimConversationIn, None]("claim_conversation", "PUT /v1/conversations/{conversationId}/claim", Write, lookWith("get_conversation"))
	SetFollowup             = op[SetFollowupIn, None]("set_followup", "PUT /v1/conversations/{conversationId}/followup", Write, lookWith("get_conversation"))
	LinkConversation        = op[LinkConversationIn, None]("link_conversation", "PUT /v1/conversations/{conversationId}/link", Write, lookWith("list_linked_conversations"))
	ListLinkedConversations = op[ConversationRef, []Conversation]("list_linked_conversations", "GET /v1/conversations/{conversationId}/linked", Read)
)
