package tools

import (
	"reflect"

	d "dixa-mcp/dixaclient"
	"dixa-mcp/internal/base/vocabulary"
)

// words says which fields of Dixa's answers are shown as text in the words of people, by the path from an item. Of an object that
// is one fact it is its names that are words. Answers in JSON keep Dixa's spelling. Tests fail for a field of our types or of
// Dixa's contract that holds such values and is missing here.
var words = map[reflect.Type]map[string]*vocabulary.Set{
	reflect.TypeFor[d.Conversation](): {
		"channel": vocabulary.Channels, "state": vocabulary.States, "direction": vocabulary.Directions, "conversationType": vocabulary.Kinds,
	},
	reflect.TypeFor[d.Message]():     {"attributes.direction": vocabulary.Directions},
	reflect.TypeFor[d.SentMessage](): {"direction": vocabulary.Directions},
	reflect.TypeFor[d.ActivityEntry](): {
		"_type": vocabulary.Events, "attributes.transferType": vocabulary.Kinds, "attributes.destinationType": vocabulary.Kinds,
		"attributes.claimedFromType": vocabulary.Kinds, "attributes.reservationType": vocabulary.Kinds, "attributes.linkType": vocabulary.Kinds,
	},
	reflect.TypeFor[d.Anonymization](): {"entityType": vocabulary.Kinds},
	reflect.TypeFor[d.ConversationRating](): {
		"conversationChannel": vocabulary.Channels, "ratingType": vocabulary.Kinds, "ratingStatus": vocabulary.Kinds,
	},
	reflect.TypeFor[d.RatingOffer]():   {"ratingType": vocabulary.Kinds},
	reflect.TypeFor[d.Flow]():          {"channel": vocabulary.Channels},
	reflect.TypeFor[d.Agent]():         {"roles": vocabulary.Kinds},
	reflect.TypeFor[d.Presence]():      {"activeChannels": vocabulary.Channels},
	reflect.TypeFor[d.Organization]():  {"status": vocabulary.Kinds},
	reflect.TypeFor[d.ScheduleHours](): {"schedule.businessHours.businessHourType": vocabulary.Kinds, "schedule.exceptions.businessHourType": vocabulary.Kinds},
	reflect.TypeFor[d.Queue](): {
		"slaCalculationMethod": vocabulary.Kinds, "offeringAlgorithm": vocabulary.Kinds, "memberListType": vocabulary.Kinds, "queueThresholds": vocabulary.Kinds,
		"doNotOfferTimeouts": vocabulary.Channels, "preferredAgentTimeouts": vocabulary.Channels, "usages.usages": vocabulary.Channels,
	},
	reflect.TypeFor[d.ContactEndpoint](): {"_type": vocabulary.Endpoints, "functionality": vocabulary.Kinds},
	reflect.TypeFor[d.ChannelAvailability](): {
		"channelAvailability.genericChannelName": vocabulary.Channels, "error.channel": vocabulary.Channels, "channelAvailability.availability": vocabulary.Kinds,
	},
	reflect.TypeFor[d.Metric]():     {"aggregations.measure": vocabulary.Kinds},
	reflect.TypeFor[d.MetricData](): {"aggregates.measure": vocabulary.Kinds},
	reflect.TypeFor[d.Template]():   {"_type": vocabulary.Kinds},
	reflect.TypeFor[d.Webhook](): {
		"subscribedEvents": vocabulary.Events, "filters.Conversation.conditions.values": vocabulary.Channels,
		"filters.Conversation.conditions.field": vocabulary.Kinds, "filters.Conversation.conditions._type": vocabulary.Kinds,
	},
	reflect.TypeFor[d.EventDeliveryStatus]():  {"event": vocabulary.Events, "deliveryStatus._type": vocabulary.Kinds},
	reflect.TypeFor[d.ExportedConversation](): {"initial_channel": vocabulary.Channels, "status": vocabulary.States, "direction": vocabulary.Directions, "ratings.rating_type": vocabulary.Kinds},
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
