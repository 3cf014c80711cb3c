package capability

import (
	"slices"
	"strings"

	"dixa-mcp/dixaclient"
)

// Facts are what is to be known about a conversation to tell whether it is inside a [Bound]. What is not known is
// empty, and is inside no bound that asks for it.
type Facts struct {
	Conversation       int64 // its number
	Queue, Assignee    dixaclient.UUID
	Channel, Direction string // in the words of Dixa's search: email, inbound
	Tags               []dixaclient.UUID
}

// searchWord is what Dixa's search calls the channel of a conversation. Dixa has six vocabularies for channels; search
// has no word for Twitter.
var searchWord = map[string]string{
	"Email":             "email",
	"ContactForm":       "contactform",
	"WidgetChat":        "chat",
	"Messenger":         "dixamessenger",
	"PstnPhone":         "phone",
	"Voicemail":         "voicemail",
	"Callback":          "callback",
	"Sms":               "sms",
	"WhatsApp":          "whatsapp",
	"FacebookMessenger": "facebookmessenger",
}

// FactsOf reads the facts from a conversation as Dixa answers it. Its tags are not in it.
func FactsOf(c *dixaclient.Conversation) Facts {
	f := Facts{Conversation: c.ID, Channel: channelOf(c)}
	if c.Queue != nil {
		f.Queue = c.Queue.ID
	}
	if c.Assignment != nil {
		f.Assignee = c.Assignment.AgentID
	}
	if d := strings.ToLower(c.Direction); slices.Contains(dixaclient.SearchDirection("").Values(), d) {
		f.Direction = d
	}
	return f
}

// channelOf returns a conversation's channel in the word of Dixa's search, "" where there is none. Dixa's list of a
// conversation's channels has no name for those of the generic API, such as trustpilot; where the answer has one
// nevertheless it counts, and another channel's name on a generic conversation says nothing.
func channelOf(c *dixaclient.Conversation) string {
	if word, ok := searchWord[c.Channel]; ok && c.Type != "GenericConversation" {
		return word
	}
	word := strings.ToLower(c.Channel)
	for _, own := range searchWord {
		if word == own {
			return ""
		}
	}
	if slices.Contains(dixaclient.SearchChannel("").Values(), word) {
		return word
	}
	return ""
}
