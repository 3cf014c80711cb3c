package serve

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"net/http"
	"runtime/debug"
	"sync"
	"time"

	"dixa-mcp/internal/identity"
)

// streams are those that are open, so that the server and a change of the rules can end them.
type streams struct {
	config   *HTTPConfig
	count    counters       // by agent
	detached sync.WaitGroup // those on connections of their own

	mu   sync.Mutex
	all  map[*stream]struct{}
	over bool
}

type stream struct {
	who     identity.Principal
	ctx     context.Context // ends with the client, the server or the credential
	cancel  context.CancelFunc
	leave   func() // from the agent's count
	expires *time.Timer
	answers bool // calls are answered on it, so that it ends after the last one and not before
}

// add adds a stream, and reports false when no further stream may begin. check is called when its credential expires.
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

// renew lets a stream go on until its credential expires.
func (s *streams) renew(st *stream, p identity.Principal) {
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

// end ends the streams on which nothing is answered, and refuses new ones.
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

// check ends a stream whose credential is no longer valid: after each change of the rules, and when it expires.
func (s *streams) check(st *stream) {
	p, err := s.config.Identity.Again(st.who)
	if err != nil {
		s.config.Log.Info("a stream was ended", "agent", st.who.Agent, "key", st.who.Key, "person", st.who.Person.String(), "reason", err)
		st.cancel()
		return
	}
	s.renew(st, p)
}

// boundKeyAgain is how often it is looked up whether a key that is bound to a conversation is still valid, for what stays open.
const boundKeyAgain = 10 * time.Second

// until returns how long a credential is valid, or need not be checked.
func until(p identity.Principal) time.Duration {
	until := 24 * time.Hour
	if !p.Expires.IsZero() {
		until = max(time.Until(p.Expires), time.Second)
	}
	if p.Conversation != 0 { // its key can be revoked, which changes no rules
		until = min(until, boundKeyAgain)
	}
	return until
}

// begin begins a stream, which [streams.run] carries on and ends. It is not ok, and the request is answered, at the
// agent's maximum, and when the server ends.
func (s *streams) begin(w http.ResponseWriter, who identity.Principal, answers bool) (st *stream, ok bool) {
	leave, ok := s.count.enter(who.Agent, s.config.MaxStreams)
	if !ok {
		w.Header().Set("Retry-After", "30")
		refuse(w, http.StatusTooManyRequests, fmt.Sprintf("%d streams of this agent are open, which is the maximum", s.config.MaxStreams))
		return nil, false
	}
	st = &stream{who: who, leave: leave, answers: answers}
	st.ctx, st.cancel = context.WithCancel(context.WithValue(context.Background(), principalKey{}, who))
	if !s.add(st, s.check) {
		s.close(st)
		w.Header().Set("Retry-After", "1")
		refuse(w, http.StatusServiceUnavailable, "this server is stopping; try again, and another one answers")
		return nil, false
	}
	return st, true
}

func (s *streams) close(st *stream) {
	st.cancel()
	s.remove(st)
	st.leave()
}

// run carries a stream on until it ends. Over HTTP/1.1 it takes the connection over: for a stream that is idle for an hour
// the HTTP server would keep three buffers, the request, and stacks that were used for more than waiting. Measured with
// 500 idle streams: 38 to 42 KiB of heap and stacks a stream, and 48 to 51 KiB without taking it over.
func (s *streams) run(st *stream, p *response, r *http.Request, carry func(context.Context)) {
	conn, ok := p.takeOver(r)
	if !ok {
		defer s.close(st)
		defer context.AfterFunc(r.Context(), st.cancel)()
		p.stream()
		carry(st.ctx)
		p.close()
		return
	}
	s.detached.Go(func() {
		defer s.close(st)
		defer conn.Close()
		defer p.close()
		defer func() {
			if v := recover(); v != nil {
				s.config.Log.Error("internal error in a stream", "panic", fmt.Sprintf("%T", v), "stack", string(debug.Stack()))
			}
		}()
		s.detached.Go(func() {
			_, _ = conn.Read(make([]byte, 1)) // nothing more is to come but the end
			st.cancel()
		})
		carry(st.ctx)
	})
}

// takeOver begins the stream on a connection of its own. It is not ok where several requests share one.
func (p *response) takeOver(r *http.Request) (net.Conn, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if r.ProtoMajor != 1 {
		return nil, false
	}
	p.streamHeader()
	head := p.w.Header().Clone()
	head.Set("Connection", "close") // its end is the end of the stream
	head.Set("Date", time.Now().UTC().Format(http.TimeFormat))
	conn, _, err := p.control.Hijack()
	if err != nil {
		return nil, false
	}
	_ = conn.SetDeadline(time.Time{})
	b := bytes.NewBufferString("HTTP/1.1 200 OK\r\n")
	_ = head.Write(b) // to memory
	b.WriteString("\r\n")
	p.w = taken{conn}
	p.control = http.NewResponseController(p.w)
	p.began()
	p.put(b.Bytes())
	return conn, true
}

// taken is a connection that was taken over, as something to answer on.
type taken struct{ net.Conn }

// Write closes a connection that takes nothing more, so that its stream ends.
func (t taken) Write(b []byte) (int, error) {
	n, err := t.Conn.Write(b)
	if err != nil {
		t.Conn.Close()
	}
	return n, err
}

// Header returns an empty header, since it was written.
func (taken) Header() http.Header { return http.Header{} }

// WriteHeader does nothing.
func (taken) WriteHeader(int) {}

// Flush does nothing: there is no buffer.
func (taken) Flush() {}
