package journal

import (
	"cmp"
	"container/list"
	"context"
	"slices"
	"sync"
	"time"
)

// memory remembers the calls of one process. A call takes as long with thousands of entries as with one.
type memory struct {
	now func() time.Time

	mu      sync.Mutex
	begun   uint64                   // how many entries began
	changed *list.List               // of *remembered, by their last change, the oldest first
	calls   map[string]*list.Element // of changed, by the id of the call
	index   map[key][]*remembered    // oldest first
}

// remembered is an entry in memory.
type remembered struct {
	Entry
	number uint64 // in the order in which they began
}

// key is what entries are looked up by.
type key struct {
	by    keyKind
	value string
}

type keyKind int

const (
	byAgent keyKind = iota
	byDigest
	byChange
	byName
)

// keys returns what an entry is looked up by, which does not change while it is remembered.
func (e *Entry) keys() []key {
	all := []key{{byAgent, e.Agent}, {byDigest, e.Digest}}
	for _, thing := range e.Changes {
		all = append(all, key{byChange, thing})
	}
	for _, thing := range e.Names {
		all = append(all, key{byName, thing})
	}
	return all
}

// NewMemory makes the store of one process, which forgets when that ends. now tells the time.
func NewMemory(now func() time.Time) Store {
	return &memory{now: now, changed: list.New(), calls: map[string]*list.Element{}, index: map[key][]*remembered{}}
}

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
	if known := m.calls[e.Call]; known != nil {
		m.drop(known.Value.(*remembered))
	}
	m.overtake(&e)
	m.remember(e)
	if of := m.index[key{byAgent, e.Agent}]; len(of) > MostOfAgent {
		m.drop(of[0])
	}
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
	at := m.calls[e.Call]
	if at == nil {
		return nil
	}
	known := at.Value.(*remembered)
	if !known.Progress(e, now) {
		m.drop(known)
		return nil
	}
	m.overtake(&known.Entry)
	known.Entry = known.clone()
	m.changed.MoveToBack(at)
	return nil
}

// Recent implements [Store].
func (m *memory) Recent(_ context.Context, agent, credential string) (list []Entry, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, e := range m.found(m.age(), key{byAgent, agent}) {
		if e.Key == credential {
			list = append(list, e)
		}
	}
	return list, nil
}

// About implements [Store].
func (m *memory) About(_ context.Context, things ...string) ([]Entry, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.found(m.age(), about(things)...), nil
}

// Forget implements [Store].
func (m *memory) Forget(_ context.Context, except string, things ...string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, e := range m.where(about(things)...) {
		if e.Call != except {
			m.drop(e)
		}
	}
	return nil
}

// age drops what is no longer remembered, and returns the time. m.mu is held.
func (m *memory) age() time.Time {
	now := m.now()
	for {
		oldest := m.changed.Front()
		if oldest == nil || oldest.Value.(*remembered).Age(now, true) {
			return now
		}
		m.drop(oldest.Value.(*remembered))
	}
}

// remember adds an entry that begins. m.mu is held.
func (m *memory) remember(e Entry) {
	m.begun++
	r := &remembered{e.clone(), m.begun}
	m.calls[e.Call] = m.changed.PushBack(r)
	for _, k := range r.keys() {
		m.index[k] = append(m.index[k], r)
	}
}

// drop forgets an entry. m.mu is held.
func (m *memory) drop(r *remembered) {
	m.changed.Remove(m.calls[r.Call])
	delete(m.calls, r.Call)
	for _, k := range r.keys() {
		rest := slices.DeleteFunc(m.index[k], func(other *remembered) bool { return other == r })
		if len(rest) == 0 {
			delete(m.index, k)
		} else {
			m.index[k] = rest
		}
	}
}

// overtake marks the entries that a call overtakes. m.mu is held.
func (m *memory) overtake(e *Entry) {
	if !e.Wrote() {
		return
	}
	for _, thing := range e.Changes {
		for _, old := range m.index[key{byChange, thing}] {
			if old.Call != e.Call {
				old.Overtaken = true
			}
		}
	}
}

func (m *memory) same(digest string, now time.Time) *Entry {
	return Same(m.found(now, key{byDigest, digest}), now)
}

// where returns the entries that any of these keys finds, newest first. m.mu is held.
func (m *memory) where(keys ...key) (list []*remembered) {
	for _, k := range keys {
		list = append(list, m.index[k]...)
	}
	slices.SortFunc(list, func(a, b *remembered) int { return cmp.Compare(b.number, a.number) })
	return slices.Compact(list)
}

// found returns copies of the entries that any of these keys finds, newest first. m.mu is held.
func (m *memory) found(now time.Time, keys ...key) (list []Entry) {
	for _, r := range m.where(keys...) {
		r.Age(now, true)
		list = append(list, r.clone())
	}
	return list
}

// about returns the keys of the entries that change or name any of these.
func about(things []string) (keys []key) {
	for _, thing := range things {
		keys = append(keys, key{byChange, thing}, key{byName, thing})
	}
	return keys
}

// clone copies an entry for the store or for its caller, neither of which changes what the other has.
func (e Entry) clone() Entry {
	e.Trim()
	e.Changes, e.Names, e.Steps = slices.Clone(e.Changes), slices.Clone(e.Names), slices.Clone(e.Steps)
	return e
}
