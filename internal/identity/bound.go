package identity

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"dixa-mcp/internal/base/shelf"
	"dixa-mcp/internal/base/shortid"
	"dixa-mcp/internal/base/stored"
)

// LongestBound is how long a key that is bound to a conversation can be valid.
const LongestBound = 7 * 24 * time.Hour

// boundPrefix begins the names under which keys are on the shelf; their SHA-256 follows.
const boundPrefix = "bound:"

// BoundKeys are keys of agents for each of which there is only one conversation. They are not in the capability file, which says what
// their agents may do. They are safe for concurrent use.
type BoundKeys struct {
	shelf shelf.Shelf
	now   func() time.Time
}

// NewBoundKeys returns the keys on a shelf. now tells the time.
func NewBoundKeys(shelf shelf.Shelf, now func() time.Time) *BoundKeys { return &BoundKeys{shelf, now} }

// BoundKey is what is stored of a key.
type BoundKey struct {
	ID           string    `json:"id"` // by which records name it
	Agent        string    `json:"agent"`
	Conversation int64     `json:"conversation"`
	Made         time.Time `json:"made"`
	Expires      time.Time `json:"expires"`
}

// Make makes a key for an agent and a conversation, and returns it. It is stored as a hash.
func (k *BoundKeys) Make(ctx context.Context, agent string, conversation int64, lasts time.Duration) (key string, made BoundKey, err error) {
	if conversation <= 0 || lasts <= 0 || lasts > LongestBound {
		return "", made, errors.New("a key is bound to the number of a conversation, and is valid for at most 7 days")
	}
	random := make([]byte, 32)
	_, _ = rand.Read(random) // never fails
	key = BoundPrefix + base64.RawURLEncoding.EncodeToString(random)
	now := k.now().UTC()
	made = BoundKey{strings.ToLower(shortid.Random("bound-", 8)), agent, conversation, now, now.Add(lasts)}
	text, err := json.Marshal(made)
	if err != nil {
		return "", made, err
	}
	name := nameOf(sha256.Sum256([]byte(key)))
	if _, err := k.shelf.Insert(ctx, name, name, string(text), made.Expires); err != nil {
		return "", made, fmt.Errorf("the key could not be stored, so that there is none: %w", err)
	}
	return key, made, nil
}

func nameOf(digest [sha256.Size]byte) string { return boundPrefix + hex.EncodeToString(digest[:]) }

// List returns the keys that are valid, those that expire first before the others.
func (k *BoundKeys) List(ctx context.Context) ([]BoundKey, error) {
	texts, err := k.shelf.List(ctx, boundPrefix)
	if err != nil {
		return nil, err
	}
	all := []BoundKey{}
	for _, text := range texts {
		key, err := k.read(text)
		if err != nil {
			return nil, err
		}
		if k.now().Before(key.Expires) {
			all = append(all, key)
		}
	}
	slices.SortFunc(all, func(a, b BoundKey) int { return a.Expires.Compare(b.Expires) })
	return all, nil
}

// Revoke makes the key with an id invalid, and returns it; ok is false where there was none.
func (k *BoundKeys) Revoke(ctx context.Context, id string) (key BoundKey, ok bool, err error) {
	texts, err := k.shelf.List(ctx, boundPrefix)
	if err != nil {
		return key, false, err
	}
	for name, text := range texts {
		if key, err := k.read(text); err == nil && key.ID == id {
			ok, err = k.shelf.Swap(ctx, name, text, "", time.Time{})
			return key, ok, err
		}
	}
	return key, false, nil
}

// End makes a key invalid.
func (k *BoundKeys) End(ctx context.Context, key string) error {
	name := nameOf(sha256.Sum256([]byte(key)))
	text, err := k.shelf.Get(ctx, name)
	if err != nil || text == "" {
		return err
	}
	_, err = k.shelf.Swap(ctx, name, text, "", time.Time{})
	return err
}

// find returns the key with a hash if it is valid.
func (k *BoundKeys) find(ctx context.Context, digest [sha256.Size]byte) (key BoundKey, ok bool, err error) {
	text, err := k.shelf.Get(ctx, nameOf(digest))
	if err != nil || text == "" {
		return key, false, err
	}
	if key, err = k.read(text); err != nil {
		return key, false, err
	}
	return key, key.Conversation > 0 && k.now().Before(key.Expires), nil
}

func (k *BoundKeys) read(text string) (key BoundKey, err error) {
	if err := stored.Decode([]byte(text), &key); err != nil {
		return key, fmt.Errorf("a key that is bound to a conversation cannot be read: %w", err)
	}
	return key, nil
}

// byBoundKey says whose key a request brings that is bound to a conversation.
func (a *Authenticator) byBoundKey(r *http.Request, credential string) (Principal, error) {
	if err := checkKey(credential); err != nil {
		return Principal{}, err
	}
	p, err := a.bound(r.Context(), sha256.Sum256([]byte(credential)))
	if err != nil {
		return Principal{}, err
	}
	return only(p, asked(r))
}

// stillBound says whether a key that is bound to a conversation would be authenticated now.
func (a *Authenticator) stillBound(p Principal) (Principal, error) {
	ctx, cancel := context.WithTimeout(a.ctx, issuerTimeout)
	defer cancel()
	return a.bound(ctx, p.proof.digest)
}

// bound finds the key with a hash. Its agent must be in the capability file.
func (a *Authenticator) bound(ctx context.Context, digest [sha256.Size]byte) (Principal, error) {
	if a.o.Bound == nil {
		return Principal{}, unknownKey("this server has no keys that are bound to a conversation")
	}
	k, ok, err := a.o.Bound.find(ctx, digest)
	switch {
	case err != nil:
		return Principal{}, &Refused{Status: http.StatusServiceUnavailable, after: time.Second, reason: fmt.Sprintf("a key that is bound to a conversation cannot be checked: %v", err),
			answer: "The key cannot be checked now. It may be valid: try again with the same one."}
	case !ok:
		return Principal{}, unknownKey("a key that is bound to a conversation is unknown, was revoked or has expired")
	}
	if _, err := a.o.Rules().Agent(k.Agent); err != nil {
		return Principal{}, unknownKey("the agent of the key " + k.ID + " is gone")
	}
	return Principal{Agent: k.Agent, Key: k.ID, Conversation: k.Conversation, Expires: k.Expires, proof: &proof{digest: digest, bound: true}}, nil
}
