package serve

import (
	"encoding/json"
	"fmt"
	"sync"
)

// Clients of before 2026-07-28 are asked by a request of ours that their answer names.

// asking is what a client was asked and has not answered yet.
type asking struct {
	mu      sync.Mutex
	last    int
	waiting map[string]chan message // by the id of our request, as JSON
}

func (a *asking) begin() (id string, answer <-chan message) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.last++
	id = fmt.Sprintf(`"ask-%d"`, a.last)
	c := make(chan message, 1)
	if a.waiting == nil {
		a.waiting = map[string]chan message{}
	}
	a.waiting[id] = c
	return id, c
}

func (a *asking) end(id string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	delete(a.waiting, id)
}

// giveUp ends all questions: the client can no longer answer.
func (a *asking) giveUp() {
	a.mu.Lock()
	defer a.mu.Unlock()
	for id, c := range a.waiting {
		delete(a.waiting, id)
		c <- message{Error: json.RawMessage(`{}`)}
	}
}

// answered takes an answer of the client's, and tells whether somebody waited for it.
func (a *asking) answered(m message) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	c, ok := a.waiting[string(m.ID)]
	if ok {
		delete(a.waiting, string(m.ID))
		c <- m
	}
	return ok
}
