package signintest

import (
	"context"
	"errors"
	"strings"
	"sync"
	"time"

	"github.com/stretchr/testify/require"

	"dixa-mcp/internal/identity"
	"dixa-mcp/internal/signin"
)

func (s *suite) code(subject string) string {
	code, err := s.store[0].AddCode(s.Context(), Grant(subject), redirect, challenge)
	require.NoError(s, err)
	return code
}

// A code is valid once, and only as it was made; any attempt uses it up.
func (s *suite) testCodes() {
	ctx := s.Context()
	for name, c := range map[string]struct {
		client, redirect, verifier, resource string
		wait                                 time.Duration
	}{
		"another client":       {"https://evil.example/oauth.json", redirect, verifier, resource, 0},
		"another redirect URI": {client, redirect + "/", verifier, resource, 0},
		"another verifier":     {client, redirect, verifier + "x", resource, 0},
		"no verifier":          {client, redirect, "", resource, 0},
		"the challenge":        {client, redirect, challenge, resource, 0},
		"another resource":     {client, redirect, verifier, resource + "s", 0},
		"late":                 {client, redirect, verifier, resource, time.Minute},
	} {
		code := s.code(name)
		s.clock.Advance(c.wait)
		_, tokens, err := s.store[1].Exchange(ctx, code, c.client, c.redirect, c.verifier, c.resource)
		require.ErrorIs(s, err, signin.ErrEnded, name)
		require.Zero(s, tokens, name)
		_, _, err = s.store[0].Exchange(ctx, code, client, redirect, verifier, resource)
		require.ErrorIs(s, err, signin.ErrReused, name)
	}
	_, _, err := s.store[0].Exchange(ctx, "dixa-mcp-code-unknown", client, redirect, verifier, resource)
	require.ErrorIs(s, err, signin.ErrEnded)

	code := s.code("anna")
	session, tokens, err := s.store[1].Exchange(ctx, code, client, redirect, verifier, "")
	require.NoError(s, err)
	s.valid(tokens.Access, session.ID)
	_, _, err = s.store[0].Exchange(ctx, code, client, redirect, verifier, resource)
	require.ErrorIs(s, err, signin.ErrReused)
	s.ended(tokens)
}

// valid requires that a token belongs to a session.
func (s *suite) valid(token, id string) {
	s.Helper()
	for _, store := range s.store {
		found, digest, ok := identity.ParseAccess(token)
		require.True(s, ok)
		require.Equal(s, id, found)
		session, err := store.Look(s.Context(), found, digest)
		require.NoError(s, err)
		require.Equal(s, "anna.holm@example.com", session.Person.Email)
		require.Equal(s, []any{"support"}, session.Person.Claims["groups"])
	}
}

// ended requires that tokens are invalid.
func (s *suite) ended(tokens signin.Tokens) {
	s.Helper()
	for _, store := range s.store {
		id, digest, ok := identity.ParseAccess(tokens.Access)
		require.True(s, ok)
		_, err := store.Look(s.Context(), id, digest)
		require.ErrorIs(s, err, signin.ErrEnded)
		_, _, err = store.Refresh(s.Context(), tokens.Refresh, client, "", unchanged)
		require.ErrorIs(s, err, signin.ErrEnded)
	}
}

func unchanged(context.Context, *signin.Grant) error { return nil }

// Of many who exchange the same code none is left with tokens, or one if the others came before it.
func (s *suite) testOneExchange() {
	code := s.code("anna")
	var mu sync.Mutex
	var got []signin.Tokens
	var all sync.WaitGroup
	for i := range 10 {
		all.Go(func() {
			if _, tokens, err := s.store[i%2].Exchange(s.Context(), code, client, redirect, verifier, resource); err == nil {
				mu.Lock()
				defer mu.Unlock()
				got = append(got, tokens)
			}
		})
	}
	all.Wait()
	require.LessOrEqual(s, len(got), 1)
	_, _, err := s.store[0].Exchange(s.Context(), code, client, redirect, verifier, resource)
	require.ErrorIs(s, err, signin.ErrReused)
	for _, tokens := range got {
		s.ended(tokens)
	}
}

func (s *suite) begin(subject string) (*signin.Session, signin.Tokens) {
	session, tokens, err := s.store[0].Exchange(s.Context(), s.code(subject), client, redirect, verifier, resource)
	require.NoError(s, err)
	return session, tokens
}

func (s *suite) testRotation() {
	ctx := s.Context()
	session, first := s.begin("anna")
	second := s.refresh(first, func(_ context.Context, g *signin.Grant) error {
		require.Equal(s, "PLANTED-refresh", g.Provider)
		g.Provider = "PLANTED-2"
		return nil
	})
	s.valid(second.Access, session.ID)
	s.valid(first.Access, session.ID) // other requests may be on their way with it
	s.clock.Advance(signin.AccessFor)
	id, digest, _ := identity.ParseAccess(first.Access)
	_, err := s.store[0].Look(ctx, id, digest)
	require.ErrorIs(s, err, signin.ErrEnded, "the access token before")
	second = s.refresh(second, unchanged)

	away := errors.New("the provider is unavailable")
	_, _, err = s.store[1].Refresh(ctx, second.Refresh, client, resource, func(_ context.Context, g *signin.Grant) error {
		require.Equal(s, "PLANTED-2", g.Provider)
		g.Provider = "PLANTED-3" // which a provider that rotates gave before it failed
		return away
	})
	require.ErrorIs(s, err, away)
	s.valid(second.Access, session.ID)
	third := s.refresh(second, func(_ context.Context, g *signin.Grant) error {
		require.Equal(s, "PLANTED-3", g.Provider)
		return nil
	})

	for name, c := range map[string]struct{ client, resource string }{"another client": {"other", ""}, "another resource": {client, resource + "s"}} {
		_, _, err = s.store[1].Refresh(ctx, third.Refresh, c.client, c.resource, unchanged)
		require.ErrorIs(s, err, signin.ErrEnded, name)
		s.valid(third.Access, session.ID)
	}
	_, _, err = s.store[1].Refresh(ctx, first.Refresh, client, resource, unchanged)
	require.ErrorIs(s, err, signin.ErrReused)
	s.ended(third)

	_, tokens := s.begin("bo")
	_, _, err = s.store[1].Refresh(ctx, tokens.Refresh, client, "", func(context.Context, *signin.Grant) error { return signin.ErrEnded })
	require.ErrorIs(s, err, signin.ErrEnded)
	s.ended(tokens)

	session, tokens = s.begin("idle")
	s.clock.Advance(signin.AccessFor)
	id, digest, _ = identity.ParseAccess(tokens.Access)
	_, err = s.store[0].Look(ctx, id, digest)
	require.ErrorIs(s, err, signin.ErrEnded, "after ten minutes")
	tokens = s.refresh(tokens, unchanged)
	s.valid(tokens.Access, session.ID)
	s.clock.Advance(signin.Idle)
	s.ended(tokens)

	_, tokens = s.begin("long")
	for range int(signin.Longest/signin.Idle)*2 - 1 {
		s.clock.Advance(signin.Idle / 2)
		tokens = s.refresh(tokens, unchanged)
	}
	s.clock.Advance(signin.Idle / 2)
	s.ended(tokens)
}

func (s *suite) refresh(t signin.Tokens, renew func(context.Context, *signin.Grant) error) signin.Tokens {
	s.Helper()
	_, tokens, err := s.store[1].Refresh(s.Context(), t.Refresh, client, resource, renew)
	require.NoError(s, err)
	require.NotEqual(s, t.Refresh, tokens.Refresh)
	return tokens
}

// While one request refreshes, others with the same token are told to wait, and nothing is revoked.
func (s *suite) testOneRefresh() {
	session, tokens := s.begin("anna")
	var next signin.Tokens
	asked, release := make(chan struct{}), make(chan struct{})
	done := make(chan error)
	go func() {
		var err error
		_, next, err = s.store[0].Refresh(s.Context(), tokens.Refresh, client, "", func(context.Context, *signin.Grant) error {
			close(asked)
			<-release
			return nil
		})
		done <- err
	}()
	<-asked
	_, _, err := s.store[1].Refresh(s.Context(), tokens.Refresh, client, "", unchanged)
	require.ErrorIs(s, err, signin.ErrBusy)
	s.valid(tokens.Access, session.ID)
	close(release)
	require.NoError(s, <-done)
	s.valid(next.Access, session.ID)
}

func (s *suite) testEncrypted() {
	session, tokens := s.begin("anna")
	s.code("anna")
	for _, kind := range []string{"session", "code"} {
		all, err := s.both[0].List(s.Context(), kind)
		require.NoError(s, err)
		require.NotEmpty(s, all)
		for key, text := range all {
			for _, readable := range []string{"PLANTED", "anna.holm", "support", tokens.Access[len(tokens.Access)-20:], tokens.Refresh[len(tokens.Refresh)-20:]} {
				require.False(s, strings.Contains(key+text, readable), readable)
			}
		}
	}
	all, err := s.store[1].List(s.Context())
	require.NoError(s, err)
	require.Len(s, all, 1)
	require.Equal(s, session.ID, all[0].ID)
	require.NoError(s, s.store[1].End(s.Context(), session.ID))
	require.NoError(s, s.store[1].End(s.Context(), session.ID))
	s.ended(tokens)
}

func (s *suite) testForeign() {
	_, tokens := s.begin("anna")
	other := signin.NewSessions(s.both[1], []byte("another"), s.clock.Now)
	id, digest, _ := identity.ParseAccess(tokens.Access)
	_, err := other.Look(s.Context(), id, digest)
	require.ErrorIs(s, err, signin.ErrEnded)
	all, err := other.List(s.Context())
	require.NoError(s, err)
	require.Empty(s, all)
}
