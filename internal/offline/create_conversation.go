package offline

import "dixa-mcp/internal/offline/wire"

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
		RequesterID string    `wire:"requesterId,required,uuid"`
		WidgetID    string    `wire:"widgetId,required,uuid"`
		Message     messageIn `wire:"message,required"`
		BrowserInfo *browser  `wire:"browserInfo"`
		Language    string    `wire:"language"`
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
	browser                                               *browser
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
	return wire.Data{Data: map[string]int64{"id": cv.id}}, nil
}

// start makes the conversation, with its first message where it has one.
func (c *call) start(s start) (*conversation, error) {
	u, err := c.users.get(lower(s.requester))
	if err != nil {
		return nil, err
	}
	if e, ok := c.endpointNamed(s.endpoint); s.kind != "" && (!ok || e.Type != s.kind) {
		return nil, wire.ErrParam.Because("%q is no %s of this organization", s.endpoint, s.kind)
	}
	if s.queue == "" {
		s.queue = c.defaultQueue()
	} else if !c.queues.has(lower(s.queue)) {
		return nil, wire.Invalid("Queue does not exist")
	}
	cv := &conversation{
		id: int64(firstConversation + len(c.conversations)), requester: u.ID, language: s.language, direction: s.direction, subject: s.subject,
		endpoint: s.endpoint, browser: s.browser, attrs: map[string]any{}, state: stateOpen, created: c.now, stateChanged: c.now,
		touched: c.now, lastMessage: c.now, queue: lower(s.queue), queued: c.now, own: true,
	}
	for _, ch := range channels {
		if ch.name == s.channel {
			cv.channel = ch
			break
		}
	}
	var m *message
	if s.message != nil {
		if m, err = c.compose(cv, s.message); err != nil {
			return nil, err
		}
		cv.direction = side(m.out)
	}
	c.addConversation(cv)
	c.did(itoa(cv.id), cv.channel.name+" conversation created")
	c.begin(cv, m)
	return cv, nil
}

// begin logs the creation and adds the first message. Who writes first to a customer has the conversation.
func (c *call) begin(cv *conversation, m *message) {
	kind, who := "ConversationCreatedByCustomer", cv.requester
	if cv.direction == "Outbound" {
		kind, who = "ConversationCreatedByAgent", c.owner()
		if m != nil {
			who = m.author
			cv.agent, cv.assigned = who, c.now
		}
	}
	c.log(cv, kind, who, createdAttr{cv.subject, "ConversationCreatedAttribute"})
	c.emit(cv, "ConversationCreated", nil)
	if cv.agent == "" {
		c.emit(cv, "ConversationEnqueued", nil)
	}
	if m != nil {
		c.append(cv, m)
	}
}
