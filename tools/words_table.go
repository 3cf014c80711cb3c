package tools

import (
	"reflect"

	d "dixa-mcp/dixaclient"
	"dixa-mcp/internal/base/vocabulary"
)

// words says which fields of Dixa's answers are shown as text in the words of people, by the path from an item. Answers in
// JSON keep Dixa's spelling. A test fails for a field of Dixa's contract that holds such values and is missing here.
var words = map[reflect.Type]map[string]*vocabulary.Set{
	reflect.TypeFor[d.Conversation]():         {"channel": vocabulary.Channels, "state": vocabulary.States, "direction": vocabulary.Directions},
	reflect.TypeFor[d.Message]():              {"attributes.direction": vocabulary.Directions},
	reflect.TypeFor[d.SentMessage]():          {"direction": vocabulary.Directions},
	reflect.TypeFor[d.ConversationRating]():   {"conversationChannel": vocabulary.Channels},
	reflect.TypeFor[d.Flow]():                 {"channel": vocabulary.Channels},
	reflect.TypeFor[d.Presence]():             {"activeChannels": vocabulary.Channels},
	reflect.TypeFor[d.ContactEndpoint]():      {"_type": vocabulary.Endpoints},
	reflect.TypeFor[d.ChannelAvailability]():  {"channelAvailability.genericChannelName": vocabulary.Channels, "error.channel": vocabulary.Channels},
	reflect.TypeFor[d.Webhook]():              {"filters.Conversation.conditions.values": vocabulary.Channels},
	reflect.TypeFor[d.ExportedConversation](): {"initial_channel": vocabulary.Channels, "status": vocabulary.States, "direction": vocabulary.Directions},
	reflect.TypeFor[d.ExportedMessage]():      {"initial_channel": vocabulary.Channels, "direction": vocabulary.Directions},
}

// wordsOf returns the table of an answer's type.
func wordsOf(t reflect.Type) map[string]*vocabulary.Set {
	item, outcomes := itemOf(t)
	if !outcomes {
		return words[item]
	}
	under := map[string]*vocabulary.Set{}
	for path, set := range words[item] {
		under["results."+path] = set
	}
	return under
}
