package gate

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"time"

	"dixa-mcp/dixaclient"
	"dixa-mcp/internal/capability"
)

// bounds holds one operation of a call to the conversations that its agent may see.
type bounds struct {
	call  *call
	bound *capability.Bound
	op    *dixaclient.Call
}

// restrict wraps every operation of an agent that may only see some conversations. What is outside is answered exactly like
// what does not exist.
func restrict(ctx context.Context, op *dixaclient.Call, next func(context.Context) error) error {
	c := callFrom(ctx)
	if c.agent.Bound() == nil {
		return next(ctx)
	}
	if !isUnpriced(ctx) {
		if err := c.budget.check(ctx, op.Op.Level); err != nil { // before anything is looked up
			return err
		}
	}
	b := &bounds{c, c.agent.Bound(), op}
	if op.Op.Scope == dixaclient.Shared {
		return b.page(ctx, next)
	}
	err := b.carryOut(ctx, next)
	if _, refused := errors.AsType[*refusal](err); !refused && dixaclient.IsNotFound(err) { // all that is not there is answered alike
		return missing(op.Op)
	}
	return err
}

// carryOut carries the operation out as far as its scope can be held to the bound, and refuses it otherwise.
func (b *bounds) carryOut(ctx context.Context, next func(context.Context) error) error {
	switch b.op.Op.Scope {
	case dixaclient.OneConversation:
		return b.oneConversation(ctx, next)
	case dixaclient.OneEndUser:
		return b.oneEndUser(ctx, next)
	case dixaclient.SomeConversations:
		search, ok := b.op.In.(*dixaclient.SearchConversationsIn)
		if !ok {
			break
		}
		if err := b.bound.Narrow(search); err != nil {
			return &dixaclient.InputError{Operation: b.op.Op.Name, Problem: err.Error()}
		}
		return b.page(ctx, next)
	case dixaclient.SomeEndUsers:
		if in, ok := b.op.In.(*dixaclient.ListEndUsersIn); ok {
			return b.someEndUsers(ctx, in, next)
		}
	}
	return outOfReach(b.call.agentName, b.bound, b.call.tool.Name)
}

// oneConversation carries out an operation about one conversation. Reading it takes no look-up: it is judged by its own answer.
func (b *bounds) oneConversation(ctx context.Context, next func(context.Context) error) error {
	id, _ := dixaclient.ConversationOf(b.op.In)
	if b.bound.Excludes(id) { // whether it exists is not even asked
		return b.require(false, nil)
	}
	if read, ok := b.op.Out.(*dixaclient.Conversation); ok { // judged on its own answer
		err := b.send(ctx, nil, next)
		if err == nil {
			err = b.op.Decode()
		}
		if b.unlessMissing(err) != nil {
			return err
		}
		inside, failed := b.judge(ctx, id, read)
		if failed = b.require(inside && err == nil, failed); failed != nil {
			return failed
		}
		return b.filter(ctx)
	}
	oldest := time.Time{}
	if b.op.Op.Level > dixaclient.Read { // what is remembered is for reads
		oldest = time.Now().Add(-decidedFor)
	}
	judge := b.judgeNamed(id)
	if err := judge(ctx, oldest); err != nil {
		return err
	}
	if err := b.send(ctx, judge, next); err != nil {
		return err
	}
	return b.filter(ctx)
}

// judgeNamed judges all that a request about one conversation names: other conversations and end users, the conversation
// itself, and what must be a part of it.
func (b *bounds) judgeNamed(id int64) ruling {
	return func(ctx context.Context, oldest time.Time) error {
		for _, id := range append(dixaclient.OtherConversations(b.op.In), id) {
			if err := b.require(b.hasConversation(ctx, id, oldest)); err != nil {
				return err
			}
		}
		for _, user := range dixaclient.OtherEndUsers(b.op.In) {
			if err := b.require(b.hasEndUser(ctx, user)); err != nil {
				return err
			}
		}
		for _, part := range dixaclient.PartsOf(b.op.In) {
			if err := b.require(b.hasPart(ctx, id, part)); err != nil {
				return err
			}
		}
		return nil
	}
}

func (b *bounds) oneEndUser(ctx context.Context, next func(context.Context) error) error {
	user, _ := dixaclient.EndUserOf(b.op.In)
	judge := func(ctx context.Context, _ time.Time) error { return b.require(b.hasEndUser(ctx, user)) }
	if err := judge(ctx, time.Time{}); err != nil {
		return err
	}
	if in, ok := b.op.In.(*dixaclient.ListEndUserConversationsIn); ok {
		return gather(ctx, b, &in.Page, judging[dixaclient.Conversation]{page: judge, show: b.showConversation(ctx)}, next)
	}
	return b.send(ctx, judge, next)
}

func (b *bounds) someEndUsers(ctx context.Context, in *dixaclient.ListEndUsersIn, next func(context.Context) error) error {
	if strings.TrimSpace(in.Email+in.Phone+in.ExternalID) == "" {
		return &dixaclient.InputError{Operation: b.op.Op.Name, Problem: "this agent may not list all end users: name one of email, phone, externalId"}
	}
	found := &strangers{bounds: b}
	return gather(ctx, b, &in.Page, judging[dixaclient.EndUser]{meet: found.meet, show: found.show(ctx)}, next)
}

// ruling decides whether an operation is inside the agent's bound, on facts that are not older than oldest.
type ruling func(ctx context.Context, oldest time.Time) error

// send lets the operation go on. Where it has waited, it is judged again right before each of its requests leaves; judge
// is nil where its answer is judged, or nothing is.
func (b *bounds) send(ctx context.Context, judge ruling, next func(context.Context) error) error {
	decided := time.Now()
	b.op.Before = func() error {
		// A decision takes look-ups, which wait themselves. So it is made again where it took as long as facts are kept.
		for age := decisionAge(b.op); judge != nil && time.Since(decided) > age; age = factsFor {
			decided = time.Now()
			oldest := time.Time{} // what a read may see is judged on facts that may be remembered
			if b.op.Op.Level > dixaclient.Read {
				oldest = decided
			}
			if err := judge(unpriced(ctx), oldest); err != nil {
				return err
			}
		}
		return nil
	}
	return next(ctx)
}

// require returns the refusal of what is not inside the bound.
func (b *bounds) require(inside bool, err error) error {
	if err != nil || inside {
		return err
	}
	return outsideBound(b.call, b.op.Op)
}

// missing returns Dixa's answer about what does not exist, with nothing in it that could tell one case from another.
func missing(op *dixaclient.Spec) *dixaclient.Error {
	return &dixaclient.Error{Op: op, Status: http.StatusNotFound, Message: "The requested resource could not be found", Attempts: 1}
}
