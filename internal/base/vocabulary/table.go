package vocabulary

// The words are those of Dixa's own interface. Every other spelling is one of Dixa's API, or what people call the same thing.
// Words that could mean several things are in the first argument, and are not taken.

// Channels are the channels of conversations. Dixa spells them in six ways: as in WidgetChat (conversations), chat (search),
// widgetchat (exports), WIDGET_CHAT (analytics and webhooks), widget_chat (filters of webhooks), and Chat (new conversations).
var Channels = newSet("channel", map[string][]string{
	"call":      {"Phone", "Callback"},
	"calls":     {"Phone", "Callback"},
	"chatbot":   {"Ada Chat", "DigitalGenius Chat", "Kindly Chat"},
	"bot":       {"Ada Chat", "DigitalGenius Chat", "Kindly Chat"},
	"messaging": {"Messenger", "Facebook Messenger", "WhatsApp", "SMS"},
	"review":    {"Trustpilot", "Yotpo"},
	"reviews":   {"Trustpilot", "Yotpo"},
	"social":    {"Facebook Messenger", "Twitter", "WhatsApp"},
},
	term{"Email", "mail emails"},
	term{"Contact Form", "form webform"},
	term{"Chat", "WidgetChat livechat webchat"},
	term{"Messenger", "dixamessenger"},
	term{"Phone", "PstnPhone pstn telephone"},
	term{"Callback", ""},
	term{"Voicemail", ""},
	term{"SMS", "textmessage"},
	term{"WhatsApp", ""},
	term{"Facebook Messenger", "facebook fbmessenger"},
	term{"Twitter", ""},
	term{"Ada Chat", ""},
	term{"DigitalGenius Chat", ""},
	term{"Kindly Chat", ""},
	term{"Generic API Messaging", ""},
	term{"Trustpilot", "trustpilotreviews"},
	term{"Yotpo", "yotporeviews"},
)

// WorkingChannels are the groups of channels in which a Dixa agent works.
var WorkingChannels = newSet("working channel", map[string][]string{
	"messenger": {"Chat", "Messaging"}, // Dixa's or Facebook's
},
	term{"Email", "mail emails"},
	term{"Chat", "InteractiveChat livechat"},
	term{"Messaging", ""},
	term{"Phone", "Speak PstnPhone telephone voice calls"},
)

// Endpoints are the kinds of contact endpoints.
var Endpoints = newSet("contact endpoint", nil,
	term{"Email", "EmailEndpoint mail"},
	term{"Phone", "TelephonyEndpoint telephony PstnPhone telephone"},
)

// States are the states of conversations. What AwaitingPending is Dixa does not document; it is no state of its search.
var States = newSet("state", map[string][]string{
	"waiting":  {"Open", "Pending"},
	"awaiting": {"Open", "Pending"},
},
	term{"Open", ""},
	term{"Pending", ""},
	term{"Awaiting Pending", ""},
	term{"Closed", ""},
)

// Directions say who began a conversation.
var Directions = newSet("direction", nil,
	term{"Inbound", "incoming"},
	term{"Outbound", "outgoing"},
	term{"Internal", ""},
)

// Kinds are the names of kinds, states and roles that Dixa spells in one way, such as QuickResponse and SystemAdmin.
var Kinds = newKinds("kind", "")

// Events are the names of what happens to conversations, such as ConversationAssigned and TagAdded.
var Events = newKinds("event", "Conversation")
