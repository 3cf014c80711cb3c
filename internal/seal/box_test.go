package seal

import (
	"bytes"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestBox(t *testing.T) {
	secret := Secret()
	box := NewBox(secret, "journal")
	for _, text := range []string{"", "Harry Lewis", string(make([]byte, 1<<16))} {
		sealed := box.Close([]byte(text), "a")
		require.False(t, text != "" && bytes.Contains(sealed, []byte(text)))
		require.NotEqual(t, sealed, box.Close([]byte(text), "a"), "the same text is never stored alike")
		opened, err := NewBox(secret, "journal").Open(sealed, "a")
		require.NoError(t, err)
		require.Equal(t, text, string(opened))

		altered := bytes.Clone(sealed)
		altered[len(altered)/2] ^= 1
		for what, c := range map[string]struct {
			box    Box
			sealed []byte
			place  string
		}{
			"another place":   {box, sealed, "b"},
			"another purpose": {NewBox(secret, "sessions"), sealed, "a"},
			"another secret":  {NewBox(Secret(), "journal"), sealed, "a"},
			"altered":         {box, altered, "a"},
			"cut":             {box, sealed[:len(sealed)-1], "a"},
			"nothing":         {box, nil, "a"},
		} {
			_, err := c.box.Open(c.sealed, c.place)
			require.ErrorIs(t, err, ErrForeign, what)
		}
	}
}
