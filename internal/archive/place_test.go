package archive_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"dixa-mcp/internal/archive"
	"dixa-mcp/internal/archive/pgstore"
	"dixa-mcp/internal/archive/pgtest"
	"dixa-mcp/internal/archive/sqlitestore"
)

func TestMain(m *testing.M) { os.Exit(pgtest.Run(m)) }

// place is where an archive is.
type place struct {
	open  func() archive.Store // a further process's view of it
	bytes func() string        // all that it has on disk
}

// inBoth runs a test with an archive in each kind of store.
func inBoth(t *testing.T, test func(t *testing.T, fresh func(t *testing.T) place)) {
	t.Run("SQLite", func(t *testing.T) { test(t, inFile) })
	t.Run("PostgreSQL", func(t *testing.T) {
		server := pgtest.Get(t)
		address := server.Database(t)
		open := func() *pgstore.Store {
			s, err := pgstore.Open(address)
			require.NoError(t, err)
			return s
		}
		test(t, func(t *testing.T) place {
			server.Empty(t, pgtest.Name(address), "dixa_archive") // making the tables anew takes longer
			return place{func() archive.Store { return open() }, func() string { return string(server.Rows(t, pgtest.Name(address), "dixa_archive")) }}
		})
	})
}

// inFile makes an archive in a file.
func inFile(t *testing.T) place {
	dir := t.TempDir()
	return place{func() archive.Store { return sqlitestore.Open(dir) }, func() (all string) {
		for _, file := range []string{"archive.db", "archive.db-wal"} {
			text, err := os.ReadFile(filepath.Join(dir, file))
			require.NoError(t, err)
			all += string(text)
		}
		return all
	}}
}
