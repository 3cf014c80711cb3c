package offline

import (
	"time"

	"dixa-mcp/internal/offline/desk"
	"dixa-mcp/internal/offline/request"
)

// call is one request while it is handled: what was asked, and the data to answer from.
type call struct {
	*desk.World
	*request.Request
	api     *api
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

// Effect is one change of state: what an operation did, not what it was asked.
type Effect struct {
	Operation string // pattern of the operation, such as "PUT /v1/conversations/{conversationId}/close"
	Method    string
	Path      string
	ID        string // of what changed
	Detail    string // how it changed, in a few words
}

// mostEffects bounds what is remembered of effects; the older half is forgotten when it is reached.
const mostEffects = 100_000

func (a *api) effect(e Effect) {
	if a.effects = append(a.effects, e); len(a.effects) >= mostEffects {
		a.effects = append([]Effect(nil), a.effects[len(a.effects)/2:]...)
	}
}
