package offline

// channel is one channel in the six vocabularies that Dixa has for them.
type channel struct {
	name   string // in conversations, as in the contract's list of values
	shape  string // `_type` of a conversation
	attrs  string // `_type` of a message's attributes
	search string // in search filters; empty where search has no word for it
	export string // in exports
	upper  string // in analytics and webhooks
	label  string // for people
	share  int    // of a thousand conversations
}

// channels are all channels. Voicemail and callback have no shape of their own and come as phone conversations. The contract's values
// have no name for the generic API channels either; they come as Messenger.
var channels = []*channel{
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

// channelNames are the names in the contract's list of values.
const channelNames = "WhatsApp|Voicemail|WidgetChat|FacebookMessenger|Twitter|Email|ContactForm|Callback|PstnPhone|Sms|Messenger"

// searchNames are the words that search takes for channels; for some no conversation is seeded.
const searchNames = "email|contactform|chat|dixamessenger|phone|voicemail|callback|sms|facebookmessenger|whatsapp|adachat|" +
	"digitalgeniuschat|kindlychat|genericapimessaging|trustpilot|yotpo"

// channelOf finds the channel of a shape; the first of them where there are several.
func channelOf(shape string) *channel {
	for _, ch := range channels {
		if ch.shape == shape {
			return ch
		}
	}
	return nil
}

// mail tells the channels whose messages are e-mails.
func (ch *channel) mail() bool { return ch.attrs == "EmailAttributes" }

// spoken tells the channels whose conversations are calls.
func (ch *channel) spoken() bool { return ch.shape == "PstnPhoneConversation" }

// live tells the channels in which people wait for an answer.
func (ch *channel) live() bool { return ch.attrs == "ChatAttributes" }

// channelNamed finds a channel by its name in conversations; the first of them where there are several.
func channelNamed(name string) *channel {
	for _, ch := range channels {
		if ch.name == name {
			return ch
		}
	}
	return nil
}
