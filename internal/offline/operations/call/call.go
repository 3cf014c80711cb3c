// Package call holds what every operation is given: the request, the desk to answer from, and where to note what was done.
package call

import (
	"time"

	"dixa-mcp/internal/offline/body"
	"dixa-mcp/internal/offline/desk"
	"dixa-mcp/internal/offline/hooks"
	"dixa-mcp/internal/offline/request"
)

// Call is one request while it is handled: what was asked, and the desk to answer from.
type Call struct {
	*desk.World
	*request.Request
	Now     time.Time
	Bodies  body.Reader
	Notes   Notes
	Changed bool // something that is kept
}

// Notes takes down what an operation did.
type Notes interface {
	Effect(e Effect)
	Happened(e hooks.Event)
	Locked(f func()) // runs a function while nothing else reads or changes the desk, once the operation is over
}

// Effect is one change of state: what an operation did, not what it was asked.
type Effect struct {
	Operation string // pattern of the operation, such as "PUT /v1/conversations/{conversationId}/close"
	Method    string
	Path      string
	ID        string // of what changed
	Detail    string // how it changed, in a few words
}

// Route is one operation.
type Route = request.Route[*Call]

// Did notes a change of state: of what, and which.
func (c *Call) Did(id, detail string) {
	c.Changed = true
	c.Passed(id, detail)
}

// Passed notes an effect of which nothing is kept.
func (c *Call) Passed(id, detail string) {
	c.Notes.Effect(Effect{Operation: c.Pattern, Method: c.HTTP.Method, Path: c.HTTP.URL.Path, ID: id, Detail: detail})
}

// Emit tells of an event of a conversation to the subscriptions that want it. Only events whose payload Dixa documents are told: all have
// the conversation, some have more.
func (c *Call) Emit(cv *desk.Conversation, event string, more map[string]any) {
	c.Notes.Happened(hooks.Event{Name: event, Conversation: cv, More: more, At: c.Now})
}

// ThisConversation returns the conversation in the path.
func (c *Call) ThisConversation() (*desk.Conversation, error) {
	return c.Conversation(c.Number("conversationId"))
}
