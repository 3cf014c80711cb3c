// Package offline simulates Dixa: an HTTP implementation of its API with a help desk in it, generated from a seed.
//
// It keeps its own literal routes and bodies, written from Dixa's contract and never from the client's types, so that a wrong path
// or field in the client is refused here as Dixa would refuse it. What a write changes, a read shows.
//
// This package puts it together: package seed makes a help desk up, operations reads and changes it, and server serves that over HTTP.
package offline

import (
	"net/http"
	"time"

	"dixa-mcp/internal/offline/attachment"
	"dixa-mcp/internal/offline/operations"
	"dixa-mcp/internal/offline/operations/call"
	"dixa-mcp/internal/offline/seed"
	"dixa-mcp/internal/offline/server"
)

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
	*server.Server
	api   *operations.API
	token string
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
	a := operations.New(operations.Options{Make: seed.New, Seed: o.Seed, Now: o.Now, Anchor: o.Anchor.UTC().Truncate(time.Millisecond)})
	served := server.Options{Now: o.Now, Token: o.Token, Rate: o.Rate, Burst: max(o.Burst, 1), Latency: o.Latency}
	return &Dixa{server.New(a, served), a, o.Token}
}

// Keep makes changes survive a restart: it carries out again what was changed according to the file offline.jsonl in a directory, and
// records there what is changed from now on, until stop is called. It must be called before the first request. What was changed in
// other data, by another version or more than 30 days ago, is moved to offline.jsonl.old. While another process records in the
// directory, changes of this one are forgotten at its end, and a warning says so.
func (d *Dixa) Keep(dir string) (stop func(), err error) { return d.api.Keep(dir) }

// Effects returns the changes made, one entry a change of state, in order, at most the newest 100,000.
func (d *Dixa) Effects() []Effect { return d.api.Effects() }

// ResetCounts forgets requests and effects, not the data.
func (d *Dixa) ResetCounts() {
	d.Forget()
	d.api.Forget()
}

// Files returns a transport for the addresses that begin with [FilesURL], over the one of the client of a [Dixa].
func Files(next http.RoundTripper) http.RoundTripper { return server.Files(next) }

// URL is the address under which the client of a [Dixa] reaches it, and FilesURL where the files of messages are, for [Files].
const (
	URL      = server.URL
	FilesURL = attachment.URL
)

// The requests that came in, what they changed, and the faults that can be injected. See their packages.
type (
	Request   = server.Request
	Effect    = call.Effect
	Fault     = server.Fault
	FaultKind = server.FaultKind
)

// The kinds of faults.
const (
	NoFault          = server.NoFault
	TooManyRequests  = server.TooManyRequests
	ServerError      = server.ServerError
	ServerErrorAfter = server.ServerErrorAfter
	Reset            = server.Reset
	ResetAfter       = server.ResetAfter
	Hang             = server.Hang
	CutBody          = server.CutBody
	HTML             = server.HTML
	Unauthorized     = server.Unauthorized
	Forbidden        = server.Forbidden
)
