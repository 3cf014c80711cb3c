package offline

import (
	"fmt"
	"slices"
	"time"

	"dixa-mcp/internal/offline/wire"
)

var lifecycleRoutes = []route{
	{Pattern: "PUT /v1/conversations/{conversationId}/followup", Status: 204, Handle: setFollowup},
	{Pattern: "PUT /v1/conversations/{conversationId}/claim", Status: 204, Handle: claimConversation},
	{Pattern: "PUT /v1/conversations/{conversationId}/link", Status: 204, Handle: linkConversation},
	{Pattern: "GET /v1/conversations/{conversationId}/linked", Status: 200, Handle: listLinked},
}

// setFollowup makes a conversation pending until a moment, after which it is open again.
func setFollowup(c *call) (any, error) {
	in, err := decode[struct {
		Timestamp time.Time `wire:"timestamp,required"`
		UserID    string    `wire:"userId,uuid"`
	}](c)
	if err != nil {
		return nil, err
	}
	cv, who, err := c.conversationAndActor(in.UserID)
	if err != nil {
		return nil, err
	}
	if cv.state == stateClosed {
		return nil, wire.ErrParam.Because("conversation %d is closed; only open ones come back", cv.id)
	}
	if !in.Timestamp.After(c.now) {
		return nil, wire.ErrParam.Because("timestamp is not in the future")
	}
	c.detach(cv)
	cv.enter(statePending, c.now)
	cv.followup = in.Timestamp
	cv.touch(c.now)
	c.log(cv, "FollowupAdded", who, nil)
	c.log(cv, "ConversationPending", who, nil)
	c.emit(cv, "ConversationPending", nil)
	c.did(itoa(cv.id), "pending until "+wire.MilliTime(in.Timestamp))
	return nil, nil
}

// expire opens the pending conversations whose moment has come, and gives them.
func (w *world) expire(now time.Time) (expired []*conversation) {
	for _, cv := range w.conversations {
		if cv.state != statePending || cv.followup.IsZero() || now.Before(cv.followup) {
			continue
		}
		at := cv.followup
		w.detach(cv)
		cv.enter(stateOpen, at)
		cv.touch(at)
		cv.log = append(cv.log, &entry{w.uuid("expired "+wire.MilliTime(at), cv.id), cv.id, at, "FollowupExpired", "", nil})
		expired = append(expired, cv)
	}
	return expired
}

// claimConversation assigns a conversation. Without force, one that another Dixa agent has is left alone.
func claimConversation(c *call) (any, error) {
	in, err := decode[struct {
		AgentID string `wire:"agentId,required,uuid"`
		Force   *bool  `wire:"force"`
	}](c)
	if err != nil {
		return nil, err
	}
	cv, who, err := c.conversationAndActor(in.AgentID)
	if err != nil {
		return nil, err
	}
	if cv.agent != "" && cv.agent != who && (in.Force == nil || !*in.Force) {
		return nil, wire.Conflict(fmt.Sprintf("Conversation %d is already assigned", cv.id))
	}
	if cv.agent == who && cv.state == stateOpen {
		return nil, nil
	}
	c.detach(cv)
	from := claimedAttr{c.nameOf(cv.agent), "Agent", "ConversationClaimedAttribute"}
	if cv.agent == "" && c.queues.has(cv.queue) {
		from = claimedAttr{c.queues.byID[cv.queue].Name, "Queue", "ConversationClaimedAttribute"}
	}
	closed := cv.state != stateOpen
	if closed {
		cv.enter(stateOpen, c.now)
	}
	cv.agent, cv.assigned = who, c.now
	if closed {
		c.emit(cv, "ConversationOpen", nil)
	}
	cv.touch(c.now)
	c.log(cv, "ConversationClaimed", who, from)
	c.log(cv, "ConversationAssigned", who, assignedAttr{who, c.nameOf(who), "ConversationAssignedAttribute"})
	c.did(itoa(cv.id), "claimed by "+who)
	return nil, nil
}

// mostChildren is how many conversations may be linked to one parent.
const mostChildren = 100

// linkConversation hangs a conversation below a parent: one parent a child, and no grandchildren.
func linkConversation(c *call) (any, error) {
	cv, err := c.thisConversation()
	if err != nil {
		return nil, err
	}
	in, err := decode[struct {
		ParentID int64  `wire:"parentId,required"`
		LinkType string `wire:"linkType,required,Related|SideConversation"`
	}](c)
	if err != nil {
		return nil, err
	}
	parent, err := c.conversation(in.ParentID)
	if err != nil {
		return nil, err
	}
	switch {
	case parent.id == cv.id:
		return nil, wire.ErrParam.Because("a conversation cannot be its own parent")
	case cv.link != nil:
		return nil, wire.ErrParam.Because("conversation %d has a parent already", cv.id)
	case parent.link != nil:
		return nil, wire.ErrParam.Because("conversation %d is a child itself", parent.id)
	case len(c.children(cv)) > 0:
		return nil, wire.ErrParam.Because("conversation %d has children", cv.id)
	case len(c.children(parent)) >= mostChildren:
		return nil, wire.ErrParam.Because("conversation %d has %d children already", parent.id, mostChildren)
	}
	c.detach(cv)
	c.detach(parent)
	cv.link = &link{ParentID: parent.id, Type: in.LinkType, at: c.now}
	cv.touch(c.now)
	linked := linkedAttr{cv.id, parent.id, in.LinkType, "ConversationLinkedAttribute"}
	c.log(cv, "ConversationLinkedToParent", c.owner(), linked)
	c.log(parent, "ConversationLinkedFromChild", c.owner(), linked)
	c.did(itoa(cv.id), "linked to "+itoa(parent.id))
	return nil, nil
}

func (w *world) children(parent *conversation) []*conversation {
	return slices.DeleteFunc(slices.Clone(w.conversations), func(c *conversation) bool {
		return c.link == nil || c.link.ParentID != parent.id
	})
}

func listLinked(c *call) (any, error) {
	cv, err := c.thisConversation()
	if err != nil {
		return nil, err
	}
	linked := []conversationWire{}
	for _, child := range c.children(cv) {
		linked = append(linked, c.wire(child, false))
	}
	return wire.Data{Data: linked}, nil
}
