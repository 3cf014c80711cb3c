package gate

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"strings"
	"time"

	"dixa-mcp/dixaclient"
	"dixa-mcp/internal/capability"
)

// bounded carries out an operation of an agent that may only see some conversations. What is outside is answered
// exactly like what does not exist.
func (c *call) bounded(ctx context.Context, b *capability.Bound, op *dixaclient.Call, next func(context.Context) error) error {
	var err error
	switch op.Op.Scope {
	case dixaclient.Shared:
		return c.page(ctx, op, next)
	case dixaclient.OneConversation:
		err = c.oneConversation(ctx, b, op, next)
	case dixaclient.OneEndUser:
		err = c.oneEndUser(ctx, b, op, next)
	case dixaclient.SomeConversations:
		search, ok := op.In.(*dixaclient.SearchConversationsIn)
		if !ok {
			return outOfReach(c.agentName, b, op.Op)
		}
		if err := b.Narrow(search); err != nil {
			return &dixaclient.InputError{Operation: op.Op.Name, Problem: err.Error()}
		}
		err = c.page(ctx, op, next)
	case dixaclient.SomeEndUsers:
		err = c.someEndUsers(ctx, b, op, next)
	default:
		return outOfReach(c.agentName, b, op.Op)
	}
	if _, refused := errors.AsType[*refusal](err); !refused && dixaclient.IsNotFound(err) { // all that is not there is answered alike
		return missing(op.Op)
	}
	return err
}

func (c *call) oneConversation(ctx context.Context, b *capability.Bound, op *dixaclient.Call, next func(context.Context) error) error {
	id, _ := dixaclient.ConversationOf(op.In)
	if read, ok := op.Out.(*dixaclient.Conversation); ok { // judged on its own answer
		err := c.send(ctx, op, nil, next)
		if err == nil {
			err = op.Decode()
		}
		if c.unlessMissing(err) != nil {
			return err
		}
		inside, failed := c.judge(ctx, b, id, read)
		switch {
		case failed != nil:
			return failed
		case err != nil, !inside:
			return outsideBound(b, op.Op)
		}
		return c.filter(ctx, b, op)
	}
	oldest := time.Time{}
	if op.Op.Level > dixaclient.Read { // what is remembered is for reads
		oldest = time.Now().Add(-decidedFor)
	}
	inside := c.inside(b, op, id)
	if err := inside(ctx, oldest); err != nil {
		return err
	}
	if err := c.send(ctx, op, inside, next); err != nil {
		return err
	}
	return c.filter(ctx, b, op)
}

// inside judges all that a request about one conversation names: other conversations and end users, the conversation
// itself, and what must be a part of it.
func (c *call) inside(b *capability.Bound, op *dixaclient.Call, id int64) ruling {
	return func(ctx context.Context, oldest time.Time) error {
		for _, id := range append(dixaclient.OtherConversations(op.In), id) {
			if inside, err := c.holds(ctx, b, id, oldest); err != nil || !inside {
				return cmp.Or[error](err, outsideBound(b, op.Op))
			}
		}
		for _, user := range dixaclient.OtherEndUsers(op.In) {
			if inside, err := c.knows(ctx, b, user); err != nil || !inside {
				return cmp.Or[error](err, outsideBound(b, op.Op))
			}
		}
		for _, part := range dixaclient.PartsOf(op.In) {
			if inside, err := c.contains(ctx, id, part); err != nil || !inside {
				return cmp.Or[error](err, outsideBound(b, op.Op))
			}
		}
		return nil
	}
}

func (c *call) oneEndUser(ctx context.Context, b *capability.Bound, op *dixaclient.Call, next func(context.Context) error) error {
	user, _ := dixaclient.EndUserOf(op.In)
	inside := func(ctx context.Context, _ time.Time) error {
		if inside, err := c.knows(ctx, b, user); err != nil || !inside {
			return cmp.Or[error](err, outsideBound(b, op.Op))
		}
		return nil
	}
	if err := inside(ctx, time.Time{}); err != nil {
		return err
	}
	if in, ok := op.In.(*dixaclient.ListEndUserConversationsIn); ok {
		return gather(ctx, c, op, &in.Page, judging[dixaclient.Conversation]{page: inside, show: c.showConversation(ctx, b)}, next)
	}
	return c.send(ctx, op, inside, next)
}

func (c *call) someEndUsers(ctx context.Context, b *capability.Bound, op *dixaclient.Call, next func(context.Context) error) error {
	in, ok := op.In.(*dixaclient.ListEndUsersIn)
	if !ok {
		return outOfReach(c.agentName, b, op.Op)
	}
	if strings.TrimSpace(in.Email+in.Phone+in.ExternalID) == "" {
		return &dixaclient.InputError{Operation: op.Op.Name, Problem: "this agent may not list all end users: name one of email, phone, externalId"}
	}
	found := &strangers{call: c, bound: b}
	return gather(ctx, c, op, &in.Page, judging[dixaclient.EndUser]{meet: found.meet, show: found.show(ctx)}, next)
}

// missing returns Dixa's answer about what does not exist, with nothing in it that could tell one case from another.
func missing(op *dixaclient.Spec) *dixaclient.Error {
	return &dixaclient.Error{Op: op, Status: http.StatusNotFound, Message: "The requested resource could not be found", Attempts: 1}
}
