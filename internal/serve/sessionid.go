package serve

import "dixa-mcp/internal/seal"

// ticket is what the id of a session says: whose it is, and what its client said when it began. So any server that knows
// the secret can go on with it, and nobody else can make one.
type ticket struct {
	Agent   string `json:"a"`
	Version string `json:"v"`           // of the protocol
	Asks    bool   `json:"e,omitempty"` // the client can put a question to its person
	Nonce   string `json:"n"`
}

// newSigner makes ids of sessions and reads them; without a secret only in this process.
func newSigner(secret []byte) seal.Signer {
	if secret == nil {
		secret = seal.Secret()
	}
	return seal.NewSigner(secret, "sessions")
}
