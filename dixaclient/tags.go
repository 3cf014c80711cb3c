package dixaclient

// TagRef names a tag.
type TagRef struct {
	TagID UUID `json:"tagId" in:"path"`
}

// Tag is a label for conversations; State is Active or Inactive, and only active ones can be put on a conversation.
type Tag struct {
	ID    UUID   `json:"id"`
	Name  string `json:"name"`
	Color string `json:"color"`
	State string `json:"state"`
}

// ListTagsIn lists tags.
type ListTagsIn struct {
	IncludeDeactivated bool `json:"includeDeactivated,omitzero" in:"query"`
}

// CreateTagIn is a new tag.
type CreateTagIn struct {
	Name  string `json:"name"`
	Color string `json:"color,omitzero" jsonschema_description:"such as #00ff00"`
}

// ConversationTagIn names a conversation and a tag.
type ConversationTagIn struct {
	ConversationRef
	TagRef
}

// The operations on tags. Source: Dixa API v1, "Tags" and "Conversations".
var (
	ListTags          = op[ListTagsIn, []Tag]("list_tags", "GET /v1/tags", Read)
	CreateTag         = op[CreateTagIn, Tag]("create_tag", "POST /v1/tags", Write, lookWith("list_tags"))
	TagConversation   = op[ConversationTagIn, None]("tag_conversation", "PUT /v1/conversations/{conversationId}/tags/{tagId}", Write, lookWith("list_conversation_tags"))
	UntagConversation = op[ConversationTagIn, None]("untag_conversation", "DELETE /v1/conversations/{conversationId}/tags/{tagId}", Write, lookWith("list_conversation_tags"))

	ListConversationTags = op[ConversationRef, []Tag]("list_conversation_tags", "GET /v1/conversations/{conversationId}/tags", Read)
)
