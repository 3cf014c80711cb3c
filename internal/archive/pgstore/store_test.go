package pgstore

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"dixa-mcp/internal/archive"
	"dixa-mcp/internal/archive/archivetest"
	"dixa-mcp/internal/archive/pgtest"
)

func TestMain(m *testing.M) { os.Exit(pgtest.Run(m)) }

// database makes an empty database. open returns a further process's view of its archive.
func database(t testing.TB) (name string, open func() *Store) {
	t.Helper()
	server := pgtest.Get(t)
	address := server.Database(t)
	return pgtest.Name(address), func() *Store {
		s, err := Open(address)
		require.NoError(t, err)
		t.Cleanup(func() { require.NoError(t, s.Close()) })
		return s
	}
}

func TestStore(t *testing.T) {
	archivetest.Run(t, func(t *testing.T) archivetest.Opened {
		name, open := database(t)
		return archivetest.Opened{First: open(), Open: func() archive.Store { return open() }, Bytes: func(t *testing.T) []byte { return pgtest.Get(t).Rows(t, name, schema) }}
	})
}

// file returns the bytes of the file of a table or index.
func file(t *testing.T, name, relation string) string {
	t.Helper()
	server := pgtest.Get(t)
	path := server.SQL(t, name, `CHECKPOINT`, `SELECT pg_relation_filepath('dixa_archive.`+relation+`')`)
	text, err := os.ReadFile(filepath.Join(server.Dir, path))
	require.NoError(t, err)
	return string(text)
}
