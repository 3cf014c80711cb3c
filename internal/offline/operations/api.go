// Package operations carries out the operations of Dixa's API on a help desk: a request comes in, the desk is read or changed, an
// answer goes out.
//
// An [API] keeps the desk, handles one request at a time, and remembers what was done. The operations are functions of a
// [call.Call], one each; the packages below this one have them by subject, each with its table of routes.
package operations

import (
	"net/http"
	"sync"
	"time"

	"dixa-mcp/internal/offline/body"
	"dixa-mcp/internal/offline/changes"
	"dixa-mcp/internal/offline/desk"
	"dixa-mcp/internal/offline/operations/call"
	"dixa-mcp/internal/offline/operations/conversations"
	"dixa-mcp/internal/offline/operations/knowledge"
	"dixa-mcp/internal/offline/operations/people"
	"dixa-mcp/internal/offline/operations/queries"
	"dixa-mcp/internal/offline/operations/settings"
	"dixa-mcp/internal/offline/operations/teams"
	"dixa-mcp/internal/offline/operations/webhooks"
	"dixa-mcp/internal/offline/outbox"
	"dixa-mcp/internal/offline/request"
	"dixa-mcp/internal/offline/search"
	"dixa-mcp/internal/offline/wire"
)

// Options says what an API answers from. All of it must be given.
type Options struct {
	Make   func(seed uint64, anchor time.Time) *desk.World // makes the data when it is first read
	Seed   uint64
	Anchor time.Time        // newest moment in the data
	Now    func() time.Time // clock of what happens in it
}

// API answers the operations of Dixa from one help desk. It is safe for concurrent use.
type API struct {
	o Options

	mu      sync.Mutex  // guards everything below, and o.Anchor
	state   *desk.World // nil until the first request reads it
	effects []call.Effect
	kept    *changes.File // where changes are recorded, nil where they are not
	outbox  outbox.Outbox
}

// New makes an API.
func New(o Options) *API { return &API{o: o} }

// world returns the data, and makes it at its first use. a.mu is held.
func (a *API) world() *desk.World {
	if a.state == nil {
		a.state = a.o.Make(a.o.Seed, a.o.Anchor)
	}
	return a.state
}

// Look gives the data to a function. Nothing else reads or changes it meanwhile.
func (a *API) Look(f func(w *desk.World)) {
	a.mu.Lock()
	defer a.mu.Unlock()
	f(a.world())
}

// routes is every operation.
var routes = request.NewTable(people.Routes, teams.Routes, conversations.Routes, queries.Routes, knowledge.Routes, webhooks.Routes, settings.Routes)

// bodies reads the bodies of all operations.
var bodies = body.Reader{
	Unions: allUnions(),
	Lists:  map[string]string{"searchChannel": search.Channels, "offerAlgorithm": teams.OfferAlgorithms},
}

// Operation returns the pattern of the operation at a path, empty when there is none.
func (a *API) Operation(method, path string) string {
	if rt, _ := routes.Match(method, path); rt != nil {
		return rt.Pattern
	}
	return ""
}

// Start begins to send the deliveries of webhooks.
func (a *API) Start() (stop func()) { return a.outbox.Start() }

// Answer does what a request asks.
func (a *API) Answer(r *http.Request) wire.Answer {
	asked, rt, err := routes.Read(r)
	if err != nil {
		return wire.Refuse(wire.AsFailure(err))
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.handle(&call.Call{Request: asked, Notes: notesOf{api: a}}, rt, a.o.Now().UTC().Truncate(time.Millisecond))
}

// handle carries out a request at a moment. The caller holds the lock.
func (a *API) handle(c *call.Call, rt *call.Route, now time.Time) wire.Answer {
	c.World, c.Bodies, c.Now = a.world(), bodies, now
	c.Scope = c.Organization.ID
	for _, cv := range c.Settle(c.Now) {
		c.Emit(cv, "ConversationPendingExpired", nil)
		c.Emit(cv, "ConversationOpen", nil)
	}
	made := c.Made
	v, err := rt.Handle(c)
	if err != nil {
		return wire.Refuse(wire.AsFailure(err))
	}
	if c.Changed {
		a.record(c, made)
	}
	if s, ok := v.(wire.Stream); ok {
		return wire.Answer{Status: rt.Status, ContentType: "application/json", Stream: s}
	}
	if v == nil {
		return wire.Answer{Status: rt.Status}
	}
	answer, err := wire.JSON(rt.Status, v) // under the lock: the value may share memory with the data
	if err != nil {
		return wire.Refuse(wire.AsFailure(err))
	}
	return answer
}
