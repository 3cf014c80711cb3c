package offline

import (
	"time"

	"dixa-mcp/internal/offline/request"
)

// call is one request while it is handled: what was asked, and the data to answer from.
type call struct {
	*world
	*request.Request
	dixa    *Dixa
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
	c.dixa.journal.effect(Effect{
		Operation: c.Pattern, Method: c.HTTP.Method, Path: c.HTTP.URL.Path, ID: id, Detail: detail,
	})
}
