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

// TagConversationByNameIn puts tags on a conversation by their names. Dixa does it later, and creates those that are missing.
type TagConversationByNameIn struct {
	ConversationRef
	Names []string `json:"names" check:"min=1,max=100"`
}

// Body returns Dixa's form of the names.
func (in TagConversationByNameIn) Body() (any, error) {
	type tagName struct {
		Name string `json:"name"`
	}
	var names []tagName
	for _, n := range in.Names {
		names = append(names, tagName{n})
	}
	return map[string]any{"data": names}, nil
}

// The operations on tags. Source: Dixa API v1, "Tags" and "Conversations".
var (
	ListTags              = op[ListTagsIn, []Tag]("list_tags", "GET /v1/tags", Read, shared)
	CreateTag             = op[CreateTagIn, Tag]("create_tag", "POST /v1/tags", Write, lookWith("list_tags"))
	GetTag                = op[TagRef, Tag]("get_tag", "GET /v1/tags/{tagId}", Read, shared)
	ActivateTag           = op[TagRef, None]("activate_tag", "PATCH /v1/tags/{tagId}/activate", Write, lookWith("get_tag"))
	DeactivateTag         = op[TagRef, None]("deactivate_tag", "PATCH /v1/tags/{tagId}/deactivate", Write, lookWith("get_tag"))
	DeleteTag             = op[TagRef, None]("delete_tag", "DELETE /v1/tags/{tagId}", Erase, lookWith("get_tag"))
	TagConversation       = op[ConversationTagIn, None]("tag_conversation", "PUT /v1/conversations/{conversationId}/tags/{tagId}", Write, lookWith("list_conversation_tags"))
	UntagConversation     = op[ConversationTagIn, None]("untag_conversation", "DELETE /v1/conversations/{conversationId}/tags/{tagId}", Write, lookWith("list_conversation_tags"))
	TagConversationByName = op[TagConversationByNameIn, None]("tag_conversation_by_name", "POST /v1/conversations/{conversationId}/tags/bulk", Write, idempotent, lookWith("list_conversation_tags"))
	ListConversationTags  = op[ConversationRef, []Tag]("list_conversation_tags", "GET /v1/conversations/{conversationId}/tags", Read)
)
