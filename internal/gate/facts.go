package gate

import (
	"context"
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

// facts remembers what bounds ask about conversations. Agents share it: what is so does not depend on who asks.
type facts struct {
	mu     sync.Mutex
	known  map[int64]fact
	writes uint64 // how many of our own were carried out
}

type fact struct {
	capability.Facts
	tags  bool // Facts has the tags
	until time.Time
}

func (f *facts) get(id int64, tags bool) (capability.Facts, bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	k, ok := f.known[id]
	if !ok || time.Now().After(k.until) || tags && !k.tags {
		return capability.Facts{}, false
	}
	return k.Facts, true
}

// put remembers facts that were read since the count of writes was asked for. Those that a write may have overtaken are
// not remembered.
func (f *facts) put(id int64, facts capability.Facts, tags bool, since uint64) {
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
	f.known[id] = fact{facts, tags, time.Now().Add(factsFor)}
}

// forget is called after each of our own writes.
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

// holds tells whether a conversation is inside the agent's bound; one that does not exist is not. Both are found out
// with the same requests and remembered alike, so that an agent's budget does not tell them apart either.
func (c *call) holds(ctx context.Context, b *capability.Bound, id int64) (bool, error) {
	if id <= 0 {
		return false, nil
	}
	if f, ok := c.gate.facts.get(id, b.NeedsTags()); ok {
		return b.Holds(f), nil
	}
	a, err := dixaclient.GetConversation.Do(ctx, c.gate.lookups, dixaclient.GetConversationIn{ConversationRef: dixaclient.ConversationRef{ConversationID: id}})
	if err != nil && !isNotFound(err) {
		return false, err
	}
	return c.judge(ctx, b, id, &a.Value)
}

// judge tells whether a conversation that was read is inside the agent's bound; the empty one that stands for what does
// not exist is not.
func (c *call) judge(ctx context.Context, b *capability.Bound, id int64, conversation *dixaclient.Conversation) (bool, error) {
	f := capability.FactsOf(conversation)
	if b.NeedsTags() {
		a, err := dixaclient.ListConversationTags.Do(ctx, c.gate.lookups, dixaclient.ConversationRef{ConversationID: id})
		if err != nil && !isNotFound(err) {
			return false, err
		}
		for _, t := range a.Value {
			f.Tags = append(f.Tags, t.ID)
		}
	}
	c.gate.facts.put(id, f, b.NeedsTags(), c.writes)
	return b.Holds(f), nil
}

// knows tells whether an end user has a conversation inside the agent's bound. It is one request whoever the end user
// is, which a list of conversations would not be.
func (c *call) knows(ctx context.Context, b *capability.Bound, user dixaclient.UUID) (bool, error) {
	if user.Check() != nil {
		return false, nil
	}
	in := dixaclient.SearchConversationsIn{ContactID: []dixaclient.UUID{user}, PageLimit: 1}
	if err := b.Narrow(&in); err != nil {
		return false, err
	}
	a, err := dixaclient.SearchConversations.Do(ctx, c.gate.lookups, in)
	return err == nil && len(a.Value) > 0, err
}
