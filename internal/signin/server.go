// Package signin lets people sign in with the company's OpenID provider, for clients that know OAuth alone.
//
// It is an authorization server between the two: clients identify themselves by a metadata document, by registration or by
// configuration, which companies' providers do not know; the provider says who a person is, and keeps saying it at every
// refresh. Tokens are opaque, and only their hashes are stored.
package signin

import (
	"context"
	"crypto/sha256"
	"errors"
	"log/slog"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"golang.org/x/time/rate"

	"dixa-mcp/internal/identity"
	"dixa-mcp/internal/seal"
)

// Config configures a server. Issuer, Provider, Agents, Sessions and Secret are required.
type Config struct {
	Issuer   string // address of this server as people's browsers know it, such as https://mcp.example.com, without /mcp
	Provider Provider
	Clients  []Client // that are configured, see [ParseClients]

	Agents   func(identity.Person) []string // agents that a person may use now, in order
	Describe func(agent string) []string    // what an agent may do, a line each; nil: nothing is said

	Sessions *Sessions
	Secret   []byte           // shared by all servers
	Now      func() time.Time // nil: time.Now
	Log      *slog.Logger     // nil: slog.Default()

	Heard func(context.Context, Event) // hears of each event; may be nil

	Documents http.RoundTripper // over which metadata documents are read; nil: the public internet
}

// Server is the authorization server. It is safe for concurrent use.
type Server struct {
	Config
	provider   *provider
	configured map[string]*Client
	documents  *documents
	registered registrations
	cookies    cookies
	pages      pageWriter
	handler    http.Handler
	warnings   *rate.Limiter
}

// Paths of the server's endpoints, behind the path of the issuer.
const (
	Path          = "/oauth/"
	authorizePath = Path + "authorize"
	callbackPath  = Path + "callback"
	consentPath   = Path + "consent"
	tokenPath     = Path + "token"
	revokePath    = Path + "revoke"
	registerPath  = Path + "register"
	// MetadataPath is where clients look for [Server.Metadata]: there with the path of the issuer behind it (RFC 8414).
	MetadataPath = "/.well-known/oauth-authorization-server"
)

// New makes a server. Nothing is asked of the provider before the first person signs in.
func New(c Config) (*Server, error) {
	issuer, err := url.Parse(c.Issuer)
	if err != nil || issuer.Host == "" || c.Agents == nil || c.Sessions == nil || len(c.Secret) == 0 {
		return nil, errors.New("signin: an issuer, agents, sessions and a secret are required")
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Log == nil {
		c.Log = slog.Default()
	}
	s := &Server{Config: c, configured: map[string]*Client{}, warnings: rate.NewLimiter(rate.Every(time.Minute), 5)}
	s.provider = newProvider(c.Provider, c.Issuer+callbackPath, c.Now, c.Log)
	for i := range c.Clients {
		s.configured[c.Clients[i].ID] = &c.Clients[i]
	}
	reader := publicClient(nil)
	if c.Documents != nil {
		reader = documentClient(c.Documents)
	}
	s.documents = newDocuments(reader, c.Now)
	s.registered = registrations{seal.NewSigner(c.Secret, "client registration"), c.Now, s.hears}
	s.cookies = cookies{seal.NewBox(c.Secret, "sign-in cookie"), issuer.Scheme == "https", c.Now}
	s.pages = pageWriter{&s.Config}
	s.handler = s.routes()
	return s, nil
}

// Close closes connections that are idle.
func (s *Server) Close() {
	s.provider.http.CloseIdleConnections()
	s.documents.http.CloseIdleConnections()
}

// ServeHTTP answers requests to the endpoints under [Path].
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.handler.ServeHTTP(w, r) }

func (s *Server) routes() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET "+authorizePath, s.authorize)
	mux.HandleFunc("GET "+callbackPath, s.callback)
	mux.HandleFunc("GET "+consentPath, s.showConsent)
	mux.HandleFunc("POST "+consentPath, s.decide)
	tokens := s.tokens()
	for path, handler := range map[string]http.Handler{tokenPath: tokens, revokePath: tokens, registerPath: s.registered} {
		mux.Handle("POST "+path, crossOrigin(handler))
		mux.Handle("OPTIONS "+path, crossOrigin(handler))
	}
	return mux
}

// crossOrigin lets the scripts of any web page use an endpoint, since clients may be web pages. Cookies play no part in it.
func crossOrigin(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Access-Control-Allow-Origin", "*")
		if r.Method == http.MethodOptions {
			w.Header().Set("Access-Control-Allow-Methods", "GET, POST")
			w.Header().Set("Access-Control-Allow-Headers", "Authorization, Content-Type, MCP-Protocol-Version")
			w.Header().Set("Access-Control-Max-Age", "600")
			w.WriteHeader(http.StatusNoContent)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// Issuer implements [identity.People].
func (s *Server) Issuer() string { return s.Config.Issuer }

// SignedIn implements [identity.People].
func (s *Server) SignedIn(ctx context.Context, session string, digest [sha256.Size]byte) (identity.SignedIn, bool, error) {
	found, err := s.Sessions.Look(ctx, session, digest)
	if errors.Is(err, ErrEnded) {
		return identity.SignedIn{}, false, nil
	}
	if err != nil {
		return identity.SignedIn{}, false, err
	}
	return identity.SignedIn{Session: found.ID, Person: found.Person, Agent: found.Agent, Resource: found.Resource, Expires: found.Until},
		slices.Contains(s.Agents(found.Person), found.Agent), nil
}

var errUnknownClient = errors.New("the client is unknown: its client_id is neither the https:// address of its metadata document, nor registered, nor configured here")

// client returns the client of an id.
func (s *Server) client(ctx context.Context, id string) (*Client, error) {
	switch {
	case s.configured[id] != nil:
		return s.configured[id], nil
	case isDocument(id):
		return s.documents.client(ctx, id)
	case strings.HasPrefix(id, registeredPrefix) && len(id) <= maxClientID:
		return s.registered.client(id)
	}
	return nil, errUnknownClient
}

// warn logs what an operator should know, a few times a minute: people's browsers can cause it.
func (s *Server) warn(message string, err error) {
	if s.warnings.AllowN(s.Now(), 1) {
		s.Log.Warn(message, "error", err)
	}
}
