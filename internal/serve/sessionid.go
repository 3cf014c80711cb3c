package serve

import "dixa-mcp/internal/seal"

// sessionID is what the id of a session says: whose it is, and what its client said in initialize. So any server that
// knows the secret can continue the session, and no one else can make an id.
type sessionID struct {
	Agent   string `json:"a"`
	Person  string `json:"p,omitempty"` // id of the person who uses it; "" for none
	Bound   int64  `json:"b,omitempty"` // the only conversation that exists for its key; 0 for none
	Version string `json:"v"`           // of the protocol
	Asks    bool   `json:"e,omitempty"` // the client can show a form to its user
	Nonce   string `json:"n"`
}

// newSigner returns what signs session ids and reads them; without a secret only in this process.
func newSigner(secret []byte) seal.Signer {
	if secret == nil {
		secret = seal.Secret()
	}
	return seal.NewSigner(secret, "sessions")
}
