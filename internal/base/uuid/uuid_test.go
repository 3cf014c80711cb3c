package uuid

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestIs(t *testing.T) {
	const id = "0f6f3a52-6d3e-4f0e-9f0b-3a1c5b7d2e11"
	require.True(t, Is(id) && Is([]byte(id)) && Is(strings.ToUpper(id)))
	for _, not := range []string{"", id[1:], id + "1", strings.ReplaceAll(id, "-", ""), strings.Replace(id, "-", "0", 1), strings.Replace(id, "0", "g", 1), strings.Replace(id, "0", "-", 1), " " + id[1:]} {
		require.False(t, Is(not), not)
	}
}
