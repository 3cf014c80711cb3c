package desk

// Team is a team of Dixa agents.
type Team struct {
	ID   string `json:"id"`
	Name string `json:"name"`

	Members []string `json:"-"` // Dixa agents
}

// Queue is a queue as it is on the wire, and its members.
type Queue struct {
	ID                           string           `json:"id"`
	Name                         string           `json:"name"`
	IsDefault                    bool             `json:"isDefault"`
	OrganizationID               string           `json:"organizationId"`
	QueueThresholds              map[string]int32 `json:"queueThresholds"`
	SLACalculationMethod         string           `json:"slaCalculationMethod"`
	OfferTimeout                 *int32           `json:"offerTimeout,omitzero"`
	OfferingAlgorithm            string           `json:"offeringAlgorithm,omitzero"`
	MemberListType               string           `json:"memberListType,omitzero"`
	Usages                       *QueueUsages     `json:"usages,omitzero"`
	WrapupTimeout                *int32           `json:"wrapupTimeout,omitzero"`
	Priority                     *int32           `json:"priority,omitzero"`
	OfferAbandonedConversations  *bool            `json:"offerAbandonedConversations,omitzero"`
	DoNotOfferTimeouts           map[string]int32 `json:"doNotOfferTimeouts"`
	IsDoNotOfferEnabled          bool             `json:"isDoNotOfferEnabled"`
	IsPreferredAgentEnabled      *bool            `json:"isPreferredAgentEnabled,omitzero"`
	PreferredAgentTimeouts       map[string]int32 `json:"preferredAgentTimeouts,omitzero"`
	PreferredAgentOfflineTimeout *int32           `json:"preferredAgentOfflineTimeout,omitzero"`
	PersonalAgentOfflineTimeout  *int32           `json:"personalAgentOfflineTimeout,omitzero"`
	IsRestricted                 *bool            `json:"isRestricted,omitzero"`

	Members []string `json:"-"` // Dixa agents
}

// QueueUsages says which addresses and numbers lead to a queue.
type QueueUsages struct {
	QueueID string              `json:"queueId"`
	Usages  map[string][]string `json:"usages"`
}

// DefaultQueue returns the queue of conversations for which none is named.
func (w *World) DefaultQueue() string {
	for _, q := range w.Queues.List {
		if q.IsDefault {
			return q.ID
		}
	}
	return w.Queues.List[0].ID
}

// Waiting returns the unassigned conversations of a queue, in the order in which they entered it.
func (w *World) Waiting(queue string) []*Conversation {
	var in []*Conversation
	for _, c := range w.Conversations {
		if c.Queue == queue && c.State == StateOpen && c.Agent == "" {
			in = append(in, c)
		}
	}
	return in
}

// Endpoint is an address or a number of the organization. Its id is the address or the number itself.
type Endpoint struct {
	Address        string   `json:"address,omitzero"`
	SenderOverride string   `json:"senderOverride,omitzero"`
	Number         string   `json:"number,omitzero"`
	Functionality  []string `json:"functionality,omitzero"`
	Name           string   `json:"name,omitzero"`
	Type           string   `json:"_type"`
}

// EndpointNamed finds an endpoint by its address or number.
func (w *World) EndpointNamed(id string) (Endpoint, bool) {
	for _, e := range w.Endpoints {
		if id != "" && (e.Address == id || e.Number == id) {
			return e, true
		}
	}
	return Endpoint{}, false
}
