package offline

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

func createConversation(c *call) (any, error) {
	body, err := decode[conversationIn](c)
	if err != nil {
		return nil, err
	}
	s := start{kind: "EmailEndpoint"}
	switch in := body.(type) {
	case emailIn:
		s.channel, s.requester, s.subject, s.language, s.endpoint, s.message = "Email", in.RequesterID, in.Subject, in.Language, in.EmailIntegrationID, in.Message
	case contactFormIn:
		s.channel, s.requester, s.subject, s.language, s.endpoint, s.message = "ContactForm", in.RequesterID, in.Subject, in.Language, in.EmailIntegrationID, in.Message
	case chatIn:
		s.channel, s.requester, s.language, s.kind, s.browser, s.message = "WidgetChat", in.RequesterID, in.Language, "", in.BrowserInfo, in.Message
	case smsIn:
		s.channel, s.requester, s.endpoint, s.kind, s.message = "Sms", in.RequesterID, in.ContactEndpointID, "TelephonyEndpoint", in.Message
	case callbackIn:
		s.channel, s.requester, s.endpoint, s.kind = "Callback", in.RequesterID, in.ContactEndpointID, "TelephonyEndpoint"
		s.direction, s.queue = in.Direction, in.QueueID
	}
	cv, err := c.start(s)
	if err != nil {
		return nil, err
	}
	return data{Data: map[string]int64{"id": cv.id}}, nil
}

// start makes the conversation, with its first message where it has one.
func (c *call) start(s start) (*conversation, error) {
	u, err := c.users.get(lower(s.requester))
	if err != nil {
		return nil, err
	}
	if e, ok := c.endpointNamed(s.endpoint); s.kind != "" && (!ok || e.Type != s.kind) {
		return nil, errParam.because("%q is no %s of this organization", s.endpoint, s.kind)
	}
	if s.queue == "" {
		s.queue = c.defaultQueue()
	} else if !c.queues.has(lower(s.queue)) {
		return nil, invalid("Queue does not exist")
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
	if m != nil {
		c.append(cv, m)
	}
}
