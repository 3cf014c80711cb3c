package gate

import (
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
)

// derive makes a key for one purpose, so that what is sealed for one is worth nothing for another.
func derive(secret []byte, purpose string) []byte {
	key, err := hkdf.Key(sha256.New, secret, nil, "dixa-mcp "+purpose, 32)
	if err != nil {
		panic(err) // SHA-256 can give 32 bytes
	}
	return key
}

// newSecret is one that no other process has.
func newSecret() []byte {
	secret := make([]byte, 32)
	_, _ = rand.Read(secret) // never fails
	return secret
}
