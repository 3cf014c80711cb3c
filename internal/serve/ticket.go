package serve

import (
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"strings"
)

// ticket is what the id of a session says: whose it is, and what its client said when it began. So any server that knows
// the secret can go on with it, and nobody else can make one.
type ticket struct {
	Agent   string `json:"a"`
	Version string `json:"v"`           // of the protocol
	Asks    bool   `json:"e,omitempty"` // the client can put a question to its person
	Nonce   string `json:"n"`
}

// signer makes ids of sessions and reads them.
type signer struct{ key []byte }

// newSigner derives its key from the secret; without one nobody else knows it.
func newSigner(secret []byte) (signer, error) {
	if secret == nil {
		secret = []byte(rand.Text() + rand.Text())
	}
	key, err := hkdf.Key(sha256.New, secret, nil, "dixa-mcp sessions", sha256.Size)
	return signer{key}, err
}

func (s signer) sign(t ticket) string {
	t.Nonce = rand.Text()
	b, _ := json.Marshal(t) // strings always marshal
	body := base64.RawURLEncoding.EncodeToString(b)
	return body + "." + s.mac(body)
}

// read is not ok for an id that was not made with this key.
func (s signer) read(id string) (t ticket, ok bool) {
	body, mac, _ := strings.Cut(id, ".")
	if !hmac.Equal([]byte(mac), []byte(s.mac(body))) {
		return ticket{}, false
	}
	b, err := base64.RawURLEncoding.DecodeString(body)
	return t, err == nil && json.Unmarshal(b, &t) == nil
}

func (s signer) mac(body string) string {
	m := hmac.New(sha256.New, s.key)
	m.Write([]byte(body))
	return base64.RawURLEncoding.EncodeToString(m.Sum(nil))
}
