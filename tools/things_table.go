package tools

import (
	"reflect"
	"strings"

	d "dixa-mcp/dixaclient"
)

// AnyThing is what fields hold that can have ids of different things. A name is looked for among all.
const AnyThing d.Thing = "queue, Dixa agent, tag or custom attribute"

// things says what the ids in the fields of Dixa's answers name, as paths such as "assignment.agentId"; under [d.Nothing] are
// those that nothing can name, or whose name is beside them. A test walks every field of every type, and of Dixa's contract,
// and fails for one that holds ids and is missing here.
var things = map[reflect.Type]map[d.Thing]string{
	reflect.TypeFor[d.Conversation](): {
		d.AgentThing: "assignment.agentId", d.QueueThing: "queue.id", d.EndUserThing: "requesterId",
		d.EndpointThing: "fromContactPointId toContactPointId", d.OptionThing: "customAttributes.value",
		d.Nothing: "id link.parentId customAttributes.id contactPointTwitterId endUserTwitterId",
	},
	reflect.TypeFor[d.SearchHit]():            {d.Nothing: "id innerHits.id"},
	reflect.TypeFor[d.EndUser]():              {d.OptionThing: "customAttributes.value", d.Nothing: "id externalId customAttributes.id"},
	reflect.TypeFor[d.CustomAttributeValue](): {d.OptionThing: "value", d.Nothing: "id"},
	reflect.TypeFor[d.Message]():              {d.AgentThing: "authorId", d.Nothing: "id externalId"},
	reflect.TypeFor[d.SentMessage]():          {d.AgentThing: "authorId", d.Nothing: "messageId externalId"},
	reflect.TypeFor[d.Note]():                 {d.AgentThing: "authorId", d.Nothing: "id csid"},
	reflect.TypeFor[d.ActivityEntry](): {
		d.AgentThing: "attributes.agentId", d.QueueThing: "attributes.queueId", d.AttributeThing: "attributes.updatedAttributeIds",
		AnyThing: "attributes.destinationId", d.Nothing: "id conversationId author.id attributes.messageId",
	},
	reflect.TypeFor[d.ConversationRating](): {d.AgentThing: "agentId", d.EndUserThing: "userId", d.Nothing: "id"},
	reflect.TypeFor[d.RatingOffer]():        {d.AgentThing: "agentId", d.EndUserThing: "userId", d.Nothing: "id"},
	reflect.TypeFor[d.RatingResult]():       {d.EndUserThing: "userId", d.Nothing: "ratingId"},
	reflect.TypeFor[d.MetricRecord]():       {AnyThing: "value.value value.values.value fields.field.value fields.field.values.value"},
	reflect.TypeFor[d.FilterValue]():        {d.Nothing: "value"},
	reflect.TypeFor[d.Metric]():             {d.Nothing: "id relatedRecordIds filters.filterAttribute"},
	reflect.TypeFor[d.MetricData]():         {d.Nothing: "id"},
	reflect.TypeFor[d.MetricRecordKind]():   {d.Nothing: "id relatedMetricIds filters.filterAttribute"},
	reflect.TypeFor[d.ExportedConversation](): {
		d.AgentThing: "assignee_id", d.QueueThing: "queue_id", d.EndUserThing: "requester_id",
		d.Nothing: "id dixa_email_integration_id facebook_page_id from_provisioned_phone_number_id to_provisioned_phone_number_id widget_id",
	},
	reflect.TypeFor[d.ExportedMessage](): {d.AgentThing: "author_id", d.Nothing: "id csid"},

	reflect.TypeFor[d.Agent]():           {d.Nothing: "id"},
	reflect.TypeFor[d.UUID]():            {d.AgentThing: ""}, // members of queues and teams
	reflect.TypeFor[d.TeamMember]():      {d.Nothing: "id"},
	reflect.TypeFor[d.Presence]():        {d.AgentThing: "userId"},
	reflect.TypeFor[d.Team]():            {d.TeamThing: "id"}, // the teams of one Dixa agent come without names
	reflect.TypeFor[d.Queue]():           {d.Nothing: "id organizationId usages.queueId"},
	reflect.TypeFor[d.QueueMember]():     {d.AgentThing: "agentId"},
	reflect.TypeFor[d.Tag]():             {d.Nothing: "id"},
	reflect.TypeFor[d.CustomAttribute](): {d.Nothing: "id inputDefinition.options.id inputDefinition.options.nestedOptions.id inputDefinition.options.nestedOptions.nestedOptions.id"},
	reflect.TypeFor[d.Flow]():            {d.EndpointThing: "contactEndpointId", d.Nothing: "id"},
	reflect.TypeFor[d.Organization]():    {d.Nothing: "id"},
	reflect.TypeFor[d.Schedules]():       {d.Nothing: "schedules.id"},
	reflect.TypeFor[d.ScheduleHours]():   {d.Nothing: "schedule.id"},
	reflect.TypeFor[d.Template]():        {d.AgentThing: "createdBy lastEditedBy", d.Nothing: "id"},
	reflect.TypeFor[d.Collection]():      {d.Nothing: "id"},
	reflect.TypeFor[d.Catalog](): {
		d.Nothing: "articles.id articles.title.languageId categories.id categories.title.languageId categories.articles categories.categories",
	},
	reflect.TypeFor[d.Category]():             {d.CollectionThing: "parentCollections", d.CategoryThing: "parentCategory", d.Nothing: "id title.languageId"},
	reflect.TypeFor[d.CategoryTranslations](): {d.Nothing: "titles.languageId"},
	reflect.TypeFor[d.Article](): {
		d.AgentThing:      "ownedBy createdBy updatedBy indexedBy translation.draft.createdBy translation.draft.updatedBy translation.published.createdBy translation.published.updatedBy",
		d.CollectionThing: "parentCollections", d.CategoryThing: "parentCategory", d.Nothing: "id tags",
	},
	reflect.TypeFor[d.ArticleTranslations](): {
		d.AgentThing: "translations.draft.createdBy translations.draft.updatedBy translations.published.createdBy translations.published.updatedBy",
	},
	reflect.TypeFor[d.ArticleTranslation]():   {d.AgentThing: "createdBy updatedBy", d.Nothing: "languageId"},
	reflect.TypeFor[d.UploadedImage]():        {d.Nothing: "id"},
	reflect.TypeFor[d.Webhook]():              {d.AgentThing: "createdBy updatedBy", d.QueueThing: "filters.Conversation.conditions.values", d.Nothing: "id"},
	reflect.TypeFor[d.Anonymization]():        {d.AgentThing: "requestedBy", d.Nothing: "id targetEntityId"},
	reflect.TypeFor[d.ImportedConversation](): {d.Nothing: "id"},
}

// thingsOf returns the table of an answer's type.
func thingsOf(t reflect.Type) map[string]d.Thing {
	item, outcomes := itemOf(t)
	named, prefix := map[string]d.Thing{}, ""
	if outcomes {
		prefix = "results."
	}
	for thing, paths := range things[item] {
		if paths == "" {
			named[strings.TrimSuffix(prefix, ".")] = thing
		}
		for path := range strings.FieldsSeq(paths) {
			named[prefix+path] = thing
		}
	}
	return named
}

// namesOf returns what the renderer is told of a table: the fields whose ids have names.
func namesOf(named map[string]d.Thing) map[string]string {
	shown := map[string]string{}
	for path, thing := range named {
		if thing != d.Nothing {
			shown[path] = string(thing)
		}
	}
	return shown
}
