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
)

// The outer wall: what a request has to get past before anybody looks at what it says.

// routes are the addresses of the server.
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
		patience(w, r)
		mux.ServeHTTP(w, r)
	})
}

// route adds what is under a prefix. Clients look for the metadata of https://example.com/dixa/mcp at
// https://example.com/.well-known/oauth-protected-resource/dixa/mcp (RFC 9728), some of them at
// https://example.com/dixa/.well-known/oauth-protected-resource.
func (h *HTTP) route(mux *http.ServeMux, prefix string) {
	handle := func(method, path string, handler http.Handler) {
		mux.Handle(method+path, handler)
		mux.Handle(method+path+"/{$}", handler) // some clients and proxies add the slash
	}
	handle("", prefix+"/mcp", h.guarded(h.mcp))
	if h.SSE {
		handle("GET ", prefix+"/sse", h.guarded(h.sseStream))
		handle("POST ", prefix+"/sse/message", h.guarded(h.sseMessage))
	}
	for path, handler := range map[string]http.Handler{"/healthz": h.Health, "/readyz": h.Ready} {
		if handler != nil {
			mux.Handle(prefix+path, handler)
		}
	}
	metadata := h.rightly(h.Identity.Metadata())
	handle("", identity.MetadataPath+prefix, metadata)
	handle("", identity.MetadataPath+prefix+"/mcp", metadata)
	if prefix != "" {
		handle("", prefix+identity.MetadataPath, metadata)
		handle("", prefix+identity.MetadataPath+"/mcp", metadata)
	}
}

// patience bounds how long a client may take with a request and its answer, also one that is let in nowhere: the library
// reads the rest of a body, and writes, for as long as it takes. What may take longer says so where it does.
func patience(w http.ResponseWriter, r *http.Request) {
	control := http.NewResponseController(w)
	_ = control.SetWriteDeadline(time.Now().Add(writeTimeout))
	if r.ContentLength != 0 {
		_ = control.SetReadDeadline(time.Now().Add(bodyTimeout))
	}
}

// guarded lets a request in whose host, origin and credential are right.
func (h *HTTP) guarded(next func(http.ResponseWriter, *http.Request, identity.Principal)) http.Handler {
	return h.rightly(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		origin := r.Header.Get("Origin")
		if origin != "" && !h.rightOrigin(origin) {
			refuse(w, http.StatusForbidden, fmt.Sprintf("web pages of %.100q may not use this server; its operator names those that may with --allowed-origins", origin))
			return
		}
		if origin != "" && h.crossOrigin(w, r, origin) {
			return
		}
		who, err := h.Identity.Identify(r)
		if err != nil {
			if unsaid, ok := h.strangers.say(time.Now()); ok {
				h.Log.Info("a request was not let in", "reason", err, "from", r.RemoteAddr, "unsaid", unsaid)
			}
			h.Identity.Refuse(w, r, err)
			return
		}
		r.Body = http.MaxBytesReader(w, r.Body, h.MaxBody)
		next(w, r.WithContext(context.WithValue(r.Context(), principalKey{}, who)), who)
	}))
}

// seldom keeps the log from being filled by those who are not let in.
type seldom struct {
	mu           sync.Mutex
	minute       time.Time
	said, unsaid int
}

// mostStrangers is how many lines a minute tell of them.
const mostStrangers = 30

// say tells whether to say it, and how often it was not said before.
func (s *seldom) say(now time.Time) (unsaid int, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if minute := now.Truncate(time.Minute); minute != s.minute {
		s.minute, s.said = minute, 0
	}
	if s.said >= mostStrangers {
		s.unsaid++
		return 0, false
	}
	s.said++
	unsaid, s.unsaid = s.unsaid, 0
	return unsaid, true
}

// rightly refuses requests to another host.
func (h *HTTP) rightly(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !h.rightHost(r.Host) {
			refuse(w, http.StatusForbidden, fmt.Sprintf("this server is not %.100q; its operator names the hosts that it is with --public-url and --allowed-hosts", r.Host))
			return
		}
		next.ServeHTTP(w, r)
	})
}

// rightHost refuses names of others: a web page whose name was made to lead here (DNS rebinding) sends its own. An
// address cannot be made to lead elsewhere.
func (h *HTTP) rightHost(host string) bool {
	name := address.Host(host)
	return address.CannotRebind(name) || slices.ContainsFunc(h.Hosts, func(right string) bool { return strings.EqualFold(right, name) || strings.EqualFold(right, host) })
}

// rightOrigin takes the origins that were named, the server's own names, and pages on this machine.
func (h *HTTP) rightOrigin(origin string) bool {
	if slices.ContainsFunc(h.Origins, func(o string) bool { return strings.EqualFold(o, origin) }) {
		return true
	}
	u, err := url.Parse(origin)
	if err != nil || u.Hostname() == "" || u.User != nil || u.Path != "" {
		return false
	}
	name := u.Hostname()
	return address.IsLoopback(name) ||
		slices.ContainsFunc(h.Hosts, func(right string) bool { return strings.EqualFold(right, name) || strings.EqualFold(right, u.Host) })
}

// crossOrigin says to a browser what a page may do, and answers its question about that, which has no credential.
func (h *HTTP) crossOrigin(w http.ResponseWriter, r *http.Request, origin string) (answered bool) {
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

// limited takes no more connections at a time than that; others wait.
func limited(l net.Listener, most int) net.Listener { return netutil.LimitListener(l, most) }

// refuse answers a request that does not get as far as the protocol.
func refuse(w http.ResponseWriter, status int, why string) {
	_ = http.NewResponseController(w).SetWriteDeadline(time.Now().Add(writeTimeout))
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(map[string]string{"error": why}) // a client that does not read it has its status
}
