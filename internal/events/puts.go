package events

import (
	"context"
	"sync"
)

// Puts lets calls of a store's Put that come while others are stored share the next transaction. One of them stores for all that wait
// with it; each of the others returns as soon as its events are stored, without waiting for those behind it.
type Puts struct {
	mu      sync.Mutex
	storing bool
	queue   []*Waiting
}

// Waiting is a Put that waits for its transaction.
type Waiting struct {
	Events []Event
	Added  int // set by the one who stores

	err   error
	leads bool          // it stores for itself and those that wait with it
	ready chan struct{} // closed when it leads, or is done
}

// Do stores events with a transaction, which may store those of others too. They are stored whole or, with an error, not at all.
func (p *Puts) Do(ctx context.Context, all []Event, store func([]*Waiting) error) (added int, err error) {
	if err := ctx.Err(); err != nil {
		return 0, err
	}
	mine := &Waiting{Events: all, ready: make(chan struct{})}
	p.mu.Lock()
	p.queue = append(p.queue, mine)
	if !p.storing {
		p.storing, mine.leads = true, true
		close(mine.ready)
	}
	p.mu.Unlock()
	<-mine.ready
	if mine.leads {
		p.lead(store)
	}
	if mine.err != nil {
		return 0, mine.err
	}
	return mine.Added, nil
}

// lead stores what waits, and hands over to the first that came meanwhile.
func (p *Puts) lead(store func([]*Waiting) error) {
	p.mu.Lock()
	batch := p.queue
	p.queue = nil
	p.mu.Unlock()
	err := store(batch)
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, w := range batch {
		if w.err = err; !w.leads {
			close(w.ready)
		}
	}
	if p.storing = len(p.queue) > 0; p.storing {
		p.queue[0].leads = true
		close(p.queue[0].ready)
	}
}
