// Package events keeps what happens at Dixa in an inbox, so that agents hear of it and nothing is lost.
//
// [Parse] reads an event from a webhook's payload. A [Store] keeps events in the order in which they came; a [Cursor] is a position
// in it that survives restarts. An [Inbox] lets many wait for an event at the cost of memory alone.
//
// An event holds ids, states and times. Texts, names and addresses are not kept: whoever may see them reads them from Dixa. The
// inbox has the events of the whole organization. Whether an agent may see one is decided by whoever reads it for the agent, on
// what Dixa says of the conversation at that time: an [Event] has its own cursor, so that a reader can stop at any of them.
package events

import (
	"context"
	"errors"
	"time"

	"dixa-mcp/dixaclient"
)

// Bounds of an inbox. Whatever is beyond one of them is removed, the oldest first.
const (
	Keep      = 7 * 24 * time.Hour
	MaxEvents = 500_000
	MaxBytes  = 256 << 20
)

// Event is something that happened at Dixa.
type Event struct {
	ID           string // Dixa's id of it, a UUID
	Type         dixaclient.WebhookEvent
	Time         time.Time // when it happened
	Received     time.Time // when it was stored
	Conversation int64     // 0 for none
	Queue        string    // id of the queue in which the conversation was then; "" for none
	Fields       Fields
	Cursor       Cursor // the position of the event; set by the store
}

// Fields are what Dixa documents of an event, apart from texts, names and addresses. What an event does not have is empty.
type Fields struct {
	Channel     string   `json:"channel,omitzero"`   // such as EMAIL
	Status      string   `json:"status,omitzero"`    // OPEN, PENDING or CLOSED
	Direction   string   `json:"direction,omitzero"` // of the conversation: INBOUND or OUTBOUND
	Requester   string   `json:"requester,omitzero"` // id of the customer
	Assignee    string   `json:"assignee,omitzero"`  // id of the Dixa agent
	Author      string   `json:"author,omitzero"`    // id of who did it
	AuthorType  string   `json:"authorType,omitzero"`
	Message     string   `json:"message,omitzero"` // id
	MessageSide string   `json:"messageDirection,omitzero"`
	Note        string   `json:"note,omitzero"` // id
	Tag         string   `json:"tag,omitzero"`  // name
	Agent       string   `json:"agent,omitzero"`
	Score       *float64 `json:"score,omitzero"`
	RatingType  string   `json:"ratingType,omitzero"`
}

// Page is a part of a store.
type Page struct {
	Events []Event
	Next   Cursor // the position behind the last of them, or behind everything that the reading passed
	More   bool   // there are events behind Next
	// Truncated reports that events behind the given cursor were removed, or that the store is not the one that made it. Events
	// then begin with the oldest.
	Truncated bool
}

// Status is what a store has.
type Status struct {
	Events int64     `json:"events"`
	Bytes  int64     `json:"bytes"`
	Oldest time.Time `json:"oldest,omitzero"` // when it was stored; zero without events
	Newest time.Time `json:"newest,omitzero"`
}

// Store keeps events. It is safe for concurrent use, also by several processes.
type Store interface {
	// Put stores the events whose ids are new, in their order. It returns how many there were. When it returns, they are as safe as
	// the store keeps anything, and a List that begins later has them: no event ever appears before one that a List has returned. An
	// id is known for as long as its event is kept, and for at least [Known].
	Put(ctx context.Context, events ...Event) (added int, err error)
	// List returns events behind a cursor, the oldest first, and at most so many.
	List(ctx context.Context, after Cursor, most int) (Page, error)
	// End returns the position behind the newest event: where one begins who wants only what is to come.
	End(ctx context.Context) (Cursor, error)
	// Status returns what it has.
	Status(ctx context.Context) (Status, error)
	// ClaimTask lets one process at a time do a task: the caller may do it if mine is true, which it is if no other began it in the last
	// while. last is when it was last done, as Done noted; zero for never.
	ClaimTask(ctx context.Context, task string, while time.Duration) (mine bool, last time.Time, err error)
	// Done notes as of when a task was done.
	Done(ctx context.Context, task string, at time.Time) error
	Close() error
}

// Notifier is a store that tells when another process has stored something, so that it need not be asked often.
type Notifier interface {
	// Notify calls wake, now and then for nothing, until stop.
	Notify(wake func()) (stop func())
}

// ErrAway means that a store cannot be reached now, and may be again.
var ErrAway = errors.New("what keeps the events cannot be reached")

// Known is how long the id of an event is remembered at least, also if the event was removed because there were too many. A
// delivery that is older is refused for its age.
const Known = 48 * time.Hour
