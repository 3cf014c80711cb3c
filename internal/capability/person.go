package capability

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
)

// Person is who signed in, as the OpenID provider says.
type Person struct {
	Issuer  string         `json:"issuer"`
	Subject string         `json:"subject"`          // unique at the issuer
	Email   string         `json:"email,omitzero"`   // "" unless the provider says that it is verified
	Name    string         `json:"name,omitzero"`    // for display; the person may have chosen it
	Groups  []string       `json:"groups,omitzero"`  // the claim groups
	Claims  map[string]any `json:"claims,omitempty"` // as the provider gave them; never logged
}

// ID identifies the person in keys and digests. It is the same for as long as the provider gives the person the same
// subject, whatever happens to the address or the name. nil, which is nobody, is "".
func (p *Person) ID() string {
	if p == nil {
		return ""
	}
	sum := sha256.Sum256(fmt.Appendf(nil, "%d:%s%d:%s", len(p.Issuer), p.Issuer, len(p.Subject), p.Subject))
	return hex.EncodeToString(sum[:16])
}

// String names the person for records, logs and approvers: by the verified address, without one by the subject. nil is "".
func (p *Person) String() string {
	switch {
	case p == nil:
		return ""
	case p.Email != "":
		return p.Email
	}
	return "subject " + p.Subject
}
