package replicas

import (
	"context"
	_ "embed"
	"fmt"
	"strconv"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"dixa-mcp/dixaclient"
)

//go:embed bucket.lua
var bucketSource string

var bucketScript = newScript(bucketSource)

// bucket is Dixa's limit for one token, shared.
type bucket struct {
	link    *link
	freezes *freezes
	spec    dixaclient.BucketSpec
	keys    []string

	mu    sync.Mutex
	fill  dixaclient.FillRate // a part of the full one; the script has the same
	owed  bool                // a 429 came while this replica was alone, which the others do not know of
	term  int                 // of the outage that the share is for
	share *rate.Limiter
}

// Bucket returns the token bucket for Dixa's rate limit that all replicas share.
func (g *Group) Bucket(spec dixaclient.BucketSpec) dixaclient.Bucket {
	l, name := g.link, fmt.Sprintf("bucket:%s:%d", spec.Token, spec.Host)
	return &bucket{link: l, freezes: g.freezes, spec: spec, keys: []string{l.key("replicas"), l.key("group"), l.key(name)}, fill: dixaclient.NewFillRate(1)}
}

// Reserve implements [dixaclient.Bucket].
func (b *bucket) Reserve(ctx context.Context) (time.Duration, func(), error) {
	for {
		if ctx.Err() != nil {
			return 0, nil, context.Cause(ctx)
		}
		if wait, slot, err := b.script(ctx, "reserve", 0); err == nil {
			var once sync.Once
			return wait, func() { once.Do(func() { _, _, _ = b.script(ctx, "giveBack", slot) }) }, nil // alone, there is nothing to give back to
		}
		if wait, giveBack, ok := b.alone(); ok {
			return wait, giveBack, nil
		}
	}
}

// script runs the script of the bucket on the server. Its answer carries the version of the freezes, so that a call
// that waits for a token learns of a new freeze.
func (b *bucket) script(ctx context.Context, what string, slot int64) (wait time.Duration, last int64, err error) {
	b.mu.Lock()
	most := 1.0
	if b.owed {
		most = b.fill.At(time.Now())
	}
	b.mu.Unlock()
	answer, err := b.link.run(ctx, bucketScript, b.keys, what, b.link.id, b.spec.Rate, b.spec.Burst, slot, most, freshFor.Microseconds(), seenFor.Microseconds(), b.link.State().Replicas)
	if err != nil {
		return 0, 0, err
	}
	value, _ := strconv.ParseFloat(answer[2].(string), 64) // the script writes it
	b.mu.Lock()
	now := time.Now()
	if value != b.fill.At(now) {
		b.fill.Set(now, value)
	}
	b.owed = b.owed && most == 1
	b.mu.Unlock()
	b.freezes.saw(ctx, number(answer[3]))
	return time.Duration(number(answer[0])) * time.Microsecond, number(answer[1]), nil
}

// alone takes a token from this replica's share. It is not ok if the replica shares again.
func (b *bucket) alone() (wait time.Duration, giveBack func(), ok bool) {
	ok = b.link.whileAlone(func(o outage) { wait, giveBack = b.fromShare(o) })
	return wait, giveBack, ok
}

// fromShare takes a token from this replica's share in an outage. The share begins empty, and only once the others have
// left it to this replica: what they and it took last is not known.
func (b *bucket) fromShare(o outage) (wait time.Duration, giveBack func()) {
	b.mu.Lock()
	defer b.mu.Unlock()
	now := time.Now()
	perSecond := rate.Limit(b.spec.Rate * b.fill.At(now) / float64(o.replicas))
	if early := o.from.Sub(now); early > 0 {
		return early + time.Duration(float64(time.Second)/float64(perSecond)), func() {}
	}
	if b.term != o.term || b.share == nil {
		b.term, b.share = o.term, rate.NewLimiter(perSecond, 1)
		b.share.ReserveN(now, 1)
	}
	if b.share.Limit() != perSecond {
		b.share.SetLimitAt(now, perSecond)
	}
	slot := b.share.ReserveN(now, 1)
	return slot.DelayFrom(now), slot.Cancel
}

// Throttled implements [dixaclient.Bucket].
func (b *bucket) Throttled(ctx context.Context) {
	if _, _, err := b.script(ctx, "throttled", 0); err == nil {
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.fill.Throttle(time.Now())
	b.owed = true
}

// Rate implements [dixaclient.Bucket]: if all replicas have requests to send, each gets an equal part.
func (b *bucket) Rate() float64 {
	replicas := b.link.State().Replicas
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.spec.Rate * b.fill.At(time.Now()) / float64(replicas)
}
