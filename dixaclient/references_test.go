package dixaclient

import (
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// argumentsOf lists the arguments of a request that hold ids, and of a read also those that hold other texts, by their
// paths without indexes.
func argumentsOf(s *Spec, prefix string, t reflect.Type) (list []string) {
	for name, f := range Arguments(t) {
		leaf := f.Type
		for leaf.Kind() == reflect.Slice || leaf.Kind() == reflect.Pointer {
			leaf = leaf.Elem()
		}
		_, enum := reflect.Zero(leaf).Interface().(interface{ Values() []string })
		id := slices.Contains([]reflect.Type{reflect.TypeFor[UUID](), reflect.TypeFor[ActingAgent](), reflect.TypeFor[Name]()}, leaf)
		number := reflect.Zero(leaf).CanInt() && strings.Contains(strings.ToLower(name), "id")
		switch {
		case leaf.Kind() == reflect.Struct && leaf != reflect.TypeFor[Time]() && leaf != reflect.TypeFor[Millis]():
			list = append(list, argumentsOf(s, prefix+name+".", leaf)...)
		case id, number, leaf.Kind() == reflect.String && !enum && (s.Level == Read || f.Type == reflect.TypeFor[[]string]() && name == "values"):
			list = append(list, prefix+name)
		}
	}
	return list
}

// Every argument that takes an id, and every one that filters a read by a value, is in the table of what arguments name.
func TestEveryFilterIsInTheTable(t *testing.T) {
	used := map[string]bool{}
	for _, s := range Operations() {
		for _, argument := range argumentsOf(s, "", s.In()) {
			_, ok := NamedThing(s.Name, argument)
			require.True(t, ok, "%s: say in named of dixaclient/references.go what %s names, or that it names Nothing, and why", s.Name, argument)
			used[argument], used[s.Name+"."+argument] = true, true
		}
		for _, f := range s.plan().fields {
			used[f.argument] = true
		}
	}
	for key := range named {
		require.True(t, used[key] || strings.HasPrefix(key, "attributes."), "named of dixaclient/references.go has %s, which no operation takes", key)
	}
}

func TestReferences(t *testing.T) {
	const id = UUID("0f6f3a52-6d3e-4f0e-9f0b-3a1c5b7d2e11")
	text := "x"
	for _, c := range []struct {
		spec *Spec
		in   any
		want []Reference
	}{
		{SearchConversations.Spec, &SearchConversationsIn{Query: "words", QueueID: []UUID{id}, Conditions: []SearchCondition{
			{Field: "CustomAttribute", Operator: "IsOneOf", AttributeID: id, Values: []string{"Delivery > Late"}},
			{Field: "Channel", Operator: "IsOneOf", Values: []string{"email"}},
			{Field: "ConversationId", Operator: "IsOneOf", Values: []string{"5"}},
		}}, []Reference{
			{Argument: "queueId[0]", Name: "queueId", Thing: QueueThing, Value: string(id)},
			{Argument: "conditions[0].values[0]", Name: "conditions.values", Thing: OptionThing, Value: "Delivery > Late", Path: []string{"Delivery", "Late"}, Of: string(id)},
			{Argument: "conditions[0].attributeId", Name: "conditions.attributeId", Thing: AttributeThing, Value: string(id)},
			{Argument: "conditions[1].values[0]", Name: "conditions.values", Thing: WordThing, Value: "email", Among: searchVocabulary["Channel"]},
			{Argument: "conditions[2].values[0]", Name: "conditions.values", Thing: ConversationThing, Value: "5"},
		}},
		{QueryMetric.Spec, &QueryMetricIn{AnalyticsQuery{ID: "csat", CSIDFilter: []int64{7}, Filters: []AnalyticsFilter{{"queue_id", []string{"a"}}}}, []Aggregation{"Count"}}, []Reference{
			{Argument: "id", Name: "id", Thing: MetricThing, Value: "csat", In: MetricThing},
			{Argument: "csidFilter[0]", Name: "csidFilter", Thing: ConversationThing, Value: "7", In: MetricThing},
			{Argument: "filters[0].attribute", Name: "filters.attribute", Thing: FilterThing, Value: "queue_id", Of: "csat", In: MetricThing, Ignored: true},
			{Argument: "filters[0].values[0]", Name: "filters.values", Thing: ValueThing, Value: "a", Of: "queue_id", In: MetricThing, Ignored: true},
			{Argument: "aggregations[0]", Name: "aggregations", Thing: MeasureThing, Value: "Count", Of: "csat", In: MetricThing},
		}},
		{SetConversationAttributes.Spec, &SetConversationAttributesIn{ConversationRef{9}, CustomAttributeSettings{[]CustomAttributeSetting{{ID: id, Values: []string{"a", "b"}}, {ID: id, Value: &text}}}}, []Reference{
			{Argument: "conversationId", Name: "conversationId", Thing: ConversationThing, Value: "9", InPath: true, Entity: "Conversation"},
			{Argument: "attributes[0].id", Name: "attributes.id", Thing: AttributeThing, Value: string(id), Entity: "Conversation"},
			{Argument: "attributes[0].values", Name: "attributes.values", Thing: OptionThing, Value: "a > b", Path: []string{"a", "b"}, Steps: true, Of: string(id), Entity: "Conversation"},
			{Argument: "attributes[1].id", Name: "attributes.id", Thing: AttributeThing, Value: string(id), Entity: "Conversation"},
			{Argument: "attributes[1].value", Name: "attributes.value", Thing: OptionThing, Value: "x", Of: string(id), Entity: "Conversation"},
		}},
		{UpdateWebhook.Spec, &UpdateWebhookIn{WebhookRef: WebhookRef{id}, WebhookSettings: WebhookSettings{Filters: []WebhookFilter{{Field: "QueueId", Values: []string{"b"}}, {Field: "InitialChannel", Values: []string{"email"}}}}}, []Reference{
			{Argument: "webhookSubscriptionId", Name: "webhookSubscriptionId", Thing: WebhookThing, Value: string(id), InPath: true},
			{Argument: "filters[0].values[0]", Name: "filters.values", Thing: QueueThing, Value: "b", Ignored: true},
			{Argument: "filters[1].values[0]", Name: "filters.values", Thing: WordThing, Value: "email", Among: webhookChannels},
		}},
	} {
		require.Equal(t, c.want, References(c.spec.Name, c.in), c.spec.Name)
	}
}
