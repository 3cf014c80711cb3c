package identity

import (
	"context"
	"crypto/sha256"
	"fmt"
	"net/http"
	"time"

	"dixa-mcp/internal/capability"
)

// SignedIn is a person who signed in with a client, and what the client may use.
type SignedIn struct {
	Session  string // id of the sign-in
	Person   Person
	Agent    string
	Resource string    // address of the server for which the access token is valid
	Expires  time.Time // of the access token
}

// People knows who signed in.
type People interface {
	// SignedIn returns who presented the access token of a sign-in with this hash, under the rules in force now. It is not ok if
	// the token is not valid, and an error if that is not known.
	SignedIn(ctx context.Context, session string, digest [sha256.Size]byte) (who SignedIn, ok bool, err error)

	// Issuer is the address of the authorization server that gives such tokens.
	Issuer() string
}

// byPerson says who signed in for an access token. It is valid only for the resource for which it was given.
func (a *Authenticator) byPerson(r *http.Request, token string) (Principal, error) {
	session, digest, ok := ParseAccess(token)
	if !ok || a.o.People == nil {
		return Principal{}, unusable("The access token is incomplete, or this server has no sign-in.")
	}
	who, err := a.signedIn(r.Context(), session, digest)
	if err != nil {
		return Principal{}, err
	}
	if resource := a.resource(r); who.Resource != resource {
		return Principal{}, badToken("an access token for "+who.Resource+" came to "+resource, "The access token is for another address of this server. Sign in again for this one.")
	}
	return principalOf(who, digest), nil
}

// stillPerson says whether a person who signed in would be authenticated now.
func (a *Authenticator) stillPerson(p Principal) (Principal, error) {
	ctx, cancel := context.WithTimeout(a.ctx, issuerTimeout)
	defer cancel()
	who, err := a.signedIn(ctx, p.proof.session, p.proof.digest)
	if err != nil {
		return Principal{}, err
	}
	return principalOf(who, p.proof.digest), nil
}

func (a *Authenticator) signedIn(ctx context.Context, session string, digest [sha256.Size]byte) (SignedIn, error) {
	who, ok, err := a.o.People.SignedIn(ctx, session, digest)
	switch {
	case err != nil:
		return who, &Refused{Status: http.StatusServiceUnavailable, after: time.Second, reason: fmt.Sprintf("an access token cannot be checked: %v", err),
			answer: "The access token cannot be checked now. It may be valid: try again with the same one."}
	case !ok:
		return who, badToken("an access token is unknown or has expired, or its person may not use the agent any more", "The access token is unknown, was revoked or has expired. Refresh it, or sign in again.")
	}
	return who, nil
}

func principalOf(who SignedIn, digest [sha256.Size]byte) Principal {
	return Principal{Agent: who.Agent, Key: capability.TokenKey, Person: &who.Person, Expires: who.Expires, proof: &proof{digest: digest, session: who.Session}}
}
