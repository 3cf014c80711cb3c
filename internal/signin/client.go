package signin

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"dixa-mcp/internal/base/address"
)

const (
	maxClientID     = 1024 // bytes
	maxRedirectURI  = 512
	maxRedirectURIs = 20
	maxClientName   = 60 // characters; longer names are cut
)

// Client is a program that may ask people for access, as it describes itself (RFC 7591).
type Client struct {
	ID           string   `json:"client_id"`
	Name         string   `json:"client_name"`
	RedirectURIs []string `json:"redirect_uris"`
	Secret       string   `json:"client_secret_sha256,omitempty"` // of a configured client; "" for a public one

	kind clientKind
}

// clientKind is how a client is known.
type clientKind int

const (
	byDocument   clientKind = iota // its id is the address of its metadata document
	byRegister                     // it registered itself
	byConfigured                   // the operator configured it
)

// described is what clients say about themselves. Members that are not listed are ignored, as RFC 7591 has it.
type described struct {
	ID            string   `json:"client_id"`
	Name          string   `json:"client_name"`
	RedirectURIs  []string `json:"redirect_uris"`
	Method        string   `json:"token_endpoint_auth_method"`
	GrantTypes    []string `json:"grant_types"`
	ResponseTypes []string `json:"response_types"`
	Secret        string   `json:"client_secret"`
}

// errRedirectURI is for a redirect URI in the metadata of a client that cannot be used.
var errRedirectURI = errors.New("invalid redirect URI")

// parseClient reads the metadata of a public client.
func parseClient(text []byte) (*Client, error) {
	var d described
	if err := json.Unmarshal(text, &d); err != nil {
		return nil, errors.New("the client's metadata is not a JSON object with the members of RFC 7591")
	}
	switch {
	case d.Secret != "":
		return nil, errors.New("the client's metadata contains a client_secret, which anybody can read")
	case d.Method != "" && d.Method != "none":
		return nil, fmt.Errorf("the client wants to authenticate by %.40q: only public clients with PKCE, token_endpoint_auth_method none, are accepted", d.Method)
	case len(d.GrantTypes) > 0 && !slices.Contains(d.GrantTypes, "authorization_code"):
		return nil, errors.New("grant_types must contain authorization_code")
	case len(d.ResponseTypes) > 0 && !slices.Contains(d.ResponseTypes, "code"):
		return nil, errors.New("response_types must contain code")
	}
	c := &Client{ID: d.ID, Name: clientName(d.Name), RedirectURIs: d.RedirectURIs}
	return c, c.checkRedirectURIs()
}

func (c *Client) checkRedirectURIs() error {
	if n := len(c.RedirectURIs); n == 0 || n > maxRedirectURIs {
		return fmt.Errorf("%w: redirect_uris must have 1 to %d addresses", errRedirectURI, maxRedirectURIs)
	}
	for _, uri := range c.RedirectURIs {
		if _, err := parseRedirect(uri); err != nil {
			return fmt.Errorf("%w: %.100q %w", errRedirectURI, uri, err)
		}
	}
	return nil
}

// clientName returns the name of a client as it is shown and stored: in one line, readable, and cut.
func clientName(name string) string {
	name = strings.Join(strings.FieldsFunc(name, func(r rune) bool {
		return r == utf8.RuneError || unicode.IsSpace(r) || !unicode.IsGraphic(r) || unicode.Is(unicode.Mn, r)
	}), " ")
	if runes := []rune(name); len(runes) > maxClientName {
		return string(runes[:maxClientName]) + "…"
	}
	return name
}

// apps are the private-use schemes of programs that are known to receive answers by them. Others must contain a period, as
// RFC 8252 wants it: schemes without one may start any program of the person's machine.
var apps = []string{"claude", "cursor", "vscode", "vscode-insiders", "windsurf", "zed"}

// parseRedirect parses a redirect URI to which answers may be sent: https, http to the person's own machine, or a private-use
// scheme of an app.
func parseRedirect(uri string) (*url.URL, error) {
	u, err := url.Parse(uri)
	switch {
	case err != nil || len(uri) > maxRedirectURI || strings.ContainsFunc(uri, func(r rune) bool {
		return r <= ' ' || r > '~' || r == '\\' || r == '"' || r == '\'' || r == ';' || r == ',' || r == '<' || r == '>'
	}):
		return nil, fmt.Errorf("must be an address of at most %d ASCII characters", maxRedirectURI)
	case strings.Contains(uri, "#") || u.User != nil || u.Opaque != "" || u.Scheme == "":
		return nil, errors.New("must be an absolute address without user and fragment")
	case strings.Contains(u.Path, "/../") || strings.HasSuffix(u.Path, "/.."):
		return nil, errors.New("must not contain /../")
	}
	switch scheme := u.Scheme; {
	case address.IsConfidential(u) && (scheme == "http" || validHost(u)) && validPort(u):
		return u, nil
	case scheme == "http":
		return nil, errors.New("must be https, or http to localhost, 127.0.0.1 or [::1]")
	case scheme != "https" && (slices.Contains(apps, scheme) || strings.Contains(scheme, ".")):
		return u, nil
	}
	return nil, errors.New("must be https, http to this machine, or an app's scheme such as com.example.app")
}

// validHost refuses hosts that are neither a name nor an IPv4 address.
func validHost(u *url.URL) bool {
	return u.Hostname() != "" && strings.Trim(strings.ToLower(u.Hostname()), "abcdefghijklmnopqrstuvwxyz0123456789.-") == ""
}

// validPort refuses "https://host:".
func validPort(u *url.URL) bool { return !strings.HasSuffix(u.Host, ":") }

// allows reports whether a client may receive its answer at a redirect URI: one of its own, character for character; on the
// person's own machine at any port, since programs there listen at a random one.
func (c *Client) allows(uri string) bool {
	u, err := parseRedirect(uri)
	if err != nil {
		return false
	}
	return slices.ContainsFunc(c.RedirectURIs, func(own string) bool {
		if own == uri {
			return true
		}
		o, err := parseRedirect(own)
		return err == nil && u.Scheme == "http" && o.Scheme == "http" && withoutPort(o) == withoutPort(u)
	})
}

func withoutPort(u *url.URL) string {
	return u.Hostname() + u.EscapedPath() + "?" + u.RawQuery
}

// authenticated reports whether a client's secret is right. A public client has none.
func (c *Client) authenticated(secret string) bool {
	if c.Secret == "" {
		return secret == ""
	}
	sum := sha256.Sum256([]byte(secret))
	return subtle.ConstantTimeCompare([]byte(hex.EncodeToString(sum[:])), []byte(c.Secret)) == 1
}

// ParseClients reads the clients that an operator configured, a JSON list with the members of RFC 7591 and, for clients that
// authenticate, client_secret_sha256.
func ParseClients(text []byte) ([]Client, error) {
	var all []Client
	d := json.NewDecoder(strings.NewReader(string(text)))
	d.DisallowUnknownFields()
	if err := d.Decode(&all); err != nil {
		return nil, fmt.Errorf("must be a JSON list of clients with client_id, client_name, redirect_uris and client_secret_sha256: %w", err)
	}
	seen := map[string]bool{}
	for i := range all {
		c := &all[i]
		digest, err := hex.DecodeString(c.Secret)
		switch {
		case c.ID == "" || len(c.ID) > maxClientID || strings.ContainsFunc(c.ID, func(r rune) bool { return r <= ' ' || r > '~' }):
			return nil, fmt.Errorf("client_id of client %d must be 1 to %d ASCII characters without spaces", i+1, maxClientID)
		case seen[c.ID]:
			return nil, fmt.Errorf("two clients have the client_id %s", c.ID)
		case isDocument(c.ID) || strings.HasPrefix(c.ID, registeredPrefix):
			return nil, fmt.Errorf("the client_id %s must not begin with https:// or %s, which name clients of other kinds", c.ID, registeredPrefix)
		case c.Secret != "" && (err != nil || len(digest) != sha256.Size || strings.ToLower(c.Secret) != c.Secret):
			return nil, fmt.Errorf("client_secret_sha256 of %s must be the SHA-256 of its secret in 64 lower-case hexadecimal digits", c.ID)
		}
		seen[c.ID] = true
		c.Name, c.kind = clientName(c.Name), byConfigured
		if err := c.checkRedirectURIs(); err != nil {
			return nil, fmt.Errorf("client %s: %w", c.ID, err)
		}
	}
	return all, nil
}
