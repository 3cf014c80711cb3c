package search

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Facts are what filters look at in a conversation.
type Facts struct {
	ID                                              int64
	Agent, Queue, Requester                         string         // ids
	Channel                                         string         // in the words of search
	Direction                                       string         // inbound or outbound
	Status                                          string         // open, pending or closed
	Tags                                            []string       // ids
	Attributes                                      map[string]any // custom attributes, by id
	Created, Assigned, Closed, LastMessage, Touched time.Time      // zero for what has not happened
}

// test says which conversations pass.
type test func(*Facts) bool

// fieldIn is a field that a search can filter by. Each has one operator, and a union of its own of those that it may have.
type fieldIn interface {
	test(known func(attribute string) bool) (test, error)
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

func (f agentField) test(func(string) bool) (test, error) {
	return func(c *Facts) bool { return f.Operator.one(c.Agent) }, nil
}

func (f queueField) test(func(string) bool) (test, error) {
	return func(c *Facts) bool { return f.Operator.one(c.Queue) }, nil
}

func (f contactField) test(func(string) bool) (test, error) {
	return func(c *Facts) bool { return f.Operator.one(c.Requester) }, nil
}

func (f conversationField) test(func(string) bool) (test, error) {
	return func(c *Facts) bool { return f.Operator.one(strconv.FormatInt(c.ID, 10)) }, nil
}

func (f tagField) test(func(string) bool) (test, error) {
	return func(c *Facts) bool { return f.Operator.many(c.Tags) }, nil
}

func (f channelField) test(func(string) bool) (test, error) {
	return func(c *Facts) bool { return f.Operator.one(c.Channel) }, nil
}

func (f directionField) test(func(string) bool) (test, error) {
	return func(c *Facts) bool { return f.Operator.one(c.Direction) }, nil
}

func (f statusField) test(func(string) bool) (test, error) {
	return func(c *Facts) bool { return f.Operator.one(c.Status) }, nil
}

func (f assignedField) test(func(string) bool) (test, error) {
	return func(c *Facts) bool { return f.Operator.at(c.Assigned) }, nil
}

func (f closedField) test(func(string) bool) (test, error) {
	return func(c *Facts) bool { return f.Operator.at(c.Closed) }, nil
}

func (f createdField) test(func(string) bool) (test, error) {
	return func(c *Facts) bool { return f.Operator.at(c.Created) }, nil
}

func (f activityField) test(func(string) bool) (test, error) {
	return func(c *Facts) bool { return f.Operator.at(c.Touched) }, nil
}

func (f messageField) test(func(string) bool) (test, error) {
	return func(c *Facts) bool { return f.Operator.at(c.LastMessage) }, nil
}

// test of a duration is about closed conversations: how long they took from their creation.
func (f durationField) test(func(string) bool) (test, error) {
	return func(c *Facts) bool {
		return !c.Closed.IsZero() && f.Operator.lasting(c.Closed.Sub(c.Created).Milliseconds())
	}, nil
}

func (f attributeField) test(known func(string) bool) (test, error) {
	id := strings.ToLower(f.AttributeID)
	if !known(id) {
		return nil, fmt.Errorf("no custom attribute of conversations has the id %s", f.AttributeID)
	}
	return func(c *Facts) bool { return f.Operator.holds(c.Attributes[id]) }, nil
}
