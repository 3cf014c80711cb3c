package approval_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"dixa-mcp/internal/approval"
	"dixa-mcp/internal/approval/approvaltest"
	"dixa-mcp/internal/base/stored"
	"dixa-mcp/internal/test/clock"
)

// A request that a newer version parked is neither decided nor changed nor forgotten by an older one, which goes on with the
// others.
func TestRequestOfANewerVersion(t *testing.T) {
	path := t.TempDir()
	require.NoError(t, os.Chmod(path, 0o700))
	clock := &clock.Clock{}
	d := approval.NewDir(path, clock.Now)
	newer, err := d.Park(t.Context(), approvaltest.Request(t, 1))
	require.NoError(t, err)
	own, err := d.Park(t.Context(), approvaltest.Request(t, 2))
	require.NoError(t, err)
	file := filepath.Join(path, newer.Number+"."+newer.Digest[:16]+".json")
	text, err := os.ReadFile(file)
	require.NoError(t, err)
	changed := strings.Replace(string(text), "{", `{"condition":"only before noon",`, 1)
	require.NoError(t, os.WriteFile(file, []byte(changed), 0o600))

	for range 2 {
		list, err := d.List(t.Context())
		require.ErrorIs(t, err, stored.ErrNewer)
		require.ErrorContains(t, err, file+" cannot be used: a newer version of dixa-mcp wrote it")
		require.Len(t, list, 1)
		require.Equal(t, own.Number, list[0].Number)
		text, err = os.ReadFile(file)
		require.NoError(t, err)
		require.Equal(t, changed, string(text))
		clock.Advance(10 * time.Minute)
	}
}
