package conversations

import (
	"path"
	"slices"
	"strings"

	"dixa-mcp/internal/offline/desk"
	"dixa-mcp/internal/offline/hooks"
	"dixa-mcp/internal/offline/operations/call"
	"dixa-mcp/internal/offline/wire"
)

var messageRoutes = []call.Route{
	{Pattern: "GET /v1/conversations/{conversationId}/messages", Status: 200, Handle: listMessages},
	{Pattern: "POST /v1/conversations/{conversationId}/messages", Status: 200, Handle: addMessage},
}

// The bodies of a message and of its content, by `_type`.
type (
	messageIn interface{ isMessage() }

	inboundIn struct {
		Content          contentIn   `wire:"content,required"`
		Attachments      []desk.File `wire:"attachments"`
		IntegrationEmail string      `wire:"integrationEmail"`
		ExternalID       string      `wire:"externalId"`
	}
	outboundIn struct {
		Content          contentIn   `wire:"content"` // required in v1
		AgentID          string      `wire:"agentId,required,uuid"`
		Attachments      []desk.File `wire:"attachments"`
		IntegrationEmail string      `wire:"integrationEmail"`
		ExternalID       string      `wire:"externalId"`
		Cc               []string    `wire:"cc,uuid,email"` // uuids in the contract, addresses in its examples
		Bcc              []string    `wire:"bcc,uuid,email"`
	}

	contentIn interface{ content() *desk.Content }
	textIn    struct {
		Value string `wire:"value,required"`
	}
	htmlIn struct {
		Value string `wire:"value,required"`
	}
	markdownIn struct {
		Value string `wire:"value,required"`
	}
)

func (inboundIn) isMessage()  {}
func (outboundIn) isMessage() {}

func (t textIn) content() *desk.Content     { return &desk.Content{Value: t.Value, Type: "Text"} }
func (h htmlIn) content() *desk.Content     { return &desk.Content{Value: h.Value, Type: "Html"} }
func (m markdownIn) content() *desk.Content { return &desk.Content{Value: m.Value, Type: "Markdown"} }

func listMessages(c *call.Call) (any, error) {
	cv, err := c.ThisConversation()
	if err != nil {
		return nil, err
	}
	all := []messageWire{}
	for _, m := range c.Thread(cv) {
		w := wireMessage(m)
		if c.Beta && w.Attributes.Type == "TranscriptAttributes" { // v1 does not tell who speaks
			w.Attributes.Direction = desk.Side(m.Out)
		}
		all = append(all, w)
	}
	return wire.Data{Data: all}, nil
}

type createdMessage struct {
	Content    *desk.Content `json:"content,omitzero"`
	Direction  string        `json:"direction"`
	AuthorID   string        `json:"authorId"`
	ExternalID string        `json:"externalId,omitzero"`
	MessageID  string        `json:"messageId"`
	CreatedAt  string        `json:"createdAt"`
}

func addMessage(c *call.Call) (any, error) {
	cv, err := c.ThisConversation()
	if err != nil {
		return nil, err
	}
	in, err := call.Decode[messageIn](c)
	if err != nil {
		return nil, err
	}
	m, err := compose(c, cv, in)
	if err != nil {
		return nil, err
	}
	c.Detach(cv)
	appendMessage(c, cv, m)
	if !m.Out && cv.State != desk.StateOpen { // a customer who writes again wants something again
		reopenAs(c, cv, cv.Requester)
	}
	return wire.Data{Data: createdMessage{m.Words(), desk.Side(m.Out), m.Author, m.External, m.ID, wire.MilliTime(m.At)}}, nil
}

// appendMessage adds a message to a conversation that was written to.
func appendMessage(c *call.Call, cv *desk.Conversation, m *desk.Message) {
	cv.Messages = append(cv.Messages, m)
	cv.LastMessage = m.At
	cv.Touch(c.Now)
	kind := "MessageAddedByCustomer"
	if m.Out {
		kind = "MessageAddedByAgent"
	}
	logEntry(c, cv, kind, m.Author, desk.MessageAdded{MessageID: m.ID, Type: "MessageAddedAttribute"})
	c.Emit(cv, "ConversationMessageAdded", hooks.Message(c.World, cv, m))
	c.Did(m.ID, strings.ToLower(desk.Side(m.Out))+" message on conversation "+call.Itoa(cv.ID))
}

// writable are the channels that take messages through the API.
var writable = []string{"EmailConversation", "ContactFormConversation", "ChatConversation", "MessengerConversation", "SmsConversation", "WhatsAppConversation"}

// compose makes a message of a body, unless the channel does not take it.
func compose(c *call.Call, cv *desk.Conversation, in messageIn) (*desk.Message, error) {
	if !slices.Contains(writable, cv.Channel.Shape) || !cv.Anonymized.IsZero() {
		return nil, wire.Invalid("Unsupported ConversationChannel")
	}
	m := &desk.Message{At: c.Now}
	var words *desk.Content
	var files []desk.File
	var integration string
	switch in := in.(type) {
	case inboundIn:
		m.Author, m.External = cv.Requester, in.ExternalID
		words, files, integration = in.Content.content(), in.Attachments, in.IntegrationEmail
	case outboundIn:
		m.Author, m.External, m.Out = strings.ToLower(in.AgentID), in.ExternalID, true
		files, integration = in.Attachments, in.IntegrationEmail
		switch {
		case in.Content != nil:
			words = in.Content.content()
		case !c.Beta:
			return nil, wire.ErrBody.Because("content is required in v1")
		case len(files) == 0:
			return nil, wire.Invalid("Invalid input for Message").Because("a message needs content or an attachment")
		}
	}
	if m.Out && !c.Agents.Has(m.Author) {
		return nil, wire.Invalid("Invalid input for Message").Because("%s is not a Dixa agent", m.Author)
	}
	if err := checkMessage(c, cv, m, words, files, integration); err != nil {
		return nil, err
	}
	m.ID = c.NewID()
	if words != nil {
		m.Text = desk.PlainText(*words)
	}
	dress(c, cv, m, words, wire.List(files))
	if out, ok := in.(outboundIn); ok && cv.Channel.Mail() {
		m.Attributes.Cc, m.Attributes.Bcc = copies(c, out.Cc), copies(c, out.Bcc)
	}
	return m, nil
}

var whatsAppFiles = strings.Fields(".jpg .jpeg .png .pdf .doc .docx .pptx .xlsx")

// checkMessage checks a message against the rules of its channel.
func checkMessage(c *call.Call, cv *desk.Conversation, m *desk.Message, words *desk.Content, files []desk.File, integration string) error {
	wrong := wire.Invalid("Invalid input for Message")
	name := cv.Channel.Name
	if (name == "Sms" || name == "WhatsApp") && !m.Out {
		return wrong.Because("%s takes outbound messages alone", name)
	}
	if name == "WhatsApp" && (words != nil && words.Type != "Markdown" || len(files) > 1) {
		return wrong.Because("WhatsApp takes Markdown, and one attachment at most")
	}
	for _, f := range files {
		if !strings.HasPrefix(f.URL, "http://") && !strings.HasPrefix(f.URL, "https://") {
			return wire.Invalid("Failure to download attachment")
		}
		if name == "WhatsApp" && !slices.Contains(whatsAppFiles, strings.ToLower(path.Ext(f.URL))) {
			return wrong.Because("WhatsApp does not take %s", f.URL)
		}
	}
	if e, ok := c.EndpointNamed(integration); integration != "" && (!ok || e.Type != "EmailEndpoint") {
		return wrong.Because("%q is no e-mail endpoint of this organization", integration)
	}
	if m.External != "" && slices.ContainsFunc(c.Thread(cv), func(o *desk.Message) bool { return o.External == m.External }) {
		return wire.Invalid("Duplicate externalId")
	}
	return nil
}

// dress adds to a message the attributes of its channel.
func dress(c *call.Call, cv *desk.Conversation, m *desk.Message, words *desk.Content, files []desk.File) {
	u := c.Users.ByID[cv.Requester]
	m.Attributes = desk.MessageAttributes{Content: words, Direction: desk.Side(m.Out), Attachments: files, Type: cv.Channel.AttributesType}
	switch cv.Channel.AttributesType {
	case "ChatAttributes":
		m.Attributes.IsAutomated = new(false)
	case "EmailAttributes":
		ours, theirs := desk.Contact{Email: cv.Endpoint, Name: c.Organization.Name}, desk.Contact{Email: u.Email, Name: u.DisplayName}
		m.Attributes.Content = nil
		if words != nil {
			m.Attributes.EmailContent = desk.RegularContent(words)
		}
		m.Attributes.From, m.Attributes.To, m.Attributes.Cc, m.Attributes.Bcc = theirs, []desk.Contact{ours}, []desk.Contact{}, []desk.Contact{}
		m.Attributes.IsAutoReply, m.Attributes.InlineImages = new(false), []desk.File{}
		if m.Out {
			m.Attributes.From, m.Attributes.To = ours, []desk.Contact{theirs}
		}
	}
}

// copies returns the recipients of copies: addresses, or ids of people who have one.
func copies(c *call.Call, to []string) []desk.Contact {
	all := []desk.Contact{}
	for _, s := range to {
		if p := c.PersonByID(strings.ToLower(s)); p != nil {
			all = append(all, desk.Contact{Email: p.Email, Name: p.DisplayName})
		} else {
			all = append(all, desk.Contact{Email: s})
		}
	}
	return all
}
