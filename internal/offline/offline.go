// Package offline simulates Dixa: an HTTP implementation of its API with a help desk in it, generated from a seed.
//
// It keeps its own literal routes and bodies, written from Dixa's contract and never from the client's types, so that a wrong path
// or field in the client is refused here as Dixa would refuse it. What a write changes, a read shows.
package offline

import (
	"io"
	"net/http"
	"sync"
	"time"

	"dixa-mcp/internal/offline/wire"
)

// URL is the address under which the client of [Dixa.Client] reaches the offline Dixa; to a client it is this machine.
const URL = "http://localhost"

// Options says how an offline Dixa behaves. The zero value is ready to use.
type Options struct {
	Seed    uint64           // what the data is made from; 0 means 1
	Now     func() time.Time // clock of writes, presence, analytics and the rate limit; nil means time.Now
	Anchor  time.Time        // newest moment in the seeded data; zero means the beginning of today in UTC
	Token   string           // the only token that is taken; empty takes any token that is not empty
	Rate    float64          // requests a second, 0 for no limit; Dixa's own is 10
	Burst   int              // requests that may come at once when Rate is set, at least 1; Dixa's own is 4
	Latency time.Duration    // added to every answer
}

// Dixa is an [http.Handler] that answers as Dixa does. It is safe for concurrent use.
type Dixa struct {
	o Options

	mu      sync.Mutex // guards everything below
	state   *world     // nil until the first request reads it
	faults  []Fault
	trouble trouble
	buckets map[string]*bucket // by token: Dixa counts for each
	journal journal
	kept    *state // where changes are recorded, nil where they are not
	outbox  outbox
}

// New makes an offline Dixa. It costs nothing: the data is made when it is first read.
func New(o Options) *Dixa {
	if o.Seed == 0 {
		o.Seed = 1
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Anchor.IsZero() {
		o.Anchor = o.Now().UTC().Truncate(24 * time.Hour)
	}
	o.Anchor = o.Anchor.UTC().Truncate(time.Millisecond)
	o.Burst = max(o.Burst, 1)
	return &Dixa{o: o, buckets: map[string]*bucket{}}
}

// now returns the time of a write, as Dixa keeps it: UTC, in milliseconds.
func (d *Dixa) now() time.Time { return d.o.Now().UTC().Truncate(time.Millisecond) }

// world returns the data, and makes it at its first use. d.mu is held.
func (d *Dixa) world() *world {
	if d.state == nil {
		d.state = newWorld(d.o.Seed, d.o.Anchor)
	}
	return d.state
}

// ServeHTTP answers one request, or does what an injected fault says.
func (d *Dixa) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Host == filesHost {
		d.serveFile(w, r)
		return
	}
	rt, _ := routes.Match(r.Method, r.URL.Path)
	entry := d.arrived(r, rt)
	fault := d.takeFault(entry.Operation)

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
		a = d.answer(r)
	}
	if fault == ServerErrorAfter {
		a = wire.Refuse(wire.ErrServer)
	}
	if !d.wait(r) {
		return
	}
	if fault == ResetAfter {
		hangUp(r)
	}
	d.answered(entry, a.Status)
	write(w, r, a, fault == CutBody)
}

// wait adds the latency of the options. It is false if the client disconnected meanwhile.
func (d *Dixa) wait(r *http.Request) bool {
	if d.o.Latency <= 0 {
		return true
	}
	t := time.NewTimer(d.o.Latency)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-r.Context().Done():
		return false
	}
}
