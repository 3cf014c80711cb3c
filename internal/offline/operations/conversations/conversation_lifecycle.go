package conversations

import (
	"fmt"
	"time"

	"dixa-mcp/internal/offline/desk"
	"dixa-mcp/internal/offline/operations/call"
	"dixa-mcp/internal/offline/wire"
)

var lifecycleRoutes = []call.Route{
	{Pattern: "PUT /v1/conversations/{conversationId}/followup", Status: 204, Handle: setFollowup},
	{Pattern: "PUT /v1/conversations/{conversationId}/claim", Status: 204, Handle: claimConversation},
	{Pattern: "PUT /v1/conversations/{conversationId}/link", Status: 204, Handle: linkConversation},
	{Pattern: "GET /v1/conversations/{conversationId}/linked", Status: 200, Handle: listLinked},
}

// setFollowup makes a conversation pending until a moment, after which it is open again.
func setFollowup(c *call.Call) (any, error) {
	in, err := call.Decode[struct {
		Timestamp time.Time `wire:"timestamp,required"`
		UserID    string    `wire:"userId,uuid"`
	}](c)
	if err != nil {
		return nil, err
	}
	cv, who, err := conversationAndActor(c, in.UserID)
	if err != nil {
		return nil, err
	}
	if cv.State == desk.StateClosed {
		return nil, wire.ErrParam.Because("conversation %d is closed; only open ones come back", cv.ID)
	}
	if !in.Timestamp.After(c.Now) {
		return nil, wire.ErrParam.Because("timestamp is not in the future")
	}
	c.Detach(cv)
	cv.Enter(desk.StatePending, c.Now)
	cv.Followup = in.Timestamp
	cv.Touch(c.Now)
	logEntry(c, cv, "FollowupAdded", who, nil)
	logEntry(c, cv, "ConversationPending", who, nil)
	c.Emit(cv, "ConversationPending", nil)
	c.Did(call.Itoa(cv.ID), "pending until "+wire.MilliTime(in.Timestamp))
	return nil, nil
}

// claimConversation assigns a conversation. Without force, one that another Dixa agent has is left alone.
func claimConversation(c *call.Call) (any, error) {
	in, err := call.Decode[struct {
		AgentID string `wire:"agentId,required,uuid"`
		Force   *bool  `wire:"force"`
	}](c)
	if err != nil {
		return nil, err
	}
	cv, who, err := conversationAndActor(c, in.AgentID)
	if err != nil {
		return nil, err
	}
	if cv.Agent != "" && cv.Agent != who && (in.Force == nil || !*in.Force) {
		return nil, wire.Conflict(fmt.Sprintf("Conversation %d is already assigned", cv.ID))
	}
	if cv.Agent == who && cv.State == desk.StateOpen {
		return nil, nil
	}
	c.Detach(cv)
	from := desk.Claimed{Label: c.NameOf(cv.Agent), From: "Agent", Type: "ConversationClaimedAttribute"}
	if cv.Agent == "" && c.Queues.Has(cv.Queue) {
		from = desk.Claimed{Label: c.Queues.ByID[cv.Queue].Name, From: "Queue", Type: "ConversationClaimedAttribute"}
	}
	closed := cv.State != desk.StateOpen
	if closed {
		cv.Enter(desk.StateOpen, c.Now)
	}
	cv.Agent, cv.Assigned = who, c.Now
	if closed {
		c.Emit(cv, "ConversationOpen", nil)
	}
	cv.Touch(c.Now)
	logEntry(c, cv, "ConversationClaimed", who, from)
	logEntry(c, cv, "ConversationAssigned", who, desk.Assigned{AgentID: who, AgentName: c.NameOf(who), Type: "ConversationAssignedAttribute"})
	c.Did(call.Itoa(cv.ID), "claimed by "+who)
	return nil, nil
}

// mostChildren is how many conversations may be linked to one parent.
const mostChildren = 100

// linkConversation hangs a conversation below a parent: one parent a child, and no grandchildren.
func linkConversation(c *call.Call) (any, error) {
	cv, err := c.ThisConversation()
	if err != nil {
		return nil, err
	}
	in, err := call.Decode[struct {
		ParentID int64  `wire:"parentId,required"`
		LinkType string `wire:"linkType,required,Related|SideConversation"`
	}](c)
	if err != nil {
		return nil, err
	}
	parent, err := c.Conversation(in.ParentID)
	if err != nil {
		return nil, err
	}
	switch {
	case parent.ID == cv.ID:
		return nil, wire.ErrParam.Because("a conversation cannot be its own parent")
	case cv.Link != nil:
		return nil, wire.ErrParam.Because("conversation %d has a parent already", cv.ID)
	case parent.Link != nil:
		return nil, wire.ErrParam.Because("conversation %d is a child itself", parent.ID)
	case len(c.Children(cv)) > 0:
		return nil, wire.ErrParam.Because("conversation %d has children", cv.ID)
	case len(c.Children(parent)) >= mostChildren:
		return nil, wire.ErrParam.Because("conversation %d has %d children already", parent.ID, mostChildren)
	}
	c.Detach(cv)
	c.Detach(parent)
	cv.Link = &desk.Link{ParentID: parent.ID, Type: in.LinkType, At: c.Now}
	cv.Touch(c.Now)
	linked := desk.Linked{Child: cv.ID, Parent: parent.ID, LinkType: in.LinkType, Type: "ConversationLinkedAttribute"}
	logEntry(c, cv, "ConversationLinkedToParent", c.Owner(), linked)
	logEntry(c, parent, "ConversationLinkedFromChild", c.Owner(), linked)
	c.Did(call.Itoa(cv.ID), "linked to "+call.Itoa(parent.ID))
	return nil, nil
}

func listLinked(c *call.Call) (any, error) {
	cv, err := c.ThisConversation()
	if err != nil {
		return nil, err
	}
	linked := []conversationWire{}
	for _, child := range c.Children(cv) {
		linked = append(linked, wireConversation(c.World, child, false))
	}
	return wire.Data{Data: linked}, nil
}
