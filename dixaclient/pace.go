package dixaclient

import (
	"context"
	"errors"
	"fmt"
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

// pacer makes calls wait for their place below Dixa's limit: the flows take turns, and within a flow it is first come,
// first served. A 429 halves the pace, since others may be using the same token; it recovers by itself.
//
// Only the head of the queue reserves from the limiter. So a changed pace holds for all who wait, nobody overtakes,
// and who leaves the queue leaves no gap.
type pacer struct {
	full rate.Limit

	mu      sync.Mutex
	limit   *rate.Limiter
	queue   round
	lowered time.Time // when the pace was last lowered
	changed time.Time // when it was last lowered or raised
}

func newPacer(perSecond float64, burst int) *pacer {
	limit := rate.Limit(perSecond)
	return &pacer{full: limit, limit: rate.NewLimiter(limit, burst)}
}

// Waiting tells how many calls of the API, of all flows, wait for their place below Dixa's limit. Calls of the Exports
// API are not counted.
func (c *Client) Waiting() int { return c.pacers[API].waiting() }

func (p *pacer) waiting() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.queue.waiting()
}

// wait returns when the next request may be sent. A caller whose deadline is earlier is told so at once, and takes
// no place in the queue.
func (p *pacer) wait(ctx context.Context, operation string) error {
	if ctx.Err() != nil {
		return ended(ctx)
	}
	c, err := p.join(ctx, operation)
	if err != nil {
		return err
	}
	select {
	case <-c.ready:
		now := time.Now()
		delay := c.place.DelayFrom(now)
		err = tooLate(ctx, operation, now, delay) // the pace may be lower than it was on joining
		if err == nil {
			err = sleep(ctx, delay)
		}
	case <-ctx.Done():
		err = ended(ctx)
	}
	p.leave(c, err == nil)
	return err
}

// join takes the place at the end of the caller's flow.
func (p *pacer) join(ctx context.Context, operation string) (*caller, error) {
	flow := flowOf(ctx)
	p.mu.Lock()
	defer p.mu.Unlock()
	now := time.Now() // not before the lock: a limiter that is given an earlier time counts the time between twice
	p.recover(now)
	missing := float64(p.queue.ahead(flow)+1) - p.limit.TokensAt(now)
	delay := time.Duration(max(0, missing) / float64(p.limit.Limit()) * float64(time.Second))
	if err := tooLate(ctx, operation, now, delay); err != nil {
		return nil, err
	}
	c := p.queue.join(flow)
	if c == p.queue.head() {
		p.reserve(now)
	}
	return c, nil
}

// leave takes a caller out of the queue. If it was the head, the next one reserves.
func (p *pacer) leave(c *caller, served bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	led := c == p.queue.head()
	if led && !served {
		c.place.Cancel()
	}
	p.queue.leave(c, served)
	if led && len(p.queue) > 0 {
		p.reserve(time.Now())
	}
}

// reserve gives the head its place below the limit. p.mu is held.
func (p *pacer) reserve(now time.Time) {
	p.recover(now)
	head := p.queue.head()
	head.place = p.limit.ReserveN(now, 1)
	close(head.ready)
}

func tooLate(ctx context.Context, operation string, now time.Time, delay time.Duration) error {
	if deadline, ok := ctx.Deadline(); ok && now.Add(delay).After(deadline) {
		return &BusyError{Operation: operation, Wait: delay, Left: deadline.Sub(now)}
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
		p.changed = p.changed.Add(steps * recovery)
	}
}

// throttled halves the pace after a 429; the answers of requests that were on their way together count once.
func (p *pacer) throttled() {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := time.Now()
	if now.Sub(p.lowered) < time.Second {
		return
	}
	p.recover(now)
	p.limit.SetLimitAt(now, max(p.full*slowest, p.limit.Limit()/2))
	p.lowered, p.changed = now, now
}

// sleep waits, unless ctx ends before.
func sleep(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return ended(ctx)
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ended(ctx)
	}
}

// ended says why ctx ended, nil if it has not: errors.Is sees both context.Canceled or DeadlineExceeded and a cause.
func ended(ctx context.Context) error {
	err, cause := ctx.Err(), context.Cause(ctx)
	if err == nil || errors.Is(cause, err) || errors.Is(cause, errSlow) {
		return cause
	}
	return fmt.Errorf("%w: %w", err, cause)
}
