package offline

import (
	"path"
	"slices"
	"strings"

	"dixa-mcp/internal/offline/wire"
)

var messageRoutes = []route{
	{Pattern: "GET /v1/conversations/{conversationId}/messages", Status: 200, Handle: listMessages},
	{Pattern: "POST /v1/conversations/{conversationId}/messages", Status: 200, Handle: addMessage},
}

// The bodies of a message and of its content, by `_type`.
type (
	messageIn interface{ isMessage() }

	inboundIn struct {
		Content          contentIn `wire:"content,required"`
		Attachments      []file    `wire:"attachments"`
		IntegrationEmail string    `wire:"integrationEmail"`
		ExternalID       string    `wire:"externalId"`
	}
	outboundIn struct {
		Content          contentIn `wire:"content"` // required in v1
		AgentID          string    `wire:"agentId,required,uuid"`
		Attachments      []file    `wire:"attachments"`
		IntegrationEmail string    `wire:"integrationEmail"`
		ExternalID       string    `wire:"externalId"`
		Cc               []string  `wire:"cc,uuid,email"` // uuids in the contract, addresses in its examples
		Bcc              []string  `wire:"bcc,uuid,email"`
	}

	contentIn interface{ content() *content }
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

func (t textIn) content() *content     { return &content{t.Value, "Text"} }
func (h htmlIn) content() *content     { return &content{h.Value, "Html"} }
func (m markdownIn) content() *content { return &content{m.Value, "Markdown"} }

func listMessages(c *call) (any, error) {
	cv, err := c.thisConversation()
	if err != nil {
		return nil, err
	}
	all := []messageWire{}
	for _, m := range c.thread(cv) {
		w := m.wire()
		if c.Beta && w.Attributes.Type == "TranscriptAttributes" { // v1 does not tell who speaks
			w.Attributes.Direction = side(m.out)
		}
		all = append(all, w)
	}
	return wire.Data{Data: all}, nil
}

type createdMessage struct {
	Content    *content `json:"content,omitzero"`
	Direction  string   `json:"direction"`
	AuthorID   string   `json:"authorId"`
	ExternalID string   `json:"externalId,omitzero"`
	MessageID  string   `json:"messageId"`
	CreatedAt  string   `json:"createdAt"`
}

func addMessage(c *call) (any, error) {
	cv, err := c.thisConversation()
	if err != nil {
		return nil, err
	}
	in, err := decode[messageIn](c)
	if err != nil {
		return nil, err
	}
	m, err := c.compose(cv, in)
	if err != nil {
		return nil, err
	}
	c.detach(cv)
	c.append(cv, m)
	if !m.out && cv.state != stateOpen { // a customer who writes again wants something again
		c.reopen(cv, cv.requester)
	}
	return wire.Data{Data: createdMessage{m.words(), side(m.out), m.author, m.external, m.id, wire.MilliTime(m.at)}}, nil
}

// words returns the content of a message, wherever its kind keeps it.
func (m *message) words() *content {
	if m.attrs.EmailContent != nil {
		return m.attrs.EmailContent.Content
	}
	return m.attrs.Content
}

// append adds a message to a conversation that was written to.
func (c *call) append(cv *conversation, m *message) {
	cv.messages = append(cv.messages, m)
	cv.lastMessage = m.at
	cv.touch(c.now)
	kind := "MessageAddedByCustomer"
	if m.out {
		kind = "MessageAddedByAgent"
	}
	c.log(cv, kind, m.author, messageAddedAttr{m.id, "MessageAddedAttribute"})
	c.emit(cv, "ConversationMessageAdded", c.hookedMessage(cv, m))
	c.did(m.id, strings.ToLower(side(m.out))+" message on conversation "+itoa(cv.id))
}

// writable are the channels that take messages through the API.
var writable = []string{"EmailConversation", "ContactFormConversation", "ChatConversation", "MessengerConversation", "SmsConversation", "WhatsAppConversation"}

// compose makes a message of a body, unless the channel does not take it.
func (c *call) compose(cv *conversation, in messageIn) (*message, error) {
	if !slices.Contains(writable, cv.channel.shape) || !cv.anonymized.IsZero() {
		return nil, wire.Invalid("Unsupported ConversationChannel")
	}
	m := &message{at: c.now}
	var words *content
	var files []file
	var integration string
	switch in := in.(type) {
	case inboundIn:
		m.author, m.external = cv.requester, in.ExternalID
		words, files, integration = in.Content.content(), in.Attachments, in.IntegrationEmail
	case outboundIn:
		m.author, m.external, m.out = lower(in.AgentID), in.ExternalID, true
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
	if m.out && !c.agents.has(m.author) {
		return nil, wire.Invalid("Invalid input for Message").Because("%s is not a Dixa agent", m.author)
	}
	if err := c.fits(cv, m, words, files, integration); err != nil {
		return nil, err
	}
	m.id = c.newID()
	if words != nil {
		m.text = plainText(*words)
	}
	c.dress(cv, m, words, wire.List(files))
	if out, ok := in.(outboundIn); ok && cv.channel.mail() {
		m.attrs.Cc, m.attrs.Bcc = c.copies(out.Cc), c.copies(out.Bcc)
	}
	return m, nil
}

var whatsAppFiles = strings.Fields(".jpg .jpeg .png .pdf .doc .docx .pptx .xlsx")

// fits checks a message against the rules of its channel.
func (c *call) fits(cv *conversation, m *message, words *content, files []file, integration string) error {
	wrong := wire.Invalid("Invalid input for Message")
	name := cv.channel.name
	if (name == "Sms" || name == "WhatsApp") && !m.out {
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
	if e, ok := c.endpointNamed(integration); integration != "" && (!ok || e.Type != "EmailEndpoint") {
		return wrong.Because("%q is no e-mail endpoint of this organization", integration)
	}
	if m.external != "" && slices.ContainsFunc(c.thread(cv), func(o *message) bool { return o.external == m.external }) {
		return wire.Invalid("Duplicate externalId")
	}
	return nil
}

// dress adds to a message the attributes of its channel.
func (c *call) dress(cv *conversation, m *message, words *content, files []file) {
	u := c.users.byID[cv.requester]
	m.attrs = attributes{Content: words, Direction: side(m.out), Attachments: files, Type: cv.channel.attrs}
	switch cv.channel.attrs {
	case "ChatAttributes":
		m.attrs.IsAutomated = flagged(false)
	case "EmailAttributes":
		ours, theirs := contact{cv.endpoint, c.org.name}, contact{u.Email, u.DisplayName}
		m.attrs.Content = nil
		if words != nil {
			m.attrs.EmailContent = regular(words)
		}
		m.attrs.From, m.attrs.To, m.attrs.Cc, m.attrs.Bcc = theirs, []contact{ours}, []contact{}, []contact{}
		m.attrs.IsAutoReply, m.attrs.InlineImages = flagged(false), []file{}
		if m.out {
			m.attrs.From, m.attrs.To = ours, []contact{theirs}
		}
	}
}

// copies returns the recipients of copies: addresses, or ids of people who have one.
func (c *call) copies(to []string) []contact {
	all := []contact{}
	for _, s := range to {
		if p := c.personByID(lower(s)); p != nil {
			all = append(all, contact{p.Email, p.DisplayName})
		} else {
			all = append(all, contact{Email: s})
		}
	}
	return all
}

// plainText returns the text of a content without HTML markup.
func plainText(ct content) string {
	if ct.Type != "Html" {
		return ct.Value
	}
	var b strings.Builder
	inTag := false
	for _, r := range ct.Value {
		switch {
		case r == '<':
			inTag = true
		case r == '>':
			inTag = false
			b.WriteByte(' ')
		case !inTag:
			b.WriteRune(r)
		}
	}
	return strings.Join(strings.Fields(b.String()), " ")
}
