package tools

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	d "dixa-mcp/dixaclient"
)

// A program that is told of each message at least once must answer it once. The repeat guard recognizes the same call only for a
// moment, and a model words its answer anew. So a reply can say which message it answers: it is sent only while that is the newest
// message of the conversation, and whoever wrote a newer one, the agent itself or the customer, makes it needless.

// answersArgument is the argument of [reply] that says which message it answers.
const answersArgument = "answers"

// answering is a reply to one message.
type answering struct {
	ref   d.ConversationRef
	id    d.UUID // of the message
	actor d.ActingAgent
	read  time.Time // when the messages were
	over  string    // why nothing is to be sent; "" where it is
}

// readAnswering finds the message that a reply answers; nil where it does not say which.
func readAnswering(ctx context.Context, c *d.Client, in ReplyIn) (*answering, error) {
	if in.Answers == "" {
		return nil, nil
	}
	read := time.Now()
	messages, err := d.ListMessages.Do(ctx, c, d.ListMessagesIn{ConversationRef: in.ConversationRef})
	if err != nil {
		return nil, err
	}
	at := slices.IndexFunc(messages.Value, func(m d.Message) bool { return strings.EqualFold(string(m.ID), in.Answers) })
	if n, err := strconv.Atoi(strings.TrimPrefix(in.Answers, "#")); err == nil {
		at = n - 1
	}
	if at < 0 || at >= len(messages.Value) {
		return nil, &d.InputError{Operation: replyName, Field: answersArgument, Problem: fmt.Sprintf("is no message of conversation %d, which has %d; a message that was just written may appear in a moment", in.ConversationID, len(messages.Value))}
	}
	a := &answering{ref: in.ConversationRef, id: messages.Value[at].ID, actor: in.AgentID, read: read}
	a.over = a.why(messages.Value)
	return a, nil
}

// why says why nothing is to be sent for a conversation with these messages, "" where an answer is due. A message that a program wrote in
// between answers nothing, unless it was written in the name in which the reply would be.
func (a *answering) why(messages []d.Message) string {
	at := slices.IndexFunc(messages, func(m d.Message) bool { return m.ID == a.id })
	switch {
	case at < 0:
		return "the message is not there any more"
	case !strings.EqualFold(messages[at].Attributes.Direction, "Inbound"):
		return "the message is not the customer's"
	}
	for i, m := range messages[at+1:] {
		automatic := m.Attributes.IsAutoReply || m.Attributes.IsAutomated
		if !automatic || strings.EqualFold(string(m.AuthorID), string(a.actor)) {
			return fmt.Sprintf("#%d is newer", at+i+2)
		}
	}
	return ""
}

// notSent returns a step that says why nothing is sent.
func (a *answering) notSent() Step {
	return Step{What: "message", After: "not sent, since " + a.over, Same: true}
}

// hold makes the step that sends the reply hold only while an answer is due, as well as what it held by before.
func (a *answering) hold(s *Step) {
	if a == nil {
		return
	}
	before := s.Holds
	s.State += " answers " + string(a.id)
	s.Holds = func(ctx context.Context, c *d.Client, at time.Time) (bool, error) {
		if before != nil {
			if holds, err := before(ctx, c, at); err != nil || !holds {
				return holds, err
			}
		}
		if !a.read.Before(at) {
			return true, nil
		}
		again := time.Now()
		messages, err := d.ListMessages.Do(ctx, c, d.ListMessagesIn{ConversationRef: a.ref})
		if err != nil {
			return false, err
		}
		a.read = again
		return a.why(messages.Value) == "", nil
	}
}
