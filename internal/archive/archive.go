// Package archive keeps a copy of an organization's conversations and messages, made from Dixa's exports, so that questions about
// thousands of them cost no requests.
//
// [Sync] fills a [Store]. What is kept of a row is in [ReadConversation] and [ReadMessage]. What was anonymized in Dixa loses its
// texts and addresses, and never gets them back.
package archive

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"
)

// Conversation is a conversation as it is kept. Times are Unix milliseconds, 0 for what did not happen.
type Conversation struct {
	ID            int64
	CreatedAt     int64
	UpdatedAt     int64
	QueuedAt      int64
	AssignedAt    int64
	ClosedAt      int64
	LastMessageAt int64
	AnonymizedAt  int64
	Handling      int64 // seconds in which Dixa agents had it
	Channel       string
	Direction     string
	Status        string
	QueueID       string
	QueueName     string
	AssigneeID    string
	AssigneeName  string
	RequesterID   string
	Tags          []string
	// Rest has the other fields of the export as a JSON object: names, addresses, subject, notes, ratings, custom attributes. It
	// is nil for an anonymized conversation.
	Rest json.RawMessage
}

// Message is a message as it is kept.
type Message struct {
	ID           string
	Conversation int64
	CreatedAt    int64 // Unix milliseconds
	Direction    string
	Automated    bool
	Duration     int64  // of a call, in seconds
	Text         string // what is searched: the message without markup, answers in chats, forms
	// Rest has the other fields of the export as a JSON object: author, addresses, files, recordings, forms. It is nil for an
	// erased message.
	Rest json.RawMessage
}

// Rows are rows to keep, as Dixa had them at a time.
type Rows struct {
	Conversations []Conversation
	Messages      []Message
	At            time.Time
}

// What is filled from an export or a log of its own.
type What string

// The sources.
const (
	Conversations What = "conversations" // by the time of their update
	Messages      What = "messages"      // by the time of creation, of the message or of its conversation
	Redactions    What = "redactions"    // by the time of their entry in the activity log
)

// Span is a span of time; its end is not part of it.
type Span struct{ From, To time.Time }

// Unread is a conversation with a newer message than those that are kept.
type Unread struct {
	ID            int64
	LastMessageAt int64
}

// Erasure names what was anonymized: one of a conversation, a message, or a customer with all conversations.
type Erasure struct {
	Conversation int64
	Message      string
	Customer     string
}

// Filter says which conversations a search is about. What is empty picks all.
type Filter struct {
	Queue   string // name or id
	Channel string // as exports name it: email, widgetchat, pstnphone
	Tag     string
	Agent   string // name or id of the Dixa agent that the conversation is assigned to
	Within  Within
}

// Within are lists, of each of which a conversation has one value. A list that is empty picks all.
type Within struct {
	Queues     []string // ids
	Channels   []string // as exports name them
	Agents     []string // ids of the Dixa agents that conversations are assigned to
	Directions []string // as exports name them
	Tags       []string // names
}

// Query says what to search for.
type Query struct {
	Filter
	Words []Word
	Since time.Time
	Until time.Time
	Limit int
}

// Hit is a message that a search found.
type Hit struct {
	Conversation int64
	Message      string
	At           time.Time
	Author       string // a name, written by outsiders; "" where it is not known
	Automated    bool
	Channel      string
	Queue        string
	Assignee     string
	Passage      string // a part of the text with words of the query, written by outsiders
}

// Status is what is in a store.
type Status struct {
	Conversations int64
	Messages      int64
	Erased        int64 // messages and conversations whose text was erased
	Bytes         int64 // on disk
	Covered       map[What][]Span
	Floor         time.Time // nothing older is kept
	Checked       time.Time // when the conversation that was compared with Dixa longest ago was; zero without conversations
	Syncing       string    // the process that fills it now, "" for none
}

// Fact is what reports count of a conversation. Times are Unix milliseconds, 0 for what did not happen.
type Fact struct {
	ID         int64
	CreatedAt  int64
	ClosedAt   int64
	AnsweredAt int64 // the first message to the customer that is not automatic
	Channel    string
	Queue      string
	Assignee   string // last
	Customer   string // id
	Tags       []string
	Rated      bool // the customer gave thumbs or a CSAT
	Satisfied  bool // thumbs up, or a CSAT of 4 or 5
}

// ConversationQuery says which conversations to find. What is empty picks all.
type ConversationQuery struct {
	Filter
	CustomerName string // a part of it
	Customer     string // id
	Unassigned   bool
	Status       string    // as exports name it: open, pending, closed, awaitingpending
	Rating       Rating    // that a customer gave, by what exports say
	Since, Until time.Time // of the creation
	Waiting      bool      // not closed, and the customer wrote last
	Order        Order
	Limit        int
}

// Order is how conversations that were found are sorted.
type Order string

// Without an order, those that wait are sorted by how long they have, the longest first, and others as with Newest.
const (
	Newest Order = "newest"
	Oldest Order = "oldest"
)

// Found is a conversation that was found.
type Found struct {
	ID    int64
	Since time.Time // with Waiting: the customer's first message that was not answered
}

// Load is what waits in a queue: open conversations without an assignee.
type Load struct {
	Open   int
	Oldest int64     // the one whose customer has waited longest for an answer; 0 where all have one
	Since  time.Time // when that customer wrote
}

// Loads is what waits in each queue, by the queue's id in lower case.
type Loads map[string]Load

// Add adds a conversation whose customer has waited since a time; zero for one that has an answer.
func (all Loads) Add(queue string, conversation int64, since time.Time) {
	queue = strings.ToLower(queue)
	l := all[queue]
	l.Open++
	if !since.IsZero() && (l.Oldest == 0 || since.Before(l.Since) || since.Equal(l.Since) && conversation < l.Oldest) {
		l.Oldest, l.Since = conversation, since
	}
	all[queue] = l
}

// Customer is a customer as conversations have them.
type Customer struct{ ID, Name, Email, Phone string }

// Removed is what a purge removed.
type Removed struct {
	Conversations int64
	Messages      int64
}

// Origin says whose data an archive has.
type Origin struct {
	API          string // Dixa's address
	Organization string // its id
}

// Until returns the time up to which a store has everything, or an error that says how to fill an empty one.
func Until(ctx context.Context, store interface {
	Covered(context.Context, What) ([]Span, error)
}) (until time.Time, err error) {
	for _, what := range []What{Conversations, Messages} {
		spans, err := store.Covered(ctx, what)
		if err != nil {
			return until, fmt.Errorf("the archive could not be read: %w", err)
		}
		if len(spans) == 0 {
			return until, errors.New("the archive is empty: its operator can fill it with dixa-mcp archive sync")
		}
		if to := spans[len(spans)-1].To; until.IsZero() || to.Before(until) {
			until = to
		}
	}
	return until, nil
}

// Asked returns when the last sync began, by what [Until] returned: it asked for rows up to then, of which the newest may still be missing.
func Asked(until time.Time) time.Time { return until.Add(settle) }

// Store keeps the archive. It is safe for concurrent use, also by several processes. Texts that were erased or removed are gone from
// its tables when the call returns; docs/archive.md says what a database keeps elsewhere.
type Store interface {
	// Lease lets this process alone fill the store, until release. other names the process that does so already; release is nil then.
	// A process that was killed holds no lease.
	Lease(ctx context.Context, who string) (release func() error, other string, err error)
	// Origin returns whose data the store has. A store that has none yet notes the given one, unless that is zero.
	Origin(ctx context.Context, o Origin) (Origin, error)
	// Reserve notes a request to the Exports API, of which all processes together may make most in each span of per. If it is not
	// allowed yet, nothing is noted and wait is how long to wait before asking again.
	Reserve(ctx context.Context, now time.Time, most int, per time.Duration) (wait time.Duration, err error)
	// Put keeps rows, in one step. A row replaces the one with its id, unless that is newer. Rows older than the floor are left out.
	// Rows of what was erased are kept without text.
	Put(ctx context.Context, rows Rows) error
	// Cover notes that all rows of a span are kept.
	Cover(ctx context.Context, what What, span Span) error
	// Covered returns the spans of which all rows are kept, the earliest first.
	Covered(ctx context.Context, what What) ([]Span, error)
	// Unread returns some conversations with a newer message than those that are kept. [Store.Read] notes that all up to it are.
	Unread(ctx context.Context, most int) ([]Unread, error)
	Read(ctx context.Context, conversation, lastMessageAt int64) error
	// Unchecked returns some conversations that were not compared with Dixa since a time, and were not anonymized.
	Unchecked(ctx context.Context, since time.Time, most int) ([]int64, error)
	Checked(ctx context.Context, conversations []int64, at time.Time) error
	// Erase removes texts and addresses, for good: rows that come later lose them too. It returns how many rows had some.
	Erase(ctx context.Context, e Erasure, at time.Time) (rows int64, err error)
	// Floor returns the time before which nothing is kept. [Store.Lower] makes it earlier.
	Floor(ctx context.Context) (time.Time, error)
	Lower(ctx context.Context, floor time.Time) error
	// Purge removes messages before a time and conversations without an update since, and makes it the floor.
	Purge(ctx context.Context, before time.Time) (Removed, error)
	// Search returns the newest messages that have all words of the query.
	Search(ctx context.Context, q Query) ([]Hit, error)
	// Find returns the first conversations that a query picks, in its order.
	Find(ctx context.Context, q ConversationQuery) ([]Found, error)
	// Loads returns what waits in each queue.
	Loads(ctx context.Context) (Loads, error)
	// Customers returns customers with a text in their name, those of the newest conversations first. Case is ignored, of ASCII at least.
	Customers(ctx context.Context, name string, most int) ([]Customer, error)
	// Facts gives each of the conversations that were created or closed in a span.
	Facts(ctx context.Context, span Span, each func(Fact)) error
	// Of returns the conversations of customers and those with these ids, with all their messages.
	Of(ctx context.Context, customers []string, conversations []int64) (Rows, error)
	// Naming returns the conversations and messages that have a text in their fields, in either case as far as its letters are ASCII. It reads the whole archive.
	Naming(ctx context.Context, text string) (Rows, error)
	// Query runs one SELECT in SQLite's SQL over the tables of [Columns], held to them, and returns up to most rows. A problem of the query is a
	// [QueryError].
	Query(ctx context.Context, sql string, most int) (Table, error)
	Status(ctx context.Context) (Status, error)
	// Verify returns what is wrong with the store, nothing if it is sound.
	Verify(ctx context.Context) (problems []string, err error)
	Close() error
}
