package offline

import "reflect"

// unions are the members of every union in a body by their `_type`, which is the title of the member's schema in the contract.
var unions = map[reflect.Type]map[string]any{
	reflect.TypeFor[conversationIn](): {
		"Email": emailIn{}, "ContactForm": contactFormIn{}, "Chat": chatIn{}, "Sms": smsIn{}, "Callback": callbackIn{},
	},
	reflect.TypeFor[messageIn](): {"Inbound": inboundIn{}, "Outbound": outboundIn{}},
	reflect.TypeFor[contentIn](): {"Text": textIn{}, "Html": htmlIn{}, "Markdown": markdownIn{}},

	reflect.TypeFor[resultIn]():        {"Csat": csatIn{}, "Nps": npsIn{}, "ThumbsUpOrDown": thumbsIn{}},
	reflect.TypeFor[importIn]():        {"GenericConversationImport": genericImportIn{}},
	reflect.TypeFor[importMessageIn](): {"InboundImport": inboundImportIn{}, "OutboundImport": outboundImportIn{}},
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
	reflect.TypeFor[periodIn]():         {"Preset": presetIn{}, "Interval": intervalIn{}},
	reflect.TypeFor[webAuthIn]():        {"BasicAuth": basicAuthIn{}, "TokenAuth": tokenAuthIn{}, "NoAuth": noAuthIn{}},
	reflect.TypeFor[eventFilterIn]():    {"CombinedFilters": combinedFilters{}},
	reflect.TypeFor[eventConditionIn](): {"IsOneOf": eventOneOf{}, "IsNotOneOf": eventNotOneOf{}},
}
