package sharedstate

import (
	"path/filepath"
	"strings"

	"dixa-mcp/internal/base/sqlitefile"
)

// IsTemporary reports whether a file of the state directory means nothing once its process has ended: logs of the shared file
// that are part of its copy, signs that a process runs, and rate limits, which recover within seconds.
func IsTemporary(name string) bool {
	return sqlitefile.IsLog(name, FileName) || strings.HasPrefix(name, runPrefix) || strings.HasPrefix(name, bucketPrefix)
}

// Copy writes a copy of the shared file in a directory to another one, as of one moment, while processes use it. Without a
// file it does nothing.
func Copy(dir, to string) error {
	return sqlitefile.Copy(filepath.Join(dir, FileName), filepath.Join(to, FileName))
}
