package signin

import (
	"context"
	"slices"
	"strings"
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
	owner, key, text string
	expires          time.Time
}

// NewMemory makes the shelf of one process, which forgets when that ends. now tells the time.
func NewMemory(now func() time.Time) Shelf { return &memory{now: now} }

// Insert implements [Shelf].
func (m *memory) Insert(_ context.Context, owner, key, text string, expires time.Time) (bool, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	now := m.now()
	m.list = slices.DeleteFunc(m.list, func(s slot) bool { return !now.Before(s.expires) })
	if m.find(key) >= 0 {
		return false, nil
	}
	oldest, count := -1, 0
	for i, s := range m.list {
		if s.owner != owner {
			continue
		}
		if count++; oldest < 0 {
			oldest = i
		}
	}
	if count >= MostOfOwner {
		m.list = slices.Delete(m.list, oldest, oldest+1)
	}
	m.list = append(m.list, slot{owner, key, text, expires})
	return true, nil
}

// Get implements [Shelf].
func (m *memory) Get(_ context.Context, key string) (string, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if i := m.find(key); i >= 0 {
		return m.list[i].text, nil
	}
	return "", nil
}

// Swap implements [Shelf].
func (m *memory) Swap(_ context.Context, key, old, new string, expires time.Time) (bool, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	i := m.find(key)
	switch {
	case i < 0 || m.list[i].text != old:
		return false, nil
	case new == "":
		m.list = slices.Delete(m.list, i, i+1)
	default:
		m.list[i].text, m.list[i].expires = new, expires
	}
	return true, nil
}

// List implements [Shelf].
func (m *memory) List(_ context.Context, kind string) (map[string]string, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	all := map[string]string{}
	for _, s := range m.list {
		if strings.HasPrefix(s.key, prefixOf(kind)) {
			all[s.key] = s.text
		}
	}
	return all, nil
}

// find returns the index of a key's slot, -1 for none. m.mu is held.
func (m *memory) find(key string) int {
	return slices.IndexFunc(m.list, func(s slot) bool { return s.key == key })
}
