package operations

import "dixa-mcp/internal/offline/desk"

// channelNames are the names in the contract's list of values.
const channelNames = "WhatsApp|Voicemail|WidgetChat|FacebookMessenger|Twitter|Email|ContactForm|Callback|PstnPhone|Sms|Messenger"

// searchNames are the words that search takes for channels; for some no conversation is seeded.
const searchNames = "email|contactform|chat|dixamessenger|phone|voicemail|callback|sms|facebookmessenger|whatsapp|adachat|" +
	"digitalgeniuschat|kindlychat|genericapimessaging|trustpilot|yotpo"

// channelOf finds the channel of a shape; the first of them where there are several.
func channelOf(shape string) *desk.Channel {
	for _, ch := range desk.Channels {
		if ch.Shape == shape {
			return ch
		}
	}
	return nil
}
