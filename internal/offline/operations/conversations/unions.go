package conversations

import "reflect"

// Unions are the members of the unions in bodies by their `_type`, which is the title of the member's schema in the contract.
var Unions = map[reflect.Type]map[string]any{
	reflect.TypeFor[conversationIn](): {
		"Email": emailIn{}, "ContactForm": contactFormIn{}, "Chat": chatIn{}, "Sms": smsIn{}, "Callback": callbackIn{},
	},
	reflect.TypeFor[messageIn](): {"Inbound": inboundIn{}, "Outbound": outboundIn{}},
	reflect.TypeFor[contentIn](): {"Text": textIn{}, "Html": htmlIn{}, "Markdown": markdownIn{}},

	reflect.TypeFor[resultIn]():        {"Csat": csatIn{}, "Nps": npsIn{}, "ThumbsUpOrDown": thumbsIn{}},
	reflect.TypeFor[importIn]():        {"GenericConversationImport": genericImportIn{}},
	reflect.TypeFor[importMessageIn](): {"InboundImport": inboundImportIn{}, "OutboundImport": outboundImportIn{}},
}
