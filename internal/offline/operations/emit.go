package operations

import (
	"dixa-mcp/internal/offline/desk"
	"dixa-mcp/internal/offline/hooks"
	"dixa-mcp/internal/offline/outbox"
)

// emit delivers an event of a conversation to the subscriptions that want it. Only events whose payload Dixa documents are delivered:
// all have the conversation, some have more.
func (c *call) emit(cv *desk.Conversation, event string, more map[string]any) {
	if c.again { // it was delivered when it happened
		return
	}
	hooks.Deliver(c.World, hooks.Event{Name: event, Conversation: cv, More: more, At: c.now}, c.api.post)
}

// post hands a parcel over, and notes under the lock what became of it.
func (a *API) post(p outbox.Parcel) bool {
	done := p.Done
	p.Done = func(r outbox.Result) {
		a.mu.Lock()
		defer a.mu.Unlock()
		done(r)
	}
	return a.outbox.Put(p)
}
