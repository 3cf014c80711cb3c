package pgstore

import (
	"os"
	"path/filepath"
	"strings"
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
	return databaseOf(address), func() *Store {
		s, err := Open(address)
		require.NoError(t, err)
		t.Cleanup(func() { require.NoError(t, s.Close()) })
		return s
	}
}

func databaseOf(address string) string {
	name, _, _ := strings.Cut(address[strings.LastIndex(address, "/")+1:], "?")
	return name
}

func TestStore(t *testing.T) {
	archivetest.Run(t, func(t *testing.T) archivetest.Opened {
		name, open := database(t)
		return archivetest.Opened{First: open(), Open: func() archive.Store { return open() }, Bytes: func(t *testing.T) []byte { return rowsOf(t, name) }}
	})
}

// rowsOf returns the rows that are in the pages of the archive's tables, also the deleted ones that VACUUM did not remove.
func rowsOf(t *testing.T, name string) []byte {
	t.Helper()
	return []byte(pgtest.Get(t).SQL(t, name, `CREATE EXTENSION IF NOT EXISTS pageinspect`,
		`SELECT encode(t_data, 'escape') FROM pg_class, generate_series(0, pg_relation_size(oid) / 8192 - 1) AS page, heap_page_items(get_raw_page(oid::regclass::text, page::int))
			WHERE relnamespace = 'dixa_archive'::regnamespace AND relkind = 'r' AND t_data IS NOT NULL`))
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
