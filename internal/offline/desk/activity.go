package desk

import (
	"slices"
	"time"
)

// Entry is one line of the activity log.
type Entry struct {
	ID         string
	CSID       int64
	At         time.Time
	Kind       string // `_type`, such as ConversationClosed
	Author     string // id of a person, "" for Dixa itself
	Attributes any
}

// The attributes that entries carry here.
type (
	Assigned struct {
		AgentID   string `json:"agentId"`
		AgentName string `json:"agentName,omitzero"`
		Type      string `json:"_type"`
	}
	Claimed struct {
		Label string `json:"claimedFromLabel,omitzero"`
		From  string `json:"claimedFromType,omitzero"`
		Type  string `json:"_type"`
	}
	Created struct {
		Subject string `json:"subject,omitzero"`
		Type    string `json:"_type"`
	}
	MessageAdded struct {
		MessageID string `json:"messageId"`
		Type      string `json:"_type"`
	}
	NoteAdded struct {
		Message string `json:"message"`
		Type    string `json:"_type"`
	}
	TagChanged struct {
		Tag  string `json:"tag"`
		Type string `json:"_type"`
	}
	Transferred struct {
		TransferType     string `json:"transferType"`
		DestinationType  string `json:"destinationType"`
		DestinationID    string `json:"destinationId"`
		DestinationLabel string `json:"destinationLabel,omitzero"`
		Type             string `json:"_type"`
	}
	Rated struct {
		Agent   *Author `json:"agent,omitzero"`
		Score   int32   `json:"score"`
		Message string  `json:"message,omitzero"`
		Type    string  `json:"_type"`
	}
	Offered struct {
		Agent *Author `json:"agent"`
		User  *Author `json:"user"`
		Type  string  `json:"_type"`
	}
	AttributesUpdated struct {
		IDs    []string       `json:"updatedAttributeIds,omitzero"`
		Values map[string]any `json:"updatedAttributeValues"`
		Type   string         `json:"_type"`
	}
	Linked struct {
		Child    int64  `json:"child"`
		Parent   int64  `json:"parent"`
		LinkType string `json:"linkType"`
		Type     string `json:"_type"`
	}
	Redacted struct {
		MessageID string `json:"messageId"`
		Text      bool   `json:"wasTextRedacted"`
		Files     int    `json:"numberOfDeletedFiles"`
		Type      string `json:"_type"`
	}
)

// Activity returns the log of a conversation, oldest first.
func (w *World) Activity(c *Conversation) []*Entry {
	if c.Own {
		return c.Log
	}
	var log []*Entry
	add := func(at time.Time, kind, author string, attrs any) {
		log = append(log, &Entry{w.UUID("activity", c.ID*1000+int64(len(log))), c.ID, at, kind, author, attrs})
	}
	first := "ConversationCreatedByCustomer"
	author := c.Requester
	if c.Direction == "Outbound" {
		first, author = "ConversationCreatedByAgent", c.Agent
	}
	add(c.Created, first, author, Created{c.Subject, "ConversationCreatedAttribute"})
	if !c.Assigned.IsZero() {
		add(c.Assigned, "ConversationAssigned", c.Agent, Assigned{c.Agent, w.NameOf(c.Agent), "ConversationAssignedAttribute"})
	}
	for i, b := range c.Beats {
		kind, author := "MessageAddedByCustomer", c.Requester
		if b.Out {
			kind, author = "MessageAddedByAgent", c.Agent
		}
		add(b.At, kind, author, MessageAdded{w.UUID("message", c.ID*1000+int64(i)), "MessageAddedAttribute"})
	}
	if c.Mover != "" {
		to := Transferred{"Blind", "Queue", c.Queue, w.Queues.ByID[c.Queue].Name, "ConversationTransferredAttribute"}
		add(c.Queued, "TransferInitiated", c.Mover, to)
		add(c.Queued, "TransferSuccessful", c.Mover, to)
	}
	for _, id := range c.Tags {
		add(Latest(c.Created, c.Assigned), "TagAdded", c.Agent, TagChanged{w.Tags.ByID[id].Name, "TagAddedAttribute"})
	}
	for _, n := range w.NotesOf(c) {
		add(n.At, "NoteAdded", n.AuthorID, NoteAdded{n.Message, "NoteAddedAttribute"})
	}
	w.seededEnd(c, add)
	slices.SortStableFunc(log, func(a, b *Entry) int { return a.At.Compare(b.At) })
	return log
}

// seededEnd adds how a seeded conversation ended, as far as it did.
func (w *World) seededEnd(c *Conversation, add func(time.Time, string, string, any)) {
	switch c.State {
	case StateClosed:
		add(c.Closed, "ConversationClosed", c.ClosedBy, nil)
	case StatePending:
		add(c.StateChanged, "FollowupAdded", c.Agent, nil)
		add(c.StateChanged, "ConversationPending", c.Agent, nil)
	}
	for i, r := range w.RatingsOf(c) {
		if i == 0 {
			add(r.Offered, "ConversationRatingOffered", r.Agent, Offered{w.AuthorOf(r.Agent), w.AuthorOf(r.User), "ConversationRatingOfferedAttribute"})
		}
		if i == 0 && !r.Rated.IsZero() {
			add(r.Rated, "ConversationRated", c.Requester, Rated{w.AuthorOf(c.Agent), r.Score, r.Comment, "ConversationRatedAttribute"})
		}
	}
}
