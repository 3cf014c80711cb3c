package dixaclient

import "fmt"

// SearchChannel is a channel in the words of Dixa's search.
type SearchChannel string

// Values returns the 16 channels that can be searched for.
func (SearchChannel) Values() []string {
	return []string{"email", "chat", "phone", "contactform", "sms", "whatsapp", "facebookmessenger", "dixamessenger",
		"callback", "voicemail", "adachat", "kindlychat", "digitalgeniuschat", "genericapimessaging", "trustpilot", "yotpo"}
}

// SearchStatus is a conversation's status in the words of Dixa's search.
type SearchStatus string

// Values returns the three states that can be searched for.
func (SearchStatus) Values() []string { return []string{"open", "pending", "closed"} }

// SearchDirection is who began a conversation.
type SearchDirection string

// Values returns the three directions.
func (SearchDirection) Values() []string { return []string{"inbound", "outbound", "internal"} }

// SearchStrategy says whether all conditions must hold or one is enough.
type SearchStrategy string

// Values returns Dixa's two strategies.
func (SearchStrategy) Values() []string { return []string{"All", "Any"} }

// SearchField is what a condition looks at.
type SearchField string

// Values returns the 15 fields of Dixa's search.
func (SearchField) Values() []string {
	return []string{"AgentId", "AssignedDate", "Channel", "ClosedDate", "ContactId", "ConversationId", "CreationDate", "CustomAttribute",
		"Direction", "Duration", "LastActivity", "LastMessage", "QueueId", "Status", "TagId"}
}

// SearchOperator is how a condition compares.
type SearchOperator string

// Values returns the operators of all fields together; each field takes some of them.
func (SearchOperator) Values() []string {
	return []string{"IsOneOf", "IsNotOneOf", "IsEmpty", "IsNotEmpty", "IncludesOne", "IncludesAll", "ExcludesOne", "ExcludesAll",
		"Since", "Until", "Between", "LongerThanOrEqualTo", "ShorterThanOrEqualTo"}
}

// The operators that a field takes. Source: Dixa API v1, SearchField.
var searchOperators = map[SearchField][]SearchOperator{
	"AgentId":         {"IsOneOf", "IsNotOneOf", "IsEmpty", "IsNotEmpty"},
	"QueueId":         {"IsOneOf", "IsNotOneOf", "IsEmpty", "IsNotEmpty"},
	"CustomAttribute": {"IsOneOf", "IsNotOneOf", "IsEmpty", "IsNotEmpty"},
	"ContactId":       {"IsOneOf", "IsNotOneOf"},
	"ConversationId":  {"IsOneOf", "IsNotOneOf"},
	"Channel":         {"IsOneOf", "IsNotOneOf"},
	"Direction":       {"IsOneOf", "IsNotOneOf"},
	"Status":          {"IsOneOf", "IsNotOneOf"},
	"TagId":           {"IncludesOne", "IncludesAll", "ExcludesOne", "ExcludesAll", "IsEmpty", "IsNotEmpty"},
	"AssignedDate":    timeOperators,
	"ClosedDate":      timeOperators,
	"CreationDate":    timeOperators,
	"LastActivity":    timeOperators,
	"LastMessage":     timeOperators,
	"Duration":        {"LongerThanOrEqualTo", "ShorterThanOrEqualTo", "Between"},
}

var timeOperators = []SearchOperator{"Since", "Until", "Between"}

// SearchCondition is one condition: a field, an operator, and the values that the operator takes.
type SearchCondition struct {
	Field       SearchField    `json:"field"`
	Operator    SearchOperator `json:"operator" jsonschema_description:"ids, Channel, Status, Direction: IsOneOf, IsNotOneOf; TagId: Includes…, Excludes…; dates: Since, Until, Between; AgentId, QueueId, TagId, CustomAttribute also IsEmpty, IsNotEmpty"`
	Values      []string       `json:"values,omitzero"`
	From        Time           `json:"from,omitzero" jsonschema_description:"Since, Between"`
	To          Time           `json:"to,omitzero" time:"end" jsonschema_description:"Until, Between"`
	Min         int64          `json:"min,omitzero" jsonschema_description:"Duration in ms"`
	Max         int64          `json:"max,omitzero"`
	AttributeID UUID           `json:"attributeId,omitzero" jsonschema_description:"of CustomAttribute; select values: parent > child"`
}

// SearchConversationsIn is a search: words, plain filters for the common fields, and conditions for the rest.
// All that is given must hold, unless Strategy is Any.
type SearchConversationsIn struct {
	Query         string            `json:"query,omitzero" jsonschema_description:"words to find"`
	ExactMatch    bool              `json:"exactMatch,omitzero"`
	Status        []SearchStatus    `json:"status,omitzero"`
	Channel       []SearchChannel   `json:"channel,omitzero"`
	Direction     []SearchDirection `json:"direction,omitzero"`
	QueueID       []UUID            `json:"queueId,omitzero"`
	AgentID       []UUID            `json:"agentId,omitzero" jsonschema_description:"assigned Dixa agent"`
	ContactID     []UUID            `json:"contactId,omitzero" jsonschema_description:"end user"`
	TagIDs        []UUID            `json:"tagIds,omitzero" jsonschema_description:"has all"`
	CreatedAfter  Time              `json:"createdAfter,omitzero"`
	CreatedBefore Time              `json:"createdBefore,omitzero" time:"end"`
	Conditions    []SearchCondition `json:"conditions,omitzero" check:"max=20"`
	Strategy      SearchStrategy    `json:"strategy,omitzero" jsonschema_description:"default All"`
	PageLimit     int               `json:"pageLimit,omitzero" in:"query" check:"min=1,max=50" jsonschema_description:"1-50"`
	PageKey       string            `json:"pageKey,omitzero" in:"query"`
}

// SearchHit is a conversation that was found: its id, and where the words stand.
type SearchHit struct {
	ID         int64               `json:"id"`
	Highlights map[string][]string `json:"highlights"`
}

// SearchConversations finds conversations; it is the only way to list them. Source: Dixa API v1, "Search"; the limit
// of 50 a page is Dixa's own clients'.
var SearchConversations = op[SearchConversationsIn, []SearchHit]("search_conversations", "POST /v1/search/conversations", Read, reaches(SomeConversations), idempotent, paged)

// SearchConversationsByTextIn is a search for words.
type SearchConversationsByTextIn struct {
	Query      string `json:"query" in:"query" check:"min=1"`
	ExactMatch bool   `json:"exactMatch,omitzero" in:"query"`
	Page
}

// SearchConversationsByText finds conversations by words alone. Source: Dixa API v1, "Search", which advises
// [SearchConversations] instead.
var SearchConversationsByText = op[SearchConversationsByTextIn, []SearchHit]("search_conversations_by_text", "GET /v1/search/conversations", Read, paged, deprecated)

// searchBody, searchFilters and searchClause are Dixa's form of a search.
type searchBody struct {
	Query   *searchQuery   `json:"query,omitzero"`
	Filters *searchFilters `json:"filters,omitzero"`
}

type searchQuery struct {
	Value      string `json:"value"`
	ExactMatch bool   `json:"exactMatch,omitzero"`
}

type searchFilters struct {
	Strategy   SearchStrategy `json:"strategy"`
	Conditions []searchClause `json:"conditions"`
}

type searchClause struct {
	Field map[string]any `json:"field"`
}

// Body returns Dixa's form of the search.
func (in SearchConversationsIn) Body() (any, error) {
	var b searchBody
	if in.Query != "" {
		b.Query = &searchQuery{in.Query, in.ExactMatch}
	} else if in.ExactMatch {
		return nil, &InputError{Field: "exactMatch", Problem: "needs a query"}
	}
	conditions := in.plain()
	for i, c := range in.Conditions {
		conditions = append(conditions, namedCondition{fmt.Sprintf("conditions[%d]", i), c})
	}
	var clauses []searchClause
	for _, c := range conditions {
		clause, err := c.clause()
		if err != nil {
			return nil, &InputError{Field: c.argument, Problem: "does not fit: " + err.Error()}
		}
		clauses = append(clauses, clause)
	}
	if len(clauses) > 0 {
		b.Filters = &searchFilters{"All", clauses}
		if in.Strategy != "" {
			b.Filters.Strategy = in.Strategy
		}
	}
	return b, nil
}

// namedCondition is a condition with the argument that it came from.
type namedCondition struct {
	argument string
	SearchCondition
}

// plain gives the flat arguments as conditions.
func (in SearchConversationsIn) plain() []namedCondition {
	var cs []namedCondition
	add := func(argument string, f SearchField, o SearchOperator, values []string) {
		if len(values) > 0 {
			cs = append(cs, namedCondition{argument, SearchCondition{Field: f, Operator: o, Values: values}})
		}
	}
	add("status", "Status", "IsOneOf", texts(in.Status))
	add("channel", "Channel", "IsOneOf", texts(in.Channel))
	add("direction", "Direction", "IsOneOf", texts(in.Direction))
	add("queueId", "QueueId", "IsOneOf", texts(in.QueueID))
	add("agentId", "AgentId", "IsOneOf", texts(in.AgentID))
	add("contactId", "ContactId", "IsOneOf", texts(in.ContactID))
	add("tagIds", "TagId", "IncludesAll", texts(in.TagIDs))
	created := SearchCondition{Field: "CreationDate", From: in.CreatedAfter, To: in.CreatedBefore}
	switch after, before := !in.CreatedAfter.IsZero(), !in.CreatedBefore.IsZero(); {
	case after && before:
		created.Operator = "Between"
	case after:
		created.Operator = "Since"
	case before:
		created.Operator = "Until"
	default:
		return cs
	}
	return append(cs, namedCondition{"createdAfter", created})
}

func texts[T ~string](in []T) []string {
	out := make([]string, len(in))
	for i, s := range in {
		out[i] = string(s)
	}
	return out
}
