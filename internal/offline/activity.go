package offline

import (
	"slices"
	"time"

	"dixa-mcp/internal/offline/wire"
)

// entry is one line of the activity log.
type entry struct {
	id     string
	csid   int64
	at     time.Time
	kind   string // `_type`, such as ConversationClosed
	author string // id of a person, "" for Dixa itself
	attrs  any
}

type entryWire struct {
	ID                string  `json:"id"`
	ConversationID    int64   `json:"conversationId"`
	ActivityTimestamp string  `json:"activityTimestamp"`
	ActivityType      string  `json:"activityType"` // replaced by _type, but still there
	Type              string  `json:"_type"`
	Author            *author `json:"author,omitzero"`
	Attributes        any     `json:"attributes,omitzero"`
}

type author struct {
	ID          string `json:"id"`
	Name        string `json:"name,omitzero"`
	Email       string `json:"email,omitzero"`
	PhoneNumber string `json:"phoneNumber,omitzero"`
}

// The attributes that entries carry here.
type (
	assignedAttr struct {
		AgentID   string `json:"agentId"`
		AgentName string `json:"agentName,omitzero"`
		Type      string `json:"_type"`
	}
	claimedAttr struct {
		Label string `json:"claimedFromLabel,omitzero"`
		From  string `json:"claimedFromType,omitzero"`
		Type  string `json:"_type"`
	}
	createdAttr struct {
		Subject string `json:"subject,omitzero"`
		Type    string `json:"_type"`
	}
	messageAddedAttr struct {
		MessageID string `json:"messageId"`
		Type      string `json:"_type"`
	}
	noteAddedAttr struct {
		Message string `json:"message"`
		Type    string `json:"_type"`
	}
	tagAttr struct {
		Tag  string `json:"tag"`
		Type string `json:"_type"`
	}
	transferredAttr struct {
		TransferType     string `json:"transferType"`
		DestinationType  string `json:"destinationType"`
		DestinationID    string `json:"destinationId"`
		DestinationLabel string `json:"destinationLabel,omitzero"`
		Type             string `json:"_type"`
	}
	ratedAttr struct {
		Agent   *author `json:"agent,omitzero"`
		Score   int32   `json:"score"`
		Message string  `json:"message,omitzero"`
		Type    string  `json:"_type"`
	}
	offeredAttr struct {
		Agent *author `json:"agent"`
		User  *author `json:"user"`
		Type  string  `json:"_type"`
	}
	updatedAttrsAttr struct {
		IDs    []string       `json:"updatedAttributeIds,omitzero"`
		Values map[string]any `json:"updatedAttributeValues"`
		Type   string         `json:"_type"`
	}
	linkedAttr struct {
		Child    int64  `json:"child"`
		Parent   int64  `json:"parent"`
		LinkType string `json:"linkType"`
		Type     string `json:"_type"`
	}
	redactedAttr struct {
		MessageID string `json:"messageId"`
		Text      bool   `json:"wasTextRedacted"`
		Files     int    `json:"numberOfDeletedFiles"`
		Type      string `json:"_type"`
	}
)

// oldTypes are the names in the field that _type has replaced, where they are more than the type with ActivityType behind.
var oldTypes = map[string]string{"ConversationReserved": "ConversationReservedType"}

// lateTypes are newer than that field and are unknown to it.
var lateTypes = []string{"ConversationRatingNotOffered", "ConversationChannelChanged", "ConversationUnlinkedToParent",
	"ConversationMessageRedacted", "ConversationResolvedStateToggled", "ConversationCustomAttributesUpdated",
	"ConversationLinkedToParent", "ConversationLinkedFromChild", "ConversationUnlinkedFromChild"}

func oldType(kind string) string {
	switch {
	case oldTypes[kind] != "":
		return oldTypes[kind]
	case slices.Contains(lateTypes, kind):
		return "UnknownActivityType"
	default:
		return kind + "ActivityType"
	}
}

// log adds an entry to the log of a conversation that was written to.
func (c *call) log(cv *conversation, kind, author string, attrs any) {
	cv.log = append(cv.log, &entry{c.newID(), cv.id, c.now, kind, author, attrs})
}

// activity returns the log of a conversation, oldest first.
func (w *world) activity(c *conversation) []*entry {
	if c.own {
		return c.log
	}
	var log []*entry
	add := func(at time.Time, kind, author string, attrs any) {
		log = append(log, &entry{w.uuid("activity", c.id*1000+int64(len(log))), c.id, at, kind, author, attrs})
	}
	first := "ConversationCreatedByCustomer"
	author := c.requester
	if c.direction == "Outbound" {
		first, author = "ConversationCreatedByAgent", c.agent
	}
	add(c.created, first, author, createdAttr{c.subject, "ConversationCreatedAttribute"})
	if !c.assigned.IsZero() {
		add(c.assigned, "ConversationAssigned", c.agent, assignedAttr{c.agent, w.nameOf(c.agent), "ConversationAssignedAttribute"})
	}
	for i, b := range c.beats {
		kind, author := "MessageAddedByCustomer", c.requester
		if b.out {
			kind, author = "MessageAddedByAgent", c.agent
		}
		add(b.at, kind, author, messageAddedAttr{w.uuid("message", c.id*1000+int64(i)), "MessageAddedAttribute"})
	}
	if c.mover != "" {
		to := transferredAttr{"Blind", "Queue", c.queue, w.queues.byID[c.queue].Name, "ConversationTransferredAttribute"}
		add(c.queued, "TransferInitiated", c.mover, to)
		add(c.queued, "TransferSuccessful", c.mover, to)
	}
	for _, id := range c.tags {
		add(latest(c.created, c.assigned), "TagAdded", c.agent, tagAttr{w.tags.byID[id].name, "TagAddedAttribute"})
	}
	for _, n := range w.notesOf(c) {
		add(n.at, "NoteAdded", n.AuthorID, noteAddedAttr{n.Message, "NoteAddedAttribute"})
	}
	w.seededEnd(c, add)
	slices.SortStableFunc(log, func(a, b *entry) int { return a.at.Compare(b.at) })
	return log
}

// seededEnd adds how a seeded conversation ended, as far as it did.
func (w *world) seededEnd(c *conversation, add func(time.Time, string, string, any)) {
	switch c.state {
	case stateClosed:
		add(c.closed, "ConversationClosed", c.closedBy, nil)
	case statePending:
		add(c.stateChanged, "FollowupAdded", c.agent, nil)
		add(c.stateChanged, "ConversationPending", c.agent, nil)
	}
	for i, r := range w.ratingsOf(c) {
		if i == 0 {
			add(r.offered, "ConversationRatingOffered", r.agent, offeredAttr{w.authorOf(r.agent), w.authorOf(r.user), "ConversationRatingOfferedAttribute"})
		}
		if i == 0 && !r.rated.IsZero() {
			add(r.rated, "ConversationRated", c.requester, ratedAttr{w.authorOf(c.agent), r.score, r.comment, "ConversationRatedAttribute"})
		}
	}
}

// entryWire writes an entry as Dixa does. The texts of anonymized conversations are gone from the log, too.
func (w *world) entryWire(e *entry) entryWire {
	attrs := e.attrs
	if c := w.conversations[e.csid-firstConversation]; !c.anonymized.IsZero() {
		switch attrs.(type) {
		case createdAttr, noteAddedAttr, ratedAttr:
			attrs = nil
		}
	}
	return entryWire{e.id, e.csid, wire.ZonedTime(e.at), oldType(e.kind), e.kind, w.authorOf(e.author), attrs}
}

// personByID finds an end user or a Dixa agent.
func (w *world) personByID(id string) *person {
	if a := w.agents.byID[id]; a != nil {
		return a
	}
	return w.users.byID[id]
}

func (w *world) nameOf(id string) string {
	if p := w.personByID(id); p != nil {
		return p.DisplayName
	}
	return ""
}

func (w *world) authorOf(id string) *author {
	p := w.personByID(id)
	if p == nil {
		return nil
	}
	return &author{p.ID, p.DisplayName, p.Email, p.PhoneNumber}
}
