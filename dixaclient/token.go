package dixaclient

import (
	"crypto/hkdf"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
)

// TokenSource gives the token for the next request. It is asked every time, so that a token can be replaced.
type TokenSource func() (string, error)

// StaticToken returns a source of a token that does not change.
func StaticToken(token string) TokenSource { return func() (string, error) { return token, nil } }

// token is one of the client's tokens.
type token struct {
	source TokenSource
	name   string // such as "token 2 of 3", "" for the only one
	last   atomic.Pointer[redactor]
}

func newTokens(sources []TokenSource) []*token {
	var all []*token
	for i, s := range sources {
		t := &token{source: s}
		if len(sources) > 1 {
			t.name = fmt.Sprintf("token %d of %d", i+1, len(sources))
		}
		all = append(all, t)
	}
	return all
}

// read gives the token for the next request.
func (t *token) read() (string, error) {
	s, err := t.source()
	if err != nil {
		err = fmt.Errorf("the token cannot be read: %w", err)
	} else {
		s, err = CleanToken(s)
	}
	if err != nil && t.name != "" {
		err = fmt.Errorf("%s: %w", t.name, err)
	}
	if err != nil {
		return "", &tokenError{err}
	}
	if last := t.last.Load(); last == nil || last.token != s {
		t.last.Store(newRedactor(s))
	}
	return s, nil
}

// DeriveKey makes a key of 32 bytes for one purpose from the token that writes. All clients with this token derive the same one,
// so that they recognize what one of them made; nothing about the token follows from it.
func (c *Client) DeriveKey(purpose string) ([]byte, error) {
	token, err := c.tokens[0].read()
	if err != nil {
		return nil, err
	}
	return hkdf.Key(sha256.New, []byte(token), nil, "dixa-mcp "+purpose, sha256.Size)
}

// tokenError is why there is no token to send a request with.
type tokenError struct{ error }

func (e *tokenError) Unwrap() error { return e.error }

// digest returns a name for a token from which the token cannot be recovered.
func digest(token string) string {
	sum := sha256.Sum256([]byte(token))
	return hex.EncodeToString(sum[:8])
}

// CleanToken strips white space and a pasted "Bearer " from a token, and refuses what cannot be one. The token is
// never part of the error.
func CleanToken(token string) (string, error) {
	token = strings.TrimSpace(token)
	if len(token) >= 7 && strings.EqualFold(token[:7], "Bearer ") {
		token = strings.TrimSpace(token[7:])
	}
	if token == "" || strings.EqualFold(token, "Bearer") {
		return "", errors.New("the Dixa API token is empty")
	}
	if strings.ContainsFunc(token, func(r rune) bool { return r <= ' ' || r > '~' || r == '"' || r == '\'' }) {
		return "", errors.New("the Dixa API token has characters that no token has (a line break, a space, a quotation mark?)")
	}
	return token, nil
}
