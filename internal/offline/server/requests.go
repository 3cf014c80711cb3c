package server

import "net/http"

// mostRequests bounds what is remembered of requests; the older half is forgotten when it is reached.
const mostRequests = 100_000

// Request is one request that came in.
type Request struct {
	Operation string // pattern of the operation, empty when there is none for the path and method
	Method    string
	Path      string
	Query     string // as it was sent
	Token     string // that came with it
	Status    int    // of the answer; 0 while there is none, or when the connection broke first
}

// arrived notes a request before it is handled, so that the order is the order of arrival.
func (s *Server) arrived(r *http.Request, operation string) *Request {
	e := &Request{Operation: operation, Method: r.Method, Path: r.URL.Path, Query: r.URL.RawQuery, Token: tokenOf(r)}
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.requests) >= mostRequests {
		s.requests = append([]*Request(nil), s.requests[len(s.requests)/2:]...)
	}
	s.requests = append(s.requests, e)
	return e
}

func (s *Server) answered(e *Request, status int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	e.Status = status
}

// Requests returns the requests received, in the order of arrival, at most the newest 100,000.
func (s *Server) Requests() []Request {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := make([]Request, len(s.requests))
	for i, r := range s.requests {
		all[i] = *r
	}
	return all
}

// Forget forgets the requests.
func (s *Server) Forget() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.requests = nil
}
