package sharedstate

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"dixa-mcp/internal/base/sqlitefile"
)

// IsTemporary reports whether a file of the state directory means nothing once its process has ended: logs of the shared file
// that are part of its copy, signs that a process runs, and rate limits, which recover within seconds.
func IsTemporary(name string) bool {
	return name == FileName+"-wal" || name == FileName+"-shm" || strings.HasPrefix(name, runPrefix) || strings.HasPrefix(name, bucketPrefix)
}

// Copy writes a copy of the shared file in a directory to another one, as of one moment, while processes use it. Without a
// file it does nothing.
func Copy(dir, to string) error {
	from := filepath.Join(dir, FileName)
	if _, err := os.Lstat(from); errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return sqlitefile.Copy(from, filepath.Join(to, FileName))
}
