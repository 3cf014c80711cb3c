package sqlitestore

import (
	"testing"

	"dixa-mcp/internal/archive"
	"dixa-mcp/internal/archive/archivetest"
)

// BenchmarkArchive measures the archive in a file:
//
//	MESSAGES=200000 go test ./internal/archive/sqlitestore -run '^$' -bench Archive -benchtime 1x -timeout 60m
func BenchmarkArchive(b *testing.B) {
	archivetest.Bench(b, func() (archive.Store, func()) { return Open(b.TempDir()), nil })
}
