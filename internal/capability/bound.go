package capability

import (
	"errors"
	"slices"
	"strconv"
	"strings"

	"dixa-mcp/dixaclient"
	"dixa-mcp/internal/base/safetext"
)

// Bound says which conversations there are for an agent: what its key `only` says in the capability file, and the conversation to
// which the key of a request is bound. It never changes.
type Bound struct {
	rule         at
	terms        []bounding // all must hold
	conversation int64      // the only one that there can be; 0: there can be others
}

// bounding is one term, such as a key under only: one of its values must hold.
type bounding struct {
	key    string
	words  []string // as the file writes them
	values []string // ids, or words of Dixa's search
}

// Bound says which conversations there are for the agent; nil means all.
func (s *settings) Bound() *Bound { return s.bound }

// Rule returns the key that bounds the agent, such as agents.triage.only, and its line.
func (b *Bound) Rule() (string, int) { return b.rule.key, b.rule.line }

// Values returns the ids, or words of Dixa's search, that a key under only allows; nil for a key that is not there.
func (b *Bound) Values(key string) []string {
	if b == nil {
		return nil
	}
	for _, t := range b.terms {
		if t.key == key {
			return slices.Clone(t.values)
		}
	}
	return nil
}

// mostWords is how many values of a rule are written out.
const mostWords = 5

// String says in words which conversations there are, such as "queue billing or returns, and channel email".
func (b *Bound) String() string {
	keys := make([]string, len(b.terms))
	for i, t := range b.terms {
		keys[i] = t.key + " " + someWords(t.words)
	}
	return strings.Join(keys, ", and ")
}

// someWords joins the first of several words.
func someWords(all []string) string {
	words := make([]string, 0, mostWords+1)
	for _, w := range all[:min(len(all), mostWords)] {
		words = append(words, safetext.Brief(w, 40))
	}
	if n := len(all) - mostWords; n > 0 {
		words = append(words, strconv.Itoa(n)+" more")
	}
	return strings.Join(words, " or ")
}

// NeedsTags tells whether [Bound.Holds] looks at a conversation's tags.
func (b *Bound) NeedsTags() bool {
	return slices.ContainsFunc(b.terms, func(t bounding) bool { return t.key == "tag" })
}

// Excludes tells whether the number of a conversation suffices to know that it is outside the bound.
func (b *Bound) Excludes(conversation int64) bool {
	return b.conversation != 0 && conversation != b.conversation
}

// Holds tells whether the conversation with these facts is inside the bound.
func (b *Bound) Holds(f Facts) bool {
	for _, t := range b.terms {
		if !slices.ContainsFunc(f.of(t.key), t.has) {
			return false
		}
	}
	return true
}

func (t *bounding) has(value string) bool {
	return slices.ContainsFunc(t.values, func(v string) bool { return strings.EqualFold(v, value) })
}

// of returns the facts that a key under only is about.
func (f *Facts) of(key string) []string {
	switch key {
	case numberTerm:
		return []string{strconv.FormatInt(f.Conversation, 10)}
	case "queue":
		return []string{string(f.Queue)}
	case "channel":
		return []string{f.Channel}
	case "assignee":
		return []string{string(f.Assignee)}
	case "direction":
		return []string{f.Direction}
	case "tag":
		tags := make([]string, len(f.Tags))
		for i, id := range f.Tags {
			tags[i] = string(id)
		}
		return tags
	}
	return nil
}

// conditions are the search conditions that the terms of a bound stand for.
var conditions = map[string]dixaclient.SearchCondition{
	numberTerm:  {Field: "ConversationId", Operator: "IsOneOf"},
	"queue":     {Field: "QueueId", Operator: "IsOneOf"},
	"channel":   {Field: "Channel", Operator: "IsOneOf"},
	"assignee":  {Field: "AgentId", Operator: "IsOneOf"},
	"direction": {Field: "Direction", Operator: "IsOneOf"},
	"tag":       {Field: "TagId", Operator: "IncludesOne"},
}

// Narrow adds the bound to a search, so that it finds only what is inside. The search's own conditions stay as they
// are. A search for conversations that meet any of several conditions cannot be narrowed and is refused.
func (b *Bound) Narrow(in *dixaclient.SearchConversationsIn) error {
	if in.Strategy != "" && in.Strategy != "All" {
		return errors.New("strategy Any cannot be used by this agent, which may only see some conversations; leave strategy out, and search once for each alternative")
	}
	all := slices.Clone(in.Conditions)
	for _, t := range b.terms {
		c := conditions[t.key]
		c.Values = slices.Clone(t.values)
		all = append(all, c)
	}
	in.Conditions = all
	return nil
}
