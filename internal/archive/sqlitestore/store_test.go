package sqlitestore

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"dixa-mcp/internal/archive"
	"dixa-mcp/internal/archive/archivetest"
)

func TestStore(t *testing.T) {
	archivetest.Run(t, func(t *testing.T) archivetest.Opened {
		dir := filepath.Join(t.TempDir(), "state")
		open := func() archive.Store {
			s := Open(dir)
			t.Cleanup(func() { require.NoError(t, s.Close()) })
			return s
		}
		return archivetest.Opened{First: open(), Open: open, Bytes: func(t *testing.T) []byte { return onDisk(t, dir) }}
	})
}

// onDisk returns the bytes of the archive's files.
func onDisk(t *testing.T, dir string) (all []byte) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, FileName+"*"))
	require.NoError(t, err)
	require.NotEmpty(t, files)
	for _, f := range files {
		text, err := os.ReadFile(f)
		require.NoError(t, err)
		all = append(all, text...)
	}
	return all
}

func TestFilesAreForTheirOwner(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "state")
	s := Open(dir)
	exists, err := s.Exists(t.Context())
	require.NoError(t, err)
	require.False(t, exists)
	_, err = s.Status(t.Context())
	require.NoError(t, err)
	files, err := os.ReadDir(dir)
	require.NoError(t, err)
	require.NotEmpty(t, files)
	for _, f := range files {
		info, err := f.Info()
		require.NoError(t, err)
		require.Equal(t, os.FileMode(0o600), info.Mode().Perm(), f.Name())
	}
	require.NoError(t, s.Close())
}
