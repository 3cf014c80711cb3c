package sqlitestore

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ncruces/go-sqlite3"
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

// Reports read by indexes what they count, also in an archive of a version that had none of these.
func TestReportsReadIndexes(t *testing.T) {
	dir := t.TempDir()
	indexes := []string{"conversation_created", "conversation_closed", "message_answer"}
	old := Open(dir)
	require.NoError(t, old.update(t.Context(), func() error { return old.file.Exec(`PRAGMA user_version = 1`) }))
	for _, index := range indexes {
		require.NoError(t, old.update(t.Context(), func() error { return old.file.Exec(`DROP INDEX ` + index) }))
	}
	require.NoError(t, old.Close())
	s := Open(dir)
	t.Cleanup(func() { require.NoError(t, s.Close()) })
	var plan strings.Builder
	require.NoError(t, s.view(t.Context(), func() error {
		return s.file.Rows(`EXPLAIN QUERY PLAN SELECT (SELECT min(m.created_at) FROM message m WHERE m.conversation = c.id AND direction = 'outbound' AND automated = 0)
			FROM conversation c WHERE c.created_at >= ?1 AND c.created_at < ?2 OR c.closed_at >= ?1 AND c.closed_at < ?2`, func(st *sqlite3.Stmt) { plan.WriteString(st.ColumnText(3) + "\n") })
	}))
	for _, index := range indexes {
		require.Contains(t, plan.String(), index)
	}
}
