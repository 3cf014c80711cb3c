package serve

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/mark3labs/mcp-go/server"

	"dixa-mcp/internal/gate"
	"dixa-mcp/internal/identity"
	"dixa-mcp/internal/signin"
)

// The default limits of an HTTP server.
const (
	DefaultMaxBody        = 1 << 20 // bytes of one message
	DefaultMaxConnections = 4096
	DefaultMaxCalls       = 128 // of one agent, at a time
	DefaultMaxStreams     = 100 // of one agent, open at a time
	DefaultGrace          = 30 * time.Second
)

const (
	headerTimeout = 10 * time.Second
	bodyTimeout   = 30 * time.Second
	writeTimeout  = 30 * time.Second // for one message to a client that does not read
	idleTimeout   = 2 * time.Minute
	maxHeader     = 32 << 10 // bytes
	// aliveEvery is how often an open stream gets a comment: proxies close what is silent for a minute or less.
	aliveEvery = 20 * time.Second
)

// HTTPConfig configures an HTTP server. Gate and Identity are required.
type HTTPConfig struct {
	Gate     *gate.Gate
	Identity *identity.Authenticator
	SignIn   *signin.Server // for people; nil: none
	Version  string
	Notice   string // what every client is told about this server, "" for Dixa itself

	Sessions Sessions // of clients before 2026-07-28; nil: stored in this process
	Secret   []byte   // signs their ids; the same for all servers that share the work. nil: random
	Several  bool     // other servers share the work, so that a client's next message may reach one of them
	Relay    Relay    // between those servers; nil: none
	SSE      bool     // also serve /sse, the legacy HTTP+SSE transport

	// Prefix is the path under which clients reach the server, such as /dixa where they call https://example.com/dixa/mcp.
	// It is served with and without the prefix, so that a proxy may strip it or not.
	Prefix  string
	Hosts   []string // names under which the server is reached, besides this machine's own; addresses are always valid
	Origins []string // of web pages that may use it, such as https://inspector.example.com

	MaxBody                              int64
	MaxConnections, MaxCalls, MaxStreams int
	Drain                                time.Duration // from being told to stop until nothing more is accepted: load balancers drain the server meanwhile
	Grace                                time.Duration // for calls that are running then

	TLS           *tls.Config  // nil: the connection is not encrypted, or a proxy in front does it
	Health, Ready http.Handler // /healthz and /readyz; nil: 404
	Webhooks      http.Handler // /webhooks/dixa; nil: 404. It authenticates requests itself

	// Trace puts a client's trace context into the context of its call; nil: none is kept.
	Trace func(ctx context.Context, traceparent, tracestate string) context.Context
	Log   *slog.Logger // nil: slog.Default()
}

// HTTP serves agents over HTTP: Streamable HTTP at /mcp and, if wanted, HTTP+SSE at /sse. Each request says the protocol's
// version: since 2026-07-28 nothing is remembered between requests, before that clients have sessions.
//
// It does not use the library's transports. They lose what is sent just before an answer, mix up clients, keep sessions
// forever and streams beyond the end, let one client cancel another's call, and cannot be told who asks.
type HTTP struct {
	HTTPConfig
	server   *server.MCPServer
	handler  http.Handler
	inFlight counters // calls, by agent
	waiting  counters // those of them that wait for something that happens
	parsing  parsers  // messages, by agent
	last     atomic.Int64
	draining atomic.Bool

	refusals sampledLog // of requests that are not authenticated

	hosts   hostNames
	streams streams
	legacy  legacyProtocol
	modern  modernProtocol
	sse     sseTransport

	calls context.Context // ends those that are still running when the grace is over
	abort context.CancelFunc
}

// NewHTTP makes a server that does not listen yet.
func NewHTTP(c HTTPConfig) (*HTTP, error) {
	if c.Gate == nil || c.Identity == nil {
		return nil, errors.New("serve: an HTTP server needs a gate and an identity")
	}
	c.MaxBody = cmp.Or(c.MaxBody, DefaultMaxBody)
	c.MaxConnections = cmp.Or(c.MaxConnections, DefaultMaxConnections)
	c.MaxCalls = cmp.Or(c.MaxCalls, DefaultMaxCalls)
	c.MaxStreams = cmp.Or(c.MaxStreams, DefaultMaxStreams)
	c.Grace = cmp.Or(c.Grace, DefaultGrace)
	if c.Sessions == nil {
		c.Sessions = NewSessions(DefaultMaxSessions, DefaultSessionIdle)
	}
	if c.Log == nil {
		c.Log = slog.Default()
	}
	h := &HTTP{HTTPConfig: c, hosts: hostNames{c.Hosts, c.Origins}}
	h.streams.config, h.modern.http, h.sse.http = &h.HTTPConfig, h, h
	h.legacy.http, h.legacy.signer = h, newSigner(c.Secret)
	h.calls, h.abort = context.WithCancel(context.Background())
	h.server = newServer(c.Gate, c.Version, h.instructions, whoCalls)
	h.handler = h.routes()
	return h, nil
}

type principalKey struct{}

// whoCalls returns the principal of the HTTP request that a message came with.
func whoCalls(ctx context.Context) identity.Principal {
	p, _ := ctx.Value(principalKey{}).(identity.Principal)
	return p
}

func (h *HTTP) instructions(ctx context.Context) string {
	p := whoCalls(ctx)
	return h.Gate.Instructions(ctx, requestOf(p), h.Notice, time.Now())
}

// ServeHTTP answers one request.
func (h *HTTP) ServeHTTP(w http.ResponseWriter, r *http.Request) { h.handler.ServeHTTP(w, r) }

// Serve answers on a listener until ctx ends; then it waits until load balancers have drained it, accepts nothing more, ends
// streams, and lets calls finish, each for the rest of its time and all for no longer than the grace.
func (h *HTTP) Serve(ctx context.Context, l net.Listener) error {
	s := &http.Server{
		Handler:           h,
		ReadHeaderTimeout: headerTimeout,
		IdleTimeout:       idleTimeout,
		MaxHeaderBytes:    maxHeader,
		ErrorLog:          slog.NewLogLogger(h.Log.Handler(), slog.LevelDebug), // handshakes that fail, clients that hang up
	}
	defer h.Gate.OnReload(h.reloaded)()
	if h.Relay != nil {
		defer h.Relay.Hear(h.legacy.heard)()
	}
	served := make(chan error, 1)
	open := l
	l = limited(l, h.MaxConnections)
	if h.TLS != nil {
		l = tls.NewListener(l, h.TLS) // outermost: it is by its type that a connection is known for one with TLS
	}
	go func() { served <- s.Serve(l) }()
	select {
	case err := <-served:
		h.end()
		return err
	case <-ctx.Done():
	}
	h.draining.Store(true)
	if h.Drain > 0 {
		h.Log.Info("told to stop: not ready any more, and waiting until load balancers drain this server", "for", h.Drain)
		time.Sleep(h.Drain)
	}
	refuseNew(open)
	h.streams.end()
	h.sse.open.end()
	grace, cancel := context.WithTimeout(context.Background(), h.Grace)
	defer cancel()
	err := s.Shutdown(grace)
	select {
	case <-closed(h.streams.detached.Wait):
	case <-grace.Done():
		err = grace.Err()
	}
	if err != nil {
		h.Log.Warn("calls were still running at the end of the grace period; they are cancelled", "grace", h.Grace)
		h.abort()
		again, cancel := context.WithTimeout(context.Background(), writeTimeout)
		defer cancel()
		err = s.Shutdown(again) // their answers say what is known
	}
	h.end()
	return errors.Join(err, s.Close(), unlessClosed(<-served))
}

// unlessClosed returns nil for the error of a server that was told to stop.
func unlessClosed(err error) error {
	if errors.Is(err, http.ErrServerClosed) {
		return nil
	}
	return err
}

// end ends everything that could still be running, and waits for it.
func (h *HTTP) end() {
	h.streams.end()
	h.sse.open.end()
	h.abort()
	h.streams.detached.Wait()
}

// Draining tells whether the server was told to stop.
func (h *HTTP) Draining() bool { return h.draining.Load() }

// Open counts what is open: streams of all kinds, and the active sessions of clients before 2026-07-28.
func (h *HTTP) Open() (streams, sessions int) { return h.streams.count.sum(), h.legacy.active.len() }

// reloaded checks every open stream against the rules that are in force now, and tells those that stay which of their
// lists may have changed.
func (h *HTTP) reloaded(r gate.Reloaded) {
	for _, st := range h.streams.list() {
		h.streams.check(st)
	}
	tellChanges(h.server, r)
}

// sessionID returns a name of one message or stream for the library.
func (h *HTTP) sessionID() string { return strconv.FormatInt(h.last.Add(1), 36) }
