package gate

import (
	"context"
	"errors"
	"sync"
	"time"
)

// ErrUsed says that a confirmation was used before.
var ErrUsed = errors.New("was used already")

// Once makes sure that each confirmation is used once, also where several processes might be given it.
type Once interface {
	// Use is nil for exactly one of all who call it with the nonce, and [ErrUsed] for the others. Any other error means
	// that this cannot be told now; the confirmation is then invalid. The nonce was made and expires at these
	// times, and need not be remembered for longer.
	Use(ctx context.Context, nonce string, made, expires time.Time) error
}

// nonces is the Once of one process.
type nonces struct {
	mu   sync.Mutex
	used map[string]time.Time // when each expires
}

// NewOnce makes the Once of one process, which forgets when that ends.
func NewOnce() Once { return &nonces{used: map[string]time.Time{}} }

// Use implements [Once].
func (n *nonces) Use(_ context.Context, nonce string, _, expires time.Time) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	now := time.Now()
	for old, until := range n.used {
		if !now.Before(until) {
			delete(n.used, old)
		}
	}
	if _, ok := n.used[nonce]; ok {
		return ErrUsed
	}
	n.used[nonce] = expires
	return nil
}
