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
	// endUserPages is how many pages of an end user's conversations are looked through for one inside a bound.
	endUserPages = 4
)

// facts remembers what bounds ask about conversations. Agents share it: what is so does not depend on who asks.
type facts struct {
	mu    sync.Mutex
	known map[int64]fact
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

func (f *facts) put(id int64, facts capability.Facts, tags bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(f.known) >= factsMost {
		clear(f.known)
	}
	if f.known == nil {
		f.known = map[int64]fact{}
	}
	f.known[id] = fact{facts, tags, time.Now().Add(factsFor)}
}

// forget is called around our own writes.
func (f *facts) forget(id int64) {
	f.mu.Lock()
	defer f.mu.Unlock()
	delete(f.known, id)
}

// holds tells whether a conversation is inside the agent's bound; one that does not exist is not.
func (c *call) holds(ctx context.Context, b *capability.Bound, id int64) (bool, error) {
	if f, ok := c.gate.facts.get(id, b.NeedsTags()); ok {
		return b.Holds(f), nil
	}
	a, err := dixaclient.GetConversation.Do(ctx, c.gate.lookups, dixaclient.GetConversationIn{ConversationRef: dixaclient.ConversationRef{ConversationID: id}})
	if isNotFound(err) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	return c.judge(ctx, b, &a.Value)
}

// judge tells whether a conversation that was read is inside the agent's bound.
func (c *call) judge(ctx context.Context, b *capability.Bound, conversation *dixaclient.Conversation) (bool, error) {
	f := capability.FactsOf(conversation)
	if b.NeedsTags() {
		a, err := dixaclient.ListConversationTags.Do(ctx, c.gate.lookups, dixaclient.ConversationRef{ConversationID: conversation.ID})
		if isNotFound(err) {
			return false, nil
		}
		if err != nil {
			return false, err
		}
		for _, t := range a.Value {
			f.Tags = append(f.Tags, t.ID)
		}
	}
	c.gate.facts.put(conversation.ID, f, b.NeedsTags())
	return b.Holds(f), nil
}

// knows tells whether an end user has a conversation inside the agent's bound.
func (c *call) knows(ctx context.Context, b *capability.Bound, user dixaclient.UUID) (bool, error) {
	in := dixaclient.ListEndUserConversationsIn{EndUserRef: dixaclient.EndUserRef{UserID: user}}
	pages := 0
	for a, err := range dixaclient.ListEndUserConversations.Pages(ctx, c.gate.lookups, in) {
		if isNotFound(err) {
			return false, nil
		}
		if err != nil {
			return false, err
		}
		for i := range a.Value {
			if inside, err := c.judge(ctx, b, &a.Value[i]); inside || err != nil {
				return inside, err
			}
		}
		if pages++; pages == endUserPages {
			break
		}
	}
	return false, nil
}
