package serve

import (
	"context"
	"sync"
	"time"
)

// The default limits of clients before 2026-07-28.
const (
	DefaultMaxSessions = 100 // of one agent
	DefaultSessionIdle = 30 * time.Minute
)

// Sessions stores which sessions of clients before 2026-07-28 exist. What a session is says its id, which is signed.
type Sessions interface {
	// Begin stores a new session. At the agent's maximum, its least recently used one ends.
	Begin(ctx context.Context, agent, id string) error
	// Use tells whether a session exists, and marks it as used. It is false for one that has ended or was unused for too long.
	Use(ctx context.Context, agent, id string) (bool, error)
	// End ends a session.
	End(ctx context.Context, agent, id string) error
}

// memory stores sessions in this process.
type memory struct {
	limit int
	idle  time.Duration

	mu    sync.Mutex
	used  map[string]map[string]time.Time // by agent and id: when last
	swept time.Time
}

// NewSessions stores sessions in this process: a maximum for each agent, each until it is idle for too long.
func NewSessions(limit int, idle time.Duration) Sessions {
	return &memory{limit: limit, idle: idle, used: map[string]map[string]time.Time{}, swept: time.Now()}
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
	for len(of) >= m.limit {
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

// sweep removes, now and then, what was unused for too long. m.mu is held.
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
