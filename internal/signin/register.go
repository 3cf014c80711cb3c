package signin

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"slices"
	"strings"
	"time"

	"dixa-mcp/internal/base/web"
	"dixa-mcp/internal/seal"
)

const (
	// registeredFor is for how long a client that registered itself may ask people for access. Sessions that they allowed
	// last for their own time.
	registeredFor    = 180 * 24 * time.Hour
	registeredPrefix = "registered."
	maxRegistration  = 16 << 10 // bytes
)

// registrations register clients. Nothing is stored: a client's id is what it registered, signed, so that any number of
// registrations costs no memory.
type registrations struct {
	signer seal.Signer
	now    func() time.Time
	hears  func(context.Context, Event)
}

// registered is what an id says.
type registered struct {
	Name         string   `json:"n,omitzero"`
	RedirectURIs []string `json:"r"`
	Expires      int64    `json:"e"` // seconds
}

// client returns the client of an id.
func (r registrations) client(id string) (*Client, error) {
	var says registered
	signed, ok := strings.CutPrefix(id, registeredPrefix)
	if !ok || r.signer.Read(signed, &says) != nil {
		return nil, errors.New("the client is not registered here")
	}
	if !r.now().Before(time.Unix(says.Expires, 0)) {
		return nil, errors.New("the client's registration has expired; remove the connection in the client and add it again")
	}
	return &Client{ID: id, Name: says.Name, RedirectURIs: says.RedirectURIs, kind: byRegister}, nil
}

// ServeHTTP registers a client (RFC 7591).
func (r registrations) ServeHTTP(w http.ResponseWriter, request *http.Request) {
	text, err := io.ReadAll(http.MaxBytesReader(w, request.Body, maxRegistration))
	if err != nil {
		refuseClient(w, "invalid_client_metadata", "the metadata is over 16 KiB or could not be read")
		return
	}
	c, err := parseClient(registering(text))
	switch {
	case errors.Is(err, errRedirectURI):
		refuseClient(w, "invalid_redirect_uri", err.Error())
		return
	case err != nil:
		refuseClient(w, "invalid_client_metadata", err.Error())
		return
	}
	now := r.now()
	expires := now.Add(registeredFor)
	id := registeredPrefix + r.signer.Sign(registered{c.Name, c.RedirectURIs, expires.Unix()})
	if len(id) > maxClientID {
		refuseClient(w, "invalid_redirect_uri", "the redirect URIs are too long together; register fewer or shorter ones")
		return
	}
	r.hears(request.Context(), Event{Kind: Registered, Client: id, Name: c.Name})
	web.WriteJSON(w, http.StatusCreated, map[string]any{
		"client_id": id, "client_id_issued_at": now.Unix(), "client_name": c.Name, "redirect_uris": c.RedirectURIs,
		"token_endpoint_auth_method": "none", "grant_types": []string{"authorization_code", "refresh_token"}, "response_types": []string{"code"},
	})
}

// registering prepares metadata that a client registers. A server may replace what it wants (RFC 7591, 3.2.1): a client that
// asks for a secret is registered as a public one, and told so.
func registering(text []byte) []byte {
	var members map[string]json.RawMessage
	if json.Unmarshal(text, &members) != nil {
		return text
	}
	if m := strings.Trim(string(members["token_endpoint_auth_method"]), `"`); slices.Contains([]string{"client_secret_basic", "client_secret_post"}, m) {
		delete(members, "token_endpoint_auth_method")
	}
	prepared, err := json.Marshal(members)
	if err != nil {
		return text
	}
	return prepared
}

// oauthError is an error answer of OAuth.
type oauthError struct {
	Error       string `json:"error"`
	Description string `json:"error_description,omitempty"`
}

func refuseClient(w http.ResponseWriter, code, why string) {
	web.WriteJSON(w, http.StatusBadRequest, oauthError{code, why})
}

// isDocument reports whether a client id is the address of a metadata document.
func isDocument(id string) bool { return strings.HasPrefix(id, "https://") }

// encode returns bytes as text for addresses and cookies.
func encode(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }

// decode returns the bytes of a text that encode made, none for any other text.
func decode(text string) []byte {
	b, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil {
		return nil
	}
	return b
}
