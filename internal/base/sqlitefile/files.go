package sqlitefile

import (
	"errors"
	"io/fs"
	"os"

	"github.com/ncruces/go-sqlite3"
)

// Exists reports whether there is a file at a path.
func Exists(path string) (bool, error) {
	_, err := os.Lstat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	return err == nil, err
}

// logs are the ends of the names of files that SQLite keeps beside a file while processes use it.
var logs = []string{"-wal", "-shm"}

// IsLog reports whether name is that of a file which SQLite keeps beside a file.
func IsLog(name, file string) bool { return name == file+logs[0] || name == file+logs[1] }

// Remove removes a file, and what SQLite keeps beside it. No process may use it.
func Remove(path string) (err error) {
	for _, end := range append([]string{""}, logs...) {
		if gone := os.Remove(path + end); !errors.Is(gone, fs.ErrNotExist) {
			err = errors.Join(err, gone)
		}
	}
	return err
}

// Copy writes a copy of the file from to a new file, as of one moment, while processes use it. Without a file it does nothing.
func Copy(from, to string) (err error) {
	if exists, err := Exists(from); err != nil || !exists {
		return err
	}
	db, err := sqlite3.Open(from)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	if err := db.BusyTimeout(Busy); err != nil {
		return err
	}
	st, _, err := db.Prepare(`VACUUM INTO ?`)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, st.Close()) }()
	if err := st.BindText(1, to); err != nil {
		return err
	}
	if err := st.Exec(); err != nil {
		return err
	}
	return os.Chmod(to, 0o600)
}
