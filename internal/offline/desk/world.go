// Package desk holds the help desk of the offline Dixa: its people, queues, conversations and what belongs to them, how they are found,
// and what changes them.
//
// A [World] holds everything. What a conversation that was never written to holds is written by a [Writer] whenever it is read; before
// the first write to it, [World.Detach] makes the conversation hold its own messages, notes, ratings and log.
package desk

import (
	"fmt"
	"hash/fnv"
	"time"

	"dixa-mcp/internal/offline/fiction"
	"dixa-mcp/internal/offline/hours"
	"dixa-mcp/internal/offline/wire"
)

// The ids of conversations count from the first; that many are seeded.
const (
	FirstConversation   = 1001
	SeededConversations = 2000
)

// World is the data: the seed, and what has been written since. Threads, notes, ratings and activity of a conversation are made from
// the seed whenever they are read, until the conversation is written to.
type World struct {
	Seed   uint64
	Anchor time.Time
	Made   int64 // things created since, for their ids

	Delivered int64 // events delivered since, for their ids

	Organization Organization
	Agents       Register[*Person]
	Users        Register[*Person]
	Teams        Register[*Team]
	Queues       Register[*Queue]
	Tags         Register[*Tag]
	Attributes   Register[*Attribute]
	Webhooks     Register[*Webhook]
	Requests     Register[*Anonymization]
	Templates    Register[*Template]
	Schedules    Register[*hours.Schedule]
	Knowledge    KnowledgeBase
	Endpoints    []Endpoint
	Presence     map[string]*Presence

	Conversations []*Conversation // id is the index + FirstConversation
	ByRequester   map[string][]*Conversation

	Writer Writer // of what seeded conversations hold
}

// Writer writes what a conversation holds that was never written to, always the same.
type Writer interface {
	WriteMessages(c *Conversation) []*Message // oldest first
	WriteWords(c *Conversation) []string      // of the messages, which costs much less than the messages
	WriteNotes(c *Conversation) []*Note       // oldest first
	WriteRatings(c *Conversation) []*Rating
}

// Thread returns the messages of a conversation, oldest first.
func (w *World) Thread(c *Conversation) []*Message {
	if c.Own {
		return c.Messages
	}
	return w.Writer.WriteMessages(c)
}

// Said returns the words of a conversation's messages.
func (w *World) Said(c *Conversation) []string {
	if !c.Own {
		return w.Writer.WriteWords(c)
	}
	var all []string
	for _, m := range c.Messages {
		all = append(all, m.Text)
	}
	return all
}

// NotesOf returns the notes of a conversation, oldest first.
func (w *World) NotesOf(c *Conversation) []*Note {
	if c.Own {
		return c.Notes
	}
	return w.Writer.WriteNotes(c)
}

// RatingsOf returns the ratings of a conversation.
func (w *World) RatingsOf(c *Conversation) []*Rating {
	if c.Own {
		return c.Ratings
	}
	return w.Writer.WriteRatings(c)
}

// NewID returns the id of something created now: the same in every run with the same seed and the same writes.
func (w *World) NewID() string {
	w.Made++
	return w.UUID("created", w.Made)
}

// AddConversation adds a conversation, whose id is the next one.
func (w *World) AddConversation(c *Conversation) {
	w.Conversations = append(w.Conversations, c)
	w.ByRequester[c.Requester] = append(w.ByRequester[c.Requester], c)
}

// Conversation finds a conversation by its id.
func (w *World) Conversation(id int64) (*Conversation, error) {
	i := id - FirstConversation
	if i < 0 || i >= int64(len(w.Conversations)) {
		return nil, wire.ErrNotFound.Because("there is no conversation %d", id)
	}
	return w.Conversations[i], nil
}

// Organization is whose help desk it is.
type Organization struct{ ID, Name, Subdomain string }

// Rand returns the generator of one thing of this data.
func (w *World) Rand(kind string, n int64) *fiction.RNG { return fiction.NewRNG(w.Seed, kind, n) }

// UUID returns the id of the n-th thing of a kind, shaped like a random (version 4) uuid.
func (w *World) UUID(kind string, n int64) string {
	r := w.Rand(kind+" id", n)
	a, b := r.Next(), r.Next()
	return fmt.Sprintf("%08x-%04x-4%03x-%04x-%012x", a>>32, a>>16&0xffff, a&0xfff, b>>48&0x3fff|0x8000, b&0xffffffffffff)
}

// HexKey returns a secret of 64 hexadecimal digits.
func (w *World) HexKey(kind string, n int64) string {
	r := w.Rand(kind+" key", n)
	return fmt.Sprintf("%016x%016x%016x%016x", r.Next(), r.Next(), r.Next(), r.Next())
}

// Fingerprint tells data of different generators apart.
func (w *World) Fingerprint() uint64 {
	h := fnv.New64a()
	for _, c := range w.Conversations {
		fmt.Fprintln(h, c.ID, c.Requester, c.Channel.Label, c.Agent, c.Queue, c.State, c.Subject, len(c.Beats), c.LastMessage.UnixMilli())
	}
	return h.Sum64()
}
