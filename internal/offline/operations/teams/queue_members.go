package teams

import (
	"cmp"

	"dixa-mcp/internal/offline/desk"
	"dixa-mcp/internal/offline/operations/call"
	"dixa-mcp/internal/offline/wire"
)

var queueMemberRoutes = []call.Route{
	{Pattern: "GET /v1/queues/{queueId}", Status: 200, Handle: getQueue},
	{Pattern: "GET /v1/queues/{queueId}/members", Status: 200, Handle: listQueueMembers},
	{Pattern: "DELETE /v1/queues/{queueId}/members", Status: 204, Handle: removeQueueMembers},
	{Pattern: "GET /v1/queues/{queueId}/availability", Status: 200, Handle: getQueueAvailability},
	{Pattern: "GET /v1/queues/conversation-position/{csid}", Status: 200, Handle: getQueuePosition},
}

// mostRemoved is how many members one request may take out of a queue.
const mostRemoved = 10

func getQueue(c *call.Call) (any, error) {
	q, err := c.Queues.Get(c.ID("queueId"))
	if err != nil {
		return nil, err
	}
	return wire.Data{Data: q}, nil
}

type queueMember struct {
	AgentID  string `json:"agentId"`
	Priority int    `json:"priority"`
}

func listQueueMembers(c *call.Call) (any, error) {
	q, err := c.Queues.Get(c.ID("queueId"))
	if err != nil {
		return nil, err
	}
	members := []queueMember{}
	for i, id := range q.Members {
		members = append(members, queueMember{id, 1 + i%2})
	}
	return wire.Data{Data: members}, nil
}

func removeQueueMembers(c *call.Call) (any, error) {
	q, err := c.Queues.Get(c.ID("queueId"))
	if err != nil {
		return nil, err
	}
	in, err := call.Decode[agentIDsIn](c)
	if err != nil {
		return nil, err
	}
	if len(in.AgentIDs) > mostRemoved {
		return nil, wire.ErrBody.Because("more than %d agents", mostRemoved)
	}
	q.Members = removeMembers(c, q.ID, q.Members, in.AgentIDs)
	return nil, nil
}

type availabilityOutcome struct {
	ChannelAvailability *channelAvailability `json:"channelAvailability,omitzero"`
	Error               *availabilityError   `json:"error,omitzero"`
	Type                string               `json:"_type"` // Success or Failure
}

type channelAvailability struct {
	GenericChannelName string `json:"genericChannelName"`
	Availability       string `json:"availability"`
	QueueSize          *int   `json:"queueSize,omitzero"` // only when it is not available
	Type               string `json:"_type"`
}

type availabilityError struct {
	Channel string `json:"channel"`
	Message string `json:"message"`
	Type    string `json:"_type"`
}

// busyQueue is from how many waiting conversations on a queue takes no more from chatbots.
const busyQueue = 5

// getQueueAvailability speaks of the channels of chatbots: of one that a queue with members and room takes, and of one that fails.
func getQueueAvailability(c *call.Call) (any, error) {
	q := c.Queues.ByID[c.ID("queueId")]
	if q == nil {
		return nil, wire.Invalid("queue does not exist")
	}
	waiting := len(c.Waiting(q.ID))
	one := &channelAvailability{GenericChannelName: "genericapimessaging", Availability: "Available", Type: "GenericChannel"}
	if waiting >= busyQueue || len(q.Members) == 0 {
		one.Availability, one.QueueSize = "NotAvailable", &waiting
	}
	return wire.Data{Data: []availabilityOutcome{
		{ChannelAvailability: one, Type: "Success"},
		{Error: &availabilityError{"kindlychat", "Could not get availability for channel", "UnexpectedError"}, Type: "Failure"},
	}}, nil
}

type position struct {
	Position int    `json:"position,omitzero"`
	QueuedAt string `json:"queuedAt"`
}

func getQueuePosition(c *call.Call) (any, error) {
	cv, err := c.Conversation(c.Number("csid"))
	if err != nil {
		return nil, err
	}
	if cv.State != desk.StateOpen || cv.Agent != "" || cv.Queue == "" {
		return nil, wire.ErrNotFound.Because("conversation %d waits in no queue", cv.ID)
	}
	place := 1
	for _, other := range c.Waiting(cv.Queue) {
		if cmp.Or(other.Queued.Compare(cv.Queued), cmp.Compare(other.ID, cv.ID)) < 0 {
			place++
		}
	}
	return wire.Data{Data: position{place, wire.MilliTime(cv.Queued)}}, nil
}
