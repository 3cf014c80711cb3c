// Package server serves an API over HTTP as Dixa serves its own: it checks the token and the rate limit, remembers requests, and makes
// requests fail on demand. What an answer says is the business of the [API].
package server

import (
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"dixa-mcp/internal/offline/attachment"
	"dixa-mcp/internal/offline/wire"
)

// API is what is served.
type API interface {
	Operation(method, path string) string // pattern of the operation, empty when there is none for the path and method
	Answer(r *http.Request) wire.Answer   // does what a request asks; its token and the rate are checked
	Start() (stop func())                 // begins what the API does by itself, as long as a server runs
}

// Options says how an API is served.
type Options struct {
	Now     func() time.Time // clock of the rate limit
	Token   string           // the only token that is taken; empty takes any token that is not empty
	Rate    float64          // requests a second, 0 for no limit
	Burst   int              // requests that may come at once when Rate is set
	Latency time.Duration    // added to every answer
}

// Server is an [http.Handler] for an API. It is safe for concurrent use.
type Server struct {
	api API
	o   Options

	mu       sync.Mutex // guards everything below
	faults   []Fault
	trouble  trouble
	buckets  map[string]*bucket // by token: Dixa counts for each
	requests []*Request
}

// New makes a server of an API.
func New(api API, o Options) *Server { return &Server{api: api, o: o, buckets: map[string]*bucket{}} }

// ServeHTTP answers one request, or does what an injected fault says.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Host == attachment.Host {
		s.serveFile(w, r)
		return
	}
	entry := s.arrived(r, s.api.Operation(r.Method, r.URL.Path))
	fault := s.takeFault(entry.Operation)

	switch fault {
	case Reset:
		hangUp(r)
	case Hang:
		_, _ = io.Copy(io.Discard, r.Body) // net/http notices that a client went away only behind the body
		<-r.Context().Done()
		return
	}
	a, early := fault.instead()
	if !early {
		a = s.answer(r)
	}
	if fault == ServerErrorAfter {
		a = wire.Refuse(wire.ErrServer)
	}
	if !s.wait(r) {
		return
	}
	if fault == ResetAfter {
		hangUp(r)
	}
	s.answered(entry, a.Status)
	write(w, r, a, fault == CutBody)
}

// wait adds the latency of the options. It is false if the client disconnected meanwhile.
func (s *Server) wait(r *http.Request) bool {
	if s.o.Latency <= 0 {
		return true
	}
	t := time.NewTimer(s.o.Latency)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-r.Context().Done():
		return false
	}
}

// answer checks the token and the rate, and does what a request asks.
func (s *Server) answer(r *http.Request) wire.Answer {
	if err := s.admit(r); err != nil {
		return wire.Refuse(wire.AsFailure(err))
	}
	return s.api.Answer(r)
}

// admit checks the token and the rate. Dixa's gateway says the same for a missing and for a wrong token.
func (s *Server) admit(r *http.Request) error {
	token := tokenOf(r)
	if token == "" || token == "Bearer" || (s.o.Token != "" && token != s.o.Token) {
		return wire.ErrUnauthorized.Because("the Authorization header is missing or has another token")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	b := s.buckets[token]
	if b == nil {
		b = &bucket{}
		s.buckets[token] = b
	}
	if !b.take(s.o.Now(), s.o.Rate, s.o.Burst) {
		return wire.ErrTooMany
	}
	return nil
}

// tokenOf returns the token that came with a request, in any of the ways that Dixa takes it.
func tokenOf(r *http.Request) string {
	if user, password, ok := r.BasicAuth(); ok && user == "bearer" {
		return password
	}
	return strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")
}

// write sends an answer. A cut one promises more than it sends, and ends the connection.
func write(w http.ResponseWriter, r *http.Request, a wire.Answer, cut bool) {
	if a.Reason != "" {
		w.Header().Set(wire.ReasonHeader, a.Reason)
	}
	if a.ContentType != "" {
		w.Header().Set("Content-Type", a.ContentType)
	}
	if a.Stream != nil {
		w.WriteHeader(a.Status)
		if cut || a.Stream(w) != nil {
			hangUp(r)
		}
		return
	}
	if cut {
		w.Header().Set("Content-Length", strconv.Itoa(len(a.Body)+1))
		w.WriteHeader(a.Status)
		_, _ = w.Write(a.Body[:len(a.Body)/2])
		_ = http.NewResponseController(w).Flush()
		hangUp(r)
	}
	if a.Body != nil {
		w.Header().Set("Content-Length", strconv.Itoa(len(a.Body)))
	}
	w.WriteHeader(a.Status)
	_, _ = w.Write(a.Body) // the client may be gone
}

type connKey struct{}

// hangUp ends the connection without another byte; over TCP with a reset.
func hangUp(r *http.Request) {
	if tcp, ok := r.Context().Value(connKey{}).(*net.TCPConn); ok {
		_ = tcp.SetLinger(0)
	}
	panic(http.ErrAbortHandler)
}
