package teams

import (
	"slices"

	"dixa-mcp/internal/offline/desk"
	"dixa-mcp/internal/offline/operations/call"
	"dixa-mcp/internal/offline/wire"
)

var queueRoutes = []call.Route{
	{Pattern: "GET /v1/queues", Status: 200, Handle: listQueues},
	{Pattern: "POST /v1/queues", Status: 201, Handle: createQueue},
	{Pattern: "PATCH /v1/queues/{queueId}/members", Status: 200, Handle: addQueueMembers},
}

func listQueues(c *call.Call) (any, error) { return wire.Data{Data: wire.List(c.Queues.List)}, nil }

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

// OfferAlgorithms are the ways in which a queue offers its conversations.
const OfferAlgorithms = "AgentPriorityOneAtATimeRandom|AllAtOnce|AgentPriorityLongestIdle|AgentPriorityAllAtOnce|LongestIdle|OneAtATimeRandom"

// thresholdNames are the keys of a queue's thresholds.
const thresholdNames = "SlaTimeLimit|AvailableAgents|LongestWait|SlaPercentage|WaitingConversations"

// createQueue makes a queue. Its body is under "request", and what it calls offerAlgorithm reads back as offeringAlgorithm.
func createQueue(c *call.Call) (any, error) {
	body, err := call.Decode[struct {
		Request queueIn `wire:"request,required"`
	}](c)
	if err != nil {
		return nil, err
	}
	in := body.Request
	if err := knownKeys(c, in.QueueThresholds, thresholdNames); err != nil {
		return nil, err
	}
	for _, m := range []map[string]int32{in.DoNotOfferTimeouts, in.PreferredAgentTimeouts} {
		if err := knownKeys(c, m, channelNames); err != nil {
			return nil, err
		}
	}
	q := &desk.Queue{
		ID: c.NewID(), Name: in.Name, IsDefault: in.IsDefault, OrganizationID: c.Organization.ID, QueueThresholds: orEmpty(in.QueueThresholds),
		SLACalculationMethod: "AbandonedIgnored", OfferTimeout: in.OfferTimeout, OfferingAlgorithm: in.OfferAlgorithm,
		MemberListType: "Default", WrapupTimeout: in.WrapupTimeout, Priority: in.Priority,
		OfferAbandonedConversations: in.OfferAbandonedConversations, DoNotOfferTimeouts: orEmpty(in.DoNotOfferTimeouts),
		IsDoNotOfferEnabled: in.IsDoNotOfferEnabled, IsPreferredAgentEnabled: in.IsPreferredAgentEnabled,
		PreferredAgentTimeouts: in.PreferredAgentTimeouts, PreferredAgentOfflineTimeout: in.PreferredAgentOfflineTimeout,
		PersonalAgentOfflineTimeout: in.PersonalAgentOfflineTimeout, IsRestricted: in.IsRestricted,
	}
	if q.IsDefault {
		for _, other := range c.Queues.List {
			other.IsDefault = false
		}
	}
	c.Queues.Add(q.ID, q)
	c.Did(q.ID, "queue "+q.Name+" created")
	return wire.Data{Data: q}, nil
}

func orEmpty(m map[string]int32) map[string]int32 {
	if m == nil {
		return map[string]int32{}
	}
	return m
}

// knownKeys refuses a map with a key that is none of the names "A|B".
func knownKeys(c *call.Call, m map[string]int32, names string) error {
	for key := range m {
		if err := c.Bodies.Check(key, []string{names}); err != nil {
			return wire.ErrBody.Because("key%v", err)
		}
	}
	return nil
}

// addQueueMembers answers agent by agent: some may fail where others do not.
func addQueueMembers(c *call.Call) (any, error) {
	q, err := c.Queues.Get(c.ID("queueId"))
	if err != nil {
		return nil, err
	}
	in, err := call.Decode[agentIDsIn](c)
	if err != nil {
		return nil, err
	}
	outcomes := []wire.Outcome{}
	for _, id := range call.Lowered(in.AgentIDs) {
		switch {
		case c.Users.Has(id):
			outcomes = append(outcomes, wire.Failed("Validation", id, "Member is neither Agent or Admin"))
		case !c.Agents.Has(id):
			outcomes = append(outcomes, wire.Failed("NotFound", id, "User not found"))
		default:
			if !slices.Contains(q.Members, id) {
				q.Members = append(q.Members, id)
				c.Did(q.ID, "member "+id+" added")
			}
			outcomes = append(outcomes, wire.Succeeded(id))
		}
	}
	return wire.Data{Data: outcomes}, nil
}

// channelNames are the names in the contract's list of values.
const channelNames = "WhatsApp|Voicemail|WidgetChat|FacebookMessenger|Twitter|Email|ContactForm|Callback|PstnPhone|Sms|Messenger"
