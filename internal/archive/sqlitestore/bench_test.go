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
	archivetest.Bench(b, func() (string, func()) { return b.TempDir(), nil }, func(dir string) archive.Store { return Open(dir) })
}
