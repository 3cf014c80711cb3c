package dixaclient

// NewChannel is a channel on which a conversation can be created.
type NewChannel string

// Values returns the five kinds of Dixa's union.
func (NewChannel) Values() []string {
	return []string{"Email", "ContactForm", "Chat", "Sms", "Callback"}
}

// Direction says who writes first: Inbound is the end user, Outbound the Dixa agent.
type Direction string

// Values returns the two directions that can be created.
func (Direction) Values() []string { return []string{"Inbound", "Outbound"} }

// BrowserInfo is what a chat's visitor came with.
type BrowserInfo struct {
	Name           string `json:"name"`
	Version        string `json:"version,omitzero"`
	IPAddress      string `json:"ipAddress,omitzero"`
	OriginatingURL string `json:"originatingUrl,omitzero"`
}

// ConversationStart are the arguments that some channels need and that Dixa takes as they are.
type ConversationStart struct {
	EmailIntegrationID Name         `json:"emailIntegrationId,omitzero" contact:"email" jsonschema_description:"Email, Contact Form: address from list_contact_endpoints"`
	Subject            string       `json:"subject,omitzero" jsonschema_description:"Email, Contact Form"`
	ContactEndpointID  Name         `json:"contactEndpointId,omitzero" contact:"number" jsonschema_description:"SMS, Callback: own E.164 number"`
	WidgetID           UUID         `json:"widgetId,omitzero" jsonschema_description:"Chat"`
	QueueID            UUID         `json:"queueId,omitzero" jsonschema_description:"Callback"`
	Language           string       `json:"language,omitzero" jsonschema_description:"Email, Contact Form, Chat"`
	BrowserInfo        *BrowserInfo `json:"browserInfo,omitzero" jsonschema_description:"Chat"`
}

// CreateConversationIn is a new conversation and its first message; a Callback has none.
type CreateConversationIn struct {
	Channel     NewChannel `json:"channel" jsonschema_description:"Email and Contact Form need emailIntegrationId, subject, text; Chat widgetId, text; SMS contactEndpointId, text, Outbound; Callback contactEndpointId, queueId"`
	Direction   Direction  `json:"direction" named:"Inbound"`
	RequesterID UUID       `json:"requesterId" jsonschema_description:"end user"`
	MessageText
	AgentID ActingAgent `json:"agentId,omitzero" jsonschema_description:"Outbound: author"`
	ConversationStart
	MessageExtras
	Cc  []string `json:"cc,omitzero" contact:"email" named:"*" jsonschema_description:"Outbound"`
	Bcc []string `json:"bcc,omitzero" contact:"email" named:"*" jsonschema_description:"Outbound"`
}

var newConversationArguments = map[NewChannel]arguments{
	"Email":       {"emailIntegrationId subject text", "language attachments integrationEmail externalId cc bcc"},
	"ContactForm": {"emailIntegrationId subject text", "language attachments integrationEmail externalId cc bcc"},
	"Chat":        {"widgetId text", "language browserInfo attachments integrationEmail externalId cc bcc"},
	"Sms":         {"contactEndpointId text", "attachments integrationEmail externalId cc bcc"},
	"Callback":    {"contactEndpointId queueId", ""},
}

// newConversation is Dixa's union of the channels.
type newConversation struct {
	Type        NewChannel `json:"_type"`
	RequesterID UUID       `json:"requesterId"`
	Direction   Direction  `json:"direction,omitzero"`
	Message     *message   `json:"message,omitzero"`
	ConversationStart
}

// Body returns Dixa's form of the conversation. An agentId that is given where no one acts is left out, not refused: it may
// have been filled in for the caller.
func (in CreateConversationIn) Body() (any, error) {
	err := newConversationArguments[in.Channel].check(string(in.Channel), map[string]bool{
		"emailIntegrationId": in.EmailIntegrationID != "", "subject": in.Subject != "", "contactEndpointId": in.ContactEndpointID != "",
		"widgetId": in.WidgetID != "", "queueId": in.QueueID != "", "language": in.Language != "", "browserInfo": in.BrowserInfo != nil,
		"text": in.Text != "", "attachments": in.Attachments != nil, "integrationEmail": in.IntegrationEmail != "",
		"externalId": in.ExternalID != "", "cc": in.Cc != nil, "bcc": in.Bcc != nil,
	})
	if err != nil {
		return nil, err
	}
	b := newConversation{Type: in.Channel, RequesterID: in.RequesterID, ConversationStart: in.ConversationStart}
	if in.Channel == "Callback" {
		b.Direction = in.Direction
		return b, nil
	}
	b.Message, err = in.message()
	return b, err
}

// message returns the first message, in Dixa's union.
func (in CreateConversationIn) message() (*message, error) {
	c, err := in.content(0)
	switch {
	case err != nil:
		return nil, err
	case in.Direction == "Outbound" && in.AgentID == "":
		return nil, &InputError{Field: "agentId", Problem: "is missing: Outbound needs the Dixa agent who writes"}
	case in.Direction == "Outbound":
		return &message{"Outbound", c, in.AgentID, in.MessageExtras, in.Cc, in.Bcc}, nil
	case in.Channel == "Sms":
		return nil, &InputError{Field: "direction", Problem: "must be Outbound for Sms"}
	case in.Cc != nil || in.Bcc != nil:
		return nil, &InputError{Problem: "cc and bcc go with direction Outbound"}
	}
	return &message{Type: "Inbound", Content: c, MessageExtras: in.MessageExtras}, nil
}

// CreatedConversation is the id of the new conversation.
type CreatedConversation struct {
	ID int64 `json:"id"`
}

// CreateConversation begins a conversation. Source: Dixa API v1, "Conversations".
var CreateConversation = op[CreateConversationIn, CreatedConversation]("create_conversation", "POST /v1/conversations", Send, lookWith("list_end_user_conversations"))
