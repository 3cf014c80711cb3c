package signin

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base32"
	"encoding/base64"
	"errors"
	"strings"
	"time"

	"dixa-mcp/internal/base/shelf"
	"dixa-mcp/internal/identity"
	"dixa-mcp/internal/seal"
)

const (
	// AccessFor is how long an access token is valid. A person who was removed at the provider has access for no longer.
	AccessFor = 10 * time.Minute
	// Idle is after how long without a refresh a session ends.
	Idle = 30 * 24 * time.Hour
	// Longest is how long a session lasts at most.
	Longest = 90 * 24 * time.Hour

	codeFor     = time.Minute      // for how long a code is valid
	codeKept    = 10 * time.Minute // for how long a used code is remembered
	refreshLock = 20 * time.Second // for how long one request may refresh, the provider's answer included
	tries       = 100              // how often a change is tried again that others got in the way of
	maxRecord   = 256 << 10        // bytes of what is stored of a session
)

// How tokens begin. The rest of an access or refresh token is the id of its session and a secret; of a refresh token also a proof that
// this server made it.
const (
	refreshPrefix = "dixa-mcp-refresh-"
	codePrefix    = "dixa-mcp-code-"
	idLength      = 16
	secretLength  = 26
)

// Errors of [Sessions].
var (
	// ErrEnded says that a token or code is not, or no longer, valid.
	ErrEnded = errors.New("it is unknown, was used or has expired")
	// ErrReused says that a code or refresh token was used before. What was made of it has been revoked.
	ErrReused = errors.New("it was used before, so the sign-in that it belongs to was ended")
	// ErrBusy says that another request is refreshing the same session.
	ErrBusy = errors.New("another request is refreshing this sign-in")
)

// Grant is what a person allowed a client.
type Grant struct {
	Client     string `json:"client"`     // its id
	ClientName string `json:"clientName"` // as the client says
	Resource   string `json:"resource"`   // address of the server for which tokens are valid
	Agent      string `json:"agent"`
	Given
}

// Session is a person's sign-in with one client.
type Session struct {
	ID string `json:"id"`
	Grant
	Began time.Time `json:"began"`
	Used  time.Time `json:"used"` // when it was refreshed last

	Access  hash      `json:"access"`
	Until   time.Time `json:"until"`            // when the access token expires
	Before  hash      `json:"before,omitempty"` // the access token before, since other requests may be on their way with it
	Expires time.Time `json:"expires,omitzero"` // when that expires
	Refresh hash      `json:"refresh"`
	Family  []byte    `json:"family"`          // key by which all refresh tokens of the session are known
	Locked  time.Time `json:"locked,omitzero"` // until when a request may refresh it
}

// ends returns when a session ends if it is not refreshed.
func (s *Session) ends() time.Time {
	if idle, last := s.Used.Add(Idle), s.Began.Add(Longest); idle.Before(last) {
		return idle
	}
	return s.Began.Add(Longest)
}

// Tokens are what a client gets.
type Tokens struct {
	Access, Refresh string
	Expires         time.Duration
}

// hash is the SHA-256 of a token.
type hash []byte

func hashOf(token string) hash {
	sum := sha256.Sum256([]byte(token))
	return sum[:]
}

func (h hash) is(token string) bool { return subtle.ConstantTimeCompare(h, hashOf(token)) == 1 }

func (h hash) String() string { return base64.RawURLEncoding.EncodeToString(h) }

// Sessions keeps the sign-ins of people, encrypted; of tokens only hashes. It is safe for concurrent use.
type Sessions struct {
	shelf shelf.Shelf
	box   seal.Box
	now   func() time.Time
}

// NewSessions makes a store of a shelf. Those of the same secret read each other's sessions. now tells the time.
func NewSessions(shelf shelf.Shelf, secret []byte, now func() time.Time) *Sessions {
	return &Sessions{shelf, seal.NewBox(secret, "sign-in"), now}
}

// code is an authorization code as it is stored.
type code struct {
	Grant     Grant     `json:"grant"`
	Redirect  string    `json:"redirect"`
	Challenge string    `json:"challenge"` // of PKCE, S256
	Expires   time.Time `json:"expires"`
	Session   string    `json:"session,omitzero"` // what it was exchanged for; "-" for a failed attempt
}

// AddCode stores what a person allowed, and returns the code for it.
func (s *Sessions) AddCode(ctx context.Context, g Grant, redirect, challenge string) (string, error) {
	text := codePrefix + rand.Text()
	now := s.now()
	c := code{Grant: g, Redirect: redirect, Challenge: challenge, Expires: now.Add(codeFor).UTC()}
	return text, s.insert(ctx, kindCode, hashOf(text).String(), g.Person, c, now.Add(codeKept))
}

// Exchange makes a session of a code. A code is valid once, and for the client, redirect URI, verifier and resource for which
// it was made: any attempt uses it up. An empty resource stands for that of the code. The error is [ErrEnded] or [ErrReused] if
// the code is invalid; the session is then the one that was ended by it, or one without an id for a code that was used up, if there
// is one.
func (s *Sessions) Exchange(ctx context.Context, text, client, redirect, verifier, resource string) (*Session, Tokens, error) {
	id := strings.ToLower(rand.Text()[:idLength])
	key := prefixOf(kindCode) + hashOf(text).String()
	var c code
	old, err := s.read(ctx, key, &c)
	if err != nil {
		return nil, Tokens{}, err
	}
	if c.Session != "" {
		ended, err := s.end(ctx, c.Session)
		return ended, Tokens{}, errors.Join(ErrReused, err)
	}
	good := c.Grant.Client == client && c.Redirect == redirect && (resource == "" || resource == c.Grant.Resource) &&
		subtle.ConstantTimeCompare([]byte(c.Challenge), []byte(hashOf(verifier).String())) == 1 && s.now().Before(c.Expires)
	if c.Session = id; !good {
		c.Session = "-"
	}
	used, err := s.swap(ctx, key, old, c, s.now().Add(codeKept))
	switch {
	case err != nil:
		return nil, Tokens{}, err
	case !used: // another request was faster, and must not keep what it got
		if _, err := s.read(ctx, key, &c); err != nil {
			return nil, Tokens{}, err
		}
		ended, err := s.end(ctx, c.Session)
		return ended, Tokens{}, errors.Join(ErrReused, err)
	case !good:
		return &Session{Grant: c.Grant}, Tokens{}, ErrEnded
	}
	return s.begin(ctx, id, c.Grant)
}

// begin stores a new session.
func (s *Sessions) begin(ctx context.Context, id string, g Grant) (*Session, Tokens, error) {
	now := s.now().UTC()
	session := &Session{ID: id, Grant: g, Began: now, Family: []byte(rand.Text())}
	tokens := s.renew(session)
	if err := s.insert(ctx, kindSession, id, g.Person, session, session.ends()); err != nil {
		return nil, Tokens{}, err
	}
	return session, tokens, nil
}

// renew gives a session new tokens.
func (s *Sessions) renew(session *Session) Tokens {
	now := s.now().UTC()
	session.Before, session.Expires = session.Access, session.Until
	t := Tokens{identity.AccessPrefix + session.ID + rand.Text(), session.refreshToken(rand.Text()), AccessFor}
	session.Access, session.Refresh = hashOf(t.Access), hashOf(t.Refresh)
	session.Used, session.Until, session.Locked = now, now.Add(AccessFor), time.Time{}
	return t
}

// refreshToken makes a refresh token of a secret.
func (s *Session) refreshToken(secret string) string {
	proof := hmac.New(sha256.New, s.Family)
	proof.Write([]byte(secret))
	return refreshPrefix + s.ID + secret + base32.StdEncoding.EncodeToString(proof.Sum(nil))[:secretLength]
}

// made reports whether this server made a refresh token for the session, however long ago. Who only knows the id of the session can
// make none.
func (s *Session) made(token string) bool {
	secret := token[len(refreshPrefix)+idLength:][:secretLength]
	return subtle.ConstantTimeCompare([]byte(token), []byte(s.refreshToken(secret))) == 1
}

// sessionID returns the id of the session of a token.
func sessionID(prefix, token string) (string, bool) {
	rest, ok := strings.CutPrefix(token, prefix)
	length := idLength + secretLength
	if prefix == refreshPrefix {
		length += secretLength
	}
	if !ok || len(rest) != length {
		return "", false
	}
	return rest[:idLength], true
}

// Refresh exchanges a refresh token for new tokens. It calls renew, which asks the provider whether the person still has
// access and updates the grant. If that returns [ErrEnded], the session is ended; after any other error the refresh token stays
// valid. A refresh token that was used before ends the session. The session that was ended is returned beside the error.
func (s *Sessions) Refresh(ctx context.Context, token, client, resource string, renew func(context.Context, *Grant) error) (*Session, Tokens, error) {
	id, ok := sessionID(refreshPrefix, token)
	if !ok {
		return nil, Tokens{}, ErrEnded
	}
	session, err := s.lock(ctx, id, token, client, resource)
	if err != nil {
		return session, Tokens{}, err
	}
	if err := renew(ctx, &session.Grant); err != nil {
		ctx = context.WithoutCancel(ctx) // the client may be gone
		if errors.Is(err, ErrEnded) {
			ended, endErr := s.end(ctx, id)
			return ended, Tokens{}, errors.Join(err, endErr)
		}
		return nil, Tokens{}, errors.Join(err, s.update(ctx, id, func(now *Session) error {
			now.Locked, now.Provider = time.Time{}, session.Provider // the provider may have given a new one before it failed
			return nil
		}))
	}
	var tokens Tokens
	locked := session.Locked
	err = s.update(context.WithoutCancel(ctx), id, func(now *Session) error {
		if !now.Refresh.is(token) || !now.Locked.Equal(locked) {
			return ErrEnded
		}
		now.Grant = session.Grant
		tokens = s.renew(now)
		session = now
		return nil
	})
	if err != nil {
		return nil, Tokens{}, err
	}
	return session, tokens, nil
}

// lock lets one request refresh a session. With [ErrReused] it returns the session that it ended.
func (s *Sessions) lock(ctx context.Context, id, token, client, resource string) (session *Session, err error) {
	err = s.update(ctx, id, func(now *Session) error {
		switch {
		case !now.made(token):
			return ErrEnded
		case !now.Refresh.is(token) && now.Client == client:
			return ErrReused
		case now.Client != client || resource != "" && resource != now.Resource:
			return ErrEnded
		case s.now().Before(now.Locked):
			return ErrBusy
		}
		now.Locked = s.now().Add(refreshLock).UTC()
		session = now
		return nil
	})
	switch {
	case errors.Is(err, ErrReused):
		ended, endErr := s.end(ctx, id)
		return ended, errors.Join(err, endErr)
	case err != nil:
		return nil, err
	}
	return session, nil
}

// Look returns the session of an access token, by the id in it and its hash. The error is [ErrEnded] if it is not valid.
func (s *Sessions) Look(ctx context.Context, id string, digest [sha256.Size]byte) (*Session, error) {
	var session Session
	if _, err := s.read(ctx, prefixOf(kindSession)+id, &session); err != nil {
		return nil, err
	}
	now := s.now()
	switch {
	case subtle.ConstantTimeCompare(session.Access, digest[:]) == 1 && now.Before(session.Until):
	case subtle.ConstantTimeCompare(session.Before, digest[:]) == 1 && now.Before(session.Expires):
		session.Until = session.Expires
	default:
		return nil, ErrEnded
	}
	return &session, nil
}
