package sharedstate

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/ncruces/go-sqlite3"
)

// IsTemporary reports whether a file of the state directory means nothing once its process has ended: logs of the shared file
// that are part of its copy, signs that a process runs, and rate limits, which recover within seconds.
func IsTemporary(name string) bool {
	return name == FileName+"-wal" || name == FileName+"-shm" || strings.HasPrefix(name, runPrefix) || strings.HasPrefix(name, bucketPrefix)
}

// Copy writes a copy of the shared file in a directory to another one, as of one moment, while processes use it. Without a
// file it does nothing.
func Copy(dir, to string) (err error) {
	from := filepath.Join(dir, FileName)
	if _, err := os.Lstat(from); errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	db, err := sqlite3.Open(from)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	path := filepath.Join(to, FileName)
	if err := db.BusyTimeout(busy); err != nil {
		return err
	}
	st, _, err := db.Prepare(`VACUUM INTO ?`)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, st.Close()) }()
	if err := st.BindText(1, path); err != nil {
		return err
	}
	if err := st.Exec(); err != nil {
		return err
	}
	return os.Chmod(path, 0o600)
}
