package dixaclient

import (
	"fmt"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
)

func searchTime(t *testing.T, text string) Time {
	at, err := ParseTime(text)
	require.NoError(t, err)
	return at
}

// Every field with every operator: either Dixa's JSON, or a refusal that names what the field takes.
func TestSearchConditions(t *testing.T) {
	const from, to = "2026-01-01T00:00:00.000Z", "2026-02-01T00:00:00.000Z"
	values := map[SearchField][]string{"Channel": {"email", "sms"}, "Status": {"open"}, "Direction": {"inbound"}, "ConversationId": {"12"},
		"CustomAttribute": {"text", "parent > child"}, "AgentId": {testUUID}, "QueueId": {testUUID}, "ContactId": {testUUID}, "TagId": {testUUID}}
	wireValues := map[SearchField]string{"Channel": `["email","sms"]`, "Status": `["open"]`, "Direction": `["inbound"]`, "ConversationId": `["12"]`,
		"CustomAttribute": `[["text"],["parent","child"]]`}
	one, empty, dates := []SearchOperator{"IsOneOf", "IsNotOneOf"}, []SearchOperator{"IsEmpty", "IsNotEmpty"}, []SearchOperator{"Since", "Until", "Between"}
	documented := map[SearchField][]SearchOperator{
		"AgentId": slices.Concat(one, empty), "QueueId": slices.Concat(one, empty), "CustomAttribute": slices.Concat(one, empty),
		"ContactId": one, "ConversationId": one, "Channel": one, "Direction": one, "Status": one,
		"TagId":        slices.Concat([]SearchOperator{"IncludesOne", "IncludesAll", "ExcludesOne", "ExcludesAll"}, empty),
		"AssignedDate": dates, "ClosedDate": dates, "CreationDate": dates, "LastActivity": dates, "LastMessage": dates,
		"Duration": {"LongerThanOrEqualTo", "ShorterThanOrEqualTo", "Between"},
	}
	require.Len(t, documented, len(SearchField("").Values()))

	for _, f := range SearchField("").Values() {
		for _, o := range SearchOperator("").Values() {
			field, operator := SearchField(f), SearchOperator(o)
			c, operands, attribute := SearchCondition{Field: field, Operator: operator}, "", ""
			switch {
			case operator == "Since":
				c.From, operands = searchTime(t, from), `,"timestamp":"`+from+`"`
			case operator == "Until":
				c.To, operands = searchTime(t, to), `,"timestamp":"`+to+`"`
			case operator == "Between" && field == "Duration":
				c.Max, operands = 60000, `,"min":0,"max":60000`
			case operator == "Between":
				c.From, c.To, operands = searchTime(t, from), searchTime(t, to), `,"timestampFrom":"`+from+`","timestampTo":"`+to+`"`
			case operator == "LongerThanOrEqualTo":
				c.Min, operands = 1000, `,"duration":1000`
			case operator == "ShorterThanOrEqualTo":
				c.Max, operands = 60000, `,"duration":60000`
			case !slices.Contains(empty, operator):
				wire, ok := wireValues[field]
				if !ok {
					wire = `["` + testUUID + `"]`
				}
				c.Values, operands = values[field], `,"values":`+wire
			}
			if field == "CustomAttribute" {
				c.AttributeID, attribute = testUUID, `,"attributeId":"`+testUUID+`"`
			}
			r, err := SearchConversations.Spec.Request(&SearchConversationsIn{Conditions: []SearchCondition{c}})
			if !slices.Contains(documented[field], operator) {
				require.ErrorContains(t, err, "conditions[0] does not fit: operator of "+f+" must be one of "+string(documented[field][0]), o)
				continue
			}
			require.NoError(t, err, "%s %s", f, o)
			require.JSONEq(t, fmt.Sprintf(`{"filters":{"strategy":"All","conditions":[{"field":{"_type":%q,"operator":{"_type":%q%s}%s}}]}}`,
				f, o, operands, attribute), string(r.Body))
		}
	}
}

func TestSearchPlainArguments(t *testing.T) {
	after, before := searchTime(t, "2026-01-01"), searchTime(t, "2026-02-01")
	clause := func(field, operator, operands string) string {
		return fmt.Sprintf(`{"field":{"_type":%q,"operator":{"_type":%q,%s}}}`, field, operator, operands)
	}
	all := func(clauses string) string { return `{"filters":{"strategy":"All","conditions":[` + clauses + `]}}` }
	ids, id := []UUID{testUUID}, `"values":["`+testUUID+`"]`
	for _, test := range []struct {
		in   SearchConversationsIn
		want string
	}{
		{SearchConversationsIn{}, `{}`},
		{SearchConversationsIn{Query: "refund"}, `{"query":{"value":"refund"}}`},
		{SearchConversationsIn{Query: "refund", ExactMatch: true}, `{"query":{"value":"refund","exactMatch":true}}`},
		{SearchConversationsIn{Status: []SearchStatus{"open", "pending"}}, all(clause("Status", "IsOneOf", `"values":["open","pending"]`))},
		{SearchConversationsIn{Channel: []SearchChannel{"email"}}, all(clause("Channel", "IsOneOf", `"values":["email"]`))},
		{SearchConversationsIn{Direction: []SearchDirection{"internal"}}, all(clause("Direction", "IsOneOf", `"values":["internal"]`))},
		{SearchConversationsIn{QueueID: ids}, all(clause("QueueId", "IsOneOf", id))},
		{SearchConversationsIn{AgentID: ids}, all(clause("AgentId", "IsOneOf", id))},
		{SearchConversationsIn{ContactID: ids}, all(clause("ContactId", "IsOneOf", id))},
		{SearchConversationsIn{TagIDs: ids}, all(clause("TagId", "IncludesAll", id))},
		{SearchConversationsIn{CreatedAfter: after}, all(clause("CreationDate", "Since", `"timestamp":"2026-01-01T00:00:00.000Z"`))},
		{SearchConversationsIn{CreatedBefore: before}, all(clause("CreationDate", "Until", `"timestamp":"2026-02-01T00:00:00.000Z"`))},
		{SearchConversationsIn{CreatedAfter: after, CreatedBefore: before}, all(clause("CreationDate", "Between",
			`"timestampFrom":"2026-01-01T00:00:00.000Z","timestampTo":"2026-02-01T00:00:00.000Z"`))},
		{SearchConversationsIn{Query: "x", Status: []SearchStatus{"open"}, Strategy: "Any", Conditions: []SearchCondition{{Field: "Duration", Operator: "LongerThanOrEqualTo"}}},
			`{"query":{"value":"x"},"filters":{"strategy":"Any","conditions":[` + clause("Status", "IsOneOf", `"values":["open"]`) + "," +
				clause("Duration", "LongerThanOrEqualTo", `"duration":0`) + `]}}`},
	} {
		r, err := SearchConversations.Spec.Request(&test.in)
		require.NoError(t, err)
		require.JSONEq(t, test.want, string(r.Body))
	}
	r, err := SearchConversations.Spec.Request(&SearchConversationsIn{PageLimit: 50, PageKey: "a==:"})
	require.NoError(t, err)
	require.Equal(t, "pageKey=a%3D%3D%3A&pageLimit=50", r.Query.Encode())
}

func TestSearchRefusals(t *testing.T) {
	at := searchTime(t, "2026-01-01")
	one := func(c SearchCondition) SearchConversationsIn {
		return SearchConversationsIn{Query: "x", Status: []SearchStatus{"open"}, Conditions: []SearchCondition{{Field: "TagId", Operator: "IsEmpty"}, c}}
	}
	for _, test := range []struct {
		in    SearchConversationsIn
		field string
		want  string
	}{
		{SearchConversationsIn{ExactMatch: true}, "exactMatch", "needs a query"},
		{SearchConversationsIn{Status: []SearchStatus{"Open"}}, "status", `values must be of open, pending, closed, not "Open"`},
		{SearchConversationsIn{Channel: []SearchChannel{"Email"}}, "channel", "values must be of email, chat"},
		{SearchConversationsIn{QueueID: []UUID{"support"}}, "queueId", `values must be a UUID such as`},
		{SearchConversationsIn{TagIDs: []UUID{"vip"}}, "tagIds", `not "vip"`},
		{one(SearchCondition{Field: "Subject", Operator: "IsOneOf"}), "conditions[1]", "field must be one of AgentId, AssignedDate"},
		{one(SearchCondition{Field: "Channel", Operator: "IncludesOne"}), "conditions[1]", `operator of Channel must be one of IsOneOf, IsNotOneOf, not "IncludesOne"`},
		{one(SearchCondition{Field: "Channel"}), "conditions[1]", `must be one of IsOneOf, IsNotOneOf, not ""`},
		{one(SearchCondition{Field: "Channel", Operator: "IsOneOf"}), "conditions[1]", "Channel IsOneOf needs values"},
		{one(SearchCondition{Field: "AgentId", Operator: "IsEmpty", Values: []string{testUUID}}), "conditions[1]", "AgentId IsEmpty takes no values"},
		{one(SearchCondition{Field: "ClosedDate", Operator: "Since", To: at}), "conditions[1]", "ClosedDate Since needs from"},
		{one(SearchCondition{Field: "ClosedDate", Operator: "Since", From: at, To: at}), "conditions[1]", "ClosedDate Since takes no to"},
		{one(SearchCondition{Field: "ClosedDate", Operator: "Between", From: at}), "conditions[1]", "ClosedDate Between needs to"},
		{one(SearchCondition{Field: "Duration", Operator: "Between", Min: 5}), "conditions[1]", "Duration Between needs max"},
		{one(SearchCondition{Field: "Duration", Operator: "ShorterThanOrEqualTo", Min: 5}), "conditions[1]", "ShorterThanOrEqualTo"},
		{one(SearchCondition{Field: "Duration", Operator: "LongerThanOrEqualTo", From: at}), "conditions[1]", "takes no from"},
		{one(SearchCondition{Field: "CustomAttribute", Operator: "IsEmpty"}), "conditions[1]", "needs attributeId"},
		{one(SearchCondition{Field: "QueueId", Operator: "IsEmpty", AttributeID: testUUID}), "conditions[1]", "attributeId goes with CustomAttribute, not with QueueId"},
	} {
		_, err := SearchConversations.Spec.Request(&test.in)
		var e *InputError
		require.ErrorAs(t, err, &e, test.want)
		require.Equal(t, "search_conversations", e.Operation)
		require.Equal(t, test.field, e.Field)
		require.ErrorContains(t, err, test.want)
	}
}
