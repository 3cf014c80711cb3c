package changes

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// The file is bounded: what is changed once it is full is not in it.
func TestFileIsBounded(t *testing.T) {
	dir := t.TempDir()
	f, err := Open(dir)
	require.NoError(t, err)
	require.NoError(t, f.Record(false))
	origin := func() Origin { return Origin{Seed: 1} }
	require.NoError(t, f.Append(Change{Method: "POST", Path: "/v1/tags"}, origin))
	f.size = maxSize - 10
	require.ErrorIs(t, f.Append(Change{Method: "POST", Path: "/v1/teams"}, origin), errFull)
	f.Close()

	again, err := Open(dir)
	require.NoError(t, err)
	defer again.Close()
	require.Equal(t, Origin{Version: version, Seed: 1}, again.Origin)
	require.Len(t, again.Changes, 1)
	require.Equal(t, "/v1/tags", again.Changes[0].Path)
}
