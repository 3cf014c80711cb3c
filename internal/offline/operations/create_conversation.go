package operations

import (
	"dixa-mcp/internal/offline/desk"
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

// start is what the kinds of a new conversation have in common.
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

func createConversation(c *call) (any, error) {
	body, err := decode[conversationIn](c)
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
	cv, err := c.start(s)
	if err != nil {
		return nil, err
	}
	return wire.Data{Data: map[string]int64{"id": cv.ID}}, nil
}

// start makes the conversation, with its first message where it has one.
func (c *call) start(s start) (*desk.Conversation, error) {
	u, err := c.Users.Get(lower(s.requester))
	if err != nil {
		return nil, err
	}
	if e, ok := c.EndpointNamed(s.endpoint); s.kind != "" && (!ok || e.Type != s.kind) {
		return nil, wire.ErrParam.Because("%q is no %s of this organization", s.endpoint, s.kind)
	}
	if s.queue == "" {
		s.queue = c.DefaultQueue()
	} else if !c.Queues.Has(lower(s.queue)) {
		return nil, wire.Invalid("Queue does not exist")
	}
	cv := &desk.Conversation{
		ID: int64(desk.FirstConversation + len(c.Conversations)), Requester: u.ID, Language: s.language, Direction: s.direction, Subject: s.subject,
		Endpoint: s.endpoint, Browser: s.browser, Attributes: map[string]any{}, State: desk.StateOpen, Created: c.now, StateChanged: c.now,
		Touched: c.now, LastMessage: c.now, Queue: lower(s.queue), Queued: c.now, Own: true,
	}
	cv.Channel = desk.ChannelNamed(s.channel)
	var m *desk.Message
	if s.message != nil {
		if m, err = c.compose(cv, s.message); err != nil {
			return nil, err
		}
		cv.Direction = desk.Side(m.Out)
	}
	c.AddConversation(cv)
	c.did(itoa(cv.ID), cv.Channel.Name+" conversation created")
	c.begin(cv, m)
	return cv, nil
}

// begin logs the creation and adds the first message. Who writes first to a customer has the conversation.
func (c *call) begin(cv *desk.Conversation, m *desk.Message) {
	kind, who := "ConversationCreatedByCustomer", cv.Requester
	if cv.Direction == "Outbound" {
		kind, who = "ConversationCreatedByAgent", c.Owner()
		if m != nil {
			who = m.Author
			cv.Agent, cv.Assigned = who, c.now
		}
	}
	c.log(cv, kind, who, desk.Created{Subject: cv.Subject, Type: "ConversationCreatedAttribute"})
	c.emit(cv, "ConversationCreated", nil)
	if cv.Agent == "" {
		c.emit(cv, "ConversationEnqueued", nil)
	}
	if m != nil {
		c.append(cv, m)
	}
}
