package serve

import (
	"context"
	"sync"

	"golang.org/x/sync/semaphore"
)

// counters count by agent, up to a limit.
type counters struct {
	mu sync.Mutex
	n  map[string]int
}

// enter counts one more, until leave is called. It is false at the limit.
func (c *counters) enter(agent string, limit int) (leave func(), ok bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.n[agent] >= limit {
		return nil, false
	}
	if c.n == nil {
		c.n = map[string]int{}
	}
	c.n[agent]++
	return func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		if c.n[agent]--; c.n[agent] == 0 {
			delete(c.n, agent)
		}
	}, true
}

func (c *counters) sum() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	all := 0
	for _, n := range c.n {
		all += n
	}
	return all
}

// parsedAtOnce is the maximum size of one agent's messages that are parsed and checked at a time, in bytes. Messages are
// rarely larger than a few KiB, so only a client that sends very large ones waits, and only for itself: however many it
// sends, it keeps one processor busy and leaves the others to the other agents.
const parsedAtOnce = 256 << 10

// parsers bounds the parsing of messages for each agent. Waiting for Dixa is not part of it.
type parsers struct {
	mu sync.Mutex
	of map[string]*semaphore.Weighted // by agent
}

// enter waits until a message of this size may be parsed. done ends that, and can be called more than once.
func (p *parsers) enter(ctx context.Context, agent string, bytes int) (done func(), err error) {
	p.mu.Lock()
	if p.of == nil {
		p.of = map[string]*semaphore.Weighted{}
	}
	s := p.of[agent]
	if s == nil {
		s = semaphore.NewWeighted(parsedAtOnce)
		p.of[agent] = s
	}
	p.mu.Unlock()
	n := int64(min(bytes, parsedAtOnce))
	if err := s.Acquire(ctx, n); err != nil {
		return nil, err
	}
	return sync.OnceFunc(func() { s.Release(n) }), nil
}

type parsingKey struct{}

// whileParsing returns the context of a message whose parsing done ends.
func whileParsing(ctx context.Context, done func()) context.Context {
	return context.WithValue(ctx, parsingKey{}, done)
}

// wasParsed ends the parsing of the message whose context it is.
func wasParsed(ctx context.Context) {
	if done, ok := ctx.Value(parsingKey{}).(func()); ok {
		done()
	}
}

// mostWaits is how many calls of an agent wait for something at a time. A waiting call takes memory and nothing else, so that it does not
// count among those that run.
const mostWaits = 1000

type slotKey struct{}

// slot is what a call takes of the limit of its agent.
type slot struct {
	leave func()                // ends that
	wait  func() (func(), bool) // takes of the limit of those that wait, in its place
}

// withSlot returns the context of a message that takes a slot.
func withSlot(ctx context.Context, s slot) context.Context {
	return context.WithValue(ctx, slotKey{}, s)
}

// waits makes a call that begins to wait one of those that wait, until done is called. It is false if too many do.
func waits(ctx context.Context) (done func(), ok bool) {
	s, has := ctx.Value(slotKey{}).(slot)
	if !has {
		return func() {}, true
	}
	if done, ok = s.wait(); ok {
		s.leave()
	}
	return done, ok
}
