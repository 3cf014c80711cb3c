package serve

import (
	"context"
	"fmt"
	"net/http"
	"sync"
)

// streams are those that are open, so that they can be ended from outside.
type streams struct {
	mu   sync.Mutex
	all  map[*stream]struct{}
	over bool
}

type stream struct {
	who     Credential
	cancel  context.CancelFunc
	answers bool // calls are answered on it, so that it ends after the last one and not before
}

// add is false when no stream may begin any more.
func (s *streams) add(st *stream) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.over {
		return false
	}
	if s.all == nil {
		s.all = map[*stream]struct{}{}
	}
	s.all[st] = struct{}{}
	return true
}

func (s *streams) remove(st *stream) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.all, st)
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

// check ends those whose credential is no longer good.
func (s *streams) check(ctx context.Context) {
	for _, st := range s.list() {
		if !st.who.StillGood(ctx) {
			st.cancel()
		}
	}
}

// openStream gives the context of a stream, which ends with the client, the server or the credential. It is not ok, and
// the request is answered, where the agent has as many as it may, or the server ends.
func (h *HTTP) openStream(w http.ResponseWriter, r *http.Request, who Credential, answers bool) (ctx context.Context, leave func(), ok bool) {
	out, ok := h.open.enter(who.Principal().Agent, h.MaxStreams)
	if !ok {
		w.Header().Set("Retry-After", "30")
		refuse(w, http.StatusTooManyRequests, fmt.Sprintf("%d streams of this agent are open, which is as many as may be", h.MaxStreams))
		return nil, nil, false
	}
	ctx, cancel := context.WithCancel(r.Context())
	if end := who.Expires(); !end.IsZero() {
		var expire context.CancelFunc
		ctx, expire = context.WithDeadline(ctx, end)
		both := cancel
		cancel = func() { expire(); both() }
	}
	st := &stream{who, cancel, answers}
	leave = func() { cancel(); h.streams.remove(st); out() }
	if !h.streams.add(st) {
		leave()
		w.Header().Set("Retry-After", "1")
		refuse(w, http.StatusServiceUnavailable, "this server is stopping; try again, and another one answers")
		return nil, nil, false
	}
	return ctx, leave, true
}
