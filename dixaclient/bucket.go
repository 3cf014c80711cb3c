package dixaclient

import (
	"context"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// Bucket gives out turns below one token's limit at one of Dixa's hosts. The queue of callers stays in the client,
// where flows take turns; only its head asks the bucket, one at a time.
type Bucket interface {
	// Reserve takes the next turn, which may be used after wait. giveBack returns it as far as that is possible. An
	// error is only that ctx ended: a bucket that others share falls back on a share of its own when it cannot reach them.
	Reserve(ctx context.Context) (wait time.Duration, giveBack func(), err error)
	// Throttled tells of a 429: the pace is halved, for all who share the bucket, and recovers by itself.
	Throttled(ctx context.Context)
	// Rate is the pace at which turns come to this process, in requests a second and above zero. It is for estimates,
	// and does not block.
	Rate() float64
}

// BucketSpec says for what a bucket is.
type BucketSpec struct {
	Token string // which token: the first 16 hexadecimal digits of its SHA-256
	Host  Host
	Rate  float64 // requests a second, at the most
	Burst int     // requests at once, at the most
}

const (
	// slowest is the share of the full pace that a bucket does not go below.
	slowest = 1.0 / 16
	// recovery is how long a bucket waits before it takes back a tenth of its full pace.
	recovery = 2 * time.Second
)

// LocalBucket is a bucket for this process alone. A 429 halves its pace, since others may be using the same token.
type LocalBucket struct {
	full rate.Limit

	mu      sync.Mutex
	limit   *rate.Limiter
	lowered time.Time // when the pace was last lowered
	changed time.Time // when it was last lowered or raised
}

// NewLocalBucket makes a bucket that is full: so many requests a second, and so many at once.
func NewLocalBucket(perSecond float64, burst int) *LocalBucket {
	limit := rate.Limit(perSecond)
	return &LocalBucket{full: limit, limit: rate.NewLimiter(limit, burst)}
}

// Reserve takes the next turn. It neither blocks nor fails.
func (b *LocalBucket) Reserve(context.Context) (time.Duration, func(), error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	now := time.Now() // not before the lock: a limiter that is given an earlier time counts the time between twice
	b.recover(now)
	turn := b.limit.ReserveN(now, 1)
	return turn.DelayFrom(now), turn.Cancel, nil
}

// Rate is the pace, lowered after a 429.
func (b *LocalBucket) Rate() float64 {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.recover(time.Now())
	return float64(b.limit.Limit())
}

// Throttled halves the pace; the answers of requests that were on their way together count once.
func (b *LocalBucket) Throttled(context.Context) {
	b.mu.Lock()
	defer b.mu.Unlock()
	now := time.Now()
	if now.Sub(b.lowered) < time.Second {
		return
	}
	b.recover(now)
	b.limit.SetLimitAt(now, max(b.full*slowest, b.limit.Limit()/2))
	b.lowered, b.changed = now, now
}

// recover raises a lowered pace by a tenth of the full one for every recovery that went by. b.mu is held.
func (b *LocalBucket) recover(now time.Time) {
	if b.limit.Limit() >= b.full {
		return
	}
	steps := now.Sub(b.changed) / recovery
	if steps > 0 {
		b.limit.SetLimitAt(now, min(b.full, b.limit.Limit()+b.full*rate.Limit(steps)/10))
		b.changed = b.changed.Add(steps * recovery)
	}
}
