package dixaclient

// ChannelAvailability is whether a queue takes conversations of a chatbot's channel; Type is Success, with
// ChannelAvailability, or Failure, with Error.
type ChannelAvailability struct {
	Type                string              `json:"_type"`
	ChannelAvailability *GenericChannel     `json:"channelAvailability"`
	Error               *AvailabilityFailed `json:"error"`
}

// GenericChannel is a chatbot's channel, Available or NotAvailable; QueueSize is there in the second case only.
type GenericChannel struct {
	GenericChannelName string `json:"genericChannelName"`
	Availability       string `json:"availability"`
	QueueSize          int    `json:"queueSize"`
}

// AvailabilityFailed is a channel whose availability Dixa could not tell.
type AvailabilityFailed struct {
	Channel string `json:"channel"`
	Message string `json:"message"`
}

// GetQueuePositionIn names a conversation; Dixa calls its id csid here.
type GetQueuePositionIn struct {
	ConversationID int64 `json:"conversationId" in:"path" wire:"csid"`
}

// OfConversation returns the conversation's id.
func (in GetQueuePositionIn) OfConversation() int64 { return in.ConversationID }

// QueuePosition is about how many conversations stand before one in its queue.
type QueuePosition struct {
	Position int  `json:"position"`
	QueuedAt Time `json:"queuedAt"`
}
