package tools

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	d "dixa-mcp/dixaclient"
	"dixa-mcp/internal/view"
)

// awaitAnswer waits for a message of the customer.
func (w *waiter) awaitAnswer(ctx context.Context) (Output, error) {
	in := w.in
	ref := d.ConversationRef{ConversationID: in.ConversationID}
	after, first := in.After, true
	var messages d.Answer[[]d.Message]
	done, err := w.wait(ctx, w.asking("no answer yet", func(ctx context.Context) (bool, error) {
		now, err := d.ListMessages.Do(ctx, w.reads.Client, d.ListMessagesIn{ConversationRef: ref})
		if err != nil {
			return false, err
		}
		if all := len(now.Value); first && after > all {
			return false, fmt.Errorf("wait_for: after: there is no message #%d: %s", after, numbered(all))
		} else if first && after == 0 {
			after = all
		}
		messages, first = now, false
		return slices.ContainsFunc(messages.Value[min(after, len(messages.Value)):], isAnswer), nil
	}, "ConversationMessageAdded"))
	if err != nil {
		return Output{}, err
	}
	all := len(messages.Value)
	head := []view.Fact{{Key: "id", Label: "Conversation", Value: strconv.FormatInt(in.ConversationID, 10)}}
	if !done.happened {
		head = append(head, view.Fact{Key: "waited", Value: "no answer from the customer " + done.nothing(), Own: true})
		head = append(head, newest(messages.Value)...)
		return Output{Parts: []view.Part{{Name: "conversation", Items: []view.Item{{Facts: head}}},
			again(WaitForIn{ConversationID: in.ConversationID, After: all, Seconds: in.shorter()})}}, nil
	}
	head = append(head, view.Fact{Key: "waited", Value: "the customer answered " + done.when(), Own: true},
		view.Fact{Key: "shown", Value: spanned(after+1, all, all), Own: true})
	o := Thread()
	o.Skip, o.Read = after, true
	o.Again = func(skip, offset int) string { return w.messagesFrom(skip, offset) }
	return Output{Parts: []view.Part{{Name: "conversation", Items: []view.Item{{Facts: head}}}, {Name: "messages", Body: messages.Raw, Options: o}}}, nil
}

// isAnswer reports whether a customer wrote a message, rather than a program for them.
func isAnswer(m d.Message) bool {
	return strings.EqualFold(m.Attributes.Direction, "Inbound") && !m.Attributes.IsAutoReply && !m.Attributes.IsAutomated
}

// newest says which message is the last one, so that a reader knows what was there already.
func newest(messages []d.Message) []view.Fact {
	if len(messages) == 0 {
		return nil
	}
	last := messages[len(messages)-1]
	by := ""
	switch {
	case last.Attributes.IsAutoReply, last.Attributes.IsAutomated:
		by = ", sent automatically"
	case isAnswer(last):
		by = ", by the customer"
	case strings.EqualFold(last.Attributes.Direction, "Outbound"):
		by = ", by us"
	}
	return []view.Fact{{Key: "newest", Label: fmt.Sprintf("newest message #%d%s,", len(messages), by), Time: last.CreatedAt.Time}}
}

// messagesFrom returns the call that reads on in messages.
func (w *waiter) messagesFrom(skip, offset int) string {
	ref := d.ConversationRef{ConversationID: w.in.ConversationID}
	if w.reads.Tools(d.ListMessages.Spec.Name) == readConversation.Name {
		return called(readConversation.Name, ReadConversationIn{ConversationRef: ref, Messages: fmt.Sprintf("%d-", skip+1), Offset: offset})
	}
	return called(d.ListMessages.Spec.Name, struct {
		d.ConversationRef
		Skip   int `json:"skip,omitzero"`
		Offset int `json:"offset,omitzero"`
	}{ref, skip, offset})
}

// awaitAssignment waits until the conversation is assigned to the Dixa agent that is asked for, or to anybody.
func (w *waiter) awaitAssignment(ctx context.Context) (Output, error) {
	in := w.in
	var c d.Conversation
	done, err := w.wait(ctx, w.asking("not assigned yet", func(ctx context.Context) (bool, error) {
		now, err := d.GetConversation.Do(ctx, w.reads.Client, d.GetConversationIn{ConversationRef: d.ConversationRef{ConversationID: in.ConversationID}})
		if err != nil {
			return false, err
		}
		c = now.Value
		return assigned(&c, in.Assignee) || !isOpen(&c), nil
	}, "ConversationAssigned", "ConversationTransferred", "ConversationClosed"))
	if err != nil {
		return Output{}, err
	}
	head := w.reads.conversationFacts(&c, "Conversation")
	for i := range head {
		head[i].Program = head[i].Key == "channel" || head[i].Key == "created"
	}
	said := view.Fact{Key: "waited", Own: true}
	switch {
	case assigned(&c, in.Assignee):
		said.Value = "was assigned " + done.when()
	case done.happened:
		said.Value = "is closed, so it will not be assigned; the wait ended"
	default:
		said.Value = "no assignment " + done.nothing()
		if in.Assignee != "" {
			said.Value = "not assigned to the Dixa agent that you named " + done.nothing()
		}
	}
	parts := []view.Part{{Name: "conversation", Items: []view.Item{{Facts: append(head, said)}}}}
	if !done.happened {
		in.Seconds = in.shorter()
		if name := w.reads.Name(d.AgentThing, string(in.Assignee)); in.Assignee != "" && name != "" {
			in.Assignee = d.UUID(name)
		}
		parts = append(parts, again(in))
	}
	return Output{Parts: parts}, nil
}

// assigned reports whether a conversation is assigned to a Dixa agent, or to anybody.
func assigned(c *d.Conversation, to d.UUID) bool {
	return c.Assignment != nil && c.Assignment.AgentID != "" && (to == "" || strings.EqualFold(string(c.Assignment.AgentID), string(to)))
}
