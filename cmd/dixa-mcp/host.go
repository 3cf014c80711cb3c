package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"os"
	"path"
	"strings"
	"time"

	"dixa-mcp/internal/admin"
	"dixa-mcp/internal/gate"
	"dixa-mcp/internal/identity"
	"dixa-mcp/internal/serve"
	"dixa-mcp/internal/telemetry"
)

// httpFlags configure serving over HTTP. A zero value means serve's default.
type httpFlags struct {
	SSE            bool   `name:"sse" env:"DIXA_MCP_SSE" help:"Also serve clients that use the legacy HTTP+SSE transport, at /sse."`
	PublicURL      string `name:"public-url" placeholder:"URL" env:"DIXA_MCP_PUBLIC_URL" help:"Address under which agents reach the server, without /mcp, if it is not the listening address: https://mcp.example.com, or https://example.com/dixa behind a proxy with a path."`
	AllowedHosts   string `placeholder:"NAME,…" env:"DIXA_MCP_ALLOWED_HOSTS" help:"More host names of the server, such as the one inside a cluster. IP addresses and localhost are always accepted."`
	AllowedOrigins string `placeholder:"ORIGIN,…" env:"DIXA_MCP_ALLOWED_ORIGINS" help:"Origins of web pages that may use the server, such as https://inspector.example.com."`
	TLSCert        string `name:"tls-cert" placeholder:"FILE" env:"DIXA_MCP_TLS_CERT" help:"Certificate with its chain, in PEM; reloaded when it changes."`
	TLSKey         string `name:"tls-key" placeholder:"FILE" env:"DIXA_MCP_TLS_KEY" help:"Private key of the certificate, in PEM."`
	BehindProxy    bool   `env:"DIXA_MCP_BEHIND_PROXY" help:"Listen without TLS, because a proxy in front encrypts connections."`
	Admin          string `placeholder:"ADDRESS" env:"DIXA_MCP_ADMIN" help:"Address of the admin port, for approvals, freezes and metrics. A port alone is reachable from this machine only."`
	AdminTLS       bool   `name:"admin-tls" env:"DIXA_MCP_ADMIN_TLS" help:"Serve the admin port with the certificate of --tls-cert."`
	AdminKeyFile   string `placeholder:"FILE" env:"DIXA_MCP_ADMIN_KEY_FILE" help:"File with the admin key, for freezes and metrics at the admin port; make one with dixa-mcp key new --admin."`
	MetricsKeyFile string `placeholder:"FILE" env:"DIXA_MCP_METRICS_KEY_FILE" help:"File with a key that opens nothing but the metrics at the admin port; make one with dixa-mcp key new --metrics."`
	Webhooks       bool   `env:"DIXA_MCP_WEBHOOKS" help:"Receive Dixa's webhooks at /webhooks/dixa into the inbox of events, for the subscription that dixa-mcp webhooks setup made."`
	signInFlags    `embed:"" group:"Over HTTP, sign-in"`
	notifyFlags    `embed:"" group:"Over HTTP, notifications"`
	DemoKeys       bool          `env:"DIXA_MCP_DEMO_KEYS" help:"Make a key for each agent of the file's stdio list, valid until the program ends; only with --offline."`
	MaxBody        int64         `group:"Over HTTP, limits" placeholder:"BYTES" env:"DIXA_MCP_MAX_BODY" help:"Maximum message size in bytes, by default 1048576."`
	MaxConnections int           `group:"Over HTTP, limits" placeholder:"N" env:"DIXA_MCP_MAX_CONNECTIONS" help:"Maximum connections at a time, by default 4096. Further ones wait."`
	MaxCalls       int           `group:"Over HTTP, limits" placeholder:"N" env:"DIXA_MCP_MAX_CALLS" help:"Maximum calls of one agent at a time, by default 128."`
	MaxStreams     int           `group:"Over HTTP, limits" placeholder:"N" env:"DIXA_MCP_MAX_STREAMS" help:"Maximum open streams of one agent, by default 100."`
	MaxSessions    int           `group:"Over HTTP, limits" placeholder:"N" env:"DIXA_MCP_MAX_SESSIONS" help:"Maximum sessions of one agent's clients that use an MCP version before 2026-07-28, by default 100. A further one ends the least recently used."`
	SessionIdle    time.Duration `group:"Over HTTP, limits" placeholder:"TIME" env:"DIXA_MCP_SESSION_IDLE" help:"Time after which an unused session ends, by default 30m."`
	Drain          time.Duration `group:"Over HTTP, shutdown" placeholder:"TIME" env:"DIXA_MCP_DRAIN" help:"Time after the stop signal for which /readyz reports not ready and requests are still accepted, so that load balancers drain the server; by default 0s."`
	Grace          time.Duration `group:"Over HTTP, shutdown" placeholder:"TIME" env:"DIXA_MCP_GRACE" help:"Maximum time after that for running calls to end, by default 30s."`
}

// host serves agents over HTTP until the process receives a stop signal.
func (c *serveCmd) host(ctx context.Context, out *output) error {
	switch c.Agent {
	case "":
	case os.Getenv("DIXA_MCP_AGENT"): // it may be set for other commands
		slog.Warn("DIXA_MCP_AGENT is ignored over HTTP: the key of a request identifies the agent", "variable", c.Agent)
	default:
		return usagef("--agent and --http cannot be combined: over HTTP the key of a request identifies the agent")
	}
	address, err := listenAt(c.HTTP)
	if err != nil {
		return usagef("--http %w", err)
	}
	c.HTTP = address
	var metrics *telemetry.Metrics
	var health *admin.Health
	flush := func(context.Context) error { return nil }
	if c.Webhooks {
		if c.Events == eventsPoll {
			return usagef("--webhooks and --events poll cannot be combined: the same event would be in the inbox twice, since the two give it different ids")
		}
		c.Events = eventsInbox
	}
	s, err := c.assemble(ctx, replicaName(), func(s *system) (gate.Observer, error) {
		metrics = telemetry.NewMetrics(version())
		health = admin.NewHealth(c.health(s))
		traces, shutdown, err := telemetry.Traces(telemetry.TraceConfig{Getenv: os.Getenv, Version: version(), Log: slog.Default()})
		if err != nil {
			return nil, err
		}
		flush = shutdown
		return gate.Observers(traces, metrics, health, telemetry.Log{To: slog.Default()}), nil
	})
	if err != nil {
		return err
	}
	defer s.Close()
	defer func() {
		late, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		if err := flush(late); err != nil {
			slog.Warn("the last traces could not be sent", "error", err)
		}
	}()
	return c.listen(ctx, s, metrics, health, out)
}

// listen opens the addresses and serves on them.
func (c *serveCmd) listen(ctx context.Context, s *system, metrics *telemetry.Metrics, health *admin.Health, out *output) error {
	demo, err := c.demoKeys(s)
	if err != nil {
		return err
	}
	if err := c.checkServing(s, demo != nil); err != nil {
		return err
	}
	options := identity.Options{Rules: s.gate.Rules, Extra: demo.digests(), Resource: c.resource(), Log: slog.Default(), Failed: metrics.AuthenticationFailed(telemetry.AgentPort)}
	shelf, now, err := c.shelf(s)
	if err != nil {
		return err
	}
	options.Bound = identity.NewBoundKeys(shelf, now)
	people, err := c.signIn(s, metrics)
	if err != nil {
		return err
	}
	if people != nil {
		defer people.Close()
		options.People = people
	}
	who := identity.New(options)
	defer who.Close()
	config, err := c.config(s, who, health)
	if err != nil {
		return err
	}
	config.SignIn = people
	receiver, stopFilling, err := c.receiver(s, metrics)
	if err != nil {
		return err
	}
	defer stopFilling()
	config.Webhooks = receiver
	h, err := serve.NewHTTP(config)
	if err != nil {
		return err
	}
	health.Draining = h.Draining
	metrics.Watch(c.sources(s, h))
	l, address, err := c.bind(ctx)
	if err != nil {
		return err
	}
	defer l.Close()
	link, stopAdmin, err := c.admin(s, metrics, health, demo)
	if err != nil {
		return err
	}
	defer stopAdmin()
	stopNotifying, err := c.notify(s)
	if err != nil {
		return err
	}
	defer stopNotifying()
	c.tellNewTools(s.rules)
	defer keepRecords(s.log, s.gate.Rules)()
	defer c.watch(ctx, s.gate, slog.Default())()
	defer s.gate.OnReload(func(gate.Reloaded) { health.Reloaded() })()
	slog.Info("serving over HTTP", "url", address+"/mcp", "sse", c.SSE, "agents", len(s.rules.Agents()), "capabilities", s.where, "digest", s.rules.Digest(), "offline", c.Offline, "token", s.token.from, "shared", s.group != nil)
	defer func() { slog.Info("stopped", "records", head(s.log)) }()
	if demo != nil {
		if demo.print(out, address, c.SSE, link); out.err != nil {
			return errors.New("the demo keys could not be printed, so nothing was served")
		}
	}
	return h.Serve(ctx, l)
}

// config returns the server's configuration.
func (c *serveCmd) config(s *system, who *identity.Authenticator, health *admin.Health) (serve.HTTPConfig, error) {
	config := serve.HTTPConfig{
		Gate: s.gate, Identity: who, Version: version(), Notice: c.notice(), SSE: c.SSE,
		Hosts: listed(c.AllowedHosts), Origins: listed(c.AllowedOrigins),
		MaxBody: c.MaxBody, MaxConnections: c.MaxConnections, MaxCalls: c.MaxCalls, MaxStreams: c.MaxStreams,
		Drain: c.Drain, Grace: c.Grace, Health: health.Live(), Ready: health.Ready(), Trace: telemetry.Extract, Log: slog.Default(),
	}
	if u, err := url.Parse(c.PublicURL); err == nil && u.Host != "" {
		config.Hosts, config.Prefix = append(config.Hosts, u.Hostname()), strings.TrimRight(u.Path, "/")
	}
	most, idle := c.MaxSessions, c.SessionIdle
	if most == 0 {
		most = serve.DefaultMaxSessions
	}
	if idle == 0 {
		idle = serve.DefaultSessionIdle
	}
	config.Sessions = serve.NewSessions(most, idle)
	if s.group != nil {
		config.Sessions, config.Secret, config.Several = s.group.Sessions(most, idle), s.group.Secret(), true
		config.Relay = s.group
	}
	if c.TLSCert != "" {
		cert, err := newCertificate(c.TLSCert, c.TLSKey)
		if err != nil {
			return serve.HTTPConfig{}, err
		}
		config.TLS = cert.config()
	}
	return config, nil
}

// checkServing refuses flags that are invalid, that exclude each other, or that would leave the server unprotected.
func (c *serveCmd) checkServing(s *system, demo bool) error {
	u, err := url.Parse(c.PublicURL)
	switch {
	case c.MaxBody < 0 || c.MaxConnections < 0 || c.MaxCalls < 0 || c.MaxStreams < 0 || c.MaxSessions < 0:
		return usagef("--max-body, --max-connections, --max-calls, --max-streams and --max-sessions must be greater than 0")
	case c.SessionIdle < 0 || c.Drain < 0 || c.Grace < 0:
		return usagef("--session-idle, --drain and --grace must not be negative")
	case c.PublicURL != "" && (err != nil || u.Hostname() == "" || u.Scheme != "https" && u.Scheme != "http" || u.User != nil || u.RawQuery != "" || u.Fragment != "" || !isPrefix(u)):
		return usagef("--public-url must be a scheme and a host such as https://mcp.example.com, or with a path such as https://example.com/dixa, not %q", c.PublicURL)
	case c.PublicURL != "" && path.Base(u.Path) == "mcp":
		return usagef("--public-url must not end in /mcp, which the server adds: use %s", strings.TrimSuffix(strings.TrimRight(c.PublicURL, "/"), "/mcp"))
	case (c.TLSCert == "") != (c.TLSKey == ""):
		return usagef("--tls-cert and --tls-key require each other: set both or neither")
	case c.AdminKeyFile != "" && c.Admin == "":
		return usagef("--admin-key-file requires --admin ADDRESS")
	case c.AdminTLS && (c.Admin == "" || c.TLSCert == ""):
		return usagef("--admin-tls requires --admin ADDRESS and --tls-cert")
	case c.ConsoleURL != "" && (c.Admin == "" || c.SignInClient == ""):
		return usagef("--console-url requires --admin ADDRESS and --sign-in-client")
	case c.MetricsKeyFile != "" && c.Admin == "":
		return usagef("--metrics-key-file requires --admin ADDRESS")
	case c.SSE && s.group != nil:
		return usagef("--sse and --redis cannot be combined: a session of the legacy transport is in one process, and its messages could reach another")
	case !demo && !s.rules.CanAuthenticate(time.Now()):
		return fmt.Errorf("no agent could connect: no agent in %s has a valid key or an oidc_claim. Make a key with dixa-mcp key new --agent NAME. To try it without a key, add --offline --demo-keys", s.where)
	case onThisMachine(c.HTTP):
		return nil
	case demo:
		return usagef("--demo-keys is for this machine only: listen at 127.0.0.1, not at %s", c.HTTP)
	case c.TLSCert == "" && !c.BehindProxy:
		return usagef("at %s keys would cross the network unencrypted: set --tls-cert and --tls-key, or --behind-proxy if a proxy in front encrypts connections, or listen at 127.0.0.1", c.HTTP)
	}
	return nil
}

// isPrefix reports whether the path of an address is empty or names such as /dixa/eu that need no escapes.
func isPrefix(u *url.URL) bool {
	p := strings.TrimRight(u.Path, "/")
	return p == "" || u.RawPath == "" && path.Clean(p) == p && strings.Trim(p, "/-._~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ") == ""
}

// listed splits a comma-separated list.
func listed(s string) []string {
	var all []string
	for one := range strings.SplitSeq(s, ",") {
		if one = strings.TrimSpace(one); one != "" {
			all = append(all, one)
		}
	}
	return all
}

// resource returns a function for the address under which clients know the server, or nil to use that of each request.
func (c *serveCmd) resource() func(*http.Request) string {
	if c.PublicURL == "" {
		return nil
	}
	address := strings.TrimRight(c.PublicURL, "/") + "/mcp"
	return func(*http.Request) string { return address }
}

// bind opens the listener, and returns the URL under which agents reach it.
func (c *serveCmd) bind(ctx context.Context) (l net.Listener, address string, err error) {
	var plain net.ListenConfig
	plain.SetMultipathTCP(false) // such a socket cannot stop accepting new connections
	if l, err = plain.Listen(ctx, "tcp", c.HTTP); err != nil {
		return nil, "", fmt.Errorf("--http: %w", err)
	}
	switch {
	case c.PublicURL != "":
		return l, strings.TrimRight(c.PublicURL, "/"), nil
	case c.TLSCert != "":
		return l, reachable("https://" + l.Addr().String()), nil
	}
	return l, reachable("http://" + l.Addr().String()), nil
}

// health returns what the server's health depends on.
func (c *serveCmd) health(s *system) admin.HealthConfig {
	return admin.HealthConfig{Client: s.client, Rules: s.inForce, Sharing: s.sharing()}
}

// sources returns what metrics read.
func (c *serveCmd) sources(s *system, h *serve.HTTP) telemetry.Sources {
	sources := telemetry.Sources{
		Gate: s.gate, Waiting: s.client.Waiting, Approvals: s.approvals,
		Streams:  func() int { streams, _ := h.Open(); return streams },
		Sessions: func() int { _, sessions := h.Open(); return sessions },
	}
	if g := s.group; g != nil {
		sources.Sharing = func() (bool, int) { st := g.State(); return st.Shared, st.Replicas }
	}
	return sources
}
