package seal

import (
	"testing"

	"github.com/stretchr/testify/require"
)

type said struct{ Who, What string }

func TestSigner(t *testing.T) {
	secret := Secret()
	s := NewSigner(secret, "tests")
	text := s.Sign(said{"anna", "<yes>"})
	require.Regexp(t, `^[A-Za-z0-9_-]+\.[A-Za-z0-9_-]{43}$`, text)
	var v said
	require.NoError(t, NewSigner(secret, "tests").Read(text, &v))
	require.Equal(t, said{"anna", "<yes>"}, v)
	for name, r := range map[string]Signer{"another purpose": NewSigner(secret, "test"), "another secret": NewSigner(Secret(), "tests")} {
		require.ErrorIs(t, r.Read(text, &v), ErrForeign, name)
	}
	for i := range text {
		other := text[:i] + string(text[i]^1) + text[i+1:]
		require.ErrorIs(t, s.Read(other, &v), ErrForeign, other)
	}
	for _, none := range []string{"", ".", text + ".", "." + text} {
		require.ErrorIs(t, s.Read(none, &v), ErrForeign, none)
	}
	require.ErrorIs(t, s.Read(s.Sign([]string{"a list"}), &v), ErrUnreadable)
}
