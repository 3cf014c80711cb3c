package offline

import (
	"slices"

	"dixa-mcp/internal/offline/wire"
)

var queueRoutes = []route{
	{Pattern: "GET /v1/queues", Status: 200, Handle: listQueues},
	{Pattern: "POST /v1/queues", Status: 201, Handle: createQueue},
	{Pattern: "PATCH /v1/queues/{queueId}/members", Status: 200, Handle: addQueueMembers},
}

const (
	billingQueueID = "0f6f3a52-6d3e-4f0e-9f0b-3a1c5b7d2e11"
	returnsQueueID = "5b0c9d1e-2a44-4c57-8f5a-91d2c7e4aa02"
)

// queue is a queue as it is on the wire, and its members.
type queue struct {
	ID                           string           `json:"id"`
	Name                         string           `json:"name"`
	IsDefault                    bool             `json:"isDefault"`
	OrganizationID               string           `json:"organizationId"`
	QueueThresholds              map[string]int32 `json:"queueThresholds"`
	SLACalculationMethod         string           `json:"slaCalculationMethod"`
	OfferTimeout                 *int32           `json:"offerTimeout,omitzero"`
	OfferingAlgorithm            string           `json:"offeringAlgorithm,omitzero"`
	MemberListType               string           `json:"memberListType,omitzero"`
	Usages                       *queueUsages     `json:"usages,omitzero"`
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

	members []string // Dixa agents
}

type queueUsages struct {
	QueueID string              `json:"queueId"`
	Usages  map[string][]string `json:"usages"`
}

// seededQueues: topics point at their places, and they at the teams that serve them. The last is the default queue.
var seededQueues = []struct {
	name, id, mailbox, phone string
	teams                    []int
}{
	{"Billing", billingQueueID, "billing", "", []int{1}},
	{"Returns", returnsQueueID, "returns", "", []int{2}},
	{"Technical Support", "", "tech", "", []int{3}},
	{"VIP", "", "vip", "", nil},
	{"Sales", "", "sales", "+442079460102", []int{4}},
	{"Delivery", "", "delivery", "", []int{2}},
	{"Subscriptions", "", "plus", "", []int{1}},
	{"Complaints", "", "complaints", "", []int{0}},
	{"Phone", "", "", "+442079460100", []int{0}},
	{"General Support", "", "support", "", []int{0}},
}

// The places of queues that are more than where a topic goes.
const (
	vipQueue     = 3
	phoneQueue   = 8
	generalQueue = 9
)

func (w *world) seedQueues() {
	w.serving = map[string][]int{}
	for i, s := range seededQueues {
		q := &queue{
			ID: s.id, Name: s.name, IsDefault: i == len(seededQueues)-1, OrganizationID: w.org.id,
			QueueThresholds:      map[string]int32{"SlaTimeLimit": 3600, "SlaPercentage": 80, "WaitingConversations": 20},
			SLACalculationMethod: "AbandonedIgnored", OfferTimeout: i32(20), OfferingAlgorithm: "LongestIdle", MemberListType: "Default",
			WrapupTimeout: i32(30), Priority: i32(int32(1 + i%3)), OfferAbandonedConversations: flagged(false),
			DoNotOfferTimeouts: map[string]int32{"WidgetChat": 60}, IsDoNotOfferEnabled: i%2 == 0, IsPreferredAgentEnabled: flagged(i%4 == 0),
			PreferredAgentTimeouts: map[string]int32{"Email": 43200, "WidgetChat": 300}, PreferredAgentOfflineTimeout: i32(600),
			PersonalAgentOfflineTimeout: i32(600), IsRestricted: flagged(s.name == "VIP"),
		}
		if q.ID == "" {
			q.ID = w.uuid("queue", int64(i))
		}
		q.Usages = &queueUsages{QueueID: q.ID, Usages: map[string][]string{}}
		if s.mailbox != "" {
			q.Usages.Usages["Email"] = []string{s.mailbox + "@email.dixa.io"}
		}
		if s.phone != "" {
			q.Usages.Usages["PstnPhone"] = []string{s.phone}
		}
		w.serving[q.ID] = w.seedMembers(s.teams, i == vipQueue)
		for _, k := range w.serving[q.ID] {
			q.members = append(q.members, w.agents.list[k].ID)
		}
		w.queues.add(q.ID, q)
	}
}

func i32(n int32) *int32 { return &n }

// defaultQueue returns the queue of conversations for which none is named.
func (w *world) defaultQueue() string {
	for _, q := range w.queues.list {
		if q.IsDefault {
			return q.ID
		}
	}
	return w.queues.list[0].ID
}

func listQueues(c *call) (any, error) { return wire.Data{Data: wire.List(c.queues.list)}, nil }

type queueIn struct {
	Name                         string           `wire:"name,required"`
	CallFunctionality            bool             `wire:"callFunctionality,required"`
	IsDefault                    bool             `wire:"isDefault,required"`
	QueueThresholds              map[string]int32 `wire:"queueThresholds"`
	OfferTimeout                 *int32           `wire:"offerTimeout"`
	OfferAlgorithm               string           `wire:"offerAlgorithm,offerAlgorithm"`
	WrapupTimeout                *int32           `wire:"wrapupTimeout"`
	Priority                     *int32           `wire:"priority"`
	OfferAbandonedConversations  *bool            `wire:"offerAbandonedConversations"`
	DoNotOfferTimeouts           map[string]int32 `wire:"doNotOfferTimeouts"`
	IsDoNotOfferEnabled          bool             `wire:"isDoNotOfferEnabled,required"`
	PreferredAgentTimeouts       map[string]int32 `wire:"preferredAgentTimeouts"`
	IsPreferredAgentEnabled      *bool            `wire:"isPreferredAgentEnabled"`
	PreferredAgentOfflineTimeout *int32           `wire:"preferredAgentOfflineTimeout"`
	PersonalAgentOfflineTimeout  *int32           `wire:"personalAgentOfflineTimeout"`
	IsRestricted                 *bool            `wire:"isRestricted"`
}

// offerAlgorithms are the ways in which a queue offers its conversations.
const offerAlgorithms = "AgentPriorityOneAtATimeRandom|AllAtOnce|AgentPriorityLongestIdle|AgentPriorityAllAtOnce|LongestIdle|OneAtATimeRandom"

// thresholdNames are the keys of a queue's thresholds.
const thresholdNames = "SlaTimeLimit|AvailableAgents|LongestWait|SlaPercentage|WaitingConversations"

// createQueue makes a queue. Its body is under "request", and what it calls offerAlgorithm reads back as offeringAlgorithm.
func createQueue(c *call) (any, error) {
	body, err := decode[struct {
		Request queueIn `wire:"request,required"`
	}](c)
	if err != nil {
		return nil, err
	}
	in := body.Request
	if err := knownKeys(in.QueueThresholds, thresholdNames); err != nil {
		return nil, err
	}
	for _, m := range []map[string]int32{in.DoNotOfferTimeouts, in.PreferredAgentTimeouts} {
		if err := knownKeys(m, channelNames); err != nil {
			return nil, err
		}
	}
	q := &queue{
		ID: c.newID(), Name: in.Name, IsDefault: in.IsDefault, OrganizationID: c.org.id, QueueThresholds: orEmpty(in.QueueThresholds),
		SLACalculationMethod: "AbandonedIgnored", OfferTimeout: in.OfferTimeout, OfferingAlgorithm: in.OfferAlgorithm,
		MemberListType: "Default", WrapupTimeout: in.WrapupTimeout, Priority: in.Priority,
		OfferAbandonedConversations: in.OfferAbandonedConversations, DoNotOfferTimeouts: orEmpty(in.DoNotOfferTimeouts),
		IsDoNotOfferEnabled: in.IsDoNotOfferEnabled, IsPreferredAgentEnabled: in.IsPreferredAgentEnabled,
		PreferredAgentTimeouts: in.PreferredAgentTimeouts, PreferredAgentOfflineTimeout: in.PreferredAgentOfflineTimeout,
		PersonalAgentOfflineTimeout: in.PersonalAgentOfflineTimeout, IsRestricted: in.IsRestricted,
	}
	if q.IsDefault {
		for _, other := range c.queues.list {
			other.IsDefault = false
		}
	}
	c.queues.add(q.ID, q)
	c.did(q.ID, "queue "+q.Name+" created")
	return wire.Data{Data: q}, nil
}

func orEmpty(m map[string]int32) map[string]int32 {
	if m == nil {
		return map[string]int32{}
	}
	return m
}

// knownKeys refuses a map with a key that is none of the names "A|B".
func knownKeys(m map[string]int32, names string) error {
	for key := range m {
		if err := bodies.Check(key, []string{names}); err != nil {
			return wire.ErrBody.Because("key%v", err)
		}
	}
	return nil
}

// addQueueMembers answers agent by agent: some may fail where others do not.
func addQueueMembers(c *call) (any, error) {
	q, err := c.queues.get(c.ID("queueId"))
	if err != nil {
		return nil, err
	}
	in, err := decode[agentIDsIn](c)
	if err != nil {
		return nil, err
	}
	outcomes := []wire.Outcome{}
	for _, id := range lowered(in.AgentIDs) {
		switch {
		case c.users.has(id):
			outcomes = append(outcomes, wire.Failed("Validation", id, "Member is neither Agent or Admin"))
		case !c.agents.has(id):
			outcomes = append(outcomes, wire.Failed("NotFound", id, "User not found"))
		default:
			if !slices.Contains(q.members, id) {
				q.members = append(q.members, id)
				c.did(q.ID, "member "+id+" added")
			}
			outcomes = append(outcomes, wire.Succeeded(id))
		}
	}
	return wire.Data{Data: outcomes}, nil
}
