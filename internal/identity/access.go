package identity

import (
	"crypto/sha256"
	"strings"
)

// accessIDLength is the length of the id of a sign-in behind [AccessPrefix]; a secret follows.
const (
	accessIDLength = 16
	accessLength   = accessIDLength + 26
)

// ParseAccess returns the id of the sign-in that an access token belongs to, and the token's hash.
func ParseAccess(token string) (id string, digest [sha256.Size]byte, ok bool) {
	rest, ok := strings.CutPrefix(token, AccessPrefix)
	if !ok || len(rest) != accessLength {
		return "", digest, false
	}
	return rest[:accessIDLength], sha256.Sum256([]byte(token)), true
}
