// Package search understands what a search for conversations asks: a text, and filters by fields with operators. It looks at the [Facts]
// of a conversation and at its texts, wherever these come from.
package search

import (
	"fmt"
	"reflect"
)

// Question is the body of a search: a text, filters, or both.
type Question struct {
	Query   *queryIn   `wire:"query"`
	Filters *filtersIn `wire:"filters"`
}

type queryIn struct {
	Value      string `wire:"value,required"`
	ExactMatch bool   `wire:"exactMatch"`
}

type filtersIn struct {
	Strategy   string `wire:"strategy,required,All|Any"`
	Conditions []struct {
		Field fieldIn `wire:"field,required"`
	} `wire:"conditions"`
}

// Text returns the text that is looked for, nil without one.
func (q Question) Text() *Text {
	if q.Query == nil {
		return nil
	}
	return NewText(q.Query.Value, q.Query.ExactMatch)
}

// Filter makes one test of all conditions. known tells the ids of the custom attributes that conversations have.
func (q Question) Filter(known func(attribute string) bool) (func(*Facts) bool, error) {
	all := func(*Facts) bool { return true }
	in := q.Filters
	if in == nil || len(in.Conditions) == 0 {
		return all, nil
	}
	tests := make([]test, len(in.Conditions))
	for i, cond := range in.Conditions {
		test, err := cond.Field.test(known)
		if err != nil {
			return nil, fmt.Errorf("condition %d: %w", i, err)
		}
		tests[i] = test
	}
	any := in.Strategy == "Any"
	return func(c *Facts) bool {
		for _, test := range tests {
			if test(c) == any {
				return any
			}
		}
		return !any
	}, nil
}

// Unions are the members of the unions in a [Question], by their `_type`.
var Unions = map[reflect.Type]map[string]any{
	reflect.TypeFor[fieldIn](): {
		"AgentId": agentField{}, "QueueId": queueField{}, "ContactId": contactField{}, "ConversationId": conversationField{},
		"TagId": tagField{}, "Channel": channelField{}, "Direction": directionField{}, "Status": statusField{},
		"AssignedDate": assignedField{}, "ClosedDate": closedField{}, "CreationDate": createdField{}, "LastActivity": activityField{},
		"LastMessage": messageField{}, "Duration": durationField{}, "CustomAttribute": attributeField{},
	},
	reflect.TypeFor[emptiableIn](): {
		"IsEmpty": isEmpty{}, "IsNotEmpty": isNotEmpty{}, "IsOneOf": isOneOf{}, "IsNotOneOf": isNotOneOf{},
	},
	reflect.TypeFor[oneOfIn]():             {"IsOneOf": isOneOf{}, "IsNotOneOf": isNotOneOf{}},
	reflect.TypeFor[channelOperatorIn]():   {"IsOneOf": channelOneOf{}, "IsNotOneOf": channelNotOneOf{}},
	reflect.TypeFor[directionOperatorIn](): {"IsOneOf": directionOneOf{}, "IsNotOneOf": directionNotOneOf{}},
	reflect.TypeFor[statusOperatorIn]():    {"IsOneOf": statusOneOf{}, "IsNotOneOf": statusNotOneOf{}},
	reflect.TypeFor[tagOperatorIn](): {
		"IncludesOne": includesOne{}, "IncludesAll": includesAll{}, "ExcludesOne": excludesOne{}, "ExcludesAll": excludesAll{},
		"IsEmpty": isEmpty{}, "IsNotEmpty": isNotEmpty{},
	},
	reflect.TypeFor[timeOperatorIn](): {"Since": since{}, "Until": until{}, "Between": betweenTimes{}},
	reflect.TypeFor[durationOperatorIn](): {
		"LongerThanOrEqualTo": longerThan{}, "ShorterThanOrEqualTo": shorterThan{}, "Between": betweenDurations{},
	},
	reflect.TypeFor[attributeOperatorIn](): {
		"IsEmpty": isEmpty{}, "IsNotEmpty": isNotEmpty{}, "IsOneOf": attributeOneOf{}, "IsNotOneOf": attributeNotOneOf{},
	},
}

// Channels are the words for channels, for body.Reader.Lists; for some no conversation is seeded.
const Channels = "email|contactform|chat|dixamessenger|phone|voicemail|callback|sms|facebookmessenger|whatsapp|adachat|" +
	"digitalgeniuschat|kindlychat|genericapimessaging|trustpilot|yotpo"
