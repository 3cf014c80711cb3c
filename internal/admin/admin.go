// Package admin serves the admin port: approvals for approvers, freezes and metrics for the operator, and the health
// checks. Nothing here is for agents, and no agent's key is accepted.
package admin

import (
	"cmp"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"path"
	"slices"
	"time"

	"dixa-mcp/internal/approval"
	"dixa-mcp/internal/approver"
	"dixa-mcp/internal/audit"
	"dixa-mcp/internal/base/address"
	"dixa-mcp/internal/base/web"
	"dixa-mcp/internal/capability"
	"dixa-mcp/internal/freeze"
)

// maxBody bounds what is sent here, in bytes: a reason, and the text of a message.
const maxBody = 256 << 10

// Config is what the admin port reaches. What is nil is not there.
type Config struct {
	Rules     func() *capability.Rules // those in force
	Approvals approval.Store
	Reviewer  approver.Reviewer // reads in Dixa what approvers need to decide
	Sender    approver.Sender   // has approved calls carried out
	Freezes   freeze.Store
	Audit     audit.Recorder
	Metrics   http.Handler
	Console   http.Handler     // answers whatever else is asked for
	Key       *Key             // opens freezes and metrics; nil: freezes are refused
	Scrape    *Key             // opens metrics and nothing else; where this and Key are nil, metrics are open
	Hosts     []string         // names by which the port is called, beside localhost and any address; lower case
	Failed    func(status int) // hears of each request without a valid key; may be nil
	Invalid   *web.Failures    // counts invalid keys, with those of others that it is shared with; nil: only of this port
	Log       *slog.Logger
	Now       func() time.Time // nil is time.Now
}

// New makes the handler of the admin port. It belongs on an address of its own, which agents do not reach.
//
// Approvals are opened by the approver's own key, which also says who decides; the rest by the admin key. A browser
// cannot be made to use either: it sends no cookie that these accept, and no cross-origin request is accepted.
func New(c Config) http.Handler {
	if c.Now == nil {
		c.Now = time.Now
	}
	c.Log = cmp.Or(c.Log, slog.Default())
	if c.Invalid == nil {
		c.Invalid = web.NewFailures(c.Now)
	}
	p := &port{Config: c}
	mux := http.NewServeMux()
	if c.Metrics != nil {
		mux.HandleFunc("GET /metrics", p.metrics)
	}
	if c.Freezes != nil {
		mux.HandleFunc("GET /freezes", p.operator(p.listFreezes))
		mux.HandleFunc("PUT /freezes", p.operator(p.freeze))
		mux.HandleFunc("PUT /freezes/{agent}", p.operator(p.freeze))
		mux.HandleFunc("DELETE /freezes", p.operator(p.thaw))
		mux.HandleFunc("DELETE /freezes/{agent}", p.operator(p.thaw))
	}
	if c.Approvals != nil {
		mux.HandleFunc("GET /approvals", p.approver(p.listApprovals))
		mux.HandleFunc("GET /drafts", p.approver(p.listDrafts))
		mux.HandleFunc("GET /approvals/{number}", p.approver(p.showApproval))
		mux.HandleFunc("POST /approvals/{number}/approve", p.approver(p.decide(true)))
		mux.HandleFunc("POST /approvals/{number}/deny", p.approver(p.decide(false)))
	}
	if c.Console == nil {
		c.Console = http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			web.Refuse(w, http.StatusNotFound, "there is nothing here")
		})
	}
	mux.Handle("/", c.Console)
	return p.guard(mux)
}

// port is the admin port.
type port struct{ Config }

// guard returns middleware that checks the host and path of every request.
func (p *port) guard(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cache-Control", "no-store")
		w.Header().Set("X-Content-Type-Options", "nosniff")
		switch {
		case !p.called(r.Host):
			web.Refuse(w, http.StatusForbidden, "this port is not called by that name: use its address, or localhost")
		case path.Clean(r.URL.Path) != r.URL.Path: // the library would answer with another address
			web.Refuse(w, http.StatusNotFound, "there is nothing here")
		default:
			r.Body = http.MaxBytesReader(w, r.Body, maxBody)
			next.ServeHTTP(w, r)
		}
	})
}

// called reports whether the port may be addressed by that host. A web page can have its own name resolve to this
// machine (DNS rebinding), but not an address.
func (p *port) called(host string) bool {
	host = address.Host(host)
	return address.CannotRebind(host) || slices.Contains(p.Hosts, host)
}

func (p *port) metrics(w http.ResponseWriter, r *http.Request) {
	key, err := web.Bearer(r)
	if p.Key == nil && p.Scrape == nil || err == nil && (p.Key.Opens(key) || p.Scrape.Opens(key)) {
		p.Metrics.ServeHTTP(w, r)
		return
	}
	p.stranger(w, r)
}

// said is what a request may say.
type said struct {
	Reason string `json:"reason"`
}

// decision is what an approver may say.
type decision struct {
	said
	Text string `json:"text"` // in place of the message text of the call
	Send bool   `json:"send"` // have the approved call carried out at once
}

// maxReason bounds a reason, in bytes: agents are told it.
const maxReason = 1000

// reason reads the reason that a request gives, "" where it gives none.
func reason(w http.ResponseWriter, r *http.Request) (string, bool) {
	var s said
	ok := read(w, r, &s, `{"reason": "..."}`, &s)
	return s.Reason, ok
}

// read reads what a request says, which may be nothing, into a value whose reason is in s. form is an example.
func read(w http.ResponseWriter, r *http.Request, into any, form string, s *said) bool {
	d := json.NewDecoder(r.Body)
	d.DisallowUnknownFields()
	err := d.Decode(into)
	if errors.Is(err, io.EOF) {
		return true
	}
	if err == nil {
		_, err = d.Token()
	}
	switch {
	case errors.As(err, new(*http.MaxBytesError)):
		web.Refuse(w, http.StatusRequestEntityTooLarge, "the body is larger than 256 KiB; nothing was done")
	case !errors.Is(err, io.EOF):
		web.Refuse(w, http.StatusBadRequest, "the body must be "+form+", or empty; nothing was done")
	case len(s.Reason) > maxReason:
		web.Refuse(w, http.StatusBadRequest, "the reason is longer than 1,000 bytes; nothing was done")
	default:
		return true
	}
	return false
}

func answer(w http.ResponseWriter, v any) { web.WriteJSON(w, http.StatusOK, v) }
