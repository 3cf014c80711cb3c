package dixaclient

// Message is one message of a conversation. Its attributes are a union over the channels; the typed fields are those
// that the shapes share, the rest is in the answer's bytes.
type Message struct {
	ID         UUID              `json:"id"`
	AuthorID   UUID              `json:"authorId"`
	ExternalID string            `json:"externalId"`
	CreatedAt  Time              `json:"createdAt"`
	Attributes MessageAttributes `json:"attributes"`
}

// MessageAttributes are what a message has by its channel; Type is EmailAttributes, ChatAttributes, ….
type MessageAttributes struct {
	Type        string `json:"_type"`
	Direction   string `json:"direction"`   // Inbound, Outbound
	IsAutoReply bool   `json:"isAutoReply"` // of mail: a program answered, such as an out-of-office notice
	IsAutomated bool   `json:"isAutomated"` // of chats: Dixa or a bot wrote it
}

// SentMessage is Dixa's receipt for a message.
type SentMessage struct {
	MessageID UUID   `json:"messageId"`
	Direction string `json:"direction"`
	AuthorID  UUID   `json:"authorId"`
	CreatedAt Time   `json:"createdAt"`
}

// Note is an internal note, which customers never see.
type Note struct {
	ID             UUID   `json:"id"`
	AuthorID       UUID   `json:"authorId"`
	CreatedAt      Time   `json:"createdAt"`
	ConversationID int64  `json:"csid"`
	Message        string `json:"message"`
}

// Format is how a text is written.
type TextFormat string

// Values returns Dixa's content types.
func (TextFormat) Values() []string { return []string{"Text", "Html", "Markdown"} }

// Attachment is a file that Dixa fetches from an address and keeps.
type Attachment struct {
	URL        string `json:"url"`
	PrettyName string `json:"prettyName,omitzero" jsonschema_description:"file name to show"`
}

// MessageText is the text of a message, in an argument or two instead of Dixa's content union.
type MessageText struct {
	Text   string     `json:"text,omitzero" edit:""`
	Format TextFormat `json:"format,omitzero" jsonschema_description:"default Text"`
}

// MessageExtras are the rarer arguments of a message.
type MessageExtras struct {
	Attachments      []Attachment `json:"attachments,omitzero" named:"*"`
	IntegrationEmail string       `json:"integrationEmail,omitzero" contact:"email" named:"*"`
	ExternalID       string       `json:"externalId,omitzero"`
}

// content is Dixa's content union.
type content struct {
	Value string     `json:"value"`
	Type  TextFormat `json:"_type"`
}

// message is Dixa's message union, Inbound or Outbound.
type message struct {
	Type    string      `json:"_type"`
	Content *content    `json:"content,omitzero"`
	AgentID ActingAgent `json:"agentId,omitzero"`
	MessageExtras
	Cc  []string `json:"cc,omitzero" contact:"email"`
	Bcc []string `json:"bcc,omitzero" contact:"email"`
}

// content makes the union; a message without text is one that has attachments (WhatsApp allows that).
func (t MessageText) content(attachments int) (*content, error) {
	switch {
	case t.Text != "" && t.Format == "":
		return &content{t.Text, "Text"}, nil
	case t.Text != "":
		return &content{t.Text, t.Format}, nil
	case attachments == 0:
		return nil, &InputError{Field: "text", Problem: "is required unless there are attachments (WhatsApp)"}
	}
	return nil, nil
}

// SendMessageIn is a message to the customer.
type SendMessageIn struct {
	ConversationRef
	MessageText
	AgentID ActingAgent `json:"agentId" jsonschema_description:"Dixa agent who writes"`
	MessageExtras
	Cc  []string `json:"cc,omitzero" contact:"email" named:"*"`
	Bcc []string `json:"bcc,omitzero" contact:"email" named:"*"`
}

// Body returns Dixa's Outbound message.
func (in SendMessageIn) Body() (any, error) {
	c, err := in.content(len(in.Attachments))
	return message{"Outbound", c, in.AgentID, in.MessageExtras, in.Cc, in.Bcc}, err
}

// CheckV1 refuses a message without text, which only the beta version of Dixa's API takes.
func (in SendMessageIn) CheckV1() error {
	if in.Text == "" && len(in.Attachments) > 0 {
		return &InputError{Field: "text", Problem: "is required; only the beta version of Dixa's API sends attachments alone"}
	}
	return nil
}

// RecordMessageIn is a message as if the customer had written it.
type RecordMessageIn struct {
	ConversationRef
	MessageText
	MessageExtras
}

// Body returns Dixa's Inbound message.
func (in RecordMessageIn) Body() (any, error) {
	if in.Text == "" {
		return nil, &InputError{Field: "text", Problem: "is required"}
	}
	c, err := in.content(0)
	return message{Type: "Inbound", Content: c, MessageExtras: in.MessageExtras}, err
}

// AddNoteIn is an internal note.
type AddNoteIn struct {
	ConversationRef
	Message   string      `json:"message" check:"min=1" edit:""`
	AgentID   ActingAgent `json:"agentId,omitzero" jsonschema_description:"Dixa agent who writes; default: the API token's user"`
	CreatedAt Time        `json:"createdAt,omitzero" jsonschema_description:"default now"`
}

// NewNote is an internal note to add with others.
type NewNote struct {
	Message   string `json:"message" check:"min=1"`
	CreatedAt Time   `json:"createdAt,omitzero" jsonschema_description:"default now"`
}

// AddNotesIn are internal notes by one author.
type AddNotesIn struct {
	ConversationRef
	Items   []NewNote   `json:"items" check:"min=1,max=100"`
	AgentID ActingAgent `json:"agentId,omitzero" jsonschema_description:"Dixa agent who writes; default: the API token's user"`
}

// Body returns Dixa's form of the notes, which names the author in each.
func (in AddNotesIn) Body() (any, error) {
	type note struct {
		NewNote
		AgentID ActingAgent `json:"agentId,omitzero"`
	}
	var notes []note
	for _, n := range in.Items {
		notes = append(notes, note{n, in.AgentID})
	}
	return map[string]any{"data": notes}, nil
}

// ListMessagesIn names a conversation.
type ListMessagesIn struct{ ConversationRef }

// ListNotesIn names a conversation.
type ListNotesIn struct{ ConversationRef }

// The operations on messages and internal notes. Source: Dixa API v1, "Messages" and "Internal Notes". Sending and
// recording are one operation of Dixa with two directions; what they do to the world differs.
var (
	ListMessages  = op[ListMessagesIn, []Message]("list_messages", "GET /v1/conversations/{conversationId}/messages", Read)
	SendMessage   = op[SendMessageIn, SentMessage]("send_message", "POST /v1/conversations/{conversationId}/messages", Send, lookWith("list_messages"))
	RecordMessage = op[RecordMessageIn, SentMessage]("record_message", "POST /v1/conversations/{conversationId}/messages", Send, lookWith("list_messages"))
	ListNotes     = op[ListNotesIn, []Note]("list_notes", "GET /v1/conversations/{conversationId}/notes", Read)
	AddNote       = op[AddNoteIn, Note]("add_note", "POST /v1/conversations/{conversationId}/notes", Write, lookWith("list_notes"))
	AddNotes      = op[AddNotesIn, []BulkOutcome[Note]]("add_notes", "POST /v1/conversations/{conversationId}/notes/bulk", Write, lookWith("list_notes"))
)
