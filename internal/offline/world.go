package offline

import "dixa-mcp/internal/offline/desk"

// thisConversation returns the conversation in the path.
func (c *call) thisConversation() (*desk.Conversation, error) {
	return c.Conversation(c.Number("conversationId"))
}
