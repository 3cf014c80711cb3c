package serve

import (
	"context"
	"sync"

	"golang.org/x/sync/semaphore"
)

// readAtOnce is how many bytes of one agent's messages are parsed and checked at a time. Messages are rarely larger than a
// few KiB, so that only a client that sends very large ones waits, and only for itself: however many it sends, it keeps
// one processor busy and leaves the others to the other agents.
const readAtOnce = 256 << 10

// readers bounds the parsing of messages for each agent. Waiting for Dixa is not part of it.
type readers struct {
	mu sync.Mutex
	of map[string]*semaphore.Weighted // by agent
}

// enter waits until a message of so many bytes may be parsed. done ends that, and can be called more than once.
func (r *readers) enter(ctx context.Context, agent string, bytes int) (done func(), err error) {
	r.mu.Lock()
	if r.of == nil {
		r.of = map[string]*semaphore.Weighted{}
	}
	s := r.of[agent]
	if s == nil {
		s = semaphore.NewWeighted(readAtOnce)
		r.of[agent] = s
	}
	r.mu.Unlock()
	n := int64(min(bytes, readAtOnce))
	if err := s.Acquire(ctx, n); err != nil {
		return nil, err
	}
	return sync.OnceFunc(func() { s.Release(n) }), nil
}

type readingKey struct{}

// whileReading is the context of a message whose parsing done ends.
func whileReading(ctx context.Context, done func()) context.Context {
	return context.WithValue(ctx, readingKey{}, done)
}

// wasRead ends the parsing of the message whose context it is.
func wasRead(ctx context.Context) {
	if done, ok := ctx.Value(readingKey{}).(func()); ok {
		done()
	}
}
