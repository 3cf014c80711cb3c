package serve

import (
	"context"
	"fmt"
	"net/http"
	"sync"
	"time"

	"dixa-mcp/internal/identity"
)

// streams are those that are open, so that they can be ended from outside.
type streams struct {
	mu   sync.Mutex
	all  map[*stream]struct{}
	over bool
}

type stream struct {
	who     identity.Principal
	cancel  context.CancelFunc
	expires *time.Timer
	answers bool // calls are answered on it, so that it ends after the last one and not before
}

// add is false when no stream may begin any more. check is called when its credential expires.
func (s *streams) add(st *stream, check func(*stream)) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.over {
		return false
	}
	st.expires = time.AfterFunc(until(st.who), func() { check(st) })
	if s.all == nil {
		s.all = map[*stream]struct{}{}
	}
	s.all[st] = struct{}{}
	return true
}

func (s *streams) remove(st *stream) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if st.expires != nil {
		st.expires.Stop()
	}
	delete(s.all, st)
}

// good lets a stream go on until its credential expires.
func (s *streams) good(st *stream, p identity.Principal) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, open := s.all[st]; open {
		st.expires.Reset(until(p))
	}
}

func (s *streams) list() []*stream {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := make([]*stream, 0, len(s.all))
	for st := range s.all {
		all = append(all, st)
	}
	return all
}

// end ends the streams on which nothing is answered, and lets none begin.
func (s *streams) end() {
	s.mu.Lock()
	s.over = true
	s.mu.Unlock()
	for _, st := range s.list() {
		if !st.answers {
			st.cancel()
		}
	}
}

// check ends a stream whose credential lets nobody in any more: after each change of the rules, and when it expires.
func (h *HTTP) check(st *stream) {
	p, err := h.Identity.Again(st.who)
	if err != nil {
		h.Log.Info("a stream was ended", "agent", st.who.Agent, "key", st.who.Key, "reason", err)
		st.cancel()
		return
	}
	h.streams.good(st, p)
}

// until is how long a credential counts, or can go unasked.
func until(p identity.Principal) time.Duration {
	if p.Expires.IsZero() {
		return 24 * time.Hour
	}
	return max(time.Until(p.Expires), time.Second)
}

// openStream gives the context of a stream, which ends with the client, the server or the credential. It is not ok, and
// the request is answered, where the agent has as many as it may, or the server ends.
func (h *HTTP) openStream(w http.ResponseWriter, r *http.Request, who identity.Principal, answers bool) (ctx context.Context, leave func(), ok bool) {
	out, ok := h.open.enter(who.Agent, h.MaxStreams)
	if !ok {
		w.Header().Set("Retry-After", "30")
		refuse(w, http.StatusTooManyRequests, fmt.Sprintf("%d streams of this agent are open, which is as many as may be", h.MaxStreams))
		return nil, nil, false
	}
	ctx, cancel := context.WithCancel(r.Context())
	st := &stream{who: who, cancel: cancel, answers: answers}
	leave = func() {
		cancel()
		h.streams.remove(st)
		out()
	}
	if !h.streams.add(st, h.check) {
		leave()
		w.Header().Set("Retry-After", "1")
		refuse(w, http.StatusServiceUnavailable, "this server is stopping; try again, and another one answers")
		return nil, nil, false
	}
	return ctx, leave, true
}
