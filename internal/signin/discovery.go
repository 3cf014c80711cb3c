package signin

import (
	"context"
	"errors"
	"fmt"

	"github.com/coreos/go-oidc/v3/oidc"
)

// discovered is what the provider says about itself.
type discovered struct {
	*oidc.Provider
	scopes   []string
	userinfo bool
	iss      bool // it names itself in its answers (RFC 9207)
}

// discover returns what the provider says about itself. All who need it wait for the same answer, and none of them for longer
// than one answer may take.
func (p *provider) discover(ctx context.Context) (*discovered, error) {
	if found := p.known(); found != nil {
		return found, nil
	}
	read, err, _ := p.flight.Do("", func() (any, error) {
		if found := p.known(); found != nil {
			return found, nil
		}
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), providerTimeout)
		defer cancel()
		found, err := p.read(ctx)
		if err != nil {
			return nil, fmt.Errorf("the provider %s cannot be used: %w", p.Issuer, err)
		}
		p.mu.Lock()
		defer p.mu.Unlock()
		p.found, p.discovered = found, p.now()
		return found, nil
	})
	if err != nil {
		return nil, err
	}
	return read.(*discovered), nil
}

// known returns what the provider said about itself lately, nil for nothing.
func (p *provider) known() *discovered {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.found == nil || !p.now().Before(p.discovered.Add(discoveredFor)) {
		return nil
	}
	return p.found
}

// read reads what the provider says about itself.
func (p *provider) read(ctx context.Context) (*discovered, error) {
	// The library keeps the context's client for reading keys later, but not its end.
	read, err := oidc.NewProvider(oidc.ClientContext(ctx, p.http), p.Issuer)
	if err != nil {
		return nil, err
	}
	var says struct {
		Scopes []string `json:"scopes_supported"`
		Iss    bool     `json:"authorization_response_iss_parameter_supported"`
	}
	if err := read.Claims(&says); err != nil {
		return nil, err
	}
	if read.Endpoint().AuthURL == "" || read.Endpoint().TokenURL == "" {
		return nil, errors.New("it names no authorization_endpoint or token_endpoint")
	}
	return &discovered{read, says.Scopes, read.UserInfoEndpoint() != "", says.Iss}, nil
}
