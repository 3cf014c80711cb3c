package serve

import (
	"context"
	"sync"
	"time"
)

// What is allowed to clients of before 2026-07-28 where nothing else is said.
const (
	DefaultMaxSessions = 100 // of one agent
	DefaultSessionIdle = 30 * time.Minute
)

// Sessions counts the sessions of clients of before 2026-07-28. What a session is stands in its id, which is signed; here
// is only whether it is still there.
type Sessions interface {
	// Begin keeps a new session. Where the agent has as many as it may, the one that was not used for the longest ends.
	Begin(ctx context.Context, agent, id string) error
	// Use tells whether a session is there, and keeps it for another while. It is false for one that has ended or was not
	// used for too long.
	Use(ctx context.Context, agent, id string) (bool, error)
	// End ends a session.
	End(ctx context.Context, agent, id string) error
}

// memory keeps sessions in this process.
type memory struct {
	most int
	idle time.Duration

	mu    sync.Mutex
	used  map[string]map[string]time.Time // by agent and id: when last
	swept time.Time
}

// NewSessions keeps sessions in this process: so many of an agent, each for so long after its last use.
func NewSessions(most int, idle time.Duration) Sessions {
	return &memory{most: most, idle: idle, used: map[string]map[string]time.Time{}, swept: time.Now()}
}

// Begin implements [Sessions].
func (m *memory) Begin(_ context.Context, agent, id string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	now := time.Now()
	m.sweep(now)
	of := m.used[agent]
	if of == nil {
		of = map[string]time.Time{}
		m.used[agent] = of
	}
	for len(of) >= m.most {
		oldest := ""
		for id, at := range of {
			if oldest == "" || at.Before(of[oldest]) {
				oldest = id
			}
		}
		delete(of, oldest)
	}
	of[id] = now
	return nil
}

// Use implements [Sessions].
func (m *memory) Use(_ context.Context, agent, id string) (bool, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	now := time.Now()
	m.sweep(now)
	last, there := m.used[agent][id]
	if !there || now.Sub(last) > m.idle {
		return false, nil
	}
	m.used[agent][id] = now
	return true, nil
}

// End implements [Sessions].
func (m *memory) End(_ context.Context, agent, id string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.used[agent], id)
	if len(m.used[agent]) == 0 {
		delete(m.used, agent)
	}
	return nil
}

// sweep forgets, now and then, what was not used for too long. m.mu is held.
func (m *memory) sweep(now time.Time) {
	if now.Sub(m.swept) < m.idle/4 {
		return
	}
	m.swept = now
	for agent, of := range m.used {
		for id, last := range of {
			if now.Sub(last) > m.idle {
				delete(of, id)
			}
		}
		if len(of) == 0 {
			delete(m.used, agent)
		}
	}
}
