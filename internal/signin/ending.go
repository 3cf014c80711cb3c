package signin

import (
	"context"
	"errors"
	"slices"
	"strings"

	"dixa-mcp/internal/identity"
)

// Revoke ends the session of an access or refresh token of a client. A token that is not valid needs no revocation.
func (s *Sessions) Revoke(ctx context.Context, token, client string) (*Session, error) {
	id, ok := sessionID(refreshPrefix, token)
	if !ok {
		if id, ok = sessionID(identity.AccessPrefix, token); !ok {
			return nil, nil
		}
	}
	var session Session
	_, err := s.read(ctx, prefixOf(kindSession)+id, &session)
	switch {
	case errors.Is(err, ErrEnded):
		return nil, nil
	case err != nil:
		return nil, err
	case session.Client != client || !session.Refresh.is(token) && !session.Access.is(token) && !session.Before.is(token):
		return nil, nil
	}
	return &session, s.End(ctx, id)
}

// End ends a session. It is not an error if there is none.
func (s *Sessions) End(ctx context.Context, id string) error {
	_, err := s.end(ctx, id)
	return err
}

// end ends a session and returns it, nil if there was none that could be read.
func (s *Sessions) end(ctx context.Context, id string) (*Session, error) {
	key := prefixOf(kindSession) + id
	for range tries {
		old, err := s.shelf.Get(ctx, key)
		if err != nil || old == "" {
			return nil, err
		}
		removed, err := s.shelf.Swap(ctx, key, old, "", s.now())
		if err != nil {
			return nil, err
		}
		if removed {
			var ended Session
			if s.open(key, old, &ended) != nil { // of another secret
				return nil, nil
			}
			return &ended, nil
		}
	}
	return nil, errOvertaken
}

// List returns the sessions that are valid, the oldest first.
func (s *Sessions) List(ctx context.Context) ([]Session, error) {
	texts, err := s.shelf.List(ctx, prefixOf(kindSession))
	if err != nil {
		return nil, err
	}
	var all []Session
	for key, text := range texts {
		var session Session
		switch err := s.open(key, text, &session); {
		case errors.Is(err, ErrEnded): // of another secret
		case err != nil:
			return nil, err
		case s.now().Before(session.ends()):
			all = append(all, session)
		}
	}
	slices.SortFunc(all, func(a, b Session) int {
		if c := a.Began.Compare(b.Began); c != 0 {
			return c
		}
		return strings.Compare(a.ID, b.ID)
	})
	return all, nil
}
