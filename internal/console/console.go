// Package console serves the web console, in which people see what agents may do and what waits for approval, and decide. It has
// no privileges of its own: whoever signs in may do what their key allows, and no more.
package console

import (
	"cmp"
	"context"
	"crypto/sha256"
	"embed"
	"errors"
	"log/slog"
	"net/http"
	"net/url"
	"slices"
	"time"

	"dixa-mcp/internal/admin"
	"dixa-mcp/internal/approval"
	"dixa-mcp/internal/approver"
	"dixa-mcp/internal/audit"
	"dixa-mcp/internal/base/web"
	"dixa-mcp/internal/capability"
	"dixa-mcp/internal/freeze"
	"dixa-mcp/internal/gate"
	"dixa-mcp/internal/identity"
	"dixa-mcp/internal/records"
)

// Config is what the console reaches. Rules is required. What else is nil has no page.
type Config struct {
	Rules     func() *capability.Rules // those in force
	Approvals approval.Store
	Reviewer  approver.Reviewer // reads in Dixa what approvers need to decide; nil: only what was parked is shown
	Sender    approver.Sender   // has approved calls carried out; nil: agents do
	Sent      SentReader        // reads what agents sent; nil: the text of sent replies is not shown
	Freezes   freeze.Store
	Audit     audit.Recorder
	Demo      map[[sha256.Size]byte]string // approvers by the digests of keys that are valid until the program ends
	Operator  *admin.Key                   // opens freezes; nil: there are none here
	Health    *admin.Health
	Records   *records.Index                                                // finds what agents did
	Verify    func() (audit.Report, error)                                  // checks all records; nil where Records is
	Rate      float64                                                       // requests a second that are sent to Dixa at most; 0: not known
	HashKey   []byte                                                        // with which records hash e-mail addresses
	Checks    func(context.Context) []Check                                 // what else the page of health shows; nil: nothing
	Login     Login                                                         // of the company; nil: keys alone open the console
	HTTPS     bool                                                          // with Login: the address of the console, as the provider knows it, begins with https://
	Explain   func(context.Context, gate.Request) (gate.Explanation, error) // says what would become of a call

	Invalid *web.Failures    // counts invalid keys, together with those of the admin port
	Failed  func(status int) // hears of each sign-in without a valid key; may be nil
	Log     *slog.Logger
	Now     func() time.Time // nil is time.Now
}

// Login has people sign in with the company's login.
type Login interface {
	// Begin returns where a person signs in, and what the browser keeps until the person comes back.
	Begin(ctx context.Context) (address, kept string, err error)
	// Finish returns the person, by what the browser kept and what the provider sent it back with.
	Finish(ctx context.Context, kept string, q url.Values) (identity.Person, error)
}

// SentReader reads in Dixa, as the agent that sent it, the message of a record, and records who read.
type SentReader interface {
	ReviewSent(ctx context.Context, sent audit.Record, conversation int64, approver, keyID string) approval.Review
}

// Check is a line of the page of health.
type Check struct {
	What string
	OK   bool
	Says string
}

// Console is the handler of the console's pages. It is safe for concurrent use.
type Console struct {
	config   *Config
	pages    *pages
	entrance *entrance
	handler  http.Handler
}

//go:embed static
var static embed.FS

// New makes a console. It checks neither host nor path of a request: it is served through [admin.New], which does.
func New(c Config) *Console {
	if c.Now == nil {
		c.Now = time.Now
	}
	c.Log = cmp.Or(c.Log, slog.Default())
	if c.Invalid == nil {
		c.Invalid = web.NewFailures(c.Now)
	}
	pages, people := &pages{&c}, people{&c}
	in := &entrance{config: &c, pages: pages, people: people, sessions: newSessions(c.Now), strangers: audit.NewStrangers()}
	k := &Console{config: &c, pages: pages, entrance: in}
	mux := http.NewServeMux()
	mux.Handle("GET /static/", http.FileServerFS(static))
	mux.HandleFunc("GET /sign-in", in.showSignIn)
	mux.HandleFunc("POST /sign-in", in.signIn)
	if c.Login != nil {
		l := login{&c, in}
		mux.HandleFunc("GET "+loginPath, l.begin)
		mux.HandleFunc("GET "+CallbackPath, l.finish)
	}
	mux.HandleFunc("POST /sign-out", in.signOut)
	mux.HandleFunc("GET /link/{token}", in.openLink)
	approvals, agents, freezes, explain := approvalPages{&c}, agentPages{&c}, freezePages{&c}, explainPages{&c}
	k.route(mux, "GET /{$}", approvals.list)
	k.route(mux, "GET /requests/{number}", only(c.Approvals != nil, approvals.show))
	k.route(mux, "POST /requests/{number}/approve", only(c.Approvals != nil, approvals.decide(true)), approvers)
	k.route(mux, "POST /requests/{number}/deny", only(c.Approvals != nil, approvals.decide(false)), approvers)
	k.route(mux, "GET /agents", agents.list)
	k.route(mux, "GET /agents/{agent}", agents.show)
	k.route(mux, "GET /agents/{agent}/{group}", agents.cell)
	k.route(mux, "POST /freezes", only(c.Freezes != nil, freezes.freeze), operators)
	k.route(mux, "POST /freezes/{agent}", only(c.Freezes != nil, freezes.freeze), operators)
	k.route(mux, "POST /thaws", only(c.Freezes != nil, freezes.thaw), operators)
	k.route(mux, "POST /thaws/{agent}", only(c.Freezes != nil, freezes.thaw), operators)
	k.route(mux, "GET /explain", only(c.Explain != nil, explain.ask))
	k.route(mux, "POST /explain", only(c.Explain != nil, explain.explain))
	k.route(mux, "GET /health", only(c.Health != nil, k.health))
	if c.Records != nil {
		records := recordPages{&c}
		sample, exports := samplePages{&c, records}, &exportPages{config: &c, records: records}
		k.route(mux, "GET /records", records.list)
		k.route(mux, "GET /records/{id}", records.show)
		k.route(mux, "GET /charts", chartPages{&c, records, sample}.show)
		k.route(mux, "GET /sample", sample.show, approvers)
		k.route(mux, "GET /records.csv", exports.export(asCSV))
		k.route(mux, "GET /records.jsonl", exports.export(asJSONLines))
		k.route(mux, "POST /verify", exports.verify)
	}
	mux.HandleFunc("/", k.nothing)
	k.handler = k.guard(mux)
	return k
}

// ServeHTTP implements [http.Handler].
func (k *Console) ServeHTTP(w http.ResponseWriter, r *http.Request) { k.handler.ServeHTTP(w, r) }

// visit is a request of a person who is signed in.
type visit struct {
	*session
	who   *person // under the rules in force now
	rules *capability.Rules
	pages *pages
	http.ResponseWriter
	*http.Request
}

// zone returns the time zone in which times are shown.
func (v *visit) zone() *time.Location { return cmp.Or(v.rules.Timezone(), time.UTC) }

// route adds a page for people who are signed in, in one of these roles; without roles, in any. Changes need the token of the
// page they come from.
func (k *Console) route(mux *http.ServeMux, pattern string, page func(*visit), roles ...role) {
	mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
		v, err := k.entrance.visit(w, r)
		switch {
		case err != nil:
			k.entrance.askSignIn(w, r, err)
		case len(roles) > 0 && !slices.Contains(roles, v.who.Role):
			v.problem(http.StatusForbidden, "This is for "+string(roles[0])+"s. You are signed in as "+string(v.who.Role)+".")
		case r.Method == http.MethodPost && !v.holds(r):
			v.problem(http.StatusForbidden, "Nothing was changed: the page was opened in another sign-in. Open it again, and try once more.")
		default:
			page(v)
		}
	})
}

// only returns the page if the console has what it shows, and otherwise one that says that there is no such page.
func only(there bool, page func(*visit)) func(*visit) {
	if there {
		return page
	}
	return func(v *visit) { v.problem(http.StatusNotFound, noPage) }
}

const noPage = "There is no such page."

// guard sets the headers of every answer, and refuses what a page of another origin sends.
func (k *Console) guard(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", policy)
		h.Set("X-Frame-Options", "DENY")
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Referrer-Policy", "same-origin") // with no-referrer, browsers would send the Origin of a form as null
		h.Set("Cache-Control", "no-store")
		if err := sameOrigin(r); err != nil {
			k.pages.plainProblem(w, http.StatusForbidden, sentence(err.Error()))
			return
		}
		next.ServeHTTP(w, r)
	})
}

const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"

// sameOrigin refuses requests that a page of another origin made a browser send. What changes something must say where it
// comes from: all browsers do.
func sameOrigin(r *http.Request) error {
	origin := r.Header.Get("Origin")
	read := r.Method == http.MethodGet || r.Method == http.MethodHead
	switch site := r.Header.Get("Sec-Fetch-Site"); {
	case read && origin == "":
		return nil
	case origin == "http://"+r.Host || origin == "https://"+r.Host:
		if read || site == "" || site == "same-origin" {
			return nil
		}
	}
	return errors.New("the request comes from another web page, so nothing was done; if a proxy is in front of the console, it must pass on the Host of the request")
}

// nothing answers requests for what there is not.
func (k *Console) nothing(w http.ResponseWriter, r *http.Request) {
	if v, err := k.entrance.visit(w, r); err == nil {
		v.problem(http.StatusNotFound, noPage)
		return
	}
	k.pages.plainProblem(w, http.StatusNotFound, noPage)
}
