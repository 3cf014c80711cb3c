package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"os"
	"time"

	"github.com/modelcontextprotocol/go-sdk/auth"
	"github.com/modelcontextprotocol/go-sdk/mcp"
	"github.com/modelcontextprotocol/go-sdk/oauthex"
	"golang.org/x/oauth2"
)

// person does what ../js/person.mjs does: it signs a person in, calls, and goes on with tokens that are refreshed.
func person(ctx context.Context, do plan) error {
	lines := bufio.NewScanner(os.Stdin)
	tell := json.NewEncoder(os.Stdout).Encode
	source := &forgetful{}
	handler, err := auth.NewAuthorizationCodeHandler(&auth.AuthorizationCodeHandlerConfig{
		DynamicClientRegistrationConfig: &auth.DynamicClientRegistrationConfig{Metadata: &oauthex.ClientRegistrationMetadata{
			ClientName: "Interop", RedirectURIs: []string{do.Redirect}, GrantTypes: []string{"authorization_code", "refresh_token"}, TokenEndpointAuthMethod: "none",
		}},
		RedirectURL: do.Redirect,
		AuthorizationCodeFetcher: func(_ context.Context, a *auth.AuthorizationArgs) (*auth.AuthorizationResult, error) {
			if err := tell(map[string]string{"authorize": a.URL}); err != nil {
				return nil, err
			}
			if !lines.Scan() {
				return nil, fmt.Errorf("nobody came back: %w", lines.Err())
			}
			back, err := url.Parse(lines.Text())
			if err != nil {
				return nil, err
			}
			q := back.Query()
			return &auth.AuthorizationResult{Code: q.Get("code"), State: q.Get("state"), Iss: q.Get("iss")}, nil
		},
		NewTokenSource: func(ctx context.Context, c *oauth2.Config, token *oauth2.Token) (oauth2.TokenSource, error) {
			source.config, source.token, source.ctx = c, token, ctx
			return source, nil
		},
	})
	if err != nil {
		return err
	}
	session, err := mcp.NewClient(&mcp.Implementation{Name: "interop", Version: "1"}, nil).
		Connect(ctx, &mcp.StreamableClientTransport{Endpoint: do.URL, OAuthHandler: handler, DisableStandaloneSSE: true}, nil)
	if err != nil {
		return err
	}
	list, err := session.ListTools(ctx, nil)
	if err != nil {
		return err
	}
	for {
		said := map[string]any{"tools": len(list.Tools)}
		if _, err := session.CallTool(ctx, &mcp.CallToolParams{Name: "get_conversation", Arguments: map[string]any{"conversationId": 1234}}); err != nil {
			said = map[string]any{"failed": err.Error()}
		}
		if err := tell(said); err != nil || !lines.Scan() {
			return err
		}
		source.token.Expiry = time.Unix(1, 0)
	}
}

// forgetful gives tokens, and refreshes one whose end was brought forward.
type forgetful struct {
	ctx    context.Context
	config *oauth2.Config
	token  *oauth2.Token
}

// Token implements [oauth2.TokenSource].
func (f *forgetful) Token() (*oauth2.Token, error) {
	token, err := f.config.TokenSource(f.ctx, f.token).Token()
	if err == nil {
		f.token = token
	}
	return token, err
}
