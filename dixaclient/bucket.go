package dixaclient

import (
	"context"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// Bucket is the token bucket of one token's limit at one of Dixa's hosts. The queue of callers stays in the client,
// where flows take turns; only its head asks the bucket, one at a time.
type Bucket interface {
	// Reserve takes the next slot, which may be used after wait. giveBack returns it as far as that is possible. An
	// error is only that ctx ended: a bucket that others share falls back on a share of its own when it cannot reach them.
	Reserve(ctx context.Context) (wait time.Duration, giveBack func(), err error)
	// Throttled reports a 429: the rate is halved for all who share the bucket, and recovers by itself.
	Throttled(ctx context.Context)
	// Rate returns the rate at which this process gets tokens, in requests a second and above zero. It is for estimates,
	// and does not block.
	Rate() float64
}

// BucketSpec says for what a bucket is.
type BucketSpec struct {
	Token string // which token: the first 16 hexadecimal digits of its SHA-256
	Host  Host
	Rate  float64 // maximum requests a second
	Burst int     // maximum requests at once
}

const (
	// slowest is the share of the full rate that a bucket does not go below.
	slowest = 1.0 / 16
	// recovery is how long a bucket waits before it takes back a tenth of its full rate.
	recovery = 2 * time.Second
)

// FillRate is how fast a bucket fills. A 429 halves it, since others may be using the same token; it recovers by itself. It is
// not safe for concurrent use.
type FillRate struct {
	full    float64
	present float64
	lowered time.Time // when it was last lowered
	changed time.Time // when it was last lowered or raised
}

// NewFillRate returns a full bucket, in whatever unit.
func NewFillRate(full float64) FillRate { return FillRate{full: full, present: full} }

// At returns the rate at a time. It rises by a tenth of the full rate for every recovery interval that passed.
func (p *FillRate) At(now time.Time) float64 {
	if p.present < p.full {
		if steps := now.Sub(p.changed) / recovery; steps > 0 {
			p.present, p.changed = min(p.full, p.present+p.full*float64(steps)/10), p.changed.Add(steps*recovery)
		}
	}
	return p.present
}

// Throttle halves the rate; the answers of requests that were on their way together count once.
func (p *FillRate) Throttle(now time.Time) {
	if now.Sub(p.lowered) >= time.Second {
		p.Set(now, max(p.full*slowest, p.At(now)/2))
	}
}

// Set sets the rate that others found out about.
func (p *FillRate) Set(now time.Time, to float64) { p.present, p.lowered, p.changed = to, now, now }

// LocalBucket is a bucket for this process alone.
type LocalBucket struct {
	mu    sync.Mutex
	limit *rate.Limiter
	fill  FillRate
}

// NewLocalBucket makes a full bucket with a rate in requests a second and a burst.
func NewLocalBucket(perSecond float64, burst int) *LocalBucket {
	return &LocalBucket{limit: rate.NewLimiter(rate.Limit(perSecond), burst), fill: NewFillRate(perSecond)}
}

// Reserve takes the next slot. It neither blocks nor fails.
func (b *LocalBucket) Reserve(context.Context) (time.Duration, func(), error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	now := time.Now() // not before the lock: a limiter that is given an earlier time counts the time between twice
	b.keep(now)
	slot := b.limit.ReserveN(now, 1)
	return slot.DelayFrom(now), slot.Cancel, nil
}

// Rate returns the current rate, which is lower after a 429.
func (b *LocalBucket) Rate() float64 {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.keep(time.Now())
	return float64(b.limit.Limit())
}

// Throttled halves the rate.
func (b *LocalBucket) Throttled(context.Context) {
	b.mu.Lock()
	defer b.mu.Unlock()
	now := time.Now()
	b.fill.Throttle(now)
	b.keep(now)
}

// keep sets the limiter to the current rate. b.mu is held.
func (b *LocalBucket) keep(now time.Time) {
	if limit := rate.Limit(b.fill.At(now)); limit != b.limit.Limit() {
		b.limit.SetLimitAt(now, limit)
	}
}
