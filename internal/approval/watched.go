package approval

import (
	"context"
	"sync"
)

// Watched is a store that tells when this process ended the wait for an approver. What other processes do it does not tell.
type Watched struct {
	Store

	mu   sync.Mutex
	last int
	told map[int]func()
}

// Watch returns a store that tells.
func Watch(s Store) *Watched { return &Watched{Store: s, told: map[int]func(){}} }

// OnChange calls tell after each such change, until stop. tell must not wait.
func (w *Watched) OnChange(tell func()) (stop func()) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.last++
	id := w.last
	w.told[id] = tell
	return func() {
		w.mu.Lock()
		defer w.mu.Unlock()
		delete(w.told, id)
	}
}

func (w *Watched) changed() {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, tell := range w.told {
		tell()
	}
}

// Decide implements [Store].
func (w *Watched) Decide(ctx context.Context, number string, v Verdict) (Request, error) {
	defer w.changed()
	return w.Store.Decide(ctx, number, v)
}

// Send implements [Store].
func (w *Watched) Send(ctx context.Context, agent, digest, by string) (*Request, error) {
	defer w.changed()
	return w.Store.Send(ctx, agent, digest, by)
}

// Finish implements [Store].
func (w *Watched) Finish(ctx context.Context, number, outcome string) error {
	defer w.changed()
	return w.Store.Finish(ctx, number, outcome)
}

// Overtake implements [Store].
func (w *Watched) Overtake(ctx context.Context, number string) error {
	defer w.changed()
	return w.Store.Overtake(ctx, number)
}

// Forget implements [Store].
func (w *Watched) Forget(ctx context.Context, number string) error {
	defer w.changed()
	return w.Store.Forget(ctx, number)
}
