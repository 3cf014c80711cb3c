package dixaclient

import (
	"cmp"
	"fmt"
	"iter"
	"reflect"
	"strconv"
	"strings"
	"sync"

	"dixa-mcp/internal/base/vocabulary"
)

// Thing is what the value of an argument names, in the words of messages.
type Thing string

// What arguments name. [Nothing] is for values that name nothing which already exists.
const (
	Nothing           Thing = ""
	QueueThing        Thing = "queue"
	TagThing          Thing = "tag"
	AgentThing        Thing = "Dixa agent"
	EndUserThing      Thing = "end user"
	TeamThing         Thing = "team"
	AttributeThing    Thing = "custom attribute"
	OptionThing       Thing = "value of a custom attribute"
	EndpointThing     Thing = "contact endpoint"
	MetricThing       Thing = "metric"
	RecordThing       Thing = "record kind"
	FilterThing       Thing = "filter attribute"
	ValueThing        Thing = "filter value"
	MeasureThing      Thing = "aggregation"
	ScheduleThing     Thing = "schedule"
	TemplateThing     Thing = "template"
	CollectionThing   Thing = "collection"
	ArticleThing      Thing = "article"
	CategoryThing     Thing = "category of articles"
	WebhookThing      Thing = "webhook"
	ConversationThing Thing = "conversation"
	MessageThing      Thing = "message"
	WordThing         Thing = "word"   // nothing that exists: one of the values of [Reference.Among]
	besideThing       Thing = "beside" // what is named depends on a property beside it: see Refers
)

// named says for each argument that takes an id, and for each argument that filters a read, what its values name: by the
// argument, or by operation and argument where operations differ. A test fails for an argument without an entry.
var named = map[string]Thing{
	"queueId":                    QueueThing,
	"tagId":                      TagThing,
	"tagIds":                     TagThing,
	"agentId":                    AgentThing,
	"agentIds":                   AgentThing,
	"assigneeId":                 AgentThing,
	"ownedBy":                    AgentThing,
	"update_agents.items.id":     AgentThing,
	"replace_agents.items.id":    AgentThing,
	"contactId":                  EndUserThing,
	"requesterId":                EndUserThing,
	"userId":                     EndUserThing,
	"update_end_users.items.id":  EndUserThing,
	"replace_end_users.items.id": EndUserThing,
	"teamId":                     TeamThing,
	"customAttributeId":          AttributeThing,
	"attributes.id":              AttributeThing,
	"conditions.attributeId":     AttributeThing,
	"attributes.value":           besideThing,
	"attributes.values":          besideThing,
	"conditions.values":          besideThing,
	"filters.values":             besideThing,
	"emailIntegrationId":         EndpointThing,
	"integrationEmail":           EndpointThing,
	"contactEndpointId":          EndpointThing,
	"metricId":                   MetricThing,
	"query_metric.id":            MetricThing,
	"recordId":                   RecordThing,
	"query_metric_records.id":    RecordThing,
	"filterAttribute":            FilterThing,
	"filters.attribute":          FilterThing,
	"aggregations":               MeasureThing,
	"scheduleId":                 ScheduleThing,
	"templateId":                 TemplateThing,
	"collectionId":               CollectionThing,
	"webhookSubscriptionId":      WebhookThing,
	"conversationId":             ConversationThing,
	"csids":                      ConversationThing,
	"csidFilter":                 ConversationThing,
	"link_conversation.parentId": ConversationThing,
	"email":                      Nothing, // it is what is looked for, as the next three
	"phone":                      Nothing,
	"externalId":                 Nothing,
	"query":                      Nothing,
	"pageKey":                    Nothing, // of a page
	"timezone":                   Nothing, // the schema checks it
	"language":                   Nothing, // no operation lists languages, as the next
	"languageId":                 Nothing,
	"messageId":                  MessageThing,
	"messages.authorId":          EndUserThing,
	"entityId":                   besideThing,
	"ratingId":                   Nothing, // a part of the conversation
	"requestId":                  Nothing, // no operation lists these and the following
	"widgetId":                   Nothing,
	"articleId":                  ArticleThing,
	"categoryId":                 CategoryThing,
	"create_article.parentId":    CategoryThing,
	"move_article.parentId":      CategoryThing,
	"create_article.tags":        Nothing,
	"addTags":                    Nothing,
	"removeTags":                 Nothing,
}

// Reference is a value in a request that names something which exists in Dixa, or should.
type Reference struct {
	Argument string // such as conditions[0].values[1]
	Name     string // the same without indexes: conditions.values
	Thing    Thing
	Value    string
	Path     []string        // of an option: from the root
	Steps    bool            // of an option: each step of the path is an item of the argument, which otherwise is one text
	Of       string          // of an option its attribute's id, of a filter value its attribute, of a filter attribute or aggregation the metric's id
	In       Thing           // of a filter attribute or aggregation: MetricThing or RecordThing
	Entity   string          // of an attribute: what it must be on, Conversation or Contact
	InPath   bool            // a 404 says that it does not exist
	Among    vocabulary.Enum // of a value that people know by another word: the values that Dixa takes
	Ignored  bool            // Dixa may ignore the value where it does not exist, and answers as if it were not given
}

// NamedThing tells what the values of an argument of an operation or tool name, by the argument's path; ok is false where no
// entry of the table says it.
func NamedThing(operation, argument string) (t Thing, ok bool) {
	argument = withoutIndexes(argument)
	if t, ok = named[operation+"."+argument]; !ok {
		t, ok = named[argument]
	}
	return t, ok
}

// NamingArguments tells of the arguments of a request's type which of them name something, by their paths without indexes.
func NamingArguments(operation string, in reflect.Type) map[string]Thing {
	things := map[string]Thing{}
	namingArguments(operation, "", in, things)
	return things
}

func namingArguments(operation, prefix string, t reflect.Type, things map[string]Thing) {
	for name, f := range Arguments(t) {
		leaf := f.Type
		for leaf.Kind() == reflect.Slice || leaf.Kind() == reflect.Pointer {
			leaf = leaf.Elem()
		}
		if leaf.Kind() == reflect.Struct {
			namingArguments(operation, prefix+name+".", leaf, things)
		} else if thing := thingOf(operation, prefix+name, f.Tag.Get("names")); thing != Nothing {
			things[prefix+name] = thing
		}
	}
}

// thingOf returns what an argument names: what the tag names of its field says, else the table.
func thingOf(operation, argument, tag string) Thing {
	if tag != "" {
		return Thing(tag)
	}
	t, _ := NamedThing(operation, argument)
	return t
}

// References lists what the values of a request (a pointer to it) of an operation or tool name, in the order of its arguments.
func References(operation string, in any) []Reference {
	w := references{operation: operation}
	w.object("", reflect.ValueOf(in).Elem())
	return w.found
}

// Arguments yields the fields of a request's type, or of a struct inside one, by the names of the arguments that they hold.
func Arguments(t reflect.Type) iter.Seq2[string, reflect.StructField] {
	known, ok := fieldsOf.Load(t)
	if !ok {
		var all []argument
		for _, f := range reflect.VisibleFields(t) {
			name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
			if !f.Anonymous && f.IsExported() && name != "" && name != "-" {
				all = append(all, argument{name, f})
			}
		}
		known, _ = fieldsOf.LoadOrStore(t, all)
	}
	return func(yield func(string, reflect.StructField) bool) {
		for _, a := range known.([]argument) {
			if !yield(a.name, a.field) {
				return
			}
		}
	}
}

// argument is a field of a request's type.
type argument struct {
	name  string
	field reflect.StructField
}

// fieldsOf remembers the arguments of types, which every request asks for.
var fieldsOf sync.Map // of []argument, by reflect.Type

// references collects what a request's values name.
type references struct {
	operation string
	tag       string // of the field that is walked over: what it names
	entity    string // of its tag on: what custom attributes in it must be on
	found     []Reference
}

func (w *references) object(prefix string, v reflect.Value) {
	for name, f := range Arguments(v.Type()) {
		outer := w.entity
		w.tag, w.entity = f.Tag.Get("names"), cmp.Or(f.Tag.Get("on"), w.entity)
		w.value(prefix+name, f.Tag.Get("in") == "path", v.FieldByIndex(f.Index), v)
		w.entity = outer
	}
}

// value collects from one argument, or a part of it, that is in an object.
func (w *references) value(argument string, inPath bool, v, object reflect.Value) {
	switch v.Kind() {
	case reflect.Pointer:
		if !v.IsNil() {
			w.value(argument, inPath, v.Elem(), object)
		}
		return
	case reflect.Struct:
		if _, leaf := v.Interface().(fmt.Stringer); !leaf {
			w.object(argument+".", v)
		}
		return
	case reflect.Slice:
		if a, ok := v.Interface().([]string); ok && w.path(argument, a, object) {
			return
		}
		for i := range v.Len() {
			w.value(fmt.Sprintf("%s[%d]", argument, i), inPath, v.Index(i), object)
		}
		return
	}
	r := Reference{Argument: argument, Name: withoutIndexes(argument), InPath: inPath}
	switch {
	case v.Kind() == reflect.String:
		r.Value = v.String()
	case v.CanInt() && v.Int() > 0:
		r.Value = strconv.FormatInt(v.Int(), 10)
	}
	if r.Value != "" {
		w.add(r, object)
	}
}

// path collects the path of an option, which is one value.
func (w *references) path(argument string, path []string, object reflect.Value) bool {
	if _, ok := object.Interface().(CustomAttributeSetting); !ok {
		return false
	}
	if len(path) > 0 {
		w.add(Reference{Argument: argument, Name: withoutIndexes(argument), Value: strings.Join(path, PathSeparator), Path: path, Steps: true}, object)
	}
	return true
}

// add notes what an argument names, with what only its operation or the arguments beside it say about it.
func (w *references) add(r Reference, object reflect.Value) {
	r.Thing, r.Entity = thingOf(w.operation, r.Name, w.tag), w.entity
	if o, ok := object.Interface().(Refers); ok {
		o.Refer(&r)
	}
	switch w.operation {
	case QueryMetric.Spec.Name, QueryMetricRecords.Spec.Name:
		r.In = MetricThing
		if w.operation == QueryMetricRecords.Spec.Name {
			r.In = RecordThing
		}
	case SetConversationAttributes.Spec.Name:
		r.Entity = "Conversation"
	case SetEndUserAttributes.Spec.Name:
		r.Entity = "Contact"
	}
	if (r.Thing == FilterThing || r.Thing == MeasureThing) && r.In != Nothing {
		for _, of := range w.found {
			if of.Name == "id" {
				r.Of = of.Value
			}
		}
	}
	if r.Thing != Nothing && r.Thing != besideThing {
		w.found = append(w.found, r)
	}
}

func withoutIndexes(argument string) string {
	for {
		before, rest, ok := strings.Cut(argument, "[")
		if !ok {
			return argument
		}
		_, after, _ := strings.Cut(rest, "]")
		argument = before + after
	}
}
