package server

import (
	"net/http"
	"time"

	"dixa-mcp/internal/offline/fiction"
	"dixa-mcp/internal/offline/wire"
)

// FaultKind is a way in which a request goes wrong.
type FaultKind int

// The faults. Those named After do the work first; the client cannot tell.
const (
	NoFault          FaultKind = iota
	TooManyRequests            // 429 with Dixa's body and no Retry-After, before the work
	ServerError                // 500 with Dixa's message, before the work
	ServerErrorAfter           // 500 after the work
	Reset                      // the connection breaks before the work
	ResetAfter                 // the connection breaks after the work, before the answer
	Hang                       // no work and no answer until the client goes away
	CutBody                    // the work, then an answer that is shorter than its Content-Length
	HTML                       // 200 with a web page instead of JSON, before the work
	Unauthorized               // 401 before the work
	Forbidden                  // 403 before the work

	lastFault = Forbidden
)

// Fault makes requests fail.
type Fault struct {
	Match string    // pattern of the operation, "METHOD /v1/path/{variable}"; empty for all requests
	Kind  FaultKind // what happens
	Times int       // how many matching requests it hits; below 0 for no limit
}

// Inject adds a fault. Of several that match, the one that was injected first hits until it is used up.
func (s *Server) Inject(f Fault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults = append(s.faults, f)
}

// trouble is a share of requests that fail, in an order that a seed gives.
type trouble struct {
	share float64
	rng   fiction.RNG
}

// Trouble makes that share of all requests fail, from 0 for none to 1, each in one of all ways. Which fail, and how, goes
// by the seed and by the order in which requests arrive. Faults that were injected hit first.
func (s *Server) Trouble(share float64, seed uint64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.trouble = trouble{share, fiction.RNG{State: seed}}
}

func (t *trouble) take() FaultKind {
	if t.share <= 0 || float64(t.rng.Next()>>11)/(1<<53) >= t.share {
		return NoFault
	}
	return FaultKind(1 + t.rng.N(int(lastFault)))
}

// takeFault returns the fault that hits a request to an operation, and counts it.
func (s *Server) takeFault(pattern string) FaultKind {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i := range s.faults {
		f := &s.faults[i]
		if f.Times != 0 && (f.Match == "" || f.Match == pattern) {
			if f.Times > 0 {
				f.Times--
			}
			return f.Kind
		}
	}
	return s.trouble.take()
}

// instead returns the answer of a fault that needs no handler.
func (k FaultKind) instead() (wire.Answer, bool) {
	switch k {
	case TooManyRequests:
		return wire.Refuse(wire.ErrTooMany), true
	case ServerError:
		return wire.Refuse(wire.ErrServer), true
	case Unauthorized:
		return wire.Refuse(wire.ErrUnauthorized), true
	case Forbidden:
		return wire.Refuse(wire.ErrForbidden), true
	case HTML:
		page := "<!doctype html><html><head><title>Dixa</title></head><body><h1>We will be right back</h1></body></html>"
		return wire.Answer{Status: http.StatusOK, ContentType: "text/html; charset=utf-8", Body: []byte(page)}, true
	default:
		return wire.Answer{}, false
	}
}

// bucket keeps the limit of one API token. It is full at first.
type bucket struct {
	used float64 // turns missing from a full bucket
	at   time.Time
}

// take takes a turn if there is one. A rate of 0 is no limit.
func (b *bucket) take(now time.Time, rate float64, burst int) bool {
	if rate <= 0 {
		return true
	}
	if !b.at.IsZero() {
		b.used = max(0, b.used-now.Sub(b.at).Seconds()*rate)
	}
	b.at = now
	if b.used+1 > float64(burst) {
		return false
	}
	b.used++
	return true
}
