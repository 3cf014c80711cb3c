package tools

import (
	"reflect"
	"sync"

	d "dixa-mcp/dixaclient"
	"dixa-mcp/internal/view"
)

// person is how the fields of Dixa agents and end users are shown.
const person = "displayName= email= phoneNumber= additionalEmails=also additionalPhoneNumbers=also -avatarUrl -firstName -lastName -middleNames "

// layouts say how each type of answer is written as text: which fields come first, and which another field or the question
// already says. What is left out here is in answers that are JSON. See [view.NewLayout] for how they are written.
var layouts = map[reflect.Type]string{
	reflect.TypeFor[d.Conversation](): "id=Conversation channel= ~direction= state= queue.id=queue assignment.agentId=assigned_to createdAt=created stateUpdatedAt=state_since / " +
		"requesterId!fromEmail=customer fromEmail=from fromNumber=from toEmail=to toNumber=to ~language / subject customAttributes{name,value} / " +
		"link.parentId=linked_to ~queue.queuedAt=queued ~assignment.assignedAt=assigned anonymizedAt=anonymized -integrationEmail transportExpiresAt ~browserInfo",
	reflect.TypeFor[d.SearchHit]():  "id= highlights.subject=subject highlights.text=text -innerHits.id innerHits.highlight.text=",
	reflect.TypeFor[d.EndUser]():    person + "externalId=external_id createdAt=since id=id / customAttributes{name,value}",
	reflect.TypeFor[d.Agent]():      person + "roles= createdAt=since -id",
	reflect.TypeFor[d.TeamMember](): "name= email= phoneNumber= -id",
	reflect.TypeFor[d.Presence]():   "userId= presenceStatus= connectionStatus= activeChannels=on lastSeen=last_seen -requestTime",
	reflect.TypeFor[d.Tag]():        "name= state= color -id",
	reflect.TypeFor[d.Team]():       "name= id!name=",
	reflect.TypeFor[d.Queue](): "name= isDefault?default priority usages.usages{}= ~queueThresholds{}=thresholds ~doNotOfferTimeouts{} ~preferredAgentTimeouts{} " +
		"-organizationId -id -usages.queueId ~slaCalculationMethod ~offerTimeout ~offeringAlgorithm ~memberListType ~wrapupTimeout ~offerAbandonedConversations?offers_abandoned_conversations " +
		"~isDoNotOfferEnabled?do_not_offer_is_on ~isPreferredAgentEnabled?preferred_agent_is_on ~preferredAgentOfflineTimeout ~personalAgentOfflineTimeout ~isRestricted?restricted",
	reflect.TypeFor[d.QueueMember]():          "agentId= priority",
	reflect.TypeFor[d.CustomAttributeValue](): "name= value=is -id -identifier",
	reflect.TypeFor[d.CustomAttribute](): "label= entityType=of identifier isRequired?required isDeactivated?deactivated isArchived?archived -id description " +
		"inputDefinition._type= inputDefinition.options=options inputDefinition.options.label= inputDefinition.options.value=value " +
		"inputDefinition.options.isDeactivated?deactivated -inputDefinition.options.id -inputDefinition.options.orderIndex " +
		"inputDefinition.options.nestedOptions=under_it inputDefinition.options.nestedOptions.label= inputDefinition.options.nestedOptions.value=value inputDefinition.options.nestedOptions.isDeactivated?deactivated " +
		"-inputDefinition.options.nestedOptions.id -inputDefinition.options.nestedOptions.orderIndex",
	reflect.TypeFor[d.ContactEndpoint](): "name= address= number= senderOverride=sends_as _type=",
	reflect.TypeFor[d.Flow]():            "name= channel= contactEndpointId=at -id",
	reflect.TypeFor[d.Organization]():    "name= subdomain status -avatarUrl",
	reflect.TypeFor[d.Note]():            "createdAt= authorId=by -csid -id message=|",
	reflect.TypeFor[d.SentMessage]():     "createdAt=sent authorId=by -messageId -direction",
	reflect.TypeFor[d.ActivityEntry](): "activityTimestamp= _type= conversationId=conversation author.name=by author.email^author.name= attributes.agentName=to attributes.message=| " +
		"-id -activityType -attributes._type -author.id -attributes.messageId -attributes.agentId -attributes.avatarUrl -author.phoneNumber",
	reflect.TypeFor[d.ConversationRating](): "ratingType= ratingScore=score ratingStatus= agentId=of conversationChannel= timestamps.rated_at=rated timestamps.offered_at=offered " +
		"ratingComment=| -userId -id -timestamps.created_at -timestamps.modified_at -timestamps.scheduled_at -timestamps.scheduled_for -language",
	reflect.TypeFor[d.RatingOffer]():  "ratingType= agentId=of offeredAt=offered id=ratingId -userId",
	reflect.TypeFor[d.RatingResult](): "ratingId ratingResult submittedAt=submitted comment=|",
	reflect.TypeFor[d.FilterValue]():  "label= value=value",
	reflect.TypeFor[d.Metric](): "id= description= aggregations[measure]=aggregations aggregations.measure= aggregations.description= filters[filterAttribute]=filters " +
		"filters.filterAttribute= filters.description= relatedRecordIds=records",
	reflect.TypeFor[d.MetricRecordKind](): "id= description= filters[filterAttribute]=filters filters.filterAttribute= filters.description= relatedMetricIds=metrics " +
		"fieldsMetadata[field]=fields fieldsMetadata.field= fieldsMetadata.description= fieldsMetadata.nullable?can_be_missing",
	reflect.TypeFor[d.MetricData]():   "id=Metric aggregates{measure,value}",
	reflect.TypeFor[d.MetricRecord](): "primaryTimestampField.timestamp= value.value=value fields{name,field.label|field.value} -primaryTimestampField.name",
	reflect.TypeFor[d.Schedules]():    "schedules.name= schedules.id%schedules.name=id",
	reflect.TypeFor[d.ScheduleHours](): "schedule.name= schedule.timezone=zone -schedule.id schedule.businessHours=hours schedule.businessHours.name= schedule.businessHours.nextDate= schedule.businessHours.status= " +
		"schedule.businessHours.intervals{startTime,endTime} -schedule.businessHours.dayOfWeek schedule.businessHours.businessHourType=",
	reflect.TypeFor[d.ScheduleStatus](): "isOpen=open opensAt=opens closesAt=closes timestamp=at",
	reflect.TypeFor[d.QueuePosition]():  "position= queuedAt=queued",
	reflect.TypeFor[d.Anonymization]():  "_type= entityType!_type= targetEntityId= initiatedAt=requested processedAt=done requestedBy=by id",
	reflect.TypeFor[d.Webhook](): "name= url= enabled subscribedEvents=events id%name filters.Conversation.strategy=filters_that_must_hold " +
		"filters.Conversation.conditions=filters filters.Conversation.conditions.field= filters.Conversation.conditions._type= filters.Conversation.conditions.values=",
	reflect.TypeFor[d.EventDeliveryStatus](): "event= deliveryStatus._type!deliveryStatus.deliveryTimestamp= deliveryStatus.deliveryTimestamp= deliveryStatus.success=success " +
		"deliveryStatus.responseCode=answer deliveryStatus.responseText=answered",
	reflect.TypeFor[d.WebhookDelivery](): "deliveryDetail.deliveryTimestamp= deliveryDetail.success=success deliveryDetail.responseCode=answer deliveryDetail.responseText=answered payload=|payload",
	reflect.TypeFor[d.Template]():        "name= _type= subject id%name content=|",
	reflect.TypeFor[d.Collection]():      "title= description= id%title",
	reflect.TypeFor[d.Category]():        "title= id parentCategory=under",
	reflect.TypeFor[d.Article](): "translation.published.title= translation.draft.title@translation.published.title=draft id updatedAt=updated updatedBy@createdBy=updated_by createdAt@updatedAt=created createdBy=created_by ownedBy=owned_by / " +
		"translation.published.language=language translation.draft.language@translation.published.language=draft_language isDefaultLocation?default_location restrictions.isRestricted?restricted indexedAt@updatedAt=indexed indexedBy@createdBy=indexed_by parentCategory=under parentCollections=in / " +
		"translation.published.createdAt@createdAt=published_version_created translation.published.createdBy@createdBy=published_version_created_by translation.published.updatedAt@updatedAt=published_version_updated translation.published.updatedBy@updatedBy=published_version_updated_by " +
		"-translation.published.isIndexedVersion -translation.draft.isIndexedVersion " +
		"translation.draft.createdAt@createdAt=draft_created translation.draft.createdBy@createdBy=draft_created_by translation.draft.updatedAt@updatedAt=draft_updated translation.draft.updatedBy@updatedBy=draft_updated_by " +
		"translation.published.contents.plaintext=||published translation.draft.contents.plaintext=||draft -translation.draft.contents.html -translation.published.contents.html",
	reflect.TypeFor[d.ArticleTranslations](): "translations.draft.contents.html=||html translations.published.contents.html=||html draft.contents.html=||html published.contents.html=||html " +
		"-translations.draft.contents.plaintext -translations.published.contents.plaintext -draft.contents.plaintext -published.contents.plaintext",
	reflect.TypeFor[d.ExportedConversation](): "id=Conversation initial_channel= status= direction= queue_name=queue assignee_name=assigned_to requester_name=customer requester_email= " +
		"created_at=created closed_at=closed subject tags custom_fields{identifier,value} -queue_id -assignee_id -requester_id -assignee_email -assignee_phone_number -tags_info " +
		"handling_duration=handled_in_seconds exports_handling_duration=assigned_in_seconds total_duration=call_in_seconds " +
		"ratings.rating_type= ratings.rating_score=score ratings.rating_status=",
	reflect.TypeFor[d.ExportedMessage](): "csid=Conversation created_at= author_name=by author_email= direction= text=|",
}

// layoutOf returns the layout of an answer's type.
func layoutOf(t reflect.Type) view.Layout {
	item, outcomes := itemOf(t)
	l := view.NewLayout(layouts[item])
	if outcomes {
		return l.Under("results")
	}
	return l
}

// without says that a field of the answer's items holds what the caller asked about.
func without(path string) option {
	return func(t *Tool) {
		layout := t.layout
		t.layout = sync.OnceValue(func() view.Layout { return layout().Without(path) })
	}
}
