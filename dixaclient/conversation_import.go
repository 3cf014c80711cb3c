package dixaclient

import (
	"errors"
	"fmt"
)

// ImportChannel is a channel whose history can be imported.
type ImportChannel string

// Values returns the two channels that Dixa supports.
func (ImportChannel) Values() []string { return []string{"email", "genericapimessaging"} }

// ConnectionStatus is whether the requester was there.
type ConnectionStatus string

// Values returns the two states.
func (ConnectionStatus) Values() []string { return []string{"Connected", "Disconnected"} }

// ImportedMessage is a message of the past.
type ImportedMessage struct {
	Direction Direction `json:"direction"`
	CreatedAt Time      `json:"createdAt"`
	MessageText
	AttachmentURLs []string `json:"attachmentUrls,omitzero"`
	ExternalID     string   `json:"externalId,omitzero"`
	AuthorID       UUID     `json:"authorId,omitzero" jsonschema_description:"email, Inbound: end user other than the requester"`
	Cc             []string `json:"cc,omitzero" contact:"email" jsonschema_description:"email, Outbound"`
	Bcc            []string `json:"bcc,omitzero" contact:"email" jsonschema_description:"email, Outbound"`
}

// ImportConversationIn is a conversation of the past. All outbound messages have one author, since no one may put words
// into the mouth of a Dixa agent in whose name they do not act.
type ImportConversationIn struct {
	GenericChannelName        ImportChannel     `json:"genericChannelName"`
	RequesterID               UUID              `json:"requesterId" jsonschema_description:"end user"`
	Direction                 Direction         `json:"direction"`
	CreatedAt                 Time              `json:"createdAt"`
	Messages                  []ImportedMessage `json:"messages,omitzero"`
	AgentID                   ActingAgent       `json:"agentId,omitzero" jsonschema_description:"author of Outbound messages, and who closed it"`
	EmailIntegrationID        Name              `json:"emailIntegrationId,omitzero" contact:"email" jsonschema_description:"email"`
	Subject                   string            `json:"subject,omitzero" jsonschema_description:"email"`
	AssigneeID                UUID              `json:"assigneeId,omitzero" jsonschema_description:"with assignedAt"`
	AssignedAt                Time              `json:"assignedAt,omitzero"`
	ClosedAt                  Time              `json:"closedAt,omitzero"`
	RequesterConnectionStatus ConnectionStatus  `json:"requesterConnectionStatus,omitzero"`
	ExternalID                string            `json:"externalId,omitzero"`
}

// ImportedConversation is the new conversation; PartialErrors are messages that were not imported.
type ImportedConversation struct {
	ID            int64 `json:"id"`
	PartialErrors []struct {
		Message string `json:"message"`
	} `json:"partialErrors"`
}

// importBody is Dixa's form of the conversation. Its attributes and those of its messages are documented by examples only.
type importBody struct {
	Type                      string            `json:"_type"`
	GenericChannelName        ImportChannel     `json:"genericChannelName"`
	RequesterID               UUID              `json:"requesterId"`
	RequesterConnectionStatus ConnectionStatus  `json:"requesterConnectionStatus,omitzero"`
	Direction                 Direction         `json:"direction"`
	CreatedAt                 Time              `json:"createdAt"`
	ExternalID                string            `json:"externalId,omitzero"`
	Messages                  []importMessage   `json:"messages,omitzero"`
	Assignment                *Assignment       `json:"assignment,omitzero"`
	Closing                   *importClosing    `json:"closing,omitzero"`
	Attributes                *importAttributes `json:"attributes,omitzero"`
}

type importMessage struct {
	Type        string            `json:"_type"`
	Content     *content          `json:"content"`
	AgentID     ActingAgent       `json:"agentId,omitzero"`
	Attachments []Attachment      `json:"attachments,omitzero"`
	ExternalID  string            `json:"externalId,omitzero"`
	CreatedAt   Time              `json:"createdAt"`
	Attributes  *importAttributes `json:"attributes,omitzero"`
}

type importClosing struct {
	ClosedAt Time        `json:"closedAt"`
	ClosedBy ActingAgent `json:"closedBy"`
}

type importAttributes struct {
	EmailIntegrationID Name     `json:"emailIntegrationId,omitzero" contact:"email"`
	Subject            string   `json:"subject,omitzero"`
	RequesterID        UUID     `json:"requesterId,omitzero"`
	Cc                 []string `json:"cc,omitzero" contact:"email"`
	Bcc                []string `json:"bcc,omitzero" contact:"email"`
}

// Body returns Dixa's form of the conversation.
func (in ImportConversationIn) Body() (any, error) {
	b := importBody{Type: "GenericConversationImport", GenericChannelName: in.GenericChannelName, RequesterID: in.RequesterID,
		RequesterConnectionStatus: in.RequesterConnectionStatus, Direction: in.Direction, CreatedAt: in.CreatedAt, ExternalID: in.ExternalID}
	email := in.GenericChannelName == "email"
	switch {
	case (in.AssigneeID == "") != in.AssignedAt.IsZero():
		return nil, &InputError{Problem: "assigneeId and assignedAt go together"}
	case !in.ClosedAt.IsZero() && in.AgentID == "":
		return nil, &InputError{Field: "agentId", Problem: "is missing: closedAt needs the Dixa agent who closed it"}
	case !email && (in.EmailIntegrationID != "" || in.Subject != ""):
		return nil, &InputError{Problem: "emailIntegrationId and subject go with email"}
	}
	if in.AssigneeID != "" {
		b.Assignment = &Assignment{in.AssigneeID, in.AssignedAt}
	}
	if !in.ClosedAt.IsZero() {
		b.Closing = &importClosing{in.ClosedAt, in.AgentID}
	}
	if email {
		b.Attributes = &importAttributes{EmailIntegrationID: in.EmailIntegrationID, Subject: in.Subject}
	}
	for i, m := range in.Messages {
		w, err := in.message(m)
		if err != nil {
			return nil, &InputError{Field: fmt.Sprintf("messages[%d]", i), Problem: err.Error()}
		}
		b.Messages = append(b.Messages, w)
	}
	return b, nil
}

// message returns Dixa's form of one message.
func (in ImportConversationIn) message(m ImportedMessage) (importMessage, error) {
	w := importMessage{Type: string(m.Direction) + "Import", ExternalID: m.ExternalID, CreatedAt: m.CreatedAt}
	email, outbound := in.GenericChannelName == "email", m.Direction == "Outbound"
	switch {
	case m.Text == "":
		return w, errors.New("needs text")
	case outbound && in.AgentID == "":
		return w, errors.New("is Outbound and needs agentId, the Dixa agent who wrote it")
	case m.AuthorID != "" && (!email || outbound):
		return w, errors.New("takes authorId only when it is Inbound and email")
	case (m.Cc != nil || m.Bcc != nil) && (!email || !outbound):
		return w, errors.New("takes cc and bcc only when it is Outbound and email")
	}
	if outbound {
		w.AgentID = in.AgentID
	}
	if email {
		w.Attributes = &importAttributes{in.EmailIntegrationID, "", m.AuthorID, m.Cc, m.Bcc}
	}
	for _, u := range m.AttachmentURLs {
		w.Attachments = append(w.Attachments, Attachment{URL: u})
	}
	var err error
	w.Content, err = m.content(0)
	return w, err
}

// ImportConversation puts a conversation of the past into Dixa; no message is sent. Source: Dixa API v1, "Conversations".
var ImportConversation = op[ImportConversationIn, ImportedConversation]("import_conversation", "POST /v1/conversations/import", Write, lookWith("list_end_user_conversations"))
