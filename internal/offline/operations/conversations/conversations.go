package conversations

import (
	"strings"
	"time"

	"dixa-mcp/internal/offline/desk"
	"dixa-mcp/internal/offline/operations/call"
	"dixa-mcp/internal/offline/request"
	"dixa-mcp/internal/offline/wire"
)

var conversationRoutes = []call.Route{
	{Pattern: "POST /v1/conversations", Status: 201, Handle: createConversation},
	{Pattern: "GET /v1/endusers/{userId}/conversations", Status: 200, Query: request.Paging, Handle: listUserConversations},
	{Pattern: "GET /v1/conversations/{conversationId}", Status: 200, Handle: getConversation},
	{Pattern: "PUT /v1/conversations/{conversationId}/close", Status: 204, Handle: closeConversation},
	{Pattern: "PUT /v1/conversations/{conversationId}/reopen", Status: 204, Handle: reopenConversation},
	{Pattern: "PUT /v1/conversations/{conversationId}/transfer/queue", Status: 204, Handle: transferConversation},
}

func getConversation(c *call.Call) (any, error) {
	cv, err := c.ThisConversation()
	if err != nil {
		return nil, err
	}
	return wire.Data{Data: wireConversation(c.World, cv, true)}, nil
}

// byAgentIn is the body of operations that may be done in the name of a Dixa agent.
type byAgentIn struct {
	UserID string `wire:"userId,uuid"`
}

// actorOf returns the Dixa agent who acts: the one in the body, or the owner of the token.
func actorOf(c *call.Call, userID string) (string, error) {
	if userID == "" {
		return c.Owner(), nil
	}
	return strings.ToLower(userID), c.IsAgent(userID)
}

// conversationAndActor returns the conversation in the path and who changes it. An anonymized conversation accepts no
// changes.
func conversationAndActor(c *call.Call, userID string) (*desk.Conversation, string, error) {
	cv, err := c.ThisConversation()
	if err != nil {
		return nil, "", err
	}
	who, err := actorOf(c, userID)
	if err == nil && !cv.Anonymized.IsZero() {
		err = wire.ErrParam.Because("conversation %d is anonymized", cv.ID)
	}
	return cv, who, err
}

func closeConversation(c *call.Call) (any, error) {
	in, err := call.DecodeOptional[byAgentIn](c)
	if err != nil {
		return nil, err
	}
	cv, who, err := conversationAndActor(c, in.UserID)
	if err != nil || cv.State == desk.StateClosed { // closing twice does nothing the second time
		return nil, err
	}
	closeAs(c, cv, who)
	return nil, nil
}

func closeAs(c *call.Call, cv *desk.Conversation, who string) {
	c.Detach(cv)
	cv.Enter(desk.StateClosed, c.Now)
	cv.Closed, cv.ClosedBy = c.Now, who
	cv.Touch(c.Now)
	logEntry(c, cv, "ConversationClosed", who, nil)
	c.Emit(cv, "ConversationClosed", nil)
	if q := c.Queues.ByID[cv.Queue]; cv.Agent == "" && q != nil {
		c.Emit(cv, "ConversationAbandoned", map[string]any{"queue": map[string]string{"id": q.ID, "name": q.Name}})
	}
	c.Did(call.Itoa(cv.ID), "closed")
}

// reopenConversation offers a conversation again in its queue, or in the default queue when it has none.
func reopenConversation(c *call.Call) (any, error) {
	in, err := call.DecodeOptional[byAgentIn](c)
	if err != nil {
		return nil, err
	}
	cv, who, err := conversationAndActor(c, in.UserID)
	if err != nil || cv.State == desk.StateOpen {
		return nil, err
	}
	reopenAs(c, cv, who)
	return nil, nil
}

func reopenAs(c *call.Call, cv *desk.Conversation, who string) {
	c.Detach(cv)
	if cv.Queue == "" {
		cv.Queue = c.DefaultQueue()
	}
	cv.Enter(desk.StateOpen, c.Now)
	cv.Queued, cv.Agent, cv.Assigned = c.Now, "", time.Time{}
	cv.Touch(c.Now)
	logEntry(c, cv, "ConversationReopened", who, nil)
	c.Emit(cv, "ConversationOpen", nil)
	c.Emit(cv, "ConversationEnqueued", nil)
	c.Did(call.Itoa(cv.ID), "reopened")
}

// transferConversation puts a conversation into a queue, where it is offered: it is open and unassigned then.
func transferConversation(c *call.Call) (any, error) {
	in, err := call.Decode[struct {
		QueueID string `wire:"queueId,required,uuid"`
		UserID  string `wire:"userId,uuid"`
	}](c)
	if err != nil {
		return nil, err
	}
	cv, who, err := conversationAndActor(c, in.UserID)
	if err != nil {
		return nil, err
	}
	q := c.Queues.ByID[strings.ToLower(in.QueueID)]
	if q == nil {
		return nil, wire.Invalid("Queue does not exist")
	}
	c.Detach(cv)
	cv.Queue, cv.Queued, cv.Agent, cv.Assigned = q.ID, c.Now, "", time.Time{}
	if cv.State != desk.StateOpen {
		cv.Enter(desk.StateOpen, c.Now)
		c.Emit(cv, "ConversationOpen", nil)
	}
	cv.Touch(c.Now)
	c.Emit(cv, "ConversationEnqueued", nil)
	to := desk.Transferred{TransferType: "Blind", DestinationType: "Queue", DestinationID: q.ID, DestinationLabel: q.Name, Type: "ConversationTransferredAttribute"}
	logEntry(c, cv, "TransferInitiated", who, to)
	logEntry(c, cv, "TransferSuccessful", who, to)
	c.Did(call.Itoa(cv.ID), "transferred to "+q.Name)
	return nil, nil
}

func listUserConversations(c *call.Call) (any, error) {
	p, err := c.Page(0)
	if err != nil {
		return nil, err
	}
	u, err := c.Users.Get(c.ID("userId"))
	if err != nil {
		return nil, err
	}
	of := c.ByRequester[u.ID]
	found := make([]conversationWire, 0, len(of))
	for i := len(of) - 1; i >= 0; i-- { // newest first
		found = append(found, wireConversation(c.World, of[i], false))
	}
	return request.Paged(c.Request, p, found), nil
}
