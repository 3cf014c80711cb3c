package backup

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"dixa-mcp/internal/events/eventstest"
	"dixa-mcp/internal/events/sqlitestore"
)

func write(t *testing.T, path, text string) {
	t.Helper()
	require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o700))
	require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
}

// A run of records names the last hash of those before it. If an older one were copied first and grew meanwhile, the copy of
// the newer one would name a record that is missing.
func TestRecordsAreCopiedNewestFirst(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"audit-20261129T120000.000Z-7-0001.jsonl", "audit-20261129T120000.000Z-7-0002.jsonl", "audit-20261130T080000.000Z-3-0001.jsonl"} {
		write(t, filepath.Join(dir, name), "")
	}
	entries, err := newestFirst(dir)
	require.NoError(t, err)
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	require.Equal(t, []string{"audit-20261130T080000.000Z-3-0001.jsonl", "audit-20261129T120000.000Z-7-0002.jsonl", "audit-20261129T120000.000Z-7-0001.jsonl"}, names)
}

// A line that is being written is left out; what belongs to running processes too; records elsewhere are taken.
func TestWhatIsCopied(t *testing.T) {
	state, records, to := t.TempDir(), t.TempDir(), filepath.Join(t.TempDir(), "copy")
	write(t, filepath.Join(records, "audit-20261129T120000.000Z-7-0001.jsonl"), "{\"a\":1}\n{\"half")
	write(t, filepath.Join(state, "audit", "old.jsonl"), "not these")
	write(t, filepath.Join(state, "record.key"), "key")
	write(t, filepath.Join(state, "frozen", "triage.json"), "{}")
	for _, name := range []string{"running-abc", "rate-1-00", "shared.db-wal", "shared.db-shm"} {
		write(t, filepath.Join(state, name), "x")
	}
	report, err := Copy(state, records, to)
	require.NoError(t, err)
	require.Equal(t, Report{Files: 3, Bytes: 3 + 2 + 8}, report)
	copied := map[string]string{}
	require.NoError(t, filepath.WalkDir(to, func(path string, e os.DirEntry, err error) error {
		require.NoError(t, err)
		info, err := e.Info()
		require.NoError(t, err)
		require.Zero(t, info.Mode().Perm()&0o077, path)
		if !e.IsDir() {
			text, err := os.ReadFile(path)
			require.NoError(t, err)
			name, err := filepath.Rel(to, path)
			require.NoError(t, err)
			copied[name] = string(text)
		}
		return nil
	}))
	require.Equal(t, map[string]string{
		"record.key": "key", "frozen/triage.json": "{}", "audit/audit-20261129T120000.000Z-7-0001.jsonl": "{\"a\":1}\n",
	}, copied)
}

// The inbox of events is copied as of one moment, not file by file.
func TestInboxIsCopied(t *testing.T) {
	state, to := t.TempDir(), filepath.Join(t.TempDir(), "copy")
	s := sqlitestore.Open(state, sqlitestore.Options{})
	_, err := s.Put(t.Context(), eventstest.Event(1))
	require.NoError(t, err)
	report, err := Copy(state, filepath.Join(state, "audit"), to)
	require.NoError(t, err)
	require.Equal(t, 1, report.Files)
	require.NoError(t, s.Close())
	copied := sqlitestore.Open(to, sqlitestore.Options{})
	status, err := copied.Status(t.Context())
	require.NoError(t, err)
	require.EqualValues(t, 1, status.Events)
	require.NoError(t, copied.Close())
}

// Either directory can be relative while the other is not.
func TestRelativeDirectories(t *testing.T) {
	home := t.TempDir()
	t.Chdir(home)
	write(t, "state/record.key", "key")
	for _, c := range []struct{ state, to string }{{filepath.Join(home, "state"), "copy"}, {"state", filepath.Join(home, "another")}} {
		report, err := Copy(c.state, filepath.Join(c.state, "audit"), c.to)
		require.NoError(t, err)
		require.Equal(t, 1, report.Files)
		require.FileExists(t, filepath.Join(c.to, "record.key"))
	}
	for _, c := range []struct{ state, to string }{{filepath.Join(home, "state"), "state/copy"}, {"state", filepath.Join(home, "state", "copy")}} {
		_, err := Copy(c.state, filepath.Join(c.state, "audit"), c.to)
		require.ErrorContains(t, err, "choose a directory outside of it")
	}
}
