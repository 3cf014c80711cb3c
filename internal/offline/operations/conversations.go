package operations

import (
	"time"

	"dixa-mcp/internal/offline/desk"
	"dixa-mcp/internal/offline/wire"
)

var conversationRoutes = []route{
	{Pattern: "POST /v1/conversations", Status: 201, Handle: createConversation},
	{Pattern: "GET /v1/conversations/{conversationId}", Status: 200, Handle: getConversation},
	{Pattern: "PUT /v1/conversations/{conversationId}/close", Status: 204, Handle: closeConversation},
	{Pattern: "PUT /v1/conversations/{conversationId}/reopen", Status: 204, Handle: reopenConversation},
	{Pattern: "PUT /v1/conversations/{conversationId}/transfer/queue", Status: 204, Handle: transferConversation},
}

func getConversation(c *call) (any, error) {
	cv, err := c.thisConversation()
	if err != nil {
		return nil, err
	}
	return wire.Data{Data: wireConversation(c.World, cv, true)}, nil
}

// byAgentIn is the body of operations that may be done in the name of a Dixa agent.
type byAgentIn struct {
	UserID string `wire:"userId,uuid"`
}

// actor returns the Dixa agent who acts: the one in the body, or the owner of the token.
func (c *call) actor(userID string) (string, error) {
	if userID == "" {
		return c.Owner(), nil
	}
	return lower(userID), c.IsAgent(userID)
}

// conversationAndActor returns the conversation in the path and who changes it. An anonymized conversation accepts no
// changes.
func (c *call) conversationAndActor(userID string) (*desk.Conversation, string, error) {
	cv, err := c.thisConversation()
	if err != nil {
		return nil, "", err
	}
	who, err := c.actor(userID)
	if err == nil && !cv.Anonymized.IsZero() {
		err = wire.ErrParam.Because("conversation %d is anonymized", cv.ID)
	}
	return cv, who, err
}

func closeConversation(c *call) (any, error) {
	in, err := decodeOptional[byAgentIn](c)
	if err != nil {
		return nil, err
	}
	cv, who, err := c.conversationAndActor(in.UserID)
	if err != nil || cv.State == desk.StateClosed { // closing twice does nothing the second time
		return nil, err
	}
	c.close(cv, who)
	return nil, nil
}

func (c *call) close(cv *desk.Conversation, who string) {
	c.Detach(cv)
	cv.Enter(desk.StateClosed, c.now)
	cv.Closed, cv.ClosedBy = c.now, who
	cv.Touch(c.now)
	c.log(cv, "ConversationClosed", who, nil)
	c.emit(cv, "ConversationClosed", nil)
	if q := c.Queues.ByID[cv.Queue]; cv.Agent == "" && q != nil {
		c.emit(cv, "ConversationAbandoned", map[string]any{"queue": map[string]string{"id": q.ID, "name": q.Name}})
	}
	c.did(itoa(cv.ID), "closed")
}

// reopenConversation offers a conversation again in its queue, or in the default queue when it has none.
func reopenConversation(c *call) (any, error) {
	in, err := decodeOptional[byAgentIn](c)
	if err != nil {
		return nil, err
	}
	cv, who, err := c.conversationAndActor(in.UserID)
	if err != nil || cv.State == desk.StateOpen {
		return nil, err
	}
	c.reopen(cv, who)
	return nil, nil
}

func (c *call) reopen(cv *desk.Conversation, who string) {
	c.Detach(cv)
	if cv.Queue == "" {
		cv.Queue = c.DefaultQueue()
	}
	cv.Enter(desk.StateOpen, c.now)
	cv.Queued, cv.Agent, cv.Assigned = c.now, "", time.Time{}
	cv.Touch(c.now)
	c.log(cv, "ConversationReopened", who, nil)
	c.emit(cv, "ConversationOpen", nil)
	c.emit(cv, "ConversationEnqueued", nil)
	c.did(itoa(cv.ID), "reopened")
}

// transferConversation puts a conversation into a queue, where it is offered: it is open and unassigned then.
func transferConversation(c *call) (any, error) {
	in, err := decode[struct {
		QueueID string `wire:"queueId,required,uuid"`
		UserID  string `wire:"userId,uuid"`
	}](c)
	if err != nil {
		return nil, err
	}
	cv, who, err := c.conversationAndActor(in.UserID)
	if err != nil {
		return nil, err
	}
	q := c.Queues.ByID[lower(in.QueueID)]
	if q == nil {
		return nil, wire.Invalid("Queue does not exist")
	}
	c.Detach(cv)
	cv.Queue, cv.Queued, cv.Agent, cv.Assigned = q.ID, c.now, "", time.Time{}
	if cv.State != desk.StateOpen {
		cv.Enter(desk.StateOpen, c.now)
		c.emit(cv, "ConversationOpen", nil)
	}
	cv.Touch(c.now)
	c.emit(cv, "ConversationEnqueued", nil)
	to := desk.Transferred{TransferType: "Blind", DestinationType: "Queue", DestinationID: q.ID, DestinationLabel: q.Name, Type: "ConversationTransferredAttribute"}
	c.log(cv, "TransferInitiated", who, to)
	c.log(cv, "TransferSuccessful", who, to)
	c.did(itoa(cv.ID), "transferred to "+q.Name)
	return nil, nil
}
