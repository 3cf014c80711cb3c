package offline

import (
	"fmt"
	"strings"
)

// test says which conversations pass.
type test func(*conversation) bool

// fieldIn is a field that a search can filter by. Each has one operator, and a union of its own of those that it may have.
type fieldIn interface {
	test(w *world) (test, error)
}

type (
	agentField struct {
		Operator emptiableIn `wire:"operator,required"`
	}
	queueField struct {
		Operator emptiableIn `wire:"operator,required"`
	}
	contactField struct {
		Operator oneOfIn `wire:"operator,required"`
	}
	conversationField struct {
		Operator oneOfIn `wire:"operator,required"`
	}
	tagField struct {
		Operator tagOperatorIn `wire:"operator,required"`
	}
	channelField struct {
		Operator channelOperatorIn `wire:"operator,required"`
	}
	directionField struct {
		Operator directionOperatorIn `wire:"operator,required"`
	}
	statusField struct {
		Operator statusOperatorIn `wire:"operator,required"`
	}
	assignedField struct {
		Operator timeOperatorIn `wire:"operator,required"`
	}
	closedField struct {
		Operator timeOperatorIn `wire:"operator,required"`
	}
	createdField struct {
		Operator timeOperatorIn `wire:"operator,required"`
	}
	activityField struct {
		Operator timeOperatorIn `wire:"operator,required"`
	}
	messageField struct {
		Operator timeOperatorIn `wire:"operator,required"`
	}
	durationField struct {
		Operator durationOperatorIn `wire:"operator,required"`
	}
	attributeField struct {
		Operator    attributeOperatorIn `wire:"operator,required"`
		AttributeID string              `wire:"attributeId,required,uuid"`
	}
)

func (f agentField) test(*world) (test, error) {
	return func(c *conversation) bool { return f.Operator.one(c.agent) }, nil
}

func (f queueField) test(*world) (test, error) {
	return func(c *conversation) bool { return f.Operator.one(c.queue) }, nil
}

func (f contactField) test(*world) (test, error) {
	return func(c *conversation) bool { return f.Operator.one(c.requester) }, nil
}

func (f conversationField) test(*world) (test, error) {
	return func(c *conversation) bool { return f.Operator.one(itoa(c.id)) }, nil
}

func (f tagField) test(*world) (test, error) {
	return func(c *conversation) bool { return f.Operator.many(c.tags) }, nil
}

func (f channelField) test(*world) (test, error) {
	return func(c *conversation) bool { return f.Operator.one(c.channel.search) }, nil
}

func (f directionField) test(*world) (test, error) {
	return func(c *conversation) bool { return f.Operator.one(strings.ToLower(c.direction)) }, nil
}

func (f statusField) test(*world) (test, error) {
	return func(c *conversation) bool { return f.Operator.one(status(c.state)) }, nil
}

func (f assignedField) test(*world) (test, error) {
	return func(c *conversation) bool { return f.Operator.at(c.assigned) }, nil
}

func (f closedField) test(*world) (test, error) {
	return func(c *conversation) bool { return f.Operator.at(c.closed) }, nil
}

func (f createdField) test(*world) (test, error) {
	return func(c *conversation) bool { return f.Operator.at(c.created) }, nil
}

func (f activityField) test(*world) (test, error) {
	return func(c *conversation) bool { return f.Operator.at(c.touched) }, nil
}

func (f messageField) test(*world) (test, error) {
	return func(c *conversation) bool { return f.Operator.at(c.lastMessage) }, nil
}

// test of a duration is about closed conversations: how long they took from their creation.
func (f durationField) test(*world) (test, error) {
	return func(c *conversation) bool {
		return !c.closed.IsZero() && f.Operator.lasting(c.closed.Sub(c.created).Milliseconds())
	}, nil
}

func (f attributeField) test(w *world) (test, error) {
	a := w.attrs.byID[lower(f.AttributeID)]
	if a == nil || a.entity != "Conversation" {
		return nil, fmt.Errorf("no custom attribute of conversations has the id %s", f.AttributeID)
	}
	return func(c *conversation) bool { return f.Operator.holds(c.attrs[a.id]) }, nil
}

// status returns the name that search has for a state: it has three where conversations have four.
func status(state string) string {
	switch state {
	case stateOpen:
		return "open"
	case stateClosed:
		return "closed"
	default:
		return "pending"
	}
}
