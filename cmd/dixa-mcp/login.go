package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"

	"golang.org/x/term"

	"dixa-mcp/dixaclient"
	"dixa-mcp/internal/credential"
)

type loginCmd struct {
	BaseURL  string        `name:"base-url" placeholder:"URL" env:"DIXA_MCP_BASE_URL" help:"Dixa's address, by default https://dev.dixa.io. The token is sent to this host alone."`
	Timeout  time.Duration `default:"45s" env:"DIXA_MCP_TIMEOUT" help:"Maximum time to wait for Dixa."`
	jsonFlag `embed:""`
}

// loggedIn is the result of login.
type loggedIn struct {
	Organization string `json:"organization"`
	Subdomain    string `json:"subdomain"`
	Status       string `json:"status"`
	Host         string `json:"host"`
	File         string `json:"file"`
}

// Run asks for a token, verifies it with one request and stores it with the host that accepted it.
func (c *loginCmd) Run(ctx context.Context, out *output) error {
	dir, err := credential.UserDir()
	if err != nil {
		return err
	}
	address := c.BaseURL
	if address == "" {
		address = dixaclient.DefaultURL
	}
	host, err := credential.Host(address)
	if err != nil {
		return usagef("--base-url: %w", err)
	}
	if err := knownHost(host); err != nil {
		return err
	}
	config := dixaclient.Config{Token: dixaclient.StaticToken(""), URL: c.BaseURL, ExportsURL: reachFlags{BaseURL: c.BaseURL}.exportsURL(), UserAgent: userAgent()}
	if client, err := dixaclient.New(config); err != nil { // before the user types a token
		return usagef("--base-url: %w", err)
	} else {
		client.Close()
	}
	token, err := askToken(ctx, host)
	if err != nil {
		return err
	}
	o, err := organizationFrom(ctx, config, dixaclient.StaticToken(token), c.Timeout)
	if err != nil {
		return fmt.Errorf("the token was not stored: %w", notFound404(err))
	}
	if err := dir.Store(credential.Token{Host: host, Token: token, Organization: o.Name, Verified: time.Now().UTC().Truncate(time.Second)}); err != nil {
		return fmt.Errorf("the token was verified, but could not be stored: %w", err)
	}
	for _, name := range tokenVars {
		if os.Getenv(name) != "" {
			fmt.Fprintf(os.Stderr, "Note: %s is set and is used instead of the stored token.\n", name)
		}
	}
	in := loggedIn{o.Name, o.Subdomain, o.Status, host, dir.TokenPath()}
	if c.JSON {
		return out.json(in)
	}
	out.printf("Stored the token of %s (%s, %s) for %s in %s. Only this user can read it.\n", in.Organization, in.Subdomain, in.Status, in.Host, in.File)
	return nil
}

// notFound404 gives an error with status 404 its exit code.
func notFound404(err error) error {
	if dixaclient.IsNotFound(err) {
		return &exitError{exitNotFound, err}
	}
	return err
}

// knownHost refuses addresses that are known to be wrong.
func knownHost(host string) error {
	u, err := url.Parse(host)
	if err != nil {
		return err
	}
	switch u.Hostname() {
	case "integrations.dixa.io":
		return usagef("--base-url: integrations.dixa.io is the old Integrations API, which needs other tokens; omit --base-url for the Dixa API at %s", dixaclient.DefaultURL)
	case "exports.dixa.io":
		return usagef("--base-url: exports.dixa.io is the Exports API, which uses the same token; omit --base-url for the Dixa API at %s", dixaclient.DefaultURL)
	case "api.dixa.io":
		return usagef("--base-url: api.dixa.io is not Dixa's API; omit --base-url for the Dixa API at %s", dixaclient.DefaultURL)
	}
	return nil
}

// mostTokenInput bounds what is read as a token, in bytes.
const mostTokenInput = 64 << 10

// askToken reads a token from the terminal without showing it, or from standard input.
func askToken(ctx context.Context, host string) (string, error) {
	var text string
	var err error
	if fd := int(os.Stdin.Fd()); term.IsTerminal(fd) {
		fmt.Fprintln(os.Stderr, "An administrator makes a token in Dixa under Settings > Integrations > API Tokens, version \"Dixa API\".")
		text, err = readSecret(ctx, fd, fmt.Sprintf("Token for %s (it is not shown): ", host))
	} else {
		var b []byte
		b, err = readInput(ctx, io.LimitReader(os.Stdin, mostTokenInput))
		text = string(b)
	}
	if err != nil {
		return "", fmt.Errorf("no token was read, and nothing was stored: %w", err)
	}
	if strings.TrimSpace(text) == "" {
		return "", usagef("no token was given, and nothing was stored; paste it when asked, or pipe it: dixa-mcp login < FILE")
	}
	token, err := dixaclient.CleanToken(text)
	if err != nil {
		return "", usagef("%w; nothing was stored", err)
	}
	return token, nil
}

// readSecret asks on a terminal for a line that is not shown, not even if it is typed before the question appears. The
// terminal is restored even if ctx ends first.
func readSecret(ctx context.Context, fd int, question string) (string, error) {
	before, err := term.MakeRaw(fd)
	if err != nil {
		return "", err
	}
	type line struct {
		text string
		err  error
	}
	read := make(chan line, 1)
	go func() {
		text, err := term.NewTerminal(struct {
			io.Reader
			io.Writer
		}{os.Stdin, os.Stderr}, "").ReadPassword(question)
		read <- line{text, err}
	}()
	l := line{err: context.Canceled}
	select {
	case l = <-read:
	case <-ctx.Done():
	}
	if errors.Is(l.err, io.EOF) || errors.Is(l.err, context.Canceled) { // ctrl-C and ctrl-D are read as the end of the input
		fmt.Fprint(os.Stderr, "\r\n")
		l.err = &exitError{exitInterrupted, context.Canceled}
	}
	return l.text, errors.Join(l.err, term.Restore(fd, before))
}

// organizationFrom asks Dixa for the organization of a token. An answer that is not Dixa's is an error.
func organizationFrom(ctx context.Context, config dixaclient.Config, token dixaclient.TokenSource, timeout time.Duration) (dixaclient.Organization, error) {
	config.Token = token
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	client, err := dixaclient.New(config)
	if err != nil {
		return dixaclient.Organization{}, err
	}
	defer client.Close()
	a, err := dixaclient.GetOrganization.Do(ctx, client, dixaclient.NoArguments{})
	if err == nil && a.Value.ID == "" {
		err = errors.New("the server that answered is not Dixa: its answer has no organization; check --base-url")
	}
	return a.Value, tokenTrouble(err)
}

// tokenTrouble explains why Dixa does not accept a token, as far as its answer shows.
func tokenTrouble(err error) error {
	var e *dixaclient.Error
	if !errors.As(err, &e) || e.Status != http.StatusUnauthorized && e.Status != http.StatusForbidden {
		return err
	}
	switch {
	case e.Status == http.StatusUnauthorized && strings.Contains(strings.ToLower(e.Message), "user"): // "The user who issued the access token … is not authorized"
		//lint:ignore ST1005 Dixa is a name
		err = fmt.Errorf("Dixa knows the token, but the user who made it is not authorized (%d: %s). Ask an administrator for a new token", e.Status, e.Message)
	case e.Status == http.StatusUnauthorized:
		//lint:ignore ST1005 Dixa is a name
		err = fmt.Errorf("Dixa does not accept the token (%d: %s). It was copied incompletely, was deleted, or was made for a version other than \"Dixa API\", such as the old Integrations API, whose tokens do not work here. Ask an administrator for a new one: Settings > Integrations > API Tokens, version \"Dixa API\"", e.Status, e.Message)
	default:
		//lint:ignore ST1005 Dixa is a name
		err = fmt.Errorf("Dixa knows the token, but does not authorize this request (%d: %s). It must be made by an administrator, with the version \"Dixa API\"", e.Status, e.Message)
	}
	return &exitError{exitRefused, err}
}

type logoutCmd struct {
	jsonFlag `embed:""`
}

// Run deletes the stored token. The token itself stays valid in Dixa.
func (c *logoutCmd) Run(out *output) error {
	dir, err := credential.UserDir()
	if err != nil {
		return err
	}
	was, err := dir.Remove()
	if err != nil {
		return err
	}
	if c.JSON {
		return out.json(map[string]any{"file": dir.TokenPath(), "deleted": was})
	}
	if !was {
		out.printf("No token is stored in %s; nothing was changed.\n", dir.TokenPath())
		return nil
	}
	out.printf("Deleted the stored token in %s. It is still valid: delete it in Dixa under Settings > Integrations > API Tokens if you no longer need it.\n", dir.TokenPath())
	return nil
}
