// Package seal signs texts that leave the program and come back, such as questions to a user and the ids of sessions, and
// encrypts what the program stores for itself.
package seal

import (
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"strings"
)

// Errors of [Signer.Read]: it was made with another secret or changed, or it says something else than is looked for.
var (
	ErrForeign    = errors.New("was not made here")
	ErrUnreadable = errors.New("cannot be read")
)

// Secret returns a new random secret of 32 bytes.
func Secret() []byte {
	secret := make([]byte, 32)
	_, _ = rand.Read(secret) // never fails
	return secret
}

// Derive makes a key of 32 bytes for one purpose, so that what is made for one purpose is invalid for another.
func Derive(secret []byte, purpose string) []byte {
	key, err := hkdf.Key(sha256.New, secret, nil, "dixa-mcp "+purpose, sha256.Size)
	if err != nil {
		panic(err) // SHA-256 can give 32 bytes
	}
	return key
}

// Signer signs what is said for one purpose.
type Signer struct{ key []byte }

// NewSigner makes a signer; those of the same secret and purpose read each other's.
func NewSigner(secret []byte, purpose string) Signer { return Signer{Derive(secret, purpose)} }

// Sign makes a text of v, which JSON can write: letters, digits, "-", "_" and ".".
func (s Signer) Sign(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err) // what is signed here are structs of texts and times
	}
	body := base64.RawURLEncoding.EncodeToString(b)
	return body + "." + s.mac(body)
}

// Read fills v, a pointer, with what a text says.
func (s Signer) Read(text string, v any) error {
	body, mac, _ := strings.Cut(text, ".")
	if !hmac.Equal([]byte(mac), []byte(s.mac(body))) {
		return ErrForeign
	}
	b, err := base64.RawURLEncoding.DecodeString(body)
	if err != nil || json.Unmarshal(b, v) != nil {
		return ErrUnreadable
	}
	return nil
}

func (s Signer) mac(body string) string { return MAC(s.key, body) }

// MAC returns the authentication code of a text under a key, 43 letters, digits, "-" and "_". The text is kept elsewhere.
func MAC(key []byte, text string) string {
	m := hmac.New(sha256.New, key)
	m.Write([]byte(text))
	return base64.RawURLEncoding.EncodeToString(m.Sum(nil))
}
