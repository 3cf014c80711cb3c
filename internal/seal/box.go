package seal

import (
	"crypto/aes"
	"crypto/cipher"
)

// Box encrypts what is stored for one purpose, with AES-256-GCM. It is safe for concurrent use.
type Box struct{ aead cipher.AEAD }

// NewBox makes a box; those of the same secret and purpose open each other's.
func NewBox(secret []byte, purpose string) Box {
	block, err := aes.NewCipher(Derive(secret, purpose))
	if err != nil {
		panic(err) // the key has 32 bytes
	}
	aead, err := cipher.NewGCMWithRandomNonce(block)
	if err != nil {
		panic(err) // AES has blocks of 16 bytes
	}
	return Box{aead}
}

// Close encrypts a text for a place, which is not part of the result: what is moved elsewhere cannot be opened there.
func (b Box) Close(text []byte, place string) []byte {
	return b.aead.Seal(nil, nil, text, []byte(place))
}

// Open decrypts what [Box.Close] made for the same place. It returns [ErrForeign] for anything else.
func (b Box) Open(sealed []byte, place string) ([]byte, error) {
	text, err := b.aead.Open(nil, nil, sealed, []byte(place))
	if err != nil {
		return nil, ErrForeign
	}
	return text, nil
}
