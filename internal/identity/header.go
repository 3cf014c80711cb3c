package identity

import (
	"errors"
	"net/http"
	"slices"
	"strings"

	"dixa-mcp/internal/base/web"
)

const (
	ownPrefix   = "dixa-mcp-" // of keys that this program makes
	agentPrefix = ownPrefix + "agent-"
	// AccessPrefix begins the access tokens of people who signed in.
	AccessPrefix = ownPrefix + "access-"
	// BoundPrefix begins keys that are bound to one conversation.
	BoundPrefix = ownPrefix + "bound-"
	keyLength   = 43 // characters behind the prefix: 32 bytes
)

// credentialOf returns the credential in the Authorization header. It refuses a credential in the URL, which logs and
// histories would keep.
func credentialOf(r *http.Request) (string, error) {
	if inQuery(r) {
		return "", badRequest("The address of the request holds a credential. Addresses are written to logs: use the Authorization header, and replace the credential.")
	}
	credential, err := web.Bearer(r)
	switch {
	case errors.Is(err, web.ErrNoCredential):
		return "", missing()
	case errors.Is(err, web.ErrTwice):
		return "", badRequest("The request has more than one Authorization header. Send one.")
	case err != nil:
		return "", malformed()
	}
	return credential, nil
}

func inQuery(r *http.Request) bool {
	if r.URL.RawQuery == "" {
		return false
	}
	for name, values := range r.URL.Query() {
		if strings.EqualFold(name, "access_token") || holdsCredential(name) {
			return true
		}
		for _, v := range values {
			if holdsCredential(v) {
				return true
			}
		}
	}
	return holdsCredential(r.URL.RawQuery) // also in a part that is no query
}

func holdsCredential(text string) bool {
	return strings.Contains(text, agentPrefix) || strings.Contains(text, BoundPrefix) || strings.Contains(text, AccessPrefix)
}

func isKeyByte(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || c == '-' || c == '_'
}

// checkKey refuses what begins like a key of ours and is none of an agent's, which is said before it is looked up.
func checkKey(key string) error {
	for _, prefix := range []string{agentPrefix, BoundPrefix} {
		random, ok := strings.CutPrefix(key, prefix)
		if !ok {
			continue
		}
		if len(random) != keyLength || slices.ContainsFunc([]byte(random), func(c byte) bool { return !isKeyByte(c) }) {
			return unusable("The key is not whole: it must be " + prefix + " and 43 characters.")
		}
		return nil
	}
	return unusable("The key is not one of an agent's: those begin with " + agentPrefix + ".")
}
