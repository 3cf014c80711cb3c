package offline

import (
	"time"

	"dixa-mcp/internal/offline/wire"
)

var importRoutes = []route{
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
		Content     contentIn `wire:"content,required"`
		Attachments []file    `wire:"attachments"`
		ExternalID  string    `wire:"externalId"`
		CreatedAt   time.Time `wire:"createdAt,required"`
		Attributes  any       `wire:"attributes"`
	}
	outboundImportIn struct {
		Content     contentIn `wire:"content,required"`
		AgentID     string    `wire:"agentId,required,uuid"`
		Attachments []file    `wire:"attachments"`
		ExternalID  string    `wire:"externalId"`
		CreatedAt   time.Time `wire:"createdAt,required"`
		Attributes  any       `wire:"attributes"`
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
func importConversation(c *call) (any, error) {
	body, err := decode[importIn](c)
	if err != nil {
		return nil, err
	}
	in := body.(genericImportIn) // the union has no other member
	cv, err := c.imported(in)
	if err != nil {
		return nil, err
	}
	out := imported{}
	if in.Assignment != nil && !c.agents.has(lower(in.Assignment.AgentID)) {
		out.PartialErrors = append(out.PartialErrors, partialError{"The conversation could not be assigned"})
	} else if in.Assignment != nil {
		cv.agent, cv.assigned = lower(in.Assignment.AgentID), in.Assignment.AssignedAt
	}
	messages, err := c.importedMessages(cv, in.Messages)
	if err != nil {
		return nil, err
	}
	if in.Closing != nil {
		if !c.agents.has(lower(in.Closing.ClosedBy)) {
			return nil, wire.Invalid("Agent does not exist")
		}
		cv.enter(stateClosed, in.Closing.ClosedAt)
		cv.closed, cv.closedBy = in.Closing.ClosedAt, lower(in.Closing.ClosedBy)
	}
	cv.id = int64(firstConversation + len(c.conversations))
	c.addConversation(cv)
	c.did(itoa(cv.id), "conversation imported")
	cv.messages, out.ID = messages, cv.id
	cv.lastMessage = latest(cv.created, lastWords(messages))
	cv.touched = latest(cv.lastMessage, cv.stateChanged, cv.assigned)
	kind := "ConversationCreatedByCustomer"
	if cv.direction == "Outbound" {
		kind = "ConversationCreatedByAgent"
	}
	c.log(cv, kind, cv.requester, createdAttr{cv.subject, "ConversationCreatedAttribute"})
	return wire.Data{Data: out}, nil
}

// imported returns the imported conversation without its messages.
func (c *call) imported(in genericImportIn) (*conversation, error) {
	u := c.users.byID[lower(in.RequesterID)]
	if u == nil {
		return nil, wire.Invalid("Requester does not exist")
	}
	cv := &conversation{requester: u.ID, direction: in.Direction, attrs: map[string]any{}, state: stateOpen, created: in.CreatedAt,
		stateChanged: in.CreatedAt, queue: c.defaultQueue(), queued: in.CreatedAt, own: true}
	extra, _ := in.Attributes.(map[string]any)
	switch in.GenericChannelName {
	case "email":
		cv.channel = channelOf("EmailConversation")
		cv.subject, _ = extra["subject"].(string)
		cv.endpoint, _ = extra["emailIntegrationId"].(string)
		if e, ok := c.endpointNamed(cv.endpoint); !ok || e.Type != "EmailEndpoint" {
			return nil, wire.ErrParam.Because("attributes.emailIntegrationId is no e-mail endpoint of this organization")
		}
	case "genericapimessaging":
		cv.channel = channelOf("GenericConversation")
	default:
		return nil, wire.Invalid("Unsupported ConversationChannel")
	}
	return cv, nil
}

func (c *call) importedMessages(cv *conversation, in []importMessageIn) ([]*message, error) {
	messages := []*message{}
	for _, one := range in {
		m := &message{id: c.newID()}
		var words *content
		var files []file
		switch in := one.(type) {
		case inboundImportIn:
			m.author, m.external, m.at, words, files = cv.requester, in.ExternalID, in.CreatedAt, in.Content.content(), in.Attachments
			if extra, ok := in.Attributes.(map[string]any); ok && extra["requesterId"] != nil { // e-mails may have another author
				if id, _ := extra["requesterId"].(string); c.users.has(lower(id)) {
					m.author = lower(id)
				}
			}
		case outboundImportIn:
			m.author, m.external, m.at, words, files = lower(in.AgentID), in.ExternalID, in.CreatedAt, in.Content.content(), in.Attachments
			m.out = true
			if !c.agents.has(m.author) {
				return nil, wire.Invalid("Agent does not exist")
			}
		}
		m.text = plainText(*words)
		c.dress(cv, m, words, wire.List(files))
		messages = append(messages, m)
	}
	return messages, nil
}
