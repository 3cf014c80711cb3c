package drift

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// built returns the surface that the program was built for.
func built(t testing.TB) Surface {
	t.Helper()
	s, err := Baseline()
	require.NoError(t, err)
	return s
}

// The baseline reads as what was written.
func TestBaselineReadsAsWritten(t *testing.T) {
	all := built(t)
	again, err := parse(all.String())
	require.NoError(t, err)
	require.Equal(t, all, again)
	require.Equal(t, baseline, all.String())
}
