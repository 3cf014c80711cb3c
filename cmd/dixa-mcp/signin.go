package main

import (
	"fmt"
	"log/slog"
	"net/url"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"dixa-mcp/dixaclient"
	"dixa-mcp/internal/base/address"
	"dixa-mcp/internal/capability"
	"dixa-mcp/internal/console"
	"dixa-mcp/internal/identity"
	"dixa-mcp/internal/sharedstate"
	"dixa-mcp/internal/signin"
	"dixa-mcp/internal/telemetry"
)

// signInFlags configure sign-in for people at the OpenID provider that the capability file names under oidc.
type signInFlags struct {
	SignInClient     string `placeholder:"ID" env:"DIXA_MCP_SIGN_IN_CLIENT" help:"Let people sign in: the id of this server at the OpenID provider of the capability file. Requires --public-url."`
	SignInSecretFile string `placeholder:"FILE" env:"DIXA_MCP_SIGN_IN_SECRET_FILE" help:"File with the secret of this server at the provider."`
	SignInScopes     string `placeholder:"SCOPE,…" env:"DIXA_MCP_SIGN_IN_SCOPES" help:"Scopes to ask the provider for besides openid, by default profile, email and, where the provider has it, offline_access."`
	SignInClients    string `placeholder:"FILE" env:"DIXA_MCP_SIGN_IN_CLIENTS" help:"JSON file with clients that people may use besides those that identify or register themselves."`
	ConsoleURL       string `name:"console-url" placeholder:"URL" env:"DIXA_MCP_CONSOLE_URL" help:"Let approvers sign in to the console with the company's login, by their e-mail addresses in the capability file: address of the console as browsers know it, such as https://console.example.com. Requires --admin and --sign-in-client."`
}

// signIn returns the authorization server for people, nil if none is configured.
func (c *serveCmd) signIn(s *system, metrics *telemetry.Metrics) (*signin.Server, error) {
	if c.SignInClient == "" {
		if c.signInFlags != (signInFlags{}) {
			return nil, usagef("--sign-in-secret-file, --sign-in-scopes and --sign-in-clients require --sign-in-client")
		}
		return nil, nil
	}
	if u, err := url.Parse(c.PublicURL); err != nil || !address.IsConfidential(u) {
		return nil, usagef("--sign-in-client requires --public-url with the https:// address that people's browsers use")
	}
	oidc, ok := s.rules.OIDC()
	if !ok || !s.rules.HasPeople() {
		return nil, fmt.Errorf("--sign-in-client: sign-in needs more: the capability file (%s) must name the provider under oidc, and who may use which agents under people", s.where)
	}
	provider, err := c.provider(oidc)
	if err != nil {
		return nil, err
	}
	config := signin.Config{
		Issuer:   strings.TrimRight(c.PublicURL, "/"),
		Provider: provider,
		Agents:   func(p identity.Person) []string { return agentsOf(s.inForce(), &p) },
		Describe: func(agent string) []string { return describe(s.inForce(), agent) },
		Log:      slog.Default(),
		Heard:    signInHeard(s.log.Write, metrics.SignIn, time.Now),
	}
	if c.SignInClients != "" {
		text, err := os.ReadFile(c.SignInClients)
		if err == nil {
			config.Clients, err = signin.ParseClients(text)
		}
		if err != nil {
			return nil, fmt.Errorf("--sign-in-clients: %s %w", c.SignInClients, err)
		}
	}
	if config.Sessions, config.Secret, err = c.signIns(s); err != nil {
		return nil, err
	}
	return signin.New(config)
}

// provider returns how this server is known at the company's provider.
func (f signInFlags) provider(oidc capability.OIDC) (signin.Provider, error) {
	p := signin.Provider{Issuer: oidc.Issuer, ClientID: f.SignInClient, Scopes: listed(f.SignInScopes)}
	if f.SignInSecretFile == "" {
		return p, nil
	}
	secret, err := os.ReadFile(f.SignInSecretFile)
	if err != nil {
		return p, fmt.Errorf("--sign-in-secret-file: %w", err)
	}
	if p.ClientSecret = strings.TrimSpace(string(secret)); p.ClientSecret == "" {
		return p, fmt.Errorf("--sign-in-secret-file: %s is empty", f.SignInSecretFile)
	}
	return p, nil
}

// login returns the company's login for approvers, nil if there is none.
func (c *serveCmd) login(s *system) (*signin.Login, error) {
	if c.ConsoleURL == "" {
		return nil, nil
	}
	u, err := url.Parse(c.ConsoleURL)
	oidc, ok := s.rules.OIDC()
	switch {
	case err != nil || u.Host == "" || strings.Trim(u.Path, "/") != "" || u.RawQuery != "" || !address.IsConfidential(u):
		return nil, usagef("--console-url must be the https:// address of the console without a path, such as https://console.example.com, not %q", c.ConsoleURL)
	case !ok:
		return nil, fmt.Errorf("--console-url: sign-in needs more: the capability file (%s) must name the provider under oidc", s.where)
	}
	provider, err := c.provider(oidc)
	if err != nil {
		return nil, err
	}
	return signin.NewLogin(provider, strings.TrimRight(c.ConsoleURL, "/")+console.CallbackPath, time.Now, slog.Default()), nil
}

// agentsOf returns the agents that a person may use. What one provider says is no evidence once the file names another.
func agentsOf(rules *capability.Rules, p *identity.Person) []string {
	if oidc, ok := rules.OIDC(); !ok || oidc.Issuer != p.Issuer {
		return nil
	}
	return rules.AgentsFor(p)
}

// signIns returns the sign-ins of people: in the Redis that the servers share, otherwise in the state directory.
func (c *serveCmd) signIns(s *system) (*signin.Sessions, []byte, error) {
	shelf, now, err := c.shelf(s)
	if err != nil {
		return nil, nil, err
	}
	secret := s.recordKey
	if s.group != nil {
		secret = s.group.Secret()
	}
	return signin.NewSessions(shelf, secret, now), secret, nil
}

// signInStore opens the shared state of the state directory.
func (f reachFlags) signInStore() (store *sharedstate.Store, stop func(), err error) {
	dir, err := f.stateDir()
	if err != nil {
		return nil, nil, err
	}
	store = sharedstate.New(dir, dixaclient.DefaultURL, slog.Default())
	return store, func() {
		if err := store.Close(); err != nil {
			slog.Error("the shared state could not be closed", "error", err)
		}
	}, nil
}

// mostNamed is how many tools of a level a consent page names.
const mostNamed = 12

// describe says what an agent may do, a line for each level.
func describe(rules *capability.Rules, agent string) []string {
	a, err := rules.Agent(agent)
	if err != nil {
		return nil
	}
	var lines []string
	for _, l := range []struct {
		level dixaclient.Level
		means string
	}{
		{dixaclient.Read, "read"}, {dixaclient.Write, "change what colleagues see"}, {dixaclient.Send, "send to customers"}, {dixaclient.Erase, "erase for good"},
	} {
		var names []string
		for _, t := range a.Listed() {
			if t.Level == l.level {
				names = append(names, t.Name)
			}
		}
		if len(names) == 0 {
			continue
		}
		slices.Sort(names)
		more := ""
		if n := len(names) - mostNamed; n > 0 {
			names, more = names[:mostNamed], " and "+strconv.Itoa(n)+" more"
		}
		lines = append(lines, l.means+": "+strings.Join(names, ", ")+more)
	}
	return lines
}
