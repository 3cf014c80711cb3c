package schemas

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestNearest(t *testing.T) {
	args := []string{"conversationId", "agentId", "createdAfter", "createdBefore", "pageLimit", "q"}
	tools := []string{"search_conversations", "get_conversation", "list_conversation_notes", "add_internal_note", "list_tags"}
	for _, c := range []struct {
		word string
		of   []string
		want string
	}{
		{"conversationId", args, "conversationId"},
		{"ConversationID", args, "conversationId"},
		{"conversation_id", args, "conversationId"},
		{"conversatoinId", args, "conversationId"},
		{"сonversationId", args, "conversationId"}, // Cyrillic с
		{"created_before", args, "createdBefore"},
		{"limit", args, "pageLimit"},
		{"created", args, ""}, // two contain it
		{"userId", args, ""},
		{"x", args, ""},
		{"Q", args, "q"},
		{"", args, ""},
		{"--", args, ""},
		{"zebra", args, ""},
		{"search_conversation", tools, "search_conversations"},
		{"get_conversation_notes", tools, "list_conversation_notes"},
		{"list_tag", tools, "list_tags"},
		{"internal_note", tools, "add_internal_note"},
		{"close", nil, ""},
		{string(make([]byte, 1<<20)), tools, ""},
	} {
		require.Equal(t, c.want, Nearest(c.word, c.of), "%.30q", c.word)
	}
}
