package serve

import (
	"context"
	"encoding/json"
	"sync"
	"sync/atomic"

	"github.com/mark3labs/mcp-go/mcp"
)

// session is where the library puts notifications for the one client of a pair of pipes.
type session struct {
	queue       chan mcp.JSONRPCNotification
	initialized atomic.Bool
	legacy      atomic.Bool // the client has said initialize

	asking asking

	mu     sync.Mutex
	filter mcp.SubscriptionFilter
	client mcp.Implementation
	can    mcp.ClientCapabilities
}

func newSession() *session { return &session{queue: make(chan mcp.JSONRPCNotification, 100)} }

// SessionID is the same for all: there is one session in a process.
func (*session) SessionID() string { return "stdio" }

// Initialize is called with the first request of either era.
func (s *session) Initialize() { s.initialized.Store(true) }

// Initialized tells whether there was one.
func (s *session) Initialized() bool { return s.initialized.Load() }

// NotificationChannel is read by [stdio.forward].
func (s *session) NotificationChannel() chan<- mcp.JSONRPCNotification { return s.queue }

// SetSubscriptionFilter is called when a client begins to listen, and when it ends.
func (s *session) SetSubscriptionFilter(f mcp.SubscriptionFilter) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.filter = f
}

// SubscriptionFilter is what the client wants to hear of: since 2026-07-28 what it listens to, before that everything.
func (s *session) SubscriptionFilter() (f mcp.SubscriptionFilter, active bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.filter, !s.legacy.Load()
}

// forward passes notifications on until ctx ends.
func (s *stdio) forward(ctx context.Context) {
	for {
		select {
		case n := <-s.session.queue:
			s.notify(n)
		case <-ctx.Done():
			return
		}
	}
}

// notify writes a notification. That of a changed list goes to each request that listens, by its name, which the library
// leaves out here.
func (s *stdio) notify(n mcp.JSONRPCNotification) {
	listeners := s.listeners()
	if n.Method != mcp.MethodNotificationToolsListChanged || s.session.legacy.Load() && len(listeners) == 0 {
		s.write(n)
		return
	}
	for id := range listeners {
		n.Params.Meta = map[string]any{mcp.MetaKeySubscriptionID: json.RawMessage(id)}
		s.write(n)
	}
}

// listeners are the requests that listen to notifications, by id.
func (s *stdio) listeners() map[string]*request {
	s.mu.Lock()
	defer s.mu.Unlock()
	found := map[string]*request{}
	for id, r := range s.running {
		if r.endless {
			found[id] = r
		}
	}
	return found
}
