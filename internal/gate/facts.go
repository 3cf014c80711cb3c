package gate

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"dixa-mcp/dixaclient"
	"dixa-mcp/internal/capability"
)

const (
	// factsFor is how long a conversation is remembered after it was looked up.
	factsFor = 10 * time.Second
	// factsMost is how many conversations are remembered at once.
	factsMost = 4096
)

// facts remembers what bounds ask about conversations. Agents share it, since the facts do not depend on who asks.
type facts struct {
	mu     sync.Mutex
	known  map[int64]fact
	writes uint64 // how many of our own were carried out
}

// fact is what is remembered about one conversation.
type fact struct {
	capability.Facts
	tags bool // Facts has the tags
	read time.Time
}

// get returns what is remembered about a conversation, if it was read at oldest or later.
func (f *facts) get(id int64, tags bool, oldest time.Time) (capability.Facts, bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	k, ok := f.known[id]
	if !ok || time.Since(k.read) > factsFor || k.read.Before(oldest) || tags && !k.tags {
		return capability.Facts{}, false
	}
	return k.Facts, true
}

// put remembers facts, the oldest of which was read at a time, since the count of writes was asked for. Those that a write
// may have overtaken are not remembered.
func (f *facts) put(id int64, facts capability.Facts, tags bool, read time.Time, since uint64) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.writes != since {
		return
	}
	if len(f.known) >= factsMost {
		clear(f.known)
	}
	if f.known == nil {
		f.known = map[int64]fact{}
	}
	f.known[id] = fact{facts, tags, read}
}

// forget drops what is known of a conversation, after each of our own writes.
func (f *facts) forget(id int64) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.writes++
	delete(f.known, id)
}

func (f *facts) written() uint64 {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.writes
}

// hasConversation tells whether a conversation is inside the agent's bound; one that does not exist is not. Both are found out
// with the same requests and remembered alike, so that an agent's budget does not tell them apart either. What is
// remembered is used if it was read at oldest or later.
func (b *bounds) hasConversation(ctx context.Context, id int64, oldest time.Time) (bool, error) {
	if id <= 0 || b.bound.Excludes(id) {
		return false, nil
	}
	if f, ok := b.call.gate.facts.get(id, b.bound.NeedsTags(), oldest); ok {
		return b.holds(id, f), nil
	}
	a, err := dixaclient.GetConversation.Do(ctx, b.call.gate.lookups, dixaclient.GetConversationIn{ConversationRef: dixaclient.ConversationRef{ConversationID: id}})
	if err = b.unlessMissing(err); err != nil {
		return false, err
	}
	return b.judge(ctx, id, &a.Value)
}

// judge tells whether a conversation that was read is inside the agent's bound; the empty one that stands for what does
// not exist is not.
func (b *bounds) judge(ctx context.Context, id int64, conversation *dixaclient.Conversation) (bool, error) {
	if b.bound.Excludes(id) {
		return false, nil
	}
	read := time.Now()
	f, err := b.factsOf(ctx, id, conversation)
	if err != nil {
		return false, err
	}
	b.call.gate.facts.put(id, f, b.bound.NeedsTags(), read, b.call.writes)
	return b.holds(id, f), nil
}

// factsOf returns what the bound asks about a conversation that was read.
func (b *bounds) factsOf(ctx context.Context, id int64, conversation *dixaclient.Conversation) (capability.Facts, error) {
	f := capability.FactsOf(conversation)
	if b.bound.NeedsTags() {
		a, err := dixaclient.ListConversationTags.Do(ctx, b.call.gate.lookups, dixaclient.ConversationRef{ConversationID: id})
		if err = b.unlessMissing(err); err != nil {
			return f, err
		}
		for _, t := range a.Value {
			f.Tags = append(f.Tags, t.ID)
		}
	}
	return f, nil
}

// hasEndUser tells whether an end user has a conversation inside the agent's bound. It is one request whoever the end user
// is, which a list of conversations would not be.
func (b *bounds) hasEndUser(ctx context.Context, user dixaclient.UUID) (bool, error) {
	if user.Check() != nil {
		return false, nil
	}
	return b.hasAnyEndUser(ctx, []dixaclient.UUID{user})
}

// hasAnyEndUser tells whether at least one of several end users has a conversation inside the agent's bound, with one request.
func (b *bounds) hasAnyEndUser(ctx context.Context, users []dixaclient.UUID) (bool, error) {
	in := dixaclient.SearchConversationsIn{ContactID: users, PageLimit: 1}
	if err := b.bound.Narrow(&in); err != nil {
		return false, err
	}
	a, err := dixaclient.SearchConversations.Do(ctx, b.call.gate.lookups, in)
	if err = b.unlessMissing(err); err != nil {
		return false, err
	}
	return len(a.Value) > 0, nil
}

// hasPart tells whether a part belongs to a conversation: Dixa itself looks only for the part's own id.
func (b *bounds) hasPart(ctx context.Context, id int64, part dixaclient.Part) (bool, error) {
	ref := dixaclient.ConversationRef{ConversationID: id}
	switch part.Kind {
	case dixaclient.MessagePart:
		a, err := dixaclient.ListMessages.Do(ctx, b.call.gate.lookups, dixaclient.ListMessagesIn{ConversationRef: ref})
		is := func(m dixaclient.Message) bool { return strings.EqualFold(string(m.ID), part.ID) }
		return slices.ContainsFunc(a.Value, is), b.unlessMissing(err)
	case dixaclient.RatingPart:
		a, err := dixaclient.ListRatings.Do(ctx, b.call.gate.lookups, ref)
		is := func(r dixaclient.ConversationRating) bool { return string(r.ID) == part.ID }
		return slices.ContainsFunc(a.Value, is), b.unlessMissing(err)
	}
	return false, nil
}

// unlessMissing drops the error of a look-up that Dixa refused: whatever the status and the words, they are about
// something that the agent may not know of, and it counts as missing. A 429 is about the rate limit.
func (b *bounds) unlessMissing(err error) error {
	var e *dixaclient.Error
	if !errors.As(err, &e) || e.Status < 300 || e.Status > 499 || e.Status == http.StatusTooManyRequests {
		return err
	}
	if e.Status != http.StatusNotFound {
		b.call.log().Warn("Dixa refused a look-up for an agent's bound; what it is about is treated as missing", "call", b.call.record.Call, "agent", b.call.agentName, "operation", e.Op.Name, "status", e.Status)
	}
	return nil
}
