package tools

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestSpans(t *testing.T) {
	for text, want := range map[string][2]int{"": {0, 0}, "5": {5, 5}, "5-9": {5, 9}, "#5-#9": {5, 9}, "12-": {12, 0}, " 3 - 4 ": {3, 4}} {
		from, to, ok := span(text)
		require.True(t, ok, text)
		require.Equal(t, want, [2]int{from, to}, text)
	}
	for _, bad := range []string{"0", "-3", "9-5", "x", "1-x", "1-2-3", "99999999999999999999"} {
		_, _, ok := span(bad)
		require.False(t, ok, bad)
	}
}
