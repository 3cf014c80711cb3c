// Package pause waits for a time that a context can end.
package pause

import (
	"context"
	"time"
)

// For waits, and returns the cause of ctx if ctx ends before.
func For(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
