package signin

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/url"
	"runtime"
	"slices"
	"strings"

	"github.com/zitadel/oidc/v3/pkg/oidc"
	"github.com/zitadel/oidc/v3/pkg/op"
)

const maxForm = 32 << 10 // bytes

// tokens returns the handler of the token and revocation endpoints. The library reads requests, authenticates clients by the
// methods that OAuth has, and writes answers; what it would make of query parameters and of repeated ones is refused before.
func (s *Server) tokens() http.Handler {
	server := op.RegisterServer(&tokenServer{server: s}, op.Endpoints{Token: op.NewEndpoint(tokenPath), Revocation: op.NewEndpoint(revokePath)},
		op.WithServerCORSOptions(nil))
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r.Body = http.MaxBytesReader(w, r.Body, maxForm)
		switch err := r.ParseForm(); {
		case err != nil:
			refuseClient(w, "invalid_request", "the form is over 32 KiB or cannot be read")
		case r.URL.RawQuery != "":
			refuseClient(w, "invalid_request", "parameters belong in the body of the request")
		case repeated(r.PostForm):
			refuseClient(w, "invalid_request", "a parameter is there more than once")
		default:
			server.ServeHTTP(w, r)
		}
	})
}

// repeated reports whether a parameter has more than one value.
func repeated(form url.Values) bool {
	for _, values := range form {
		if len(values) > 1 {
			return true
		}
	}
	return false
}

// quiet drops the lines that the library logs, among them one for every refused request, which anybody can send.
type quiet struct{ slog.Handler }

// Quiet returns a handler of logs without the lines of the library. What an operator should know, the server logs itself.
func Quiet(h slog.Handler) slog.Handler { return quiet{h} }

const library = "github.com/zitadel/oidc/"

// Handle implements [slog.Handler].
func (q quiet) Handle(ctx context.Context, r slog.Record) error {
	frame, _ := runtime.CallersFrames([]uintptr{r.PC}).Next()
	if strings.HasPrefix(frame.Function, library) {
		return nil
	}
	return q.Handler.Handle(ctx, r)
}

// WithAttrs implements [slog.Handler].
func (q quiet) WithAttrs(attrs []slog.Attr) slog.Handler { return quiet{q.Handler.WithAttrs(attrs)} }

// WithGroup implements [slog.Handler].
func (q quiet) WithGroup(name string) slog.Handler { return quiet{q.Handler.WithGroup(name)} }

// tokenServer answers requests that the library read. What it does not implement, the library refuses.
type tokenServer struct {
	op.UnimplementedServer
	server *Server
}

var _ op.Server = (*tokenServer)(nil)

// caller is an authenticated client. The library asks at these endpoints for nothing but what it implements.
type caller struct {
	op.Client
	id     string
	method oidc.AuthMethod
}

// GetID implements [op.Client].
func (c caller) GetID() string { return c.id }

// AuthMethod implements [op.Client].
func (c caller) AuthMethod() oidc.AuthMethod { return c.method }

// GrantTypes implements [op.Client].
func (c caller) GrantTypes() []oidc.GrantType {
	return []oidc.GrantType{oidc.GrantTypeCode, oidc.GrantTypeRefreshToken}
}

// VerifyClient implements [op.Server]. A public client shows by its code and verifier, or by its refresh token, that it is the
// one that the person allowed: its metadata is not needed again.
func (t *tokenServer) VerifyClient(_ context.Context, r *op.Request[op.ClientCredentials]) (op.Client, error) {
	id, secret := r.Data.ClientID, r.Data.ClientSecret
	c := t.server.configured[id]
	switch {
	case r.Data.ClientAssertion != "":
	case c != nil && c.authenticated(secret):
		method := oidc.AuthMethodNone
		if c.Secret != "" {
			method = oidc.AuthMethodPost
		}
		return caller{id: id, method: method}, nil
	case c == nil && secret == "" && (isDocument(id) || strings.HasPrefix(id, registeredPrefix)):
		return caller{id: id, method: oidc.AuthMethodNone}, nil
	}
	return nil, op.NewStatusError(oidc.ErrInvalidClient().WithDescription("the client is unknown or its secret is wrong"), http.StatusUnauthorized)
}

// CodeExchange implements [op.Server].
func (t *tokenServer) CodeExchange(ctx context.Context, r *op.ClientRequest[oidc.AccessTokenRequest]) (*op.Response, error) {
	s := t.server
	session, tokens, err := s.Sessions.Exchange(ctx, r.Data.Code, r.Client.GetID(), r.Data.RedirectURI, r.Data.CodeVerifier, sameResource(r.Form.Get("resource")))
	if err != nil {
		t.failed(ctx, session, err)
		return nil, t.refusal("a code could not be exchanged", "the code", err)
	}
	s.hears(ctx, EventOf(SignedIn, "", session))
	s.Log.Info("a person signed in", "person", session.Person.String(), "agent", session.Agent, "client", session.Client, "session", session.ID)
	return answer(tokens), nil
}

// RefreshToken implements [op.Server].
func (t *tokenServer) RefreshToken(ctx context.Context, r *op.ClientRequest[oidc.RefreshTokenRequest]) (*op.Response, error) {
	s := t.server
	session, tokens, err := s.Sessions.Refresh(ctx, r.Data.RefreshToken, r.Client.GetID(), sameResource(r.Form.Get("resource")), t.renew)
	if err != nil {
		t.failed(ctx, session, err)
		return nil, t.refusal("a sign-in could not be refreshed", "the refresh token", err)
	}
	return answer(tokens), nil
}

// renew asks the provider about the person of a grant again.
func (t *tokenServer) renew(ctx context.Context, g *Grant) (err error) {
	g.Given, err = t.server.provider.renew(ctx, g.Given)
	if err == nil && !slices.Contains(t.server.Agents(g.Person), g.Agent) {
		err = ErrEnded
	}
	if errors.Is(err, ErrEnded) {
		t.server.Log.Info("a sign-in ended: the person has no access any more", "person", g.Person.String(), "agent", g.Agent)
	}
	return err
}

// Revocation implements [op.Server].
func (t *tokenServer) Revocation(ctx context.Context, r *op.ClientRequest[oidc.RevocationRequest]) (*op.Response, error) {
	session, err := t.server.Sessions.Revoke(ctx, r.Data.Token, r.Client.GetID())
	if err != nil {
		return nil, t.refusal("a token could not be revoked", "the token", err)
	}
	if session != nil {
		t.server.hears(ctx, EventOf(Ended, Revoked, session))
		t.server.Log.Info("a person signed out", "person", session.Person.String(), "agent", session.Agent, "session", session.ID)
	}
	return op.NewResponse(struct{}{}), nil
}

// answer writes a token answer.
func answer(t Tokens) *op.Response {
	return op.NewResponse(struct {
		Access  string `json:"access_token"`
		Type    string `json:"token_type"`
		Expires int    `json:"expires_in"`
		Refresh string `json:"refresh_token"`
		Scope   string `json:"scope"`
	}{t.Access, oidc.BearerToken, int(t.Expires.Seconds()), t.Refresh, Scope})
}

// refusal returns the error that a client gets.
func (t *tokenServer) refusal(did, what string, err error) error {
	switch {
	case errors.Is(err, ErrReused):
		t.server.warn(did+": it was used before, and its sign-in was ended", nil)
		return oidc.ErrInvalidGrant().WithDescription("%s is not valid: %s", what, ErrReused)
	case errors.Is(err, ErrEnded):
		return oidc.ErrInvalidGrant().WithDescription("%s is not valid: %s", what, ErrEnded)
	case errors.Is(err, ErrBusy):
		return op.NewStatusError(&oidc.Error{ErrorType: "temporarily_unavailable", Description: ErrBusy.Error() + "; try again in a second"}, http.StatusServiceUnavailable)
	}
	t.server.warn(did+"; the client was told to try again", err)
	return op.NewStatusError(&oidc.Error{ErrorType: "temporarily_unavailable",
		Description: "the company's provider or the server's storage cannot be used now; the token is still valid, try again with the same one"}, http.StatusServiceUnavailable)
}
