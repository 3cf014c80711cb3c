package serve

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/net/netutil"

	"dixa-mcp/internal/base/address"
	"dixa-mcp/internal/identity"
	"dixa-mcp/internal/signin"
)

// The middleware: what is checked of a request before its body is read.

// routes returns the handler of all addresses of the server.
func (h *HTTP) routes() http.Handler {
	mux := http.NewServeMux()
	for _, prefix := range slices.Compact([]string{"", h.Prefix}) {
		h.route(mux, prefix)
	}
	mux.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) {
		refuse(w, http.StatusNotFound, "nothing is here: this is an MCP server for programs, and they connect to /mcp")
	})
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cache-Control", "no-store")
		w.Header().Set("X-Content-Type-Options", "nosniff")
		if h.draining.Load() {
			w.Header().Set("Connection", "close") // the next request finds another server
		}
		setDeadlines(w, r)
		mux.ServeHTTP(w, r)
	})
}

// chosen ends the addresses at which a person chooses one of several agents.
const chosen = "/{" + identity.AgentPath + "}"

// route adds what is under a prefix. Clients look for the metadata of https://example.com/dixa/mcp at
// https://example.com/.well-known/oauth-protected-resource/dixa/mcp (RFC 9728), some of them at
// https://example.com/dixa/.well-known/oauth-protected-resource.
func (h *HTTP) route(mux *http.ServeMux, prefix string) {
	handle := func(method, path string, handler http.Handler) {
		mux.Handle(method+path, handler)
		mux.Handle(method+path+"/{$}", handler) // some clients and proxies add the slash
	}
	handle("", prefix+"/mcp", h.authenticated(h.mcp))
	handle("", prefix+"/mcp"+chosen, h.authenticated(h.mcp))
	if h.Gate.HearsEvents() {
		handle("GET ", prefix+"/events", h.authenticated(h.events))
	}
	if h.SSE {
		handle("GET ", prefix+"/sse", h.authenticated(h.sse.stream))
		handle("POST ", prefix+"/sse/message", h.authenticated(h.sse.message))
	}
	for path, handler := range map[string]http.Handler{"/healthz": h.Health, "/readyz": h.Ready, "/webhooks/dixa": h.Webhooks} {
		if handler != nil {
			mux.Handle(prefix+path, handler)
		}
	}
	metadata := h.hosts.forHost(h.Identity.Metadata())
	handle("", identity.MetadataPath+prefix, metadata)
	handle("", identity.MetadataPath+prefix+"/mcp", metadata)
	handle("", identity.MetadataPath+prefix+"/mcp"+chosen, metadata)
	if prefix != "" {
		handle("", prefix+identity.MetadataPath, metadata)
		handle("", prefix+identity.MetadataPath+"/mcp", metadata)
		handle("", prefix+identity.MetadataPath+"/mcp"+chosen, metadata)
	}
	if h.SignIn != nil {
		mux.Handle(prefix+signin.Path, h.hosts.forHost(http.StripPrefix(prefix, h.SignIn)))
		handle("", signin.MetadataPath+prefix, h.hosts.forHost(h.SignIn.Metadata()))
		if prefix != "" {
			handle("", prefix+signin.MetadataPath, h.hosts.forHost(h.SignIn.Metadata()))
		}
	}
}

// setDeadlines bounds how long a client may take with a request and its answer, also one that is refused: the library reads
// the rest of a body, and writes, for as long as it takes. What may take longer sets other ones.
func setDeadlines(w http.ResponseWriter, r *http.Request) {
	control := http.NewResponseController(w)
	_ = control.SetWriteDeadline(time.Now().Add(writeTimeout))
	if r.ContentLength != 0 {
		_ = control.SetReadDeadline(time.Now().Add(bodyTimeout))
	}
}

// authenticated serves requests whose host, origin and credential are valid.
func (h *HTTP) authenticated(next func(http.ResponseWriter, *http.Request, identity.Principal)) http.Handler {
	return h.hosts.forHost(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		origin := r.Header.Get("Origin")
		if origin != "" && !h.hosts.allowsOrigin(origin) {
			refuse(w, http.StatusForbidden, fmt.Sprintf("web pages of %.100q may not use this server; its operator names those that may with --allowed-origins", origin))
			return
		}
		if origin != "" && crossOrigin(w, r, origin) {
			return
		}
		who, err := h.Identity.Identify(r)
		if err != nil {
			if skipped, ok := h.refusals.allow(time.Now()); ok {
				h.Log.Info("a request was not authenticated", "reason", err, "from", r.RemoteAddr, "skipped", skipped)
			}
			h.Identity.Refuse(w, r, err)
			return
		}
		r.Body = http.MaxBytesReader(w, r.Body, h.MaxBody)
		next(w, r.WithContext(context.WithValue(r.Context(), principalKey{}, who)), who)
	}))
}

// sampledLog bounds the lines a minute about something that a client without a credential can cause.
type sampledLog struct {
	mu              sync.Mutex
	minute          time.Time
	logged, skipped int
}

// maxLogged is the maximum number of lines a minute.
const maxLogged = 30

// allow tells whether to write a line, and how many were skipped before it.
func (s *sampledLog) allow(now time.Time) (skipped int, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if minute := now.Truncate(time.Minute); minute != s.minute {
		s.minute, s.logged = minute, 0
	}
	if s.logged >= maxLogged {
		s.skipped++
		return 0, false
	}
	s.logged++
	skipped, s.skipped = s.skipped, 0
	return skipped, true
}

// hostNames are the names under which the server is reached, and the origins of web pages that may use it.
type hostNames struct{ names, origins []string }

// forHost refuses requests to another host.
func (h hostNames) forHost(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !h.isHost(r.Host) {
			refuse(w, http.StatusForbidden, fmt.Sprintf("this server is not %.100q; its operator names the hosts that it is with --public-url and --allowed-hosts", r.Host))
			return
		}
		next.ServeHTTP(w, r)
	})
}

// isHost tells whether a name is one of this server. A web page whose name was made to lead here (DNS rebinding) sends its
// own name. An address cannot be made to lead elsewhere.
func (h hostNames) isHost(host string) bool {
	name := address.Host(host)
	return address.CannotRebind(name) || slices.ContainsFunc(h.names, func(own string) bool { return strings.EqualFold(own, name) || strings.EqualFold(own, host) })
}

// allowsOrigin tells whether an origin is one that was named, one of the server's own names, or on this machine.
func (h hostNames) allowsOrigin(origin string) bool {
	if slices.ContainsFunc(h.origins, func(o string) bool { return strings.EqualFold(o, origin) }) {
		return true
	}
	u, err := url.Parse(origin)
	if err != nil || u.Hostname() == "" || u.User != nil || u.Path != "" {
		return false
	}
	name := u.Hostname()
	return address.IsLoopback(name) ||
		slices.ContainsFunc(h.names, func(own string) bool { return strings.EqualFold(own, name) || strings.EqualFold(own, u.Host) })
}

// crossOrigin tells a browser what a page may do, and answers its preflight request, which has no credential.
func crossOrigin(w http.ResponseWriter, r *http.Request, origin string) (answered bool) {
	w.Header().Add("Vary", "Origin")
	w.Header().Set("Access-Control-Allow-Origin", origin)
	w.Header().Set("Access-Control-Expose-Headers", headerSession+", WWW-Authenticate")
	if r.Method != http.MethodOptions || r.Header.Get("Access-Control-Request-Method") == "" {
		return false
	}
	w.Header().Set("Access-Control-Allow-Methods", "GET, POST, DELETE")
	w.Header().Set("Access-Control-Allow-Headers", "Authorization, Content-Type, Accept, Last-Event-ID, Mcp-Session-Id, MCP-Protocol-Version, Mcp-Method, Mcp-Name")
	w.Header().Set("Access-Control-Max-Age", "600")
	w.WriteHeader(http.StatusNoContent)
	return true
}

// limited returns a listener that accepts at most limit connections at a time; others wait.
func limited(l net.Listener, limit int) net.Listener { return netutil.LimitListener(l, limit) }

// refuse answers a request that does not reach the protocol.
func refuse(w http.ResponseWriter, status int, why string) {
	_ = http.NewResponseController(w).SetWriteDeadline(time.Now().Add(writeTimeout))
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(map[string]string{"error": why}) // a client that does not read it has its status
}
