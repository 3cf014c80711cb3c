package dixaclient

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"
)

// The Exports API takes ten requests a minute.
const (
	exportsRate  = 10.0 / 60
	exportsBurst = 1
)

// lane is one token at one host: the queue of those who wait for their slot under its limit, and the bucket that gives
// out the slots. The flows take turns, and within a flow it is first come, first served.
//
// Only the head of the queue reserves from the bucket, outside the lock. So a changed rate holds for all who wait,
// no caller overtakes, and one that leaves the queue leaves no gap.
type lane struct {
	token *token
	make  func(BucketSpec) Bucket

	mu       sync.Mutex
	spec     BucketSpec // its Token is that of bucket
	bucket   Bucket     // nil before the first use
	queue    round
	reserved bool      // the head has its slot
	level    float64   // tokens left in the bucket, as far as they were seen; below zero for a slot in the future
	at       time.Time // when level was right
}

// slot is the right to send one request under the limit, and the API token whose limit it is.
type slot struct {
	lane   *lane
	token  string
	bucket Bucket
}

func newLane(t *token, spec BucketSpec, make func(BucketSpec) Bucket) *lane {
	return &lane{token: t, make: make, spec: spec, level: float64(spec.Burst)}
}

func (l *lane) waiting() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.queue.waiting()
}

// estimate returns how long a caller of a flow would wait if it joined now and nothing else changed.
func (l *lane) estimate(flow string) time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.delay(flow, time.Now())
}

// delay returns estimate with l.mu held.
func (l *lane) delay(flow string, now time.Time) time.Duration {
	before := l.queue.ahead(flow)
	if len(l.queue) > 0 && !l.reserved {
		before++
	}
	missing := float64(before+1) - l.left(now)
	return time.Duration(max(0, missing) / l.rate() * float64(time.Second))
}

// left counts the tokens in the bucket: exactly while this process alone takes some, and else as many as it can have.
// l.mu is held.
func (l *lane) left(now time.Time) float64 {
	return min(float64(l.spec.Burst), l.level+now.Sub(l.at).Seconds()*l.rate())
}

// rate returns the current rate, for estimates. l.mu is held.
func (l *lane) rate() float64 {
	if l.bucket == nil {
		return l.spec.Rate
	}
	return l.bucket.Rate()
}

// join appends the caller to its flow's queue. A caller whose deadline is before its slot gets an error at once, and is not
// queued.
func (l *lane) join(ctx context.Context, operation string) (*caller, error) {
	flow := flowOf(ctx)
	l.mu.Lock()
	defer l.mu.Unlock()
	now := time.Now()
	if err := tooLate(ctx, operation, now, l.delay(flow, now)); err != nil {
		return nil, err
	}
	c := l.queue.join(flow)
	if c == l.queue.head() {
		close(c.first)
	}
	return c, nil
}

// wait returns when a caller in the queue has its slot, and takes the caller out of the queue.
func (l *lane) wait(ctx context.Context, operation string, c *caller) (t slot, err error) {
	defer func() { l.leave(c, err == nil) }()
	select {
	case <-c.first:
	case <-ctx.Done():
		return slot{}, ended(ctx)
	}
	if t, err = l.current(); err != nil {
		return slot{}, err
	}
	delay, giveBack, err := t.bucket.Reserve(ctx)
	if err != nil {
		return slot{}, err
	}
	now := time.Now()
	l.took(now, delay)
	err = tooLate(ctx, operation, now, delay) // the rate may be lower than it was on joining
	if err == nil {
		err = sleep(ctx, delay)
	}
	if err != nil {
		giveBack()
		l.gaveBack()
	}
	return t, err
}

// current gives the token as it is now, and its bucket. A replaced token has a limit of its own at Dixa, so it begins
// with a new bucket; those who wait keep their positions in the queue.
func (l *lane) current() (slot, error) {
	token, err := l.token.read()
	if err != nil {
		return slot{}, err
	}
	d := digest(token)
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.bucket == nil || l.spec.Token != d {
		l.spec.Token = d
		l.bucket = l.make(l.spec)
		l.level = float64(l.spec.Burst)
	}
	return slot{l, token, l.bucket}, nil
}

// took notes what the head's reservation tells about the bucket: one that makes it wait has nothing left.
func (l *lane) took(now time.Time, delay time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.reserved = true
	if delay > 0 {
		l.level = -delay.Seconds() * l.rate()
	} else {
		l.level = max(0, l.left(now)-1)
	}
	l.at = now
}

func (l *lane) gaveBack() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.level++
}

// leave takes a caller out of the queue. If it was the head, the next one follows.
func (l *lane) leave(c *caller, served bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	led := c == l.queue.head()
	l.queue.leave(c, served)
	if !led {
		return
	}
	l.reserved = false
	if next := l.queue.head(); next != nil {
		close(next.first)
	}
}

func tooLate(ctx context.Context, operation string, now time.Time, delay time.Duration) error {
	if deadline, ok := ctx.Deadline(); ok && now.Add(delay).After(deadline) {
		return &BusyError{Operation: operation, Wait: delay, Left: deadline.Sub(now)}
	}
	return nil
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
