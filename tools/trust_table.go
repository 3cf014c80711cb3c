package tools

import (
	"reflect"

	d "dixa-mcp/dixaclient"
)

// answers says who wrote the text in each field of Dixa's answers. A test walks every field of every type, and of Dixa's
// contract, and fails for one that is missing here.
var answers = map[reflect.Type]trust{
	// What customers and others outside write.
	reflect.TypeFor[d.SearchHit](): {
		untrusted: "highlights innerHits",
	},
	reflect.TypeFor[d.Conversation](): {
		trusted:   "channel direction state language conversationType assignment queue link integrationEmail customAttributes.name customAttributes.identifier",
		untrusted: "subject customAttributes browserInfo fromEmail toEmail fromNumber toNumber fromContactPointId toContactPointId contactPointTwitterId endUserTwitterId",
	},
	reflect.TypeFor[d.EndUser](): {
		trusted: "customAttributes.name customAttributes.identifier",
		untrusted: "displayName firstName middleNames lastName email additionalEmails phoneNumber additionalPhoneNumbers avatarUrl " +
			"externalId customAttributes",
	},
	reflect.TypeFor[d.CustomAttributeValue](): { // all of a conversation or customer, also those that were not set by the call
		trusted: "name identifier", untrusted: "value",
	},
	reflect.TypeFor[d.Message](): { // of messages by Dixa agents; others are untrusted as a whole
		trusted: "externalId attributes.direction attributes.content attributes.emailContent attributes.textFile attributes.from attributes.to " +
			"attributes.cc attributes.bcc attributes.replyDefaultToEmails attributes.attachments attributes.inlineImages " +
			"attributes.originalContentUrl attributes.recording",
		untrusted: "attributes.formSubmission attributes.deliveryFailureReason",
	},
	reflect.TypeFor[d.SentMessage](): { // record_message is given a customer's words
		trusted: "messageId direction externalId", untrusted: "content",
	},
	reflect.TypeFor[d.Note](): { // Dixa agents paste customers' words, and nothing tells where
		untrusted: "message",
	},
	reflect.TypeFor[d.ActivityEntry](): { // an author can be a customer
		trusted: "activityType", untrusted: "author attributes",
	},
	reflect.TypeFor[d.ConversationRating](): {
		trusted: "ratingType ratingStatus conversationChannel agentId userId language timestamps", untrusted: "ratingComment",
	},
	reflect.TypeFor[d.RatingResult](): {
		trusted: "ratingId userId ratingResult", untrusted: "comment ratingResult.comment",
	},
	reflect.TypeFor[d.FilterValue](): { // names of customers among them
		untrusted: "value label",
	},
	reflect.TypeFor[d.MetricRecord](): {
		trusted: "primaryTimestampField fields.name fields.field.name", untrusted: "fields value",
	},
	reflect.TypeFor[d.WebhookDelivery](): {
		trusted: "deliveryDetail.deliveryTimestamp", untrusted: "payload deliveryDetail.responseText",
	},
	reflect.TypeFor[d.EventDeliveryStatus](): {
		trusted: "event deliveryStatus.deliveryTimestamp", untrusted: "deliveryStatus.responseText",
	},
	reflect.TypeFor[d.ExportedConversation](): {
		trusted: "initial_channel queue_name direction assignee_name assignee_email assignee_phone_number to_provisioned_phone_number_id " +
			"to_provisioned_phone_number_name from_provisioned_phone_number_id from_provisioned_phone_number_name dixa_email_integration_id " +
			"dixa_email_integration_sender_name forwarding_email facebook_page_id facebook_page_name widget_name tags tags_info transferee_name " +
			"transferee_number originating_country status link_type",
		untrusted: "requester_name requester_email requester_additional_emails requester_phone_number requester_additional_phone_numbers ratings " +
			"subject custom_fields rating_message conversation_wrapup_notes",
	},
	reflect.TypeFor[d.ExportedMessage](): {
		trusted: "initial_channel direction recording_url voicemail_url chat_input_question chat_menu_text",
		untrusted: "author_name author_email text from_phone_number to_phone_number to from cc bcc attached_files chat_input_answer " +
			"form_submission",
	},

	// What Dixa agents and administrators write.
	reflect.TypeFor[d.Agent](): {
		trusted: "displayName firstName middleNames lastName email additionalEmails phoneNumber additionalPhoneNumbers avatarUrl roles",
	},
	reflect.TypeFor[d.TeamMember]():           {trusted: "name email phoneNumber"},
	reflect.TypeFor[d.Presence]():             {trusted: "userId requestTime lastSeen presenceStatus connectionStatus activeChannels"},
	reflect.TypeFor[d.Team]():                 {trusted: "name"},
	reflect.TypeFor[d.Queue]():                {trusted: "name organizationId slaCalculationMethod offeringAlgorithm memberListType usages queueThresholds doNotOfferTimeouts preferredAgentTimeouts"},
	reflect.TypeFor[d.QueueMember]():          {trusted: "agentId"},
	reflect.TypeFor[d.Tag]():                  {trusted: "name color state"},
	reflect.TypeFor[d.CustomAttribute]():      {trusted: "entityType identifier label description inputDefinition"},
	reflect.TypeFor[d.ContactEndpoint]():      {trusted: "name address senderOverride number functionality"},
	reflect.TypeFor[d.Flow]():                 {trusted: "name channel contactEndpointId"},
	reflect.TypeFor[d.Organization]():         {trusted: "name subdomain status avatarUrl"},
	reflect.TypeFor[d.Schedules]():            {trusted: "schedules"},
	reflect.TypeFor[d.ScheduleHours]():        {trusted: "schedule"},
	reflect.TypeFor[d.Template]():             {trusted: "name subject content translations createdBy lastEditedBy"},
	reflect.TypeFor[d.Collection]():           {trusted: "title description restrictions"},
	reflect.TypeFor[d.Catalog]():              {trusted: "categories articles"},
	reflect.TypeFor[d.Category]():             {trusted: "title parentCategory parentCollections restrictions"},
	reflect.TypeFor[d.CategoryTranslations](): {trusted: "titles"},
	reflect.TypeFor[d.Article]():              {trusted: "translation tags ownedBy createdBy updatedBy indexedBy parentCategory parentCollections restrictions"},
	reflect.TypeFor[d.ArticleTranslations]():  {trusted: "translations"},
	reflect.TypeFor[d.ArticleTranslation]():   {trusted: "language title contents availableAt createdBy updatedBy"},
	reflect.TypeFor[d.UploadedImage]():        {trusted: "originalFilename url"},
	reflect.TypeFor[d.Webhook]():              {trusted: "name subscribedEvents url headers secretKey filters"},

	// What Dixa says.
	reflect.TypeFor[d.ChannelAvailability]():  {trusted: "channelAvailability error"},
	reflect.TypeFor[d.RatingOffer]():          {trusted: "userId agentId ratingType"},
	reflect.TypeFor[d.Metric]():               {trusted: "description filters aggregations relatedRecordIds"},
	reflect.TypeFor[d.MetricData]():           {trusted: "aggregates"},
	reflect.TypeFor[d.MetricRecordKind]():     {trusted: "description filters relatedMetricIds fieldsMetadata"},
	reflect.TypeFor[d.Anonymization]():        {trusted: "entityType targetEntityId"},
	reflect.TypeFor[d.ImportedConversation](): {trusted: "partialErrors"},
}
