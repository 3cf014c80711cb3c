package pgstore

import (
	"testing"

	"dixa-mcp/internal/archive"
	"dixa-mcp/internal/archive/archivetest"
	"dixa-mcp/internal/archive/pgtest"
)

// BenchmarkArchive measures the archive in a PostgreSQL on this machine, which does not wait for the disk:
//
//	MESSAGES=200000 go test ./internal/archive/pgstore -run '^$' -bench Archive -benchtime 1x -timeout 60m
func BenchmarkArchive(b *testing.B) {
	archivetest.Bench(b, func() (archive.Store, func()) {
		name, open := database(b)
		// Tests run without autovacuum, which does this within minutes.
		return open(), func() { pgtest.Get(b).SQL(b, name, `VACUUM ANALYZE`) }
	})
}
