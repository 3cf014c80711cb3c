package sharedstate

import (
	"context"
	"fmt"
	"math"
	"sync"
	"time"

	"github.com/ncruces/go-sqlite3"

	"dixa-mcp/dixaclient"
)

// tokens is a token bucket as a file has it.
type tokens struct {
	level   float64 // below zero while tokens are promised
	at      int64   // when level was right, in microseconds
	taken   int64   // counts the tokens, so that the last one can be given back
	factor  float64 // of the rate, after the last 429
	lowered int64   // when that was, 0 for never
}

// read reads a bucket of the database; one that is new is full. s.mu is held.
func (s *Store) read(name string, now int64, burst float64) (tokens, error) {
	t := tokens{level: burst, at: now, factor: 1}
	_, err := s.file.Row(`SELECT tokens, at, taken, factor, lowered FROM bucket WHERE name = ?`, func(st *sqlite3.Stmt) {
		t = tokens{st.ColumnFloat(0), st.ColumnInt64(1), st.ColumnInt64(2), st.ColumnFloat(3), st.ColumnInt64(4)}
	}, name)
	return t, err
}

// write stores a bucket. s.mu is held.
func (s *Store) write(name string, t tokens) error {
	return s.file.Exec(`INSERT INTO bucket (name, tokens, at, taken, factor, lowered) VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET
		tokens = excluded.tokens, at = excluded.at, taken = excluded.taken, factor = excluded.factor, lowered = excluded.lowered`,
		name, t.level, t.at, t.taken, t.factor, t.lowered)
}

// fill adds the tokens since the last use. A clock that was set back adds none.
func (t *tokens) fill(now int64, rate, burst float64) {
	t.level = min(burst, t.level+float64(max(0, now-t.at))/1e6*rate)
	t.at = now
}

// take takes a token and returns how long it takes until it may be used.
func (t *tokens) take(rate float64) (wait time.Duration) {
	t.level--
	t.taken++
	if t.level >= 0 {
		return 0
	}
	return time.Duration(math.Ceil(-t.level / rate * 1e9))
}

// fillRate returns the share of the full rate that is left after a 429, which recovers as [dixaclient.FillRate] does.
func (t *tokens) fillRate() dixaclient.FillRate {
	p := dixaclient.NewFillRate(1)
	if t.lowered != 0 {
		p.Set(time.UnixMicro(t.lowered), t.factor)
	}
	return p
}

// bucket is one token's limit at one of Dixa's hosts.
type bucket struct {
	store *Store
	spec  dixaclient.BucketSpec
	file  bucketFile
	own   *dixaclient.LocalBucket // while the file cannot be used

	mu   sync.Mutex
	fill dixaclient.FillRate // as it was last seen
}

// Bucket returns the bucket that all processes share for a token at a host. While the file cannot be used, each process
// keeps to the limit by itself.
func (s *Store) Bucket(spec dixaclient.BucketSpec) dixaclient.Bucket {
	b := &bucket{
		store: s, spec: spec, file: bucketFile{path: s.bucketPath(fmt.Sprintf("dixa:%s:%s:%d", s.api, spec.Token, spec.Host))},
		own: dixaclient.NewLocalBucket(spec.Rate, spec.Burst), fill: dixaclient.NewFillRate(1),
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.buckets = append(s.buckets, b); s.closed {
		_ = b.file.close() // nothing is open yet
	}
	return b
}

// Reserve implements [dixaclient.Bucket].
func (b *bucket) Reserve(ctx context.Context) (wait time.Duration, giveBack func(), err error) {
	if ctx.Err() != nil {
		return 0, nil, context.Cause(ctx)
	}
	var mine int64
	err = b.update(func(t *tokens, now int64, rate float64) {
		wait = t.take(rate)
		mine = t.taken
	})
	if err != nil {
		b.store.warn(err, "this process keeps to Dixa's rate limit by itself; others that use the same token may exceed it together")
		return b.own.Reserve(ctx)
	}
	return wait, sync.OnceFunc(func() {
		_ = b.update(func(t *tokens, _ int64, _ float64) { // what cannot be given back is lost, which is safe
			if t.taken == mine {
				t.level, t.taken = t.level+1, t.taken-1
			}
		})
	}), nil
}

// Throttled implements [dixaclient.Bucket].
func (b *bucket) Throttled(ctx context.Context) {
	b.own.Throttled(ctx)
	_ = b.update(func(t *tokens, now int64, _ float64) { // the own bucket knows it in any case
		p := t.fillRate()
		before := p.At(time.UnixMicro(now))
		if p.Throttle(time.UnixMicro(now)); p.At(time.UnixMicro(now)) != before {
			t.factor, t.lowered = p.At(time.UnixMicro(now)), now
		}
	})
}

// Rate implements [dixaclient.Bucket].
func (b *bucket) Rate() float64 {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.spec.Rate * b.fill.At(time.Now())
}

// update changes the bucket, filled up to now, in one step.
func (b *bucket) update(change func(t *tokens, now int64, rate float64)) error {
	return b.file.update(func(t *tokens, now int64) {
		if t.at == 0 {
			*t = tokens{level: float64(b.spec.Burst), at: now, factor: 1}
		}
		p := t.fillRate()
		rate := b.spec.Rate * p.At(time.UnixMicro(now))
		t.fill(now, rate, float64(b.spec.Burst))
		change(t, now, rate)
		b.mu.Lock()
		b.fill = t.fillRate()
		b.mu.Unlock()
	})
}
