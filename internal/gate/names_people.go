package gate

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"dixa-mcp/dixaclient"
	"dixa-mcp/schemas"
	"dixa-mcp/tools"
)

// Customers and messages are in no list that everybody may read. They are looked up with the operations by which the agent
// itself could find them, inside its bound: what is outside is answered like what does not exist.

// mostSame is how many customers with one address or number are told apart.
const mostSame = 5

// customer finds an end user by an e-mail address, a phone number, or as the one who wrote a conversation.
func (n *naming) customer(ctx context.Context, text string) meaning {
	if number, ok := strings.CutPrefix(strings.ToLower(strings.TrimSpace(text)), "requester:"); ok {
		return n.requester(ctx, strings.TrimSpace(number))
	}
	in := dixaclient.ListEndUsersIn{Page: dixaclient.Page{PageLimit: mostSame}}
	if address, ok := schemas.EmailAddress(text); ok {
		in.Email = address
	} else if number, ok := schemas.PhoneNumber(text); ok {
		in.Phone = number
	} else {
		return noID("Dixa cannot find end users by name; give an id, e-mail address or phone number%s", clause(n.call.agent, ", or find them with %s", dixaclient.ListEndUsers.Spec.Name))
	}
	var users []dixaclient.EndUser
	if said := ask(ctx, n, dixaclient.ListEndUsers, in, &users); said != "" {
		return meaning{said: said, open: true}
	}
	switch len(users) {
	case 0:
		return noID("no end user is found by it")
	case 1:
		return meaning{id: string(users[0].ID)}
	}
	ids := make([]string, len(users))
	for i, u := range users {
		ids[i] = string(u.ID)
	}
	return noID("more than one end user has it: give one of the ids %s", strings.Join(ids, ", "))
}

// requester finds the end user who wrote a conversation. A write would hit another customer if a digit is wrong, so that it
// is only told.
func (n *naming) requester(ctx context.Context, text string) meaning {
	id := number(text)
	if id <= 0 {
		return noID("write requester: and the conversation's number, such as requester:1234")
	}
	var c dixaclient.Conversation
	in := dixaclient.GetConversationIn{ConversationRef: dixaclient.ConversationRef{ConversationID: id}}
	if said := ask(ctx, n, dixaclient.GetConversation, in, &c); said != "" {
		return meaning{said: said, open: true}
	}
	switch {
	case c.RequesterID == "":
		return noID("there is no conversation %d, or it has no customer", id)
	case n.call.tool.Level > dixaclient.Read:
		return noID("a write takes no requester:; the customer of conversation %d has the id %s", id, c.RequesterID)
	}
	return meaning{id: string(c.RequesterID)}
}

// message finds the message with a number in the conversation that the same arguments name, counted from the oldest.
func (n *naming) message(ctx context.Context, args *tools.Arguments, text string) meaning {
	place, err := strconv.Atoi(strings.TrimPrefix(strings.TrimSpace(text), "#"))
	conversation, ok := dixaclient.ConversationOf(args.In)
	switch {
	case err != nil || place < 1:
		return noID("write # and its number in the conversation, counted from the oldest, such as #3")
	case !ok:
		return noID("a number counts the messages of a conversation, and no argument names one; give the message's id")
	}
	var messages []dixaclient.Message
	in := dixaclient.ListMessagesIn{ConversationRef: dixaclient.ConversationRef{ConversationID: conversation}}
	if said := ask(ctx, n, dixaclient.ListMessages, in, &messages); said != "" {
		return meaning{said: said, open: true}
	}
	if place > len(messages) {
		return noID("conversation %d has %d messages", conversation, len(messages))
	}
	return meaning{id: string(messages[place-1].ID), name: fmt.Sprintf("#%d", place)}
}

// ask carries out a read as the agent; said is why there is no answer. What does not exist leaves out as it is.
func ask[In, Out any](ctx context.Context, n *naming, op dixaclient.Op[In, Out], in In, out *Out) (said string) {
	v := n.values
	switch {
	case !v.call.agent.Operation(op.Spec.Name).Allowed:
		return "this agent may not look it up; give its id"
	case !v.take():
		return "there is too much to look up in one call; give ids"
	}
	a, err := op.Do(ctx, v.call.gate.client, in)
	denied, _ := errors.AsType[*refusal](err)
	switch {
	case err == nil:
		*out = a.Value
		return ""
	case dixaclient.IsNotFound(err):
		return ""
	case denied != nil && denied.NotGranted(): // a rule for arguments
		return "this agent may not look it up; give its id"
	}
	v.stop(err)
	return "it could not be looked up; try again, or give its id"
}

// stop notes an error that stops the call: a budget that is used up, a freeze, or its end.
func (v *values) stop(err error) {
	if errors.As(err, new(*refusal)) || errors.As(err, new(*dixaclient.BusyError)) || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		v.stopped = err
	}
}
