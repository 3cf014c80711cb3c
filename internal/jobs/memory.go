package jobs

import (
	"context"
	"slices"
	"sync"
	"time"
)

// memory is the shelf of one process.
type memory struct {
	now func() time.Time

	mu   sync.Mutex
	list []slot // oldest first
}

type slot struct {
	agent, handle, text string
	expires             time.Time
}

// NewMemory makes the shelf of one process, which forgets when that ends. now tells the time.
func NewMemory(now func() time.Time) Shelf { return &memory{now: now} }

// Insert implements [Shelf].
func (m *memory) Insert(_ context.Context, agent, handle, text string, expires time.Time) (bool, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	now := m.now()
	m.list = slices.DeleteFunc(m.list, func(s slot) bool { return !now.Before(s.expires) })
	if m.find(handle) != nil {
		return false, nil
	}
	oldest, count := -1, 0
	for i, s := range m.list {
		if s.agent != agent {
			continue
		}
		if count++; oldest < 0 {
			oldest = i
		}
	}
	if count >= MostOfAgent {
		m.list = slices.Delete(m.list, oldest, oldest+1)
	}
	m.list = append(m.list, slot{agent, handle, text, expires})
	return true, nil
}

// Get implements [Shelf].
func (m *memory) Get(_ context.Context, handle string) (string, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if s := m.find(handle); s != nil {
		return s.text, nil
	}
	return "", nil
}

// Swap implements [Shelf].
func (m *memory) Swap(_ context.Context, handle, old, new string) (bool, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	s := m.find(handle)
	if s == nil || s.text != old {
		return false, nil
	}
	s.text = new
	return true, nil
}

// Process implements [Shelf].
func (m *memory) Process(context.Context) (string, error) { return "", nil }

// Alive implements [Shelf].
func (m *memory) Alive(context.Context, string) (bool, error) { return true, nil }

// find returns the slot of a handle, nil for none. m.mu is held.
func (m *memory) find(handle string) *slot {
	for i := range m.list {
		if m.list[i].handle == handle {
			return &m.list[i]
		}
	}
	return nil
}
