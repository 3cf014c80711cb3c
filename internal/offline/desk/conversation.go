package desk

import (
	"slices"
	"strings"
	"time"

	"dixa-mcp/internal/offline/wire"
)

// Conversation is what is known about a conversation without its texts.
type Conversation struct {
	ID         int64
	Channel    *Channel
	Requester  string
	Language   string
	Direction  string
	Subject    string
	Endpoint   string // the address or number of ours that it came to
	Browser    *Browser
	Link       *Link
	Tags       []string       // ids
	Attributes map[string]any // values by attribute id

	State        string
	Created      time.Time
	StateChanged time.Time
	Touched      time.Time // last activity of any kind
	LastMessage  time.Time
	Queue        string
	Queued       time.Time
	Agent        string
	Assigned     time.Time
	Followup     time.Time // when a pending conversation comes back
	Closed       time.Time
	ClosedBy     string
	Anonymized   time.Time
	Held         *Anonymization // the request that anonymizes it, if any

	Story // what it was made up from; operations do not look at it

	Own      bool // written to: the lists below hold instead of the story
	Messages []*Message
	Notes    []*Note
	Ratings  []*Rating
	Log      []*Entry
	haystack string // lower case text for search, "" until it is needed
}

// Story is what a seeded conversation is about, and how it went. Its messages, notes and ratings are written from it.
type Story struct {
	Topic     string
	Nth       int           // place among the conversations of its language
	About     *Conversation // the one before that is about the same order
	Repeated  bool          // the customer writes about it again in another conversation
	Mood      string        // angry or confused, mostly neither
	Misplaced string        // the queue that it came to first, when it was the wrong one
	Mover     string        // the Dixa agent who moved it from there
	Beats     []Beat        // when the messages were written, and by which side
}

// The states of a conversation.
const (
	StateOpen            = "Open"
	StatePending         = "Pending"
	StateAwaitingPending = "AwaitingPending"
	StateClosed          = "Closed"
)

// Status returns the name that search and webhooks have for a state: they have three where conversations have four.
func Status(state string) string {
	switch state {
	case StateOpen:
		return "open"
	case StateClosed:
		return "closed"
	default:
		return "pending"
	}
}

// Beat is the time and the side of one message.
type Beat struct {
	At  time.Time
	Out bool
}

// Browser is where a customer chats.
type Browser struct {
	Name           string `json:"name" wire:"name,required"`
	Version        string `json:"version,omitzero" wire:"version"`
	IPAddress      string `json:"ipAddress,omitzero" wire:"ipAddress"`
	OriginatingURL string `json:"originatingUrl,omitzero" wire:"originatingUrl"`
}

// Link makes a conversation the child of another.
type Link struct {
	ParentID int64     `json:"parentId"`
	Type     string    `json:"_type"` // EmailForward, FollowUp, SideConversation or Related
	At       time.Time `json:"-"`
}

// Detach makes a conversation hold its own lists, before the first write to it.
func (w *World) Detach(c *Conversation) {
	if c.Own {
		return
	}
	c.Messages, c.Notes, c.Ratings = w.Thread(c), w.NotesOf(c), w.RatingsOf(c)
	c.Log = w.Activity(c)
	c.Own = true
}

// Touch notes that something happened to a conversation, after [World.Detach].
func (c *Conversation) Touch(now time.Time) {
	if now.After(c.Touched) {
		c.Touched = now
	}
	c.haystack = ""
}

// Enter changes the state.
func (c *Conversation) Enter(state string, now time.Time) {
	c.State, c.StateChanged, c.Followup = state, now, time.Time{}
	if state != StateClosed {
		c.Closed, c.ClosedBy = time.Time{}, ""
	}
}

// HasTag reports whether a conversation carries a tag.
func (c *Conversation) HasTag(id string) bool { return slices.Contains(c.Tags, id) }

// Children returns the conversations that are linked to a parent.
func (w *World) Children(parent *Conversation) []*Conversation {
	return slices.DeleteFunc(slices.Clone(w.Conversations), func(c *Conversation) bool {
		return c.Link == nil || c.Link.ParentID != parent.ID
	})
}

// expire opens the pending conversations whose moment has come, and gives them.
func (w *World) expire(now time.Time) (expired []*Conversation) {
	for _, cv := range w.Conversations {
		if cv.State != StatePending || cv.Followup.IsZero() || now.Before(cv.Followup) {
			continue
		}
		at := cv.Followup
		w.Detach(cv)
		cv.Enter(StateOpen, at)
		cv.Touch(at)
		cv.Log = append(cv.Log, &Entry{w.UUID("expired "+wire.MilliTime(at), cv.ID), cv.ID, at, "FollowupExpired", "", nil})
		expired = append(expired, cv)
	}
	return expired
}

// FirstAnswer returns the first message to the customer. It does not write out a conversation that is only seeded.
func (w *World) FirstAnswer(c *Conversation) Beat {
	if !c.Own {
		for _, b := range c.Beats {
			if b.Out {
				return b
			}
		}
		return Beat{}
	}
	for _, m := range c.Messages {
		if m.Out {
			return Beat{m.At, true}
		}
	}
	return Beat{}
}

// Latest returns the last of several moments.
func Latest(times ...time.Time) time.Time {
	var t time.Time
	for _, u := range times {
		if u.After(t) {
			t = u
		}
	}
	return t
}

// QuietSince tells without looking at the log that nothing has happened since a moment. Only the answer to a survey comes after what
// Touched tells of a seeded conversation, and that within a day.
func (c *Conversation) QuietSince(t time.Time) bool {
	return !c.Own && c.Touched.Add(24*time.Hour).Before(t)
}

// Text returns what a text search looks through: subject and messages in lower case. Anonymized conversations have
// none.
func (w *World) Text(c *Conversation) string {
	if c.haystack == "" && c.Anonymized.IsZero() {
		var b strings.Builder
		b.WriteString(c.Subject)
		for _, text := range w.Said(c) {
			b.WriteByte('\n')
			b.WriteString(text)
		}
		c.haystack = strings.ToLower(b.String()) + "\n"
	}
	return c.haystack
}
