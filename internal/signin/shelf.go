package signin

import (
	"context"
	"time"
)

// MostOfOwner is how many texts of one owner are kept: sessions, codes or approvals of one person. The oldest make room.
const MostOfOwner = 50

// The kinds of what is stored. A key is a kind, a colon and a name.
const (
	kindSession = "session" // a person's sign-in with one client
	kindCode    = "code"    // an authorization code, by its hash
	kindPending = "pending" // a person who signed in and has not yet answered the consent page
	kindConsent = "consent" // a remembered consent
)

// Shelf keeps one text for each key, for all processes that share it. It is safe for concurrent use. Expired texts may still
// be returned: each text says itself how long it is valid.
type Shelf interface {
	// Insert keeps a text under a key that has none, until it expires, and reports whether it did. Of an owner's texts it
	// keeps the newest [MostOfOwner].
	Insert(ctx context.Context, owner, key, text string, expires time.Time) (bool, error)

	// Get returns the text of a key, "" for none.
	Get(ctx context.Context, key string) (string, error)

	// Swap replaces the text of a key if it is still the old one, and reports whether it did. An empty new text removes the
	// key.
	Swap(ctx context.Context, key, old, new string, expires time.Time) (bool, error)

	// List returns the texts of one kind by their keys.
	List(ctx context.Context, kind string) (map[string]string, error)
}

// prefixOf returns how the keys of a kind begin.
func prefixOf(kind string) string { return kind + ":" }
