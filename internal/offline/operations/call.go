package operations

import (
	"time"

	"dixa-mcp/internal/offline/desk"
	"dixa-mcp/internal/offline/request"
)

// call is one request while it is handled: what was asked, and the data to answer from.
type call struct {
	*desk.World
	*request.Request
	api     *API
	now     time.Time
	changed bool // something that is kept
	again   bool // it is carried out a second time, after a restart
}

// route is one operation.
type route = request.Route[*call]

// routes is every operation.
var routes = request.NewTable(
	activityRoutes, agentRoutes, agentWriteRoutes, analyticsRoutes, anonymizationRoutes, articleRoutes, articleWriteRoutes, attributeRoutes,
	contactRoutes, conversationRoutes, exportRoutes, flowRoutes, hoursRoutes, importRoutes, knowledgeRoutes, lifecycleRoutes, messageRoutes, noteRoutes,
	organizationRoutes, queueRoutes, queueMemberRoutes, ratingRoutes, searchRoutes, tagRoutes, teamRoutes, templateRoutes, userRoutes,
	userWriteRoutes, webhookRoutes,
)

// did notes a change of state: of what, and which.
func (c *call) did(id, detail string) {
	c.changed = true
	c.api.effect(Effect{
		Operation: c.Pattern, Method: c.HTTP.Method, Path: c.HTTP.URL.Path, ID: id, Detail: detail,
	})
}

// thisConversation returns the conversation in the path.
func (c *call) thisConversation() (*desk.Conversation, error) {
	return c.Conversation(c.Number("conversationId"))
}
