package operations

import (
	"maps"
	"reflect"

	"dixa-mcp/internal/offline/analytics"
	"dixa-mcp/internal/offline/search"
)

// unions are the members of every union in a body by their `_type`, which is the title of the member's schema in the contract.
var unions = withUnions(map[reflect.Type]map[string]any{
	reflect.TypeFor[conversationIn](): {
		"Email": emailIn{}, "ContactForm": contactFormIn{}, "Chat": chatIn{}, "Sms": smsIn{}, "Callback": callbackIn{},
	},
	reflect.TypeFor[messageIn](): {"Inbound": inboundIn{}, "Outbound": outboundIn{}},
	reflect.TypeFor[contentIn](): {"Text": textIn{}, "Html": htmlIn{}, "Markdown": markdownIn{}},

	reflect.TypeFor[resultIn]():         {"Csat": csatIn{}, "Nps": npsIn{}, "ThumbsUpOrDown": thumbsIn{}},
	reflect.TypeFor[importIn]():         {"GenericConversationImport": genericImportIn{}},
	reflect.TypeFor[importMessageIn]():  {"InboundImport": inboundImportIn{}, "OutboundImport": outboundImportIn{}},
	reflect.TypeFor[webAuthIn]():        {"BasicAuth": basicAuthIn{}, "TokenAuth": tokenAuthIn{}, "NoAuth": noAuthIn{}},
	reflect.TypeFor[eventFilterIn]():    {"CombinedFilters": combinedFilters{}},
	reflect.TypeFor[eventConditionIn](): {"IsOneOf": eventOneOf{}, "IsNotOneOf": eventNotOneOf{}},
}, search.Unions, analytics.Unions)

// withUnions adds the unions of other packages.
func withUnions(all map[reflect.Type]map[string]any, more ...map[reflect.Type]map[string]any) map[reflect.Type]map[string]any {
	for _, m := range more {
		maps.Copy(all, m)
	}
	return all
}
