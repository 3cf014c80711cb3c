package conversations

import (
	"time"

	"dixa-mcp/internal/offline/desk"
	"dixa-mcp/internal/offline/wire"
)

// conversationWire has the fields of all shapes of a conversation; which are set depends on the shape.
type conversationWire struct {
	ID                    int64                 `json:"id"`
	RequesterID           string                `json:"requesterId"`
	Channel               string                `json:"channel"`
	CreatedAt             string                `json:"createdAt"`
	Direction             string                `json:"direction,omitzero"`
	State                 string                `json:"state,omitzero"`
	StateUpdatedAt        string                `json:"stateUpdatedAt,omitzero"`
	AnonymizedAt          string                `json:"anonymizedAt,omitzero"`
	Assignment            *assignment           `json:"assignment,omitzero"`
	Queue                 *inQueue              `json:"queue,omitzero"`
	BrowserInfo           *desk.Browser         `json:"browserInfo,omitzero"`
	FromEmail             string                `json:"fromEmail,omitzero"`
	ToEmail               string                `json:"toEmail,omitzero"`
	IntegrationEmail      string                `json:"integrationEmail,omitzero"`
	FromNumber            string                `json:"fromNumber,omitzero"`
	ToNumber              string                `json:"toNumber,omitzero"`
	ConversationType      string                `json:"conversationType,omitzero"`
	ContactPointTwitterID string                `json:"contactPointTwitterId,omitzero"`
	EndUserTwitterID      string                `json:"endUserTwitterId,omitzero"`
	FromContactPointID    string                `json:"fromContactPointId,omitzero"`
	ToContactPointID      string                `json:"toContactPointId,omitzero"`
	Language              string                `json:"language,omitzero"`
	Subject               string                `json:"subject,omitzero"`
	Link                  *desk.Link            `json:"link,omitzero"`
	CustomAttributes      []desk.AttributeValue `json:"customAttributes,omitzero"`
	TransportExpiresAt    string                `json:"transportExpiresAt,omitzero"`
	Type                  string                `json:"_type"`
}

type assignment struct {
	AgentID    string `json:"agentId"`
	AssignedAt string `json:"assignedAt"`
}

type inQueue struct {
	ID       string `json:"id"`
	QueuedAt string `json:"queuedAt,omitzero"`
}

// wireConversation writes a conversation as Dixa does. Lists leave the custom attributes out.
func wireConversation(w *desk.World, c *desk.Conversation, withAttributes bool) conversationWire {
	v := conversationWire{
		ID: c.ID, RequesterID: c.Requester, Channel: c.Channel.Name, CreatedAt: wire.PlainTime(c.Created), Direction: c.Direction,
		State: c.State, StateUpdatedAt: wire.PlainTime(c.StateChanged), Type: c.Channel.Shape,
	}
	if c.Link != nil && c.Link.Type != "Related" { // the contract's links have no type for these
		v.Link = c.Link
	}
	if withAttributes {
		v.CustomAttributes = w.Values(c.Attributes)
	}
	if !c.Anonymized.IsZero() {
		v.AnonymizedAt, v.Type = wire.PlainTime(c.Anonymized), "AnonymizedConversation"
		return v
	}
	if c.Agent != "" {
		v.Assignment = &assignment{c.Agent, wire.PlainTime(c.Assigned)}
	}
	if c.Queue != "" {
		v.Queue = &inQueue{c.Queue, wire.PlainTime(c.Queued)}
	}
	wireByShape(w, c, &v)
	return v
}

// wireByShape sets the fields that only some shapes have.
func wireByShape(w *desk.World, c *desk.Conversation, v *conversationWire) {
	u := w.Users.ByID[c.Requester]
	switch c.Channel.Shape {
	case "EmailConversation", "ContactFormConversation":
		v.Subject, v.Language, v.IntegrationEmail = c.Subject, c.Language, c.Endpoint
		v.FromEmail, v.ToEmail = u.Email, c.Endpoint
		if c.Direction == "Outbound" {
			v.FromEmail, v.ToEmail = c.Endpoint, u.Email
		}
	case "ChatConversation", "MessengerConversation":
		v.Language, v.BrowserInfo = c.Language, c.Browser
	case "SmsConversation":
		v.FromNumber, v.ToNumber = u.PhoneNumber, c.Endpoint
		if c.Direction == "Outbound" {
			v.FromNumber, v.ToNumber = c.Endpoint, u.PhoneNumber
		}
	case "TwitterConversation":
		v.ConversationType, v.ContactPointTwitterID, v.EndUserTwitterID = "DirectMessage", "900100200", "77"+u.ID[:6]
	case "GenericConversation":
		v.FromContactPointID, v.ToContactPointID = u.ID, c.Channel.Search
	case "WhatsAppConversation", "FacebookMessengerConversation":
		if c.State != desk.StateClosed {
			v.TransportExpiresAt = wire.PlainTime(c.LastMessage.Add(24 * time.Hour)) // their rule for answers
		}
	}
}

// lastWords returns the time of the newest message in a list.
func lastWords(messages []*desk.Message) time.Time {
	var last time.Time
	for _, m := range messages {
		if m.At.After(last) {
			last = m.At
		}
	}
	return last
}
