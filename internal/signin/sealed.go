package signin

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"dixa-mcp/internal/base/stored"
	"dixa-mcp/internal/identity"
)

// How sessions and codes lie in a [Shelf]: encrypted, each under its key.

var errOvertaken = errors.New("others changed the sign-in at the same time, again and again")

// update changes a session, again and again until no other request changes it at the same time.
func (s *Sessions) update(ctx context.Context, id string, change func(*Session) error) error {
	key := prefixOf(kindSession) + id
	for range tries {
		var session Session
		old, err := s.read(ctx, key, &session)
		if err != nil {
			return err
		}
		if !s.now().Before(session.ends()) {
			return ErrEnded
		}
		if err := change(&session); err != nil {
			return err
		}
		if swapped, err := s.swap(ctx, key, old, session, session.ends()); err != nil || swapped {
			return err
		}
	}
	return errOvertaken
}

// insert stores a new value.
func (s *Sessions) insert(ctx context.Context, kind, name string, p identity.Person, v any, expires time.Time) error {
	key := prefixOf(kind) + name
	text, err := s.close(key, v)
	if err != nil {
		return err
	}
	added, err := s.shelf.Insert(ctx, prefixOf(kind)+p.ID(), key, text, expires)
	if err == nil && !added {
		err = errors.New("a random name was taken")
	}
	return err
}

func (s *Sessions) swap(ctx context.Context, key, old string, v any, expires time.Time) (bool, error) {
	text, err := s.close(key, v)
	if err != nil {
		return false, err
	}
	return s.shelf.Swap(ctx, key, old, text, expires)
}

// read reads a value, and returns the text that is stored. The error is [ErrEnded] if there is none.
func (s *Sessions) read(ctx context.Context, key string, v any) (string, error) {
	text, err := s.shelf.Get(ctx, key)
	if err != nil {
		return "", err
	}
	if text == "" {
		return "", ErrEnded
	}
	return text, s.open(key, text, v)
}

// close encrypts a value for a key.
func (s *Sessions) close(key string, v any) (string, error) {
	plain, err := json.Marshal(v)
	if err != nil {
		return "", fmt.Errorf("store a sign-in: %w", err)
	}
	if len(plain) > maxRecord {
		return "", fmt.Errorf("store a sign-in: the provider says more than %d KiB about the person; let it send fewer claims", maxRecord>>10)
	}
	return base64.RawStdEncoding.EncodeToString(s.box.Close(plain, key)), nil
}

func (s *Sessions) open(key, text string, v any) error {
	sealed, err := base64.RawStdEncoding.DecodeString(text)
	if err != nil {
		return ErrEnded
	}
	plain, err := s.box.Open(sealed, key)
	if err != nil { // the secret has changed since
		return ErrEnded
	}
	if err := stored.Decode(plain, v); err != nil {
		return fmt.Errorf("a stored sign-in cannot be read: %w", err)
	}
	return nil
}
