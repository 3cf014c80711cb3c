package serve

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"sync"
)

// activeSession is a session of a client before 2026-07-28 while a request or a stream of it is open here: what ends it,
// and the registry to which its answers and cancellations belong. Of a session that only waits for its client's next
// message nothing is kept but its entry in [Sessions].
type activeSession struct {
	requests
	name  string
	users int // guarded by activeSessions.mu
	ended context.Context
	end   context.CancelFunc
}

// activeSessions are those of this process.
type activeSessions struct {
	mu  sync.Mutex
	all map[string]*activeSession // by name
}

// sessionName returns the name of a session among servers. The session's id cannot be made of it.
func sessionName(id string) string {
	sum := sha256.Sum256([]byte(id))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

// enter returns the active session with an id, which stays active until leave.
func (s *activeSessions) enter(id string) (a *activeSession, leave func()) {
	name := sessionName(id)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.all == nil {
		s.all = map[string]*activeSession{}
	}
	a = s.all[name]
	if a == nil {
		a = &activeSession{name: name}
		a.ended, a.end = context.WithCancel(context.Background())
		s.all[name] = a
	}
	a.users++
	return a, func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		if a.users--; a.users == 0 {
			a.end()
			delete(s.all, name)
		}
	}
}

// find returns an active session, or nil.
func (s *activeSessions) find(name string) *activeSession {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.all[name]
}

func (s *activeSessions) len() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.all)
}
