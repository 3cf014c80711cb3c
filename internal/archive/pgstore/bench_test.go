package pgstore

import (
	"testing"

	"github.com/stretchr/testify/require"

	"dixa-mcp/internal/archive"
	"dixa-mcp/internal/archive/archivetest"
	"dixa-mcp/internal/archive/pgtest"
)

// BenchmarkArchive measures the archive in a PostgreSQL on this machine, which does not wait for the disk:
//
//	MESSAGES=200000 go test ./internal/archive/pgstore -run '^$' -bench Archive -benchtime 1x -timeout 60m
func BenchmarkArchive(b *testing.B) {
	archivetest.Bench(b, func() (string, func()) {
		address := pgtest.Get(b).Database(b)
		// Tests run without autovacuum, which does this within minutes.
		return address, func() { pgtest.Get(b).SQL(b, pgtest.Name(address), `VACUUM ANALYZE`) }
	}, func(address string) archive.Store {
		s, err := Open(address)
		require.NoError(b, err)
		return s
	})
}
