package admin

import (
	"bytes"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"fmt"
	"net/http"
	"os"

	"dixa-mcp/internal/approver"
	"dixa-mcp/internal/base/web"
)

// minKey is the length below which a key is refused: one that a person thought of can be guessed.
const minKey = 32

// Key is the digest of the admin key, or of the key for metrics.
type Key [sha256.Size]byte

// MakeKey returns the digest of a key.
func MakeKey(key string) *Key {
	k := Key(sha256.Sum256([]byte(key)))
	return &k
}

// ReadKey reads a key of a kind, admin or metrics, from a file that holds it and nothing else.
func ReadKey(kind, file string) (*Key, error) {
	b, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	b = bytes.TrimSpace(b)
	if len(b) < minKey {
		return nil, fmt.Errorf("the %[1]s key in %[2]s has fewer than %[3]d characters: make one with dixa-mcp key new --%[1]s", kind, file, minKey)
	}
	for other, whose := range kinds {
		if other != kind && bytes.HasPrefix(b, []byte("dixa-mcp-"+other+"-")) {
			return nil, fmt.Errorf("%[2]s holds the key of %[3]s, which must not open %[4]s as well: make one with dixa-mcp key new --%[1]s", kind, file, whose, kinds[kind])
		}
	}
	if !web.IsToken(string(b)) {
		return nil, fmt.Errorf("the %[1]s key in %[2]s has characters that an Authorization header cannot carry: make one with dixa-mcp key new --%[1]s", kind, file)
	}
	return MakeKey(string(b)), nil
}

// kinds says whose keys begin with dixa-mcp- and the kind.
var kinds = map[string]string{"approver": "an approver", "agent": "an agent", "auditor": "an auditor", "admin": "the admin port", "metrics": "the metrics"}

// Opens reports whether this is the digest of key. No key opens nil.
func (k *Key) Opens(key string) bool {
	if k == nil {
		return false
	}
	return k.Is(sha256.Sum256([]byte(key)))
}

// Is reports whether this is the digest.
func (k *Key) Is(digest [sha256.Size]byte) bool {
	return subtle.ConstantTimeCompare(digest[:], k[:]) == 1
}

// ID names the key in records.
func (k *Key) ID() string { return hex.EncodeToString(k[:4]) }

// operator authenticates the holder of the admin key.
func (p *port) operator(next http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if p.Key == nil {
			web.Refuse(w, http.StatusForbidden, "this server was started without an admin key")
			return
		}
		if key, err := web.Bearer(r); err != nil || !p.Key.Opens(key) {
			p.stranger(w, r)
			return
		}
		next(w, r)
	}
}

// approver authenticates an approver under the rules in force now.
func (p *port) approver(next func(*approver.Session, http.ResponseWriter, *http.Request)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		key, err := web.Bearer(r)
		if err == nil {
			if s, ok := approver.Authenticate(p.Rules(), []byte(key), p.Approvals); ok {
				s.Reviewer, s.Sender, s.Now = p.Reviewer, p.Sender, p.Now
				next(s, w, r)
				return
			}
		}
		p.stranger(w, r)
	}
}

// stranger answers a request without a valid key. A valid key is accepted however many invalid ones came from the same
// address, so that no client of the port can keep the operator from freezing an agent.
func (p *port) stranger(w http.ResponseWriter, r *http.Request) {
	if from, many, first := p.Invalid.Add(r.RemoteAddr); many {
		if first {
			p.Log.Warn("many invalid keys at the admin port", "address", from)
		}
		w.Header().Set("Retry-After", "60")
		p.failed(w, http.StatusTooManyRequests, "too many invalid keys came from this address; wait a minute")
		return
	}
	w.Header().Set("WWW-Authenticate", `Bearer realm="dixa-mcp admin"`)
	p.failed(w, http.StatusUnauthorized, "this requires a valid key: Authorization: Bearer ...")
}

// failed answers a request without a valid key, and counts it.
func (p *port) failed(w http.ResponseWriter, status int, why string) {
	if p.Failed != nil {
		p.Failed(status)
	}
	web.Refuse(w, status, why)
}
