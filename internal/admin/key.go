package admin

import (
	"bytes"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"fmt"
	"net"
	"net/http"
	"os"
	"sync"
	"time"

	"dixa-mcp/internal/approver"
	"dixa-mcp/internal/base/web"
)

// minKey is the length below which a key is refused: one that a person thought of can be guessed.
const minKey = 32

// Key is the digest of the admin key.
type Key [sha256.Size]byte

// ReadKey reads the admin key from a file that holds it and nothing else.
func ReadKey(file string) (*Key, error) {
	b, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	b = bytes.TrimSpace(b)
	if len(b) < minKey {
		return nil, fmt.Errorf("the admin key in %s has fewer than %d characters: make one with dixa-mcp key new --admin", file, minKey)
	}
	for prefix, whose := range map[string]string{"dixa-mcp-approver-": "an approver", "dixa-mcp-agent-": "an agent"} {
		if bytes.HasPrefix(b, []byte(prefix)) {
			return nil, fmt.Errorf("%s holds the key of %s, which must not open the admin port as well: make one for it with dixa-mcp key new --admin", file, whose)
		}
	}
	if !web.IsToken(string(b)) {
		return nil, fmt.Errorf("the admin key in %s has characters that an Authorization header cannot carry: make one with dixa-mcp key new --admin", file)
	}
	k := Key(sha256.Sum256(b))
	return &k, nil
}

// opens reports whether key is the admin key.
func (k *Key) opens(key string) bool {
	sum := sha256.Sum256([]byte(key))
	return subtle.ConstantTimeCompare(sum[:], k[:]) == 1
}

// id names the key in records.
func (k *Key) id() string { return hex.EncodeToString(k[:4]) }

// operator authenticates the holder of the admin key.
func (p *port) operator(next http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if p.Key == nil {
			web.Refuse(w, http.StatusForbidden, "this server was started without an admin key")
			return
		}
		if key, err := web.Bearer(r); err != nil || !p.Key.opens(key) {
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
	from, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		from = r.RemoteAddr
	}
	if many, first := p.failures.add(from); many {
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

const (
	failuresMost  = 10 // invalid keys from one address in failuresFor
	failuresFor   = time.Minute
	failuresKnown = 4096 // addresses; further ones are counted together
)

// failures counts invalid keys of the present minute by the address that they came from.
type failures struct {
	now func() time.Time

	mu    sync.Mutex
	count map[string]int
	ends  time.Time
}

// add counts an invalid key, and tells whether there were too many, and whether this is the first of them.
func (f *failures) add(from string) (many, first bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if now := f.now(); !now.Before(f.ends) {
		f.count, f.ends = map[string]int{}, now.Add(failuresFor)
	}
	if _, known := f.count[from]; !known && len(f.count) >= failuresKnown {
		from = ""
	}
	f.count[from]++
	return f.count[from] > failuresMost, f.count[from] == failuresMost+1
}
