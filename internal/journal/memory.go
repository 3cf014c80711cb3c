package journal

import (
	"context"
	"slices"
	"sync"
	"time"
)

// memory remembers the calls of one process.
type memory struct {
	now func() time.Time

	mu      sync.Mutex
	entries []Entry // oldest first
}

// NewMemory makes the store of one process, which forgets when that ends. now tells the time.
func NewMemory(now func() time.Time) Store { return &memory{now: now} }

// Begin implements [Store].
func (m *memory) Begin(_ context.Context, e Entry, again bool) (same *Entry, err error) {
	if err := e.Check(); err != nil {
		return nil, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	now := m.age()
	if same := m.same(e.Digest, now); e.Yields(same, again) {
		return same, nil
	}
	e.Start(now)
	m.put(e)
	m.entries = append(m.entries, e.clone())
	m.makeRoom(e.Agent)
	return nil, nil
}

// Find implements [Store].
func (m *memory) Find(_ context.Context, digest string) (*Entry, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.same(digest, m.age()), nil
}

// Save implements [Store].
func (m *memory) Save(_ context.Context, e Entry) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	now := m.age()
	at := slices.IndexFunc(m.entries, func(old Entry) bool { return old.Call == e.Call })
	if at < 0 {
		return nil
	}
	known := m.entries[at]
	if !known.Progress(e, now) {
		m.entries = slices.Delete(m.entries, at, at+1)
		return nil
	}
	m.put(known)
	m.entries[at] = known.clone()
	return nil
}

// Recent implements [Store].
func (m *memory) Recent(_ context.Context, agent, key string) ([]Entry, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.age()
	return m.where(func(e *Entry) bool { return e.Agent == agent && e.Key == key }), nil
}

// About implements [Store].
func (m *memory) About(_ context.Context, things ...string) ([]Entry, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.age()
	return m.where(func(e *Entry) bool { return share(e.Changes, things) || share(e.Names, things) }), nil
}

// Forget implements [Store].
func (m *memory) Forget(_ context.Context, except string, things ...string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.entries = slices.DeleteFunc(m.entries, func(e Entry) bool {
		return e.Call != except && (share(e.Changes, things) || share(e.Names, things))
	})
	return nil
}

// age drops what is no longer remembered, and returns the time. m.mu is held.
func (m *memory) age() time.Time {
	now := m.now()
	kept := m.entries[:0]
	for _, e := range m.entries {
		if e.Age(now, true) {
			kept = append(kept, e)
		}
	}
	clear(m.entries[len(kept):])
	m.entries = kept
	return now
}

// put marks the entries that a call overtakes. m.mu is held.
func (m *memory) put(e Entry) {
	if !e.Wrote() {
		return
	}
	for i := range m.entries {
		if old := &m.entries[i]; old.Call != e.Call && share(old.Changes, e.Changes) {
			old.Overtaken = true
		}
	}
}

// makeRoom drops the oldest entries of an agent that has too many. m.mu is held.
func (m *memory) makeRoom(agent string) {
	n := 0
	for i := len(m.entries) - 1; i >= 0; i-- {
		if m.entries[i].Agent != agent {
			continue
		}
		if n++; n > MostOfAgent {
			m.entries = slices.Delete(m.entries, i, i+1)
		}
	}
}

func (m *memory) same(digest string, now time.Time) *Entry {
	return Same(m.where(func(e *Entry) bool { return e.Digest == digest }), now)
}

// where returns copies of entries, newest first. m.mu is held.
func (m *memory) where(is func(*Entry) bool) (list []Entry) {
	for i := len(m.entries) - 1; i >= 0; i-- {
		if is(&m.entries[i]) {
			list = append(list, m.entries[i].clone())
		}
	}
	return list
}

// clone copies an entry for the store or for its caller, neither of which changes what the other has.
func (e Entry) clone() Entry {
	e.Trim()
	e.Changes, e.Names, e.Steps = slices.Clone(e.Changes), slices.Clone(e.Names), slices.Clone(e.Steps)
	return e
}

func share(a, b []string) bool {
	return slices.ContainsFunc(a, func(thing string) bool { return slices.Contains(b, thing) })
}
