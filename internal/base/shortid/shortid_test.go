package shortid

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestNumbers(t *testing.T) {
	seen := map[string]bool{}
	for range 1000 {
		for length := Least; length <= Most; length++ {
			number := Random("A-", length)
			require.Len(t, number, 2+length)
			require.True(t, Is("A-", number), number)
			require.False(t, Is("B-", number))
			seen[number] = true
		}
	}
	require.Greater(t, len(seen), 4900)
	require.Equal(t, Of("D-", []byte{1, 2, 3, 255}), Of("D-", []byte{1, 2, 3, 255}))
	for _, other := range []string{"", "A-", "A-234", "A-234567892", "A-23A4", "A-23i4", "A-2 34", "a-2345", "2345", "A-2345\n"} {
		require.False(t, Is("A-", other), other)
	}
}
