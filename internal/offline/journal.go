package offline

import "net/http"

// journalCap bounds what is remembered of requests and of effects; the older half is forgotten when it is reached.
const journalCap = 100_000

// Request is one request that came in.
type Request struct {
	Operation string // pattern of the operation, empty when there is none for the path and method
	Method    string
	Path      string
	Query     string // as it was sent
	Token     string // that came with it
	Status    int    // of the answer; 0 while there is none, or when the connection broke first
}

// Effect is one change of state: what an operation did, not what it was asked.
type Effect struct {
	Operation string // pattern of the operation, such as "PUT /v1/conversations/{conversationId}/close"
	Method    string
	Path      string
	ID        string // of what changed
	Detail    string // how it changed, in a few words
}

type journal struct {
	requests []*Request
	effects  []Effect
}

func (j *journal) effect(e Effect) { j.effects = bounded(append(j.effects, e)) }

func bounded[T any](log []T) []T {
	if len(log) < journalCap {
		return log
	}
	return append([]T(nil), log[len(log)/2:]...)
}

// arrived notes a request before it is handled, so that the order is the order of arrival.
func (d *Dixa) arrived(r *http.Request, rt *route) *Request {
	e := &Request{Method: r.Method, Path: r.URL.Path, Query: r.URL.RawQuery, Token: tokenOf(r)}
	if rt != nil {
		e.Operation = rt.Pattern
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.journal.requests = bounded(append(d.journal.requests, e))
	return e
}

func (d *Dixa) answered(e *Request, status int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	e.Status = status
}

// Requests returns the requests received, in the order of arrival, at most the newest 100,000.
func (d *Dixa) Requests() []Request {
	d.mu.Lock()
	defer d.mu.Unlock()
	all := make([]Request, len(d.journal.requests))
	for i, r := range d.journal.requests {
		all[i] = *r
	}
	return all
}

// Effects returns the changes made, one entry a change of state, in order, at most the newest 100,000.
func (d *Dixa) Effects() []Effect {
	d.mu.Lock()
	defer d.mu.Unlock()
	return append([]Effect(nil), d.journal.effects...)
}

// ResetCounts forgets requests and effects, not the data.
func (d *Dixa) ResetCounts() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.journal = journal{}
}
