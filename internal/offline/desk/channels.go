package desk

// Channel is one channel in the six vocabularies that Dixa has for them.
type Channel struct {
	Name           string // in conversations, as in the contract's list of values
	Shape          string // `_type` of a conversation
	AttributesType string // `_type` of a message's attributes
	Search         string // in search filters; empty where search has no word for it
	Export         string // in exports
	Upper          string // in analytics and webhooks
	Label          string // for people
	Share          int    // of a thousand conversations
}

// Channels are all channels. Voicemail and callback have no shape of their own and come as phone conversations. The contract's values
// have no name for the generic API channels either; they come as Messenger.
var Channels = []*Channel{
	{"Email", "EmailConversation", "EmailAttributes", "email", "email", "EMAIL", "Email", 250},
	{"ContactForm", "ContactFormConversation", "EmailAttributes", "contactform", "contactform", "CONTACT_FORM", "Contact form", 100},
	{"WidgetChat", "ChatConversation", "ChatAttributes", "chat", "widgetchat", "WIDGET_CHAT", "Chat", 110},
	{"Messenger", "MessengerConversation", "ChatAttributes", "dixamessenger", "messenger", "MESSENGER", "Messenger", 60},
	{"PstnPhone", "PstnPhoneConversation", "PhoneAttributes", "phone", "pstnphone", "PSTN_PHONE", "Phone", 300},
	{"Voicemail", "PstnPhoneConversation", "CallRecordingAttributes", "voicemail", "voicemail", "VOICEMAIL", "Voicemail", 55},
	{"Callback", "PstnPhoneConversation", "PhoneAttributes", "callback", "callback", "CALLBACK", "Callback", 15},
	{"Sms", "SmsConversation", "SmsAttributes", "sms", "sms", "SMS", "SMS", 25},
	{"WhatsApp", "WhatsAppConversation", "WhatsAppAttributes", "whatsapp", "whatsapp", "WHATS_APP", "WhatsApp", 40},
	{"FacebookMessenger", "FacebookMessengerConversation", "FacebookMessengerAttributes", "facebookmessenger",
		"facebookmessenger", "FACEBOOK_MESSENGER", "Facebook Messenger", 20},
	{"Twitter", "TwitterConversation", "TwitterAttributes", "", "twitter", "TWITTER", "Twitter", 10},
	{"Messenger", "GenericConversation", "GenericAttributes", "genericapimessaging", "genericapimessaging",
		"GENERIC_API_MESSAGING", "Generic API messaging", 10},
	{"Messenger", "GenericConversation", "GenericAttributes", "trustpilot", "trustpilotreviews", "TRUSTPILOT", "Trustpilot", 5},
}

// Mail tells the channels whose messages are e-mails.
func (ch *Channel) Mail() bool { return ch.AttributesType == "EmailAttributes" }

// Spoken tells the channels whose conversations are calls.
func (ch *Channel) Spoken() bool { return ch.Shape == "PstnPhoneConversation" }

// Live tells the channels in which people wait for an answer.
func (ch *Channel) Live() bool { return ch.AttributesType == "ChatAttributes" }

// ChannelNamed finds a channel by its name in conversations; the first of them where there are several.
func ChannelNamed(name string) *Channel {
	for _, ch := range Channels {
		if ch.Name == name {
			return ch
		}
	}
	return nil
}
