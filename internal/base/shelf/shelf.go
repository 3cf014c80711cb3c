// Package shelf keeps texts under keys for a time.
package shelf

import (
	"context"
	"slices"
	"strings"
	"sync"
	"time"
)

// Shelf keeps one text for each key, for all processes that share it. It is safe for concurrent use. Expired texts may still be
// returned: each text says itself how long it is valid.
type Shelf interface {
	// Insert keeps a text under a key that has none, until it expires, and reports whether it did. A shelf keeps so many texts of an
	// owner, the newest.
	Insert(ctx context.Context, owner, key, text string, expires time.Time) (bool, error)

	// Get returns the text of a key, "" for none.
	Get(ctx context.Context, key string) (string, error)

	// Swap replaces the text of a key if it is still the old one, and reports whether it did. An empty new text removes it; with a
	// time, the text expires then instead.
	Swap(ctx context.Context, key, old, new string, expires time.Time) (bool, error)

	// List returns the texts of all keys that begin with a prefix.
	List(ctx context.Context, prefix string) (map[string]string, error)
}

// Memory is the [Shelf] of one process. It keeps texts until they expire or the process ends; its methods never fail.
type Memory struct {
	Now  func() time.Time
	Most int // of an owner's texts are kept, the newest

	mu   sync.Mutex
	list []slot // oldest first
}

type slot struct {
	owner, key, text string
	expires          time.Time
}

// Insert implements [Shelf].
func (m *Memory) Insert(_ context.Context, owner, key, text string, expires time.Time) (bool, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	now := m.Now()
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
	if count >= m.Most {
		m.list = slices.Delete(m.list, oldest, oldest+1)
	}
	m.list = append(m.list, slot{owner, key, text, expires})
	return true, nil
}

// Get implements [Shelf].
func (m *Memory) Get(_ context.Context, key string) (string, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if i := m.find(key); i >= 0 {
		return m.list[i].text, nil
	}
	return "", nil
}

// Swap implements [Shelf].
func (m *Memory) Swap(_ context.Context, key, old, new string, expires time.Time) (bool, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	i := m.find(key)
	switch {
	case i < 0 || m.list[i].text != old:
		return false, nil
	case new == "":
		m.list = slices.Delete(m.list, i, i+1)
		return true, nil
	}
	m.list[i].text = new
	if !expires.IsZero() {
		m.list[i].expires = expires
	}
	return true, nil
}

// List implements [Shelf].
func (m *Memory) List(_ context.Context, prefix string) (map[string]string, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	all := map[string]string{}
	for _, s := range m.list {
		if strings.HasPrefix(s.key, prefix) {
			all[s.key] = s.text
		}
	}
	return all, nil
}

// find returns the index of a key's text, -1 for none. m.mu is held.
func (m *Memory) find(key string) int {
	return slices.IndexFunc(m.list, func(s slot) bool { return s.key == key })
}
