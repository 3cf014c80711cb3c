package tools

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"

	d "dixa-mcp/dixaclient"
	"dixa-mcp/internal/base/vocabulary"
	"dixa-mcp/internal/view"
)

// isOpen reports whether there is still something to do about a conversation.
func isOpen(c *d.Conversation) bool { return c.State != "Closed" }

// openFirst sorts conversations: open ones first, and of each kind the newest.
func openFirst(list []d.Conversation) {
	slices.SortStableFunc(list, func(a, b d.Conversation) int {
		switch {
		case isOpen(&a) && !isOpen(&b):
			return -1
		case isOpen(&b) && !isOpen(&a):
			return 1
		}
		return int(min(max(b.ID-a.ID, -1), 1))
	})
}

// counted says how many conversations there are, and how many are open.
func counted(list []d.Conversation, more bool) view.Fact {
	open, plus := 0, ""
	for i := range list {
		if isOpen(&list[i]) {
			open++
		}
	}
	if more {
		plus = "+"
	}
	word := "conversations"
	if len(list) == 1 && !more {
		word = "conversation"
	}
	return view.Fact{Key: "conversations", Value: fmt.Sprintf("%d%s %s, %d%s open", len(list), plus, word, open, plus), Own: true}
}

// customerItem describes a customer in one line.
func customerItem(u *d.EndUser) view.Item {
	return view.Item{Facts: []view.Fact{
		{Key: "customer", Label: "Customer", Value: u.DisplayName, Outside: true, ID: string(u.ID)},
		{Key: "email", Value: u.Email, Outside: true},
		{Key: "phone", Value: u.PhoneNumber, Outside: true},
		{Key: "externalId", Label: "external id", Value: u.ExternalID, Outside: true},
		{Key: "since", Label: "since", Time: u.CreatedAt.Time},
	}}
}

// has reports whether Dixa shows the agent a conversation now.
func (r *Reads) has(ctx context.Context, ref d.ConversationRef) (bool, error) {
	_, err := d.GetConversation.Do(ctx, r.Client, d.GetConversationIn{ConversationRef: ref})
	if d.IsNotFound(err) || notGranted(err) {
		return false, nil
	}
	return err == nil, err
}

// conversationFacts returns what is said of a conversation in one line.
func (r *Reads) conversationFacts(c *d.Conversation, label string) []view.Fact {
	facts := []view.Fact{
		{Key: "id", Label: label, Value: strconv.FormatInt(c.ID, 10)},
		{Key: "channel", Value: vocabulary.Channels.Word(c.Channel)},
	}
	if c.Direction != "" && c.Direction != "Inbound" { // the rule
		facts = append(facts, view.Fact{Key: "direction", Value: vocabulary.Directions.Word(c.Direction)})
	}
	facts = append(facts, view.Fact{Key: "state", Value: vocabulary.States.Word(c.State)})
	if c.Queue != nil {
		facts = append(facts, r.named("queue", "queue", d.QueueThing, string(c.Queue.ID)))
	}
	if c.Assignment != nil {
		facts = append(facts, r.named("assignedTo", "assigned to", d.AgentThing, string(c.Assignment.AgentID)))
	}
	return append(facts, view.Fact{Key: "created", Label: "created", Time: c.CreatedAt.Time})
}

// conversationItem describes a conversation in one line.
func (r *Reads) conversationItem(c *d.Conversation, label string) view.Item {
	facts := r.conversationFacts(c, label)
	return view.Item{Facts: append(facts, view.Fact{Key: "subject", Value: c.Subject, Outside: true})}
}

// CustomerAddress finds the customer's own address in Dixa's answer about a conversation; not every channel has one. In a
// conversation that the organization began, that is the address to which it wrote.
func CustomerAddress(raw []byte) string {
	var answer struct {
		Data struct{ Direction, FromEmail, FromNumber, ToEmail, ToNumber string }
	}
	if json.Unmarshal(raw, &answer) != nil {
		return ""
	}
	if c := answer.Data; strings.EqualFold(c.Direction, "Outbound") {
		return c.ToEmail + c.ToNumber // it has one of the two
	}
	return answer.Data.FromEmail + answer.Data.FromNumber
}

// mostLookedUp is how many customers of a list are looked up: those whose conversation has no address, such as a chat.
const mostLookedUp = 5

// customers says who wrote the conversations of a list.
type customers struct {
	reads *Reads
	known map[d.UUID][]view.Fact // by end user
}

// of returns the address that a conversation has, or else the customer's name and address, as far as the agent may read them
// and its budget lasts.
func (c *customers) of(ctx context.Context, id d.UUID, address string) ([]view.Fact, error) {
	if address != "" {
		return []view.Fact{{Key: "customer", Value: address, Outside: true}}, nil
	}
	if facts, ok := c.known[id]; ok || len(c.known) == mostLookedUp || id.Check() != nil || !c.reads.Granted(d.GetEndUser.Spec) || c.reads.Left() < searchAndNames {
		return facts, nil
	}
	who, ok, err := optional(ctx, c.reads, "customers' names", d.GetEndUser, d.EndUserRef{UserID: id})
	if err != nil {
		return nil, err
	}
	c.known[id] = nil
	if ok {
		u := who.Value
		c.known[id] = []view.Fact{{Key: "customer", Value: u.DisplayName, Outside: true}, {Key: "email", Value: u.Email, Outside: true}}
		if u.Email == "" {
			c.known[id][1] = view.Fact{Key: "phone", Value: u.PhoneNumber, Outside: true}
		}
	}
	return c.known[id], nil
}

// attributeFacts returns the values of custom attributes.
func (r *Reads) attributeFacts(values []d.CustomAttributeValue) []view.Fact {
	var facts []view.Fact
	for _, v := range values {
		text := ""
		switch value := v.Value.(type) {
		case string:
			text = r.path(string(v.ID), value)
		case []any:
			var steps []string
			for _, step := range value {
				steps = append(steps, fmt.Sprint(step))
			}
			text = r.path(string(v.ID), steps...)
		}
		if text != "" {
			facts = append(facts, view.Fact{Key: "customAttributes", Value: v.Name + ": " + text, Outside: true})
		}
	}
	return facts
}

// path writes the value of a custom attribute: a text, or the path of an option, in labels as far as the agent may read them.
func (r *Reads) path(attribute string, values ...string) string {
	named := make([]string, len(values))
	for i, value := range values {
		if named[i] = r.Name(d.OptionThing, view.OptionID(attribute, values[:i+1]...)); named[i] == "" {
			named[i] = value
		}
	}
	return strings.Join(named, d.PathSeparator)
}

// called writes a call with its arguments, which an agent can make unchanged.
func called(tool string, arguments any) string {
	text, err := json.Marshal(arguments)
	if err != nil {
		return tool
	}
	return tool + " " + string(text)
}
