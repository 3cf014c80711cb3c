// Package atomicfile writes files in one step: after a crash or a loss of power a file has its old content or its new
// one, whole. Unless a mode is given, files are readable and writable for their owner alone.
package atomicfile

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
)

const tempPrefix, tempSuffix = ".", ".tmp"

// Write replaces the file at path by one with this content, or makes it. A symbolic link at path is replaced, not
// followed. The directory must exist.
func Write(path string, content []byte) error {
	return write(path, content, 0o600, os.Rename, func(string) {})
}

// WriteMode does the same for a file with a mode of its own.
func WriteMode(path string, content []byte, mode fs.FileMode) error {
	return write(path, content, mode, os.Rename, func(string) {})
}

// Create makes a file with this content. It fails with [os.ErrExist] if there is one at path.
func Create(path string, content []byte) error {
	return write(path, content, 0o600, os.Link, func(string) {})
}

// write writes a temporary file and gives it its name. It reports each step that is done.
func write(path string, content []byte, mode fs.FileMode, name func(from, to string) error, step func(string)) error {
	temp, err := os.CreateTemp(filepath.Dir(path), tempPrefix+filepath.Base(path)+"-*"+tempSuffix) // with mode 0600
	if err != nil {
		return err
	}
	defer os.Remove(temp.Name()) // fails where it was renamed
	step("created")
	_, err = temp.Write(content)
	step("written")
	if err == nil && mode != 0o600 {
		err = temp.Chmod(mode)
	}
	if err := errors.Join(err, temp.Sync(), temp.Close()); err != nil {
		return err
	}
	step("synced")
	if err := name(temp.Name(), path); err != nil {
		return err
	}
	step("named")
	return SyncDir(filepath.Dir(path))
}

// IsTemp reports whether a file name, without its directory, is that of a temporary file of this package. One that is not
// being written was left by a process that was killed, and can be removed.
func IsTemp(name string) bool {
	return strings.HasPrefix(name, tempPrefix) && strings.HasSuffix(name, tempSuffix)
}

// SyncDir makes the names of files in a directory survive a loss of power. It does nothing on Windows, which cannot sync
// a directory and does not need it.
func SyncDir(dir string) error {
	if runtime.GOOS == "windows" {
		return nil
	}
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
