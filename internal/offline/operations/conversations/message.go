package conversations

import (
	"dixa-mcp/internal/offline/desk"
	"dixa-mcp/internal/offline/wire"
)

type messageWire struct {
	ID         string                 `json:"id"`
	AuthorID   string                 `json:"authorId"`
	ExternalID string                 `json:"externalId,omitzero"`
	CreatedAt  string                 `json:"createdAt"`
	Attributes desk.MessageAttributes `json:"attributes"`
}

func wireMessage(m *desk.Message) messageWire {
	return messageWire{m.ID, m.Author, m.External, wire.ZonedTime(m.At), m.Attributes}
}
