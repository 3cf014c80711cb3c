package dixaclient

// QueueRef names a queue.
type QueueRef struct {
	QueueID UUID `json:"queueId" in:"path"`
}

// Queue is where conversations wait for a Dixa agent. Timeouts are in seconds.
type Queue struct {
	ID                  UUID           `json:"id"`
	Name                string         `json:"name"`
	IsDefault           bool           `json:"isDefault"`
	Priority            int            `json:"priority"`
	OfferingAlgorithm   string         `json:"offeringAlgorithm"`
	OfferTimeout        int            `json:"offerTimeout"`
	WrapupTimeout       int            `json:"wrapupTimeout"`
	MemberListType      string         `json:"memberListType"`
	IsDoNotOfferEnabled bool           `json:"isDoNotOfferEnabled"`
	IsRestricted        bool           `json:"isRestricted"`
	QueueThresholds     map[string]int `json:"queueThresholds"` // by the names of [QueueThresholdName]
}

// OfferAlgorithm is how a queue offers its conversations to Dixa agents.
type OfferAlgorithm string

// Values returns Dixa's six ways.
func (OfferAlgorithm) Values() []string {
	return []string{"AllAtOnce", "OneAtATimeRandom", "LongestIdle", "AgentPriorityAllAtOnce", "AgentPriorityOneAtATimeRandom", "AgentPriorityLongestIdle"}
}

// QueueThresholdName is what a queue's limit is about.
type QueueThresholdName string

// Values returns the five limits that a queue has.
func (QueueThresholdName) Values() []string {
	return []string{"SlaTimeLimit", "SlaPercentage", "AvailableAgents", "LongestWait", "WaitingConversations"}
}

// Channel is a channel as Dixa's objects write it.
type Channel string

// Values returns the eleven channels.
func (Channel) Values() []string {
	return []string{"Email", "ContactForm", "WidgetChat", "Messenger", "FacebookMessenger", "WhatsApp", "Sms", "PstnPhone", "Callback", "Voicemail", "Twitter"}
}

// NamedValue is one entry of what Dixa writes as a map from names to numbers.
type NamedValue[N ~string] struct {
	Name  N   `json:"name"`
	Value int `json:"value"`
}

// valueMap returns Dixa's form of the list; nil stays nil, which is not sent.
func valueMap[N ~string](list []NamedValue[N]) map[N]int {
	if list == nil {
		return nil
	}
	m := make(map[N]int, len(list))
	for _, v := range list {
		m[v.Name] = v.Value
	}
	return m
}

// QueueSettings are the arguments of a queue that Dixa takes as they are. Dixa does not say what it does without the
// optional ones, so they are pointers: what is given is sent.
type QueueSettings struct {
	Name                         string         `json:"name"`
	CallFunctionality            bool           `json:"callFunctionality"`
	IsDefault                    bool           `json:"isDefault"`
	IsDoNotOfferEnabled          bool           `json:"isDoNotOfferEnabled"`
	OfferAlgorithm               OfferAlgorithm `json:"offerAlgorithm,omitzero"`
	OfferTimeout                 *int32         `json:"offerTimeout,omitzero"`
	WrapupTimeout                *int32         `json:"wrapupTimeout,omitzero"`
	Priority                     *int32         `json:"priority,omitzero"`
	OfferAbandonedConversations  *bool          `json:"offerAbandonedConversations,omitzero"`
	IsPreferredAgentEnabled      *bool          `json:"isPreferredAgentEnabled,omitzero"`
	PreferredAgentOfflineTimeout *int32         `json:"preferredAgentOfflineTimeout,omitzero"`
	PersonalAgentOfflineTimeout  *int32         `json:"personalAgentOfflineTimeout,omitzero"`
	IsRestricted                 *bool          `json:"isRestricted,omitzero"`
}

// CreateQueueIn is a new queue.
type CreateQueueIn struct {
	QueueSettings
	QueueThresholds        []NamedValue[QueueThresholdName] `json:"queueThresholds,omitzero"`
	DoNotOfferTimeouts     []NamedValue[Channel]            `json:"doNotOfferTimeouts,omitzero"`
	PreferredAgentTimeouts []NamedValue[Channel]            `json:"preferredAgentTimeouts,omitzero"`
}

// queueRequest is Dixa's form of a queue.
type queueRequest struct {
	QueueSettings
	QueueThresholds        map[QueueThresholdName]int `json:"queueThresholds,omitzero"`
	DoNotOfferTimeouts     map[Channel]int            `json:"doNotOfferTimeouts,omitzero"`
	PreferredAgentTimeouts map[Channel]int            `json:"preferredAgentTimeouts,omitzero"`
}

// Body wraps the queue as Dixa wants it.
func (in CreateQueueIn) Body() (any, error) {
	q := queueRequest{in.QueueSettings, valueMap(in.QueueThresholds), valueMap(in.DoNotOfferTimeouts), valueMap(in.PreferredAgentTimeouts)}
	return map[string]any{"request": q}, nil
}

// QueueMembersIn names Dixa agents to add to a queue or to remove from it. Dixa states the limit of ten for removing.
type QueueMembersIn struct {
	QueueRef
	AgentIDs Set[UUID] `json:"agentIds" check:"min=1,max=10"`
}

// QueueMember is a Dixa agent in a queue.
type QueueMember struct {
	AgentID  UUID `json:"agentId"`
	Priority int  `json:"priority"`
}

// The operations on queues. Source: Dixa API v1, "Queues".
var (
	ListQueues           = op[NoArguments, []Queue]("list_queues", "GET /v1/queues", Read, shared)
	CreateQueue          = op[CreateQueueIn, Queue]("create_queue", "POST /v1/queues", Write, lookWith("list_queues"))
	GetQueue             = op[QueueRef, Queue]("get_queue", "GET /v1/queues/{queueId}", Read, shared)
	GetQueueAvailability = op[QueueRef, []ChannelAvailability]("get_queue_availability", "GET /v1/queues/{queueId}/availability", Read, shared)
	GetQueuePosition     = op[GetQueuePositionIn, QueuePosition]("get_queue_position", "GET /v1/queues/conversation-position/{csid}", Read, missingWhen("the conversation does not wait in a queue: it is assigned, set aside or closed"))
	ListQueueMembers     = op[QueueRef, []QueueMember]("list_queue_members", "GET /v1/queues/{queueId}/members", Read, shared)
	AddQueueMembers      = op[QueueMembersIn, []BulkOutcome[UUID]]("add_queue_members", "PATCH /v1/queues/{queueId}/members", Write, lookWith("list_queue_members"))
	RemoveQueueMembers   = op[QueueMembersIn, None]("remove_queue_members", "DELETE /v1/queues/{queueId}/members", Write, lookWith("list_queue_members"))
)
