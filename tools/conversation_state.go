package tools

import (
	"context"
	"encoding/json"
	"strings"
	"sync"
	"time"

	d "dixa-mcp/dixaclient"
	"dixa-mcp/internal/base/vocabulary"
	"dixa-mcp/internal/view"
)

// conversationState is what a plan knows about a conversation before it changes anything.
type conversationState struct {
	d.Conversation
	tagged bool // tags are known
	tagIDs []d.UUID

	mu  sync.Mutex
	new *conversationState // as it was when it was read last
	at  time.Time          // when that was
}

// readState reads a conversation and, where they matter, its tags. Without a grant for these they are not compared.
func readState(ctx context.Context, r *Reads, ref d.ConversationRef, tags bool) (*conversationState, error) {
	s := &conversationState{}
	if err := s.read(ctx, r.Client, ref, tags && r.Granted(d.ListConversationTags.Spec)); err != nil {
		return nil, err
	}
	s.new = s
	return s, nil
}

func (s *conversationState) read(ctx context.Context, c *d.Client, ref d.ConversationRef, tags bool) error {
	s.at = time.Now()
	a, err := d.GetConversation.Do(ctx, c, d.GetConversationIn{ConversationRef: ref})
	if err != nil {
		return err
	}
	s.Conversation = a.Value
	s.ID = ref.ConversationID
	if !tags {
		return nil
	}
	list, err := d.ListConversationTags.Do(ctx, c, ref)
	if err != nil {
		return err
	}
	s.tagged = true
	for _, t := range list.Value {
		s.tagIDs = append(s.tagIDs, t.ID)
	}
	return nil
}

// holds says whether what get reads from the conversation is what it was when the plan was made. All steps of a plan share what
// was read last.
func (s *conversationState) holds(get func(*conversationState) string) func(context.Context, *d.Client, time.Time) (bool, error) {
	return func(ctx context.Context, c *d.Client, at time.Time) (bool, error) {
		s.mu.Lock()
		defer s.mu.Unlock()
		if s.new.at.Before(at) {
			fresh := &conversationState{}
			if err := fresh.read(ctx, c, d.ConversationRef{ConversationID: s.ID}, s.tagged); err != nil {
				return false, err
			}
			s.new = fresh
		}
		return get(s.new) == get(s), nil
	}
}

func (s *conversationState) has(tag d.UUID) bool {
	return hasID(s.tagIDs, tag)
}

func (s *conversationState) stateWord() string { return vocabulary.States.Word(s.State) }

// attribute returns the name and the value of a custom attribute: a text, or the path of an option as JSON.
func (s *conversationState) attribute(id d.UUID) (name, value string) {
	for _, a := range s.CustomAttribute {
		if !strings.EqualFold(string(a.ID), string(id)) {
			continue
		}
		switch v := a.Value.(type) {
		case string:
			return a.Name, v
		case []any:
			if len(v) == 0 {
				return a.Name, ""
			}
			text, _ := json.Marshal(v) // it was JSON
			return a.Name, string(text)
		}
		return a.Name, ""
	}
	return "", ""
}

// attributesOf says what the custom attributes that are set have for values.
func attributesOf(s *conversationState, set []d.CustomAttributeSetting) string {
	all := make([]string, len(set))
	for i, a := range set {
		_, value := s.attribute(a.ID)
		all[i] = string(a.ID) + "=" + value
	}
	return listText(all)
}

func listText(list []string) string {
	text, _ := json.Marshal(list) // strings always marshal
	return string(text)
}

func stateOf(s *conversationState) string { return s.State }

// placeOf says where a conversation is: its queue, state and assignee.
func placeOf(s *conversationState) string {
	place := ""
	if s.Queue != nil {
		place = strings.ToLower(string(s.Queue.ID))
	}
	place += " " + s.State + " "
	if s.Assignment != nil {
		place += strings.ToLower(string(s.Assignment.AgentID))
	}
	return place
}

// shown returns what people know a thing by, as an answer writes it; its id where it has no name that the agent may read.
func (r *Reads) shown(thing d.Thing, id string) string {
	if name := r.Name(thing, id); name != "" {
		return view.Value(name, false)
	}
	return id
}
