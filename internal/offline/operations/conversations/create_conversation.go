package conversations

import (
	"strings"

	"dixa-mcp/internal/offline/desk"
	"dixa-mcp/internal/offline/operations/call"
	"dixa-mcp/internal/offline/wire"
)

// The bodies of createConversation, by `_type`.
type (
	conversationIn interface{ isConversation() }

	mailIn struct { // Email and ContactForm
		RequesterID        string    `wire:"requesterId,required,uuid"`
		EmailIntegrationID string    `wire:"emailIntegrationId,required"`
		Subject            string    `wire:"subject,required"`
		Message            messageIn `wire:"message,required"`
		Language           string    `wire:"language"`
	}
	emailIn       struct{ mailIn }
	contactFormIn struct{ mailIn }
	chatIn        struct {
		RequesterID string        `wire:"requesterId,required,uuid"`
		WidgetID    string        `wire:"widgetId,required,uuid"`
		Message     messageIn     `wire:"message,required"`
		BrowserInfo *desk.Browser `wire:"browserInfo"`
		Language    string        `wire:"language"`
	}
	smsIn struct {
		RequesterID       string    `wire:"requesterId,required,uuid"`
		ContactEndpointID string    `wire:"contactEndpointId,required"`
		Message           messageIn `wire:"message,required"`
	}
	callbackIn struct {
		RequesterID       string `wire:"requesterId,required,uuid"`
		Direction         string `wire:"direction,required,Inbound|Outbound"`
		ContactEndpointID string `wire:"contactEndpointId,required"`
		QueueID           string `wire:"queueId,required,uuid"`
	}
)

func (mailIn) isConversation()     {}
func (chatIn) isConversation()     {}
func (smsIn) isConversation()      {}
func (callbackIn) isConversation() {}

// startConversation is what the kinds of a new conversation have in common.
type start struct {
	channel, requester, subject, language, endpoint, kind string // kind of endpoint
	direction, queue                                      string
	browser                                               *desk.Browser
	message                                               messageIn
}

func (in mailIn) start(channel string) start {
	return start{channel: channel, requester: in.RequesterID, subject: in.Subject, language: in.Language, endpoint: in.EmailIntegrationID,
		kind: "EmailEndpoint", message: in.Message}
}

func createConversation(c *call.Call) (any, error) {
	body, err := call.Decode[conversationIn](c)
	if err != nil {
		return nil, err
	}
	var s start
	switch in := body.(type) {
	case emailIn:
		s = in.start("Email")
	case contactFormIn:
		s = in.start("ContactForm")
	case chatIn:
		s = start{channel: "WidgetChat", requester: in.RequesterID, language: in.Language, browser: in.BrowserInfo, message: in.Message}
	case smsIn:
		s = start{channel: "Sms", requester: in.RequesterID, endpoint: in.ContactEndpointID, kind: "TelephonyEndpoint", message: in.Message}
	case callbackIn:
		s = start{channel: "Callback", requester: in.RequesterID, endpoint: in.ContactEndpointID, kind: "TelephonyEndpoint",
			direction: in.Direction, queue: in.QueueID}
	}
	cv, err := startConversation(c, s)
	if err != nil {
		return nil, err
	}
	return wire.Data{Data: map[string]int64{"id": cv.ID}}, nil
}

// startConversation makes the conversation, with its first message where it has one.
func startConversation(c *call.Call, s start) (*desk.Conversation, error) {
	u, err := c.Users.Get(strings.ToLower(s.requester))
	if err != nil {
		return nil, err
	}
	if e, ok := c.EndpointNamed(s.endpoint); s.kind != "" && (!ok || e.Type != s.kind) {
		return nil, wire.ErrParam.Because("%q is no %s of this organization", s.endpoint, s.kind)
	}
	if s.queue == "" {
		s.queue = c.DefaultQueue()
	} else if !c.Queues.Has(strings.ToLower(s.queue)) {
		return nil, wire.Invalid("Queue does not exist")
	}
	cv := &desk.Conversation{
		ID: int64(desk.FirstConversation + len(c.Conversations)), Requester: u.ID, Language: s.language, Direction: s.direction, Subject: s.subject,
		Endpoint: s.endpoint, Browser: s.browser, Attributes: map[string]any{}, State: desk.StateOpen, Created: c.Now, StateChanged: c.Now,
		Touched: c.Now, LastMessage: c.Now, Queue: strings.ToLower(s.queue), Queued: c.Now, Own: true,
	}
	cv.Channel = desk.ChannelNamed(s.channel)
	var m *desk.Message
	if s.message != nil {
		if m, err = compose(c, cv, s.message); err != nil {
			return nil, err
		}
		cv.Direction = desk.Side(m.Out)
	}
	c.AddConversation(cv)
	c.Did(call.Itoa(cv.ID), cv.Channel.Name+" conversation created")
	beginConversation(c, cv, m)
	return cv, nil
}

// beginConversation logs the creation and adds the first message. Who writes first to a customer has the conversation.
func beginConversation(c *call.Call, cv *desk.Conversation, m *desk.Message) {
	kind, who := "ConversationCreatedByCustomer", cv.Requester
	if cv.Direction == "Outbound" {
		kind, who = "ConversationCreatedByAgent", c.Owner()
		if m != nil {
			who = m.Author
			cv.Agent, cv.Assigned = who, c.Now
		}
	}
	logEntry(c, cv, kind, who, desk.Created{Subject: cv.Subject, Type: "ConversationCreatedAttribute"})
	c.Emit(cv, "ConversationCreated", nil)
	if cv.Agent == "" {
		c.Emit(cv, "ConversationEnqueued", nil)
	}
	if m != nil {
		appendMessage(c, cv, m)
	}
}
