package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// The key that hashes personal data is made once. One that is short, a link or readable by others is refused.
func TestRecordKey(t *testing.T) {
	f := reachFlags{State: t.TempDir()}
	path := filepath.Join(f.State, "record.key")
	made, err := f.recordKey()
	require.NoError(t, err)
	again, err := f.recordKey()
	require.NoError(t, err)
	require.Equal(t, made, again)
	for text, want := range map[string]string{"": "has 0 bytes", "k": "has 1 bytes", strings.Repeat("k", 31): "has 31 bytes"} {
		require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
		_, err = f.recordKey()
		require.ErrorContains(t, err, want)
	}
	require.NoError(t, os.WriteFile(path, made, 0o600))
	require.NoError(t, os.Chmod(path, 0o644))
	_, err = f.recordKey()
	require.ErrorContains(t, err, "chmod 600")
	for _, to := range []string{"nowhere", path + ".other"} {
		require.NoError(t, os.WriteFile(path+".other", made, 0o600))
		require.NoError(t, os.Remove(path))
		require.NoError(t, os.Symlink(to, path))
		_, err = f.recordKey()
		require.ErrorContains(t, err, "is not a regular file")
	}
}
