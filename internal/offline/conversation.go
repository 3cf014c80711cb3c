package offline

import (
	"slices"
	"time"

	"dixa-mcp/internal/offline/wire"
)

// The states of a conversation.
const (
	stateOpen            = "Open"
	statePending         = "Pending"
	stateAwaitingPending = "AwaitingPending"
	stateClosed          = "Closed"
)

// conversation is what is known about a conversation without its texts.
type conversation struct {
	id        int64
	channel   *channel
	requester string
	language  string
	topic     string
	nth       int           // place among the conversations of its language
	about     *conversation // the one before that is about the same order
	repeated  bool          // the customer writes about it again in another conversation
	mood      string        // angry or confused, mostly neither
	misplaced string        // the queue that it came to first, when it was the wrong one
	mover     string        // the Dixa agent who moved it from there
	direction string
	subject   string
	endpoint  string // the address or number of ours that it came to
	browser   *browser
	link      *link
	tags      []string       // ids
	attrs     map[string]any // values by attribute id

	state        string
	created      time.Time
	stateChanged time.Time
	touched      time.Time // last activity of any kind
	lastMessage  time.Time
	queue        string
	queued       time.Time
	agent        string
	assigned     time.Time
	followup     time.Time // when a pending conversation comes back
	closed       time.Time
	closedBy     string
	anonymized   time.Time
	held         *anonymization // the request that anonymizes it, if any

	beats []beat // when the seeded messages were written, and by which side

	own      bool // written to: the lists below hold instead of the seed
	messages []*message
	notes    []*note
	ratings  []*rating
	log      []*entry
	haystack string // lower case text for search, "" until it is needed
}

// beat is the time and the side of one message.
type beat struct {
	at  time.Time
	out bool
}

type browser struct {
	Name           string `json:"name" wire:"name,required"`
	Version        string `json:"version,omitzero" wire:"version"`
	IPAddress      string `json:"ipAddress,omitzero" wire:"ipAddress"`
	OriginatingURL string `json:"originatingUrl,omitzero" wire:"originatingUrl"`
}

type link struct {
	ParentID int64  `json:"parentId"`
	Type     string `json:"_type"` // EmailForward, FollowUp, SideConversation or Related
	at       time.Time
}

// conversationWire has the fields of all shapes of a conversation; which are set depends on the shape.
type conversationWire struct {
	ID                    int64            `json:"id"`
	RequesterID           string           `json:"requesterId"`
	Channel               string           `json:"channel"`
	CreatedAt             string           `json:"createdAt"`
	Direction             string           `json:"direction,omitzero"`
	State                 string           `json:"state,omitzero"`
	StateUpdatedAt        string           `json:"stateUpdatedAt,omitzero"`
	AnonymizedAt          string           `json:"anonymizedAt,omitzero"`
	Assignment            *assignment      `json:"assignment,omitzero"`
	Queue                 *inQueue         `json:"queue,omitzero"`
	BrowserInfo           *browser         `json:"browserInfo,omitzero"`
	FromEmail             string           `json:"fromEmail,omitzero"`
	ToEmail               string           `json:"toEmail,omitzero"`
	IntegrationEmail      string           `json:"integrationEmail,omitzero"`
	FromNumber            string           `json:"fromNumber,omitzero"`
	ToNumber              string           `json:"toNumber,omitzero"`
	ConversationType      string           `json:"conversationType,omitzero"`
	ContactPointTwitterID string           `json:"contactPointTwitterId,omitzero"`
	EndUserTwitterID      string           `json:"endUserTwitterId,omitzero"`
	FromContactPointID    string           `json:"fromContactPointId,omitzero"`
	ToContactPointID      string           `json:"toContactPointId,omitzero"`
	Language              string           `json:"language,omitzero"`
	Subject               string           `json:"subject,omitzero"`
	Link                  *link            `json:"link,omitzero"`
	CustomAttributes      []attributeValue `json:"customAttributes,omitzero"`
	TransportExpiresAt    string           `json:"transportExpiresAt,omitzero"`
	Type                  string           `json:"_type"`
}

type assignment struct {
	AgentID    string `json:"agentId"`
	AssignedAt string `json:"assignedAt"`
}

type inQueue struct {
	ID       string `json:"id"`
	QueuedAt string `json:"queuedAt,omitzero"`
}

// wire writes a conversation as Dixa does. Lists leave the custom attributes out.
func (w *world) wire(c *conversation, withAttributes bool) conversationWire {
	v := conversationWire{
		ID: c.id, RequesterID: c.requester, Channel: c.channel.name, CreatedAt: wire.PlainTime(c.created), Direction: c.direction,
		State: c.state, StateUpdatedAt: wire.PlainTime(c.stateChanged), Type: c.channel.shape,
	}
	if c.link != nil && c.link.Type != "Related" { // the contract's links have no type for these
		v.Link = c.link
	}
	if withAttributes {
		v.CustomAttributes = w.values(c.attrs)
	}
	if !c.anonymized.IsZero() {
		v.AnonymizedAt, v.Type = wire.PlainTime(c.anonymized), "AnonymizedConversation"
		return v
	}
	if c.agent != "" {
		v.Assignment = &assignment{c.agent, wire.PlainTime(c.assigned)}
	}
	if c.queue != "" {
		v.Queue = &inQueue{c.queue, wire.PlainTime(c.queued)}
	}
	w.wireByShape(c, &v)
	return v
}

// wireByShape sets the fields that only some shapes have.
func (w *world) wireByShape(c *conversation, v *conversationWire) {
	u := w.users.byID[c.requester]
	switch c.channel.shape {
	case "EmailConversation", "ContactFormConversation":
		v.Subject, v.Language, v.IntegrationEmail = c.subject, c.language, c.endpoint
		v.FromEmail, v.ToEmail = u.Email, c.endpoint
		if c.direction == "Outbound" {
			v.FromEmail, v.ToEmail = c.endpoint, u.Email
		}
	case "ChatConversation", "MessengerConversation":
		v.Language, v.BrowserInfo = c.language, c.browser
	case "SmsConversation":
		v.FromNumber, v.ToNumber = u.PhoneNumber, c.endpoint
		if c.direction == "Outbound" {
			v.FromNumber, v.ToNumber = c.endpoint, u.PhoneNumber
		}
	case "TwitterConversation":
		v.ConversationType, v.ContactPointTwitterID, v.EndUserTwitterID = "DirectMessage", "900100200", "77"+u.ID[:6]
	case "GenericConversation":
		v.FromContactPointID, v.ToContactPointID = u.ID, c.channel.search
	case "WhatsAppConversation", "FacebookMessengerConversation":
		if c.state != stateClosed {
			v.TransportExpiresAt = wire.PlainTime(c.lastMessage.Add(24 * time.Hour)) // their rule for answers
		}
	}
}

// detach makes a conversation hold its own lists, before the first write to it.
func (w *world) detach(c *conversation) {
	if c.own {
		return
	}
	c.messages, c.notes, c.ratings = w.thread(c), w.notesOf(c), w.ratingsOf(c)
	c.log = w.activity(c)
	c.own = true
}

// touch notes that something happened to a conversation, after detach.
func (c *conversation) touch(now time.Time) {
	if now.After(c.touched) {
		c.touched = now
	}
	c.haystack = ""
}

// enter changes the state.
func (c *conversation) enter(state string, now time.Time) {
	c.state, c.stateChanged, c.followup = state, now, time.Time{}
	if state != stateClosed {
		c.closed, c.closedBy = time.Time{}, ""
	}
}

// lastWords returns the time of the newest message in a list.
func lastWords(messages []*message) time.Time {
	var last time.Time
	for _, m := range messages {
		if m.at.After(last) {
			last = m.at
		}
	}
	return last
}

// hasTag reports whether a conversation carries a tag.
func (c *conversation) hasTag(id string) bool { return slices.Contains(c.tags, id) }
