package conversations

import (
	"strings"
	"time"

	"dixa-mcp/internal/offline/desk"
	"dixa-mcp/internal/offline/operations/call"
	"dixa-mcp/internal/offline/wire"
)

var importRoutes = []call.Route{
	{Pattern: "POST /v1/conversations/import", Status: 201, Handle: importConversation},
}

// The body of importConversation, by `_type`. It is no union in the contract, but carries a `_type` all the same.
type (
	importIn interface{ isImport() }

	genericImportIn struct {
		GenericChannelName        string            `wire:"genericChannelName,required"`
		RequesterID               string            `wire:"requesterId,required,uuid"`
		RequesterConnectionStatus string            `wire:"requesterConnectionStatus,Connected|Disconnected"`
		Direction                 string            `wire:"direction,required,Inbound|Outbound"`
		Messages                  []importMessageIn `wire:"messages"`
		CreatedAt                 time.Time         `wire:"createdAt,required"`
		Assignment                *importAssignment `wire:"assignment"`
		ExternalID                string            `wire:"externalId"`
		Closing                   *importClosing    `wire:"closing"`
		Attributes                any               `wire:"attributes"`
	}
	importAssignment struct {
		AgentID    string    `wire:"agentId,required,uuid"`
		AssignedAt time.Time `wire:"assignedAt,required"`
	}
	importClosing struct {
		ClosedAt time.Time `wire:"closedAt,required"`
		ClosedBy string    `wire:"closedBy,required,uuid"`
	}

	importMessageIn interface{ isImportMessage() }

	inboundImportIn struct {
		Content     contentIn   `wire:"content,required"`
		Attachments []desk.File `wire:"attachments"`
		ExternalID  string      `wire:"externalId"`
		CreatedAt   time.Time   `wire:"createdAt,required"`
		Attributes  any         `wire:"attributes"`
	}
	outboundImportIn struct {
		Content     contentIn   `wire:"content,required"`
		AgentID     string      `wire:"agentId,required,uuid"`
		Attachments []desk.File `wire:"attachments"`
		ExternalID  string      `wire:"externalId"`
		CreatedAt   time.Time   `wire:"createdAt,required"`
		Attributes  any         `wire:"attributes"`
	}
)

func (genericImportIn) isImport()         {}
func (inboundImportIn) isImportMessage()  {}
func (outboundImportIn) isImportMessage() {}

type partialError struct {
	Message string `json:"message"`
}

type imported struct {
	ID            int64          `json:"id"`
	PartialErrors []partialError `json:"partialErrors,omitzero"`
}

// importConversation takes over a conversation from elsewhere, with its own times. What cannot be taken over with it comes back as
// partial errors.
func importConversation(c *call.Call) (any, error) {
	body, err := call.Decode[importIn](c)
	if err != nil {
		return nil, err
	}
	in := body.(genericImportIn) // the union has no other member
	cv, err := importedConversation(c, in)
	if err != nil {
		return nil, err
	}
	out := imported{}
	if in.Assignment != nil && !c.Agents.Has(strings.ToLower(in.Assignment.AgentID)) {
		out.PartialErrors = append(out.PartialErrors, partialError{"The conversation could not be assigned"})
	} else if in.Assignment != nil {
		cv.Agent, cv.Assigned = strings.ToLower(in.Assignment.AgentID), in.Assignment.AssignedAt
	}
	messages, err := importedMessages(c, cv, in.Messages)
	if err != nil {
		return nil, err
	}
	if in.Closing != nil {
		if !c.Agents.Has(strings.ToLower(in.Closing.ClosedBy)) {
			return nil, wire.Invalid("Agent does not exist")
		}
		cv.Enter(desk.StateClosed, in.Closing.ClosedAt)
		cv.Closed, cv.ClosedBy = in.Closing.ClosedAt, strings.ToLower(in.Closing.ClosedBy)
	}
	cv.ID = int64(desk.FirstConversation + len(c.Conversations))
	c.AddConversation(cv)
	c.Did(call.Itoa(cv.ID), "conversation imported")
	cv.Messages, out.ID = messages, cv.ID
	cv.LastMessage = desk.Latest(cv.Created, lastWords(messages))
	cv.Touched = desk.Latest(cv.LastMessage, cv.StateChanged, cv.Assigned)
	kind := "ConversationCreatedByCustomer"
	if cv.Direction == "Outbound" {
		kind = "ConversationCreatedByAgent"
	}
	logEntry(c, cv, kind, cv.Requester, desk.Created{Subject: cv.Subject, Type: "ConversationCreatedAttribute"})
	return wire.Data{Data: out}, nil
}

// importedConversation returns the imported conversation without its messages.
func importedConversation(c *call.Call, in genericImportIn) (*desk.Conversation, error) {
	u := c.Users.ByID[strings.ToLower(in.RequesterID)]
	if u == nil {
		return nil, wire.Invalid("Requester does not exist")
	}
	cv := &desk.Conversation{Requester: u.ID, Direction: in.Direction, Attributes: map[string]any{}, State: desk.StateOpen, Created: in.CreatedAt,
		StateChanged: in.CreatedAt, Queue: c.DefaultQueue(), Queued: in.CreatedAt, Own: true}
	extra, _ := in.Attributes.(map[string]any)
	switch in.GenericChannelName {
	case "email":
		cv.Channel = channelOf("EmailConversation")
		cv.Subject, _ = extra["subject"].(string)
		cv.Endpoint, _ = extra["emailIntegrationId"].(string)
		if e, ok := c.EndpointNamed(cv.Endpoint); !ok || e.Type != "EmailEndpoint" {
			return nil, wire.ErrParam.Because("attributes.emailIntegrationId is no e-mail endpoint of this organization")
		}
	case "genericapimessaging":
		cv.Channel = channelOf("GenericConversation")
	default:
		return nil, wire.Invalid("Unsupported ConversationChannel")
	}
	return cv, nil
}

func importedMessages(c *call.Call, cv *desk.Conversation, in []importMessageIn) ([]*desk.Message, error) {
	messages := []*desk.Message{}
	for _, one := range in {
		m := &desk.Message{ID: c.NewID()}
		var words *desk.Content
		var files []desk.File
		switch in := one.(type) {
		case inboundImportIn:
			m.Author, m.External, m.At, words, files = cv.Requester, in.ExternalID, in.CreatedAt, in.Content.content(), in.Attachments
			if extra, ok := in.Attributes.(map[string]any); ok && extra["requesterId"] != nil { // e-mails may have another author
				if id, _ := extra["requesterId"].(string); c.Users.Has(strings.ToLower(id)) {
					m.Author = strings.ToLower(id)
				}
			}
		case outboundImportIn:
			m.Author, m.External, m.At, words, files = strings.ToLower(in.AgentID), in.ExternalID, in.CreatedAt, in.Content.content(), in.Attachments
			m.Out = true
			if !c.Agents.Has(m.Author) {
				return nil, wire.Invalid("Agent does not exist")
			}
		}
		m.Text = desk.PlainText(*words)
		dress(c, cv, m, words, wire.List(files))
		messages = append(messages, m)
	}
	return messages, nil
}

// channelOf finds the channel of a shape; the first of them where there are several.
func channelOf(shape string) *desk.Channel {
	for _, ch := range desk.Channels {
		if ch.Shape == shape {
			return ch
		}
	}
	return nil
}
