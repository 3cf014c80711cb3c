package operations

import (
	"dixa-mcp/internal/offline/hooks"
	"dixa-mcp/internal/offline/operations/call"
	"dixa-mcp/internal/offline/outbox"
)

// mostEffects bounds what is remembered of effects; the older half is forgotten when it is reached.
const mostEffects = 100_000

// notesOf takes down what one request did. The lock is held, but for Locked.
type notesOf struct {
	api   *API
	again bool // the request is carried out a second time, after a restart
}

// Effect remembers an effect.
func (n notesOf) Effect(e call.Effect) {
	a := n.api
	if a.effects = append(a.effects, e); len(a.effects) >= mostEffects {
		a.effects = append([]call.Effect(nil), a.effects[len(a.effects)/2:]...)
	}
}

// Happened delivers an event to subscriptions, unless it was delivered when it happened.
func (n notesOf) Happened(e hooks.Event) {
	if !n.again {
		hooks.Deliver(n.api.world(), e, n.api.post)
	}
}

// Locked runs a function under the lock.
func (n notesOf) Locked(f func()) {
	n.api.mu.Lock()
	defer n.api.mu.Unlock()
	f()
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

// Effects returns the changes made, one entry a change of state, in order, at most the newest 100,000.
func (a *API) Effects() []call.Effect {
	a.mu.Lock()
	defer a.mu.Unlock()
	return append([]call.Effect(nil), a.effects...)
}

// Forget forgets the effects, not the data.
func (a *API) Forget() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.effects = nil
}
