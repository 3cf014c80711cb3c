// Package web holds what the HTTP handlers of this program share.
package web

import (
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"strings"
)

// maxCredential is the length above which a credential is refused. Tokens with long lists of groups stay below it.
const maxCredential = 16 << 10

// Errors of [Bearer].
var (
	ErrNoCredential = errors.New("the request has no Authorization header")
	ErrTwice        = errors.New("the request has more than one Authorization header")
	ErrNotBearer    = errors.New("the Authorization header must be the word Bearer, a space and one credential")
)

// Bearer returns the credential in the Authorization header of a request, of the form that RFC 6750 gives it.
func Bearer(r *http.Request) (string, error) {
	headers := r.Header.Values("Authorization")
	switch len(headers) {
	case 0:
		return "", ErrNoCredential
	case 1:
	default:
		return "", ErrTwice
	}
	scheme, credential, ok := strings.Cut(headers[0], " ")
	credential = strings.Trim(credential, " ")
	if !ok || !strings.EqualFold(scheme, "Bearer") || !IsToken(credential) {
		return "", ErrNotBearer
	}
	return credential, nil
}

// IsToken reports whether an Authorization header can carry a credential as a bearer token.
func IsToken(credential string) bool {
	body := strings.TrimRight(credential, "=")
	return len(credential) <= maxCredential && body != "" && !slices.ContainsFunc([]byte(body), func(c byte) bool { return !isTokenByte(c) })
}

func isTokenByte(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || strings.IndexByte("-_.~+/", c) >= 0
}

// WriteJSON answers a request with a JSON document.
func WriteJSON(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	_ = e.Encode(v) // the client may be gone
}

// Refuse answers a request with an error: {"error": why}.
func Refuse(w http.ResponseWriter, status int, why string) {
	WriteJSON(w, status, struct {
		Error string `json:"error"`
	}{why})
}
