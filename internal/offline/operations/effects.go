package operations

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

func (a *API) effect(e Effect) {
	if a.effects = append(a.effects, e); len(a.effects) >= mostEffects {
		a.effects = append([]Effect(nil), a.effects[len(a.effects)/2:]...)
	}
}

// Effects returns the changes made, one entry a change of state, in order, at most the newest 100,000.
func (a *API) Effects() []Effect {
	a.mu.Lock()
	defer a.mu.Unlock()
	return append([]Effect(nil), a.effects...)
}

// Forget forgets the effects, not the data.
func (a *API) Forget() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.effects = nil
}
