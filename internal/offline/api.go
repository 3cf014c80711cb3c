package offline

import (
	"net/http"
	"sync"
	"time"

	"dixa-mcp/internal/offline/changes"
	"dixa-mcp/internal/offline/desk"
	"dixa-mcp/internal/offline/outbox"
	"dixa-mcp/internal/offline/seed"
	"dixa-mcp/internal/offline/wire"
)

// api answers the operations of Dixa from one help desk. It is safe for concurrent use.
type api struct {
	seed uint64
	now  func() time.Time

	mu      sync.Mutex  // guards everything below
	anchor  time.Time   // newest moment in the seeded data
	state   *desk.World // nil until the first request reads it
	effects []Effect
	kept    *changes.File // where changes are recorded, nil where they are not
	outbox  outbox.Outbox
}

// world returns the data, and makes it at its first use. a.mu is held.
func (a *api) world() *desk.World {
	if a.state == nil {
		a.state = seed.New(a.seed, a.anchor)
	}
	return a.state
}

// Operation returns the pattern of the operation at a path, empty when there is none.
func (a *api) Operation(method, path string) string {
	if rt, _ := routes.Match(method, path); rt != nil {
		return rt.Pattern
	}
	return ""
}

// Start begins to send the deliveries of webhooks.
func (a *api) Start() (stop func()) { return a.outbox.Start() }

// Answer does what a request asks.
func (a *api) Answer(r *http.Request) wire.Answer {
	asked, rt, err := routes.Read(r)
	if err != nil {
		return wire.Refuse(wire.AsFailure(err))
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.handle(&call{api: a, Request: asked}, rt, a.now().UTC().Truncate(time.Millisecond))
}

// handle carries out a request at a moment. The caller holds the lock.
func (a *api) handle(c *call, rt *route, now time.Time) wire.Answer {
	c.World, c.now = a.world(), now
	c.Scope = c.Organization.ID
	for _, cv := range c.Settle(c.now) {
		c.emit(cv, "ConversationPendingExpired", nil)
		c.emit(cv, "ConversationOpen", nil)
	}
	made := c.Made
	v, err := rt.Handle(c)
	if err != nil {
		return wire.Refuse(wire.AsFailure(err))
	}
	if c.changed {
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
