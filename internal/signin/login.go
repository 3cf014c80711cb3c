package signin

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"log/slog"
	"net/url"
	"time"

	"dixa-mcp/internal/identity"
	"dixa-mcp/internal/seal"
)

// Login has people sign in at the company's provider for pages of this program. No client and no agent takes part.
type Login struct {
	provider *provider
	kept     seal.Box
	now      func() time.Time
}

// begun is a sign-in that the person's browser carries.
type begun struct {
	State    string `json:"s"`
	Nonce    string `json:"n"`
	Verifier string `json:"v"`
	Expires  int64  `json:"e"` // seconds
}

// NewLogin makes a login. The provider sends people back to redirect, which must be registered there.
func NewLogin(p Provider, redirect string, now func() time.Time, log *slog.Logger) *Login {
	if p.Scopes == nil {
		p.Scopes = []string{"profile", "email"}
	}
	return &Login{newProvider(p, redirect, now, log), seal.NewBox([]byte(rand.Text()+rand.Text()), "login"), now}
}

// Close closes connections that are idle.
func (l *Login) Close() { l.provider.http.CloseIdleConnections() }

// Begin returns where a person signs in, and what the browser keeps until the person comes back: only this server can read it.
func (l *Login) Begin(ctx context.Context) (address, kept string, err error) {
	b := begun{rand.Text(), rand.Text(), rand.Text() + rand.Text(), l.now().Add(signInFor).Unix()}
	text, err := json.Marshal(b)
	if err != nil {
		return "", "", err
	}
	address, err = l.provider.address(ctx, b.State, b.Nonce, b.Verifier)
	return address, encode(l.kept.Close(text, "login")), err
}

// ErrOtherSignIn reports an answer that does not belong to the sign-in that the browser began.
var ErrOtherSignIn = errors.New("this sign-in was begun in another browser, or more than 10 minutes ago")

// Finish returns the person, by what the browser kept and what the provider sent it back with.
func (l *Login) Finish(ctx context.Context, kept string, q url.Values) (identity.Person, error) {
	var b begun
	text, err := l.kept.Open(decode(kept), "login")
	if err != nil || json.Unmarshal(text, &b) != nil || repeated(q) || subtle.ConstantTimeCompare([]byte(b.State), []byte(q.Get("state"))) == 0 || !l.now().Before(time.Unix(b.Expires, 0)) {
		return identity.Person{}, ErrOtherSignIn
	}
	if q.Get("error") != "" {
		return identity.Person{}, errors.New("the provider did not sign the person in")
	}
	given, err := l.provider.exchange(ctx, q.Get("code"), q.Get("iss"), b.Nonce, b.Verifier)
	if errors.Is(err, errNoRefresh) { // none is needed: who has the session is looked up in the capability file at every request
		err = nil
	}
	return given.Person, err
}
