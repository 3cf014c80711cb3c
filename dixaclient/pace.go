package dixaclient

import (
	"context"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// The Exports API takes ten requests a minute.
const (
	exportsRate  = 10.0 / 60
	exportsBurst = 1
)

const (
	// slowest is the share of the full pace that a pacer does not go below.
	slowest = 1.0 / 16
	// recovery is how long a pacer waits before it takes back a tenth of its full pace.
	recovery = 2 * time.Second
)

// pacer makes calls wait for their place below Dixa's limit, first come, first served. A 429 halves the pace, since
// others may be using the same token; it recovers by itself.
type pacer struct {
	full rate.Limit

	mu      sync.Mutex
	limit   *rate.Limiter
	changed time.Time // when the pace was last lowered or raised
}

func newPacer(perSecond float64, burst int) *pacer {
	return &pacer{full: rate.Limit(perSecond), limit: rate.NewLimiter(rate.Limit(perSecond), burst)}
}

// wait returns when the next request may be sent. A caller whose deadline is earlier is told so at once, and takes
// no place in the queue.
func (p *pacer) wait(ctx context.Context, operation string) error {
	now := time.Now()
	p.mu.Lock()
	p.recover(now)
	r := p.limit.ReserveN(now, 1)
	p.mu.Unlock()
	delay := r.DelayFrom(now)
	if deadline, ok := ctx.Deadline(); ok && now.Add(delay).After(deadline) {
		r.CancelAt(now)
		return &BusyError{Operation: operation, Wait: delay, Left: deadline.Sub(now)}
	}
	if err := sleep(ctx, delay); err != nil {
		r.Cancel()
		return err
	}
	return nil
}

// recover raises a lowered pace by a tenth of the full one for every recovery that went by. p.mu is held.
func (p *pacer) recover(now time.Time) {
	if p.limit.Limit() >= p.full {
		return
	}
	steps := now.Sub(p.changed) / recovery
	if steps > 0 {
		p.limit.SetLimitAt(now, min(p.full, p.limit.Limit()+p.full*rate.Limit(steps)/10))
		p.changed = now
	}
}

// throttled halves the pace after a 429; the answers of requests that were on their way together count once.
func (p *pacer) throttled() {
	now := time.Now()
	p.mu.Lock()
	defer p.mu.Unlock()
	p.recover(now)
	if p.limit.Limit() < p.full && now.Sub(p.changed) < time.Second {
		return
	}
	p.limit.SetLimitAt(now, max(p.full*slowest, p.limit.Limit()/2))
	p.changed = now
}

// sleep waits, unless ctx ends before.
func sleep(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return ctx.Err()
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
