package webhook

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"
)

// slot is a text that servers share.
type slot struct {
	text string
	err  error
}

func (s *slot) Get() (string, error) { return s.text, s.err }
func (s *slot) Set(text string) error {
	s.text = text
	return s.err
}
func (s *slot) Restore(text string) error {
	if s.text == "" {
		s.text = text
	}
	return s.err
}

// Servers share secrets, which cannot be read without theirs. What was lost is put back, and what was removed is not.
func TestShared(t *testing.T) {
	kept := &slot{}
	open := func(secret string) *Shared {
		s := NewShared(kept, []byte(secret), "Redis")
		s.held = 0
		return s
	}
	subscriptions := func(s *Shared) []Subscription {
		all, err := s.Subscriptions()
		require.NoError(t, err)
		return all
	}
	a, b := open("of the servers"), open("of the servers")
	require.Empty(t, subscriptions(a))
	one := []Subscription{{ID: subscription, API: api, Secret: []Key{{Value: secret}}, Token: []Key{{Value: hash(token)}}}}
	require.NoError(t, a.Write(t.Context(), one))
	require.Equal(t, one, subscriptions(b))
	for _, plain := range []string{secret, hash(token), subscription} {
		require.NotContains(t, kept.text, plain)
	}
	require.Empty(t, subscriptions(open("another secret")))
	kept.err = errors.New("away")
	_, err := b.Subscriptions()
	require.ErrorContains(t, err, "Redis cannot be read")
	require.Error(t, a.Write(t.Context(), nil))
	kept.text, kept.err = "", nil
	require.Equal(t, one, subscriptions(b))
	require.Equal(t, one, subscriptions(a), "which reads it again")
	require.NoError(t, a.Write(t.Context(), nil))
	require.Empty(t, subscriptions(b))
	require.NotEmpty(t, kept.text, "so that nobody puts the others back")
}

// A server goes by what it read for a moment, so that not each delivery asks for it.
func TestSharedIsHeld(t *testing.T) {
	kept := &slot{}
	s := NewShared(kept, []byte("of the servers"), "Redis")
	require.NoError(t, s.Write(t.Context(), nil))
	_, err := s.Subscriptions()
	require.NoError(t, err)
	kept.err = errors.New("away")
	_, err = s.Subscriptions()
	require.NoError(t, err)
}

// Whoever writes does not wait for the other servers longer than it may, and is told what was done.
func TestSharedWriteEndsWithItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		kept := &slot{}
		stopped := errors.New("stopped")
		ctx, cancel := context.WithCancelCause(t.Context())
		cancel(stopped)
		err := NewShared(kept, []byte("of the servers"), "Redis").Write(ctx, nil)
		require.ErrorIs(t, err, stopped)
		require.ErrorContains(t, err, "were written to Redis")
		require.NotEmpty(t, kept.text)
	})
}
