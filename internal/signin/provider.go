package signin

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"
	"golang.org/x/sync/singleflight"
)

const (
	// providerTimeout is for one question to the provider and all requests that it takes: clients wait ten seconds for tokens.
	providerTimeout = 8 * time.Second
	discoveredFor   = time.Hour // for how long what the provider says about itself is not read again
	maxAnswer       = 1 << 20   // bytes of an answer of the provider
)

// google needs parameters of its own for a refresh token.
const google = "https://accounts.google.com"

// Provider is the company's OpenID provider.
type Provider struct {
	Issuer, ClientID, ClientSecret string
	Scopes                         []string // besides openid; nil: profile, email and, where the provider has it, offline_access

	Transport http.RoundTripper // nil: as the environment says
}

// provider asks the company's provider. It is safe for concurrent use.
type provider struct {
	Provider
	redirect string // address to which the provider sends people back
	http     *http.Client
	now      func() time.Time
	log      *slog.Logger
	flight   singleflight.Group

	mu         sync.Mutex
	found      *discovered
	discovered time.Time
}

func newProvider(p Provider, redirect string, now func() time.Time, log *slog.Logger) *provider {
	over := p.Transport
	if over == nil {
		t := http.DefaultTransport.(*http.Transport).Clone()
		t.ResponseHeaderTimeout = providerTimeout
		over = t
	}
	return &provider{Provider: p, redirect: redirect, now: now, log: log,
		http: &http.Client{Timeout: providerTimeout, Transport: limitedAnswers{over}, CheckRedirect: func(r *http.Request, via []*http.Request) error {
			if len(via) > maxRedirects || r.URL.Scheme != via[0].URL.Scheme || r.URL.Host != via[0].URL.Host {
				return fmt.Errorf("it redirects to %s://%s, which is not followed", r.URL.Scheme, r.URL.Host)
			}
			return nil
		}}}
}

// limitedAnswers bounds the size of answers, and makes errors of documents that are none: what such an answer says stays out of
// errors and logs.
type limitedAnswers struct{ over http.RoundTripper }

// RoundTrip implements [http.RoundTripper].
func (l limitedAnswers) RoundTrip(r *http.Request) (*http.Response, error) {
	answer, err := l.over.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	if r.Method == http.MethodGet && answer.StatusCode >= 400 {
		return nil, errors.Join(fmt.Errorf("it answered %d", answer.StatusCode), answer.Body.Close())
	}
	answer.Body = struct {
		io.Reader
		io.Closer
	}{io.LimitReader(answer.Body, maxAnswer), answer.Body}
	return answer, nil
}

// config returns how this server is a client of the provider.
func (p *provider) config(d *discovered) *oauth2.Config {
	scopes := p.Scopes
	if scopes == nil {
		scopes = []string{"profile", "email"}
		if slices.Contains(d.scopes, oidc.ScopeOfflineAccess) {
			scopes = append(scopes, oidc.ScopeOfflineAccess)
		}
	}
	return &oauth2.Config{ClientID: p.ClientID, ClientSecret: p.ClientSecret, Endpoint: d.Endpoint(), RedirectURL: p.redirect,
		Scopes: append([]string{oidc.ScopeOpenID}, scopes...)}
}

// address returns where a person signs in.
func (p *provider) address(ctx context.Context, state, nonce, verifier string) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, providerTimeout)
	defer cancel()
	d, err := p.discover(ctx)
	if err != nil {
		return "", err
	}
	options := []oauth2.AuthCodeOption{oidc.Nonce(nonce), oauth2.S256ChallengeOption(verifier)}
	if p.Issuer == google {
		options = append(options, oauth2.AccessTypeOffline, oauth2.ApprovalForce)
	}
	return p.config(d).AuthCodeURL(state, options...), nil
}

// errUnreachable says that the provider did not answer, or said that it cannot now.
var errUnreachable = errors.New("the provider cannot be reached")

// unreachable joins an error of a request with [errUnreachable] where the provider did not answer it.
func unreachable(err error) error {
	refused, answered := errors.AsType[*oauth2.RetrieveError](err)
	if answered && refused.Response != nil && refused.Response.StatusCode < http.StatusInternalServerError && refused.Response.StatusCode != http.StatusTooManyRequests {
		return withoutBody(err)
	}
	return errors.Join(errUnreachable, withoutBody(err))
}

// errNoRefresh says that access could not be withdrawn later.
var errNoRefresh = errors.New("the provider gave no refresh token, so that this server could not find out when a person loses access; see docs/sign-in.md")

// exchange returns what a code of the provider's gives. With errNoRefresh it returns the person all the same.
func (p *provider) exchange(ctx context.Context, code, iss, nonce, verifier string) (a Given, err error) {
	ctx, cancel := context.WithTimeout(ctx, providerTimeout)
	defer cancel()
	d, err := p.discover(ctx)
	if err != nil {
		return a, errors.Join(errUnreachable, err)
	}
	if iss != p.Issuer && (iss != "" || d.iss) {
		return a, errors.New("the answer is not the provider's: its iss is another")
	}
	ctx = oidc.ClientContext(ctx, p.http)
	token, err := p.config(d).Exchange(ctx, code, oauth2.VerifierOption(verifier))
	if err != nil {
		return a, fmt.Errorf("the provider did not exchange its code: %w", unreachable(err))
	}
	raw, ok := token.Extra("id_token").(string)
	if !ok {
		return a, errors.New("the provider gave no ID token")
	}
	id, err := p.verify(ctx, d, raw)
	if err != nil {
		return a, err
	}
	if id.Nonce != nonce {
		return a, errors.New("the provider's ID token is for another sign-in")
	}
	if a, err = p.person(ctx, d, id, token); err == nil && token.RefreshToken == "" {
		err = errNoRefresh
	}
	a.Provider = token.RefreshToken
	return a, err
}

// renew asks the provider whether a person still has access, and returns what it gives now. The error is [ErrEnded] if the person has no access
// any more.
func (p *provider) renew(ctx context.Context, was Given) (Given, error) {
	ctx, cancel := context.WithTimeout(ctx, providerTimeout)
	defer cancel()
	d, err := p.discover(ctx)
	if err != nil {
		return was, err
	}
	ctx = oidc.ClientContext(ctx, p.http)
	token, err := p.config(d).TokenSource(ctx, &oauth2.Token{RefreshToken: was.Provider}).Token()
	var refused *oauth2.RetrieveError
	switch {
	case errors.As(err, &refused) && refused.ErrorCode == "invalid_grant":
		return was, fmt.Errorf("the provider does not renew the person's access: %w", ErrEnded)
	case err != nil:
		return was, fmt.Errorf("the provider cannot renew access: %w", withoutBody(err))
	}
	if token.RefreshToken != "" {
		was.Provider = token.RefreshToken
	}
	var id *oidc.IDToken
	if raw, ok := token.Extra("id_token").(string); ok {
		if id, err = p.verify(ctx, d, raw); err != nil {
			return was, err
		}
		if id.Subject != was.Person.Subject {
			return was, fmt.Errorf("the provider's ID token is for another person: %w", ErrEnded)
		}
	}
	now, err := p.renewed(ctx, d, was, id, token)
	if err != nil {
		return was, err
	}
	now.Provider = was.Provider
	return now, nil
}

// renewed returns what the provider says about a person now. A provider that gives no ID token at a refresh says it at its
// userinfo endpoint, or nowhere.
func (p *provider) renewed(ctx context.Context, d *discovered, was Given, id *oidc.IDToken, token *oauth2.Token) (Given, error) {
	if id != nil {
		return p.person(ctx, d, id, token)
	}
	if !d.userinfo {
		return was, nil
	}
	claims, err := p.userinfo(ctx, d, was.Person.Subject, token)
	if err != nil {
		return was, err
	}
	return was.now(p.Issuer, claims), nil
}

// verify verifies an ID token: signature, issuer, audience and times.
func (p *provider) verify(ctx context.Context, d *discovered, raw string) (*oidc.IDToken, error) {
	id, err := d.VerifierContext(ctx, &oidc.Config{ClientID: p.ClientID, Now: p.now}).Verify(ctx, raw)
	if err != nil {
		return nil, fmt.Errorf("the provider's ID token is not valid: %w", err)
	}
	if id.Subject == "" {
		return nil, errors.New("the provider's ID token has no sub, so that it names no person")
	}
	return id, nil
}

// person returns who an ID token is about, with what the userinfo endpoint adds.
func (p *provider) person(ctx context.Context, d *discovered, id *oidc.IDToken, token *oauth2.Token) (a Given, err error) {
	var signed map[string]any
	if err := id.Claims(&signed); err != nil {
		return a, errors.New("the provider's ID token cannot be read")
	}
	var more map[string]any
	if d.userinfo {
		if more, err = p.userinfo(ctx, d, id.Subject, token); err != nil {
			return a, err
		}
	}
	return Given{Person: personOf(p.Issuer, id.Subject, merged(more, signed)), Told: slices.Sorted(maps.Keys(more))}, nil
}

func (p *provider) userinfo(ctx context.Context, d *discovered, subject string, token *oauth2.Token) (map[string]any, error) {
	info, err := d.UserInfo(ctx, oauth2.StaticTokenSource(token))
	if err != nil {
		return nil, errors.New("the provider's userinfo endpoint did not answer as it should")
	}
	if info.Subject != subject {
		return nil, errors.New("the provider's userinfo endpoint answered about another person")
	}
	var claims map[string]any
	if err := info.Claims(&claims); err != nil {
		return nil, errors.New("the answer of the provider's userinfo endpoint cannot be read")
	}
	return claims, nil
}

// withoutBody returns an error of the token endpoint without its body, which may hold tokens.
func withoutBody(err error) error {
	var refused *oauth2.RetrieveError
	if !errors.As(err, &refused) {
		return unwrapURL(err)
	}
	if refused.Response == nil {
		return errors.New("its answer cannot be read")
	}
	return fmt.Errorf("it answered %d %.60q", refused.Response.StatusCode, refused.ErrorCode)
}
