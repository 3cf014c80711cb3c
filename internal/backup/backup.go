// Package backup copies a state directory while processes use it.
package backup

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"dixa-mcp/internal/archive/sqlitestore"
	"dixa-mcp/internal/base/atomicfile"
	events "dixa-mcp/internal/events/sqlitestore"
	"dixa-mcp/internal/records"
	"dixa-mcp/internal/sharedstate"
)

// recordsDir is the directory of the records in a copy.
const recordsDir = "audit"

// Report is what was copied, and what was not.
type Report struct {
	Files   int      `json:"files"`
	Bytes   int64    `json:"bytes"`
	Skipped []string `json:"skipped"` // paths of what is neither a file nor a directory, such as links
}

// Copy copies a state directory, and the records where they are elsewhere, into a new directory. It refuses one that has
// something in it.
//
// Files other than the shared one are written whole or only grow. The records are copied last, so that the intent of all that
// is known elsewhere is among them, and the newest first, since a record names the hash of earlier ones only.
func Copy(state, records, to string) (Report, error) {
	var r Report
	from, err := filepath.Abs(state)
	if err != nil {
		return r, err
	}
	target, err := filepath.Abs(to)
	if err != nil {
		return r, err
	}
	inside, err := filepath.Rel(from, target)
	if err != nil { // on another volume of Windows
		inside = target
	}
	if inside == "." || filepath.IsLocal(inside) {
		return r, fmt.Errorf("%s is in the state directory %s: choose a directory outside of it", to, state)
	}
	if info, err := os.Stat(state); err != nil {
		return r, err
	} else if !info.IsDir() {
		return r, fmt.Errorf("%s is not a directory", state)
	}
	if err := prepare(to); err != nil {
		return r, err
	}
	for _, store := range []struct {
		name string
		copy func(state, to string) error
	}{{sharedstate.FileName, sharedstate.Copy}, {sqlitestore.FileName, sqlitestore.Copy}, {events.FileName, events.Copy}} {
		if err := store.copy(state, to); err != nil {
			return r, fmt.Errorf("copy %s: %w", store.name, err)
		}
		if err := r.count(filepath.Join(to, store.name)); err != nil {
			return r, fmt.Errorf("copy %s: %w", store.name, err)
		}
	}
	if err := r.tree(state, to, records); err != nil {
		return r, err
	}
	return r, r.records(records, filepath.Join(to, recordsDir))
}

// prepare makes a directory for this user alone, and refuses one that has something in it.
func prepare(dir string) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	entries, err := os.ReadDir(dir)
	if err == nil && len(entries) > 0 {
		err = fmt.Errorf("%s is not empty: name a new directory; nothing was copied", dir)
	}
	return err
}

// count adds a file that was copied, if there is one.
func (r *Report) count(path string) error {
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err == nil {
		r.Files, r.Bytes = r.Files+1, r.Bytes+info.Size()
	}
	return err
}

// tree copies the files of a directory but for the shared one, the records and what is temporary.
func (r *Report) tree(from, to, records string) error {
	return filepath.WalkDir(from, func(path string, e fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) {
			return nil // it was removed meanwhile
		}
		if err != nil {
			return err
		}
		name, err := filepath.Rel(from, path)
		switch {
		case err != nil:
			return err
		case e.IsDir() && (name == recordsDir || same(path, records)):
			return fs.SkipDir
		case e.IsDir():
			return os.MkdirAll(filepath.Join(to, name), 0o700)
		case name == sharedstate.FileName, sharedstate.IsTemporary(name), name == sqlitestore.FileName, sqlitestore.IsTemporary(name),
			name == events.FileName, events.IsTemporary(name), atomicfile.IsTemp(e.Name()):
			return nil
		case !e.Type().IsRegular():
			r.Skipped = append(r.Skipped, path)
			return nil
		}
		return r.file(path, filepath.Join(to, name), false)
	})
}

func same(a, b string) bool {
	x, errX := filepath.Abs(a)
	y, errY := filepath.Abs(b)
	return errX == nil && errY == nil && x == y
}

// newestFirst lists the files of records, whose names begin with the time of their start.
func newestFirst(dir string) ([]fs.DirEntry, error) {
	entries, err := os.ReadDir(dir)
	slices.Reverse(entries)
	return entries, err
}

// records copies the files of records.
func (r *Report) records(from, to string) error {
	entries, err := newestFirst(from)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err == nil {
		err = os.MkdirAll(to, 0o700)
	}
	if err != nil {
		return err
	}
	for _, e := range entries {
		path := filepath.Join(from, e.Name())
		switch {
		case atomicfile.IsTemp(e.Name()), records.IsIndex(e.Name()): // an index is made from the files
		case !e.Type().IsRegular():
			r.Skipped = append(r.Skipped, path)
		default:
			if err := r.file(path, filepath.Join(to, e.Name()), strings.HasSuffix(e.Name(), ".jsonl")); err != nil {
				return err
			}
		}
	}
	return nil
}

// file copies a file. Of one that grows by lines, it leaves out a last line that is not whole.
func (r *Report) file(from, to string, lines bool) error {
	text, err := os.ReadFile(from)
	if errors.Is(err, fs.ErrNotExist) {
		return nil // it was removed meanwhile
	}
	if err != nil {
		return err
	}
	if lines {
		text = text[:bytes.LastIndexByte(text, '\n')+1]
	}
	if err := os.WriteFile(to, text, 0o600); err != nil {
		return err
	}
	r.Files, r.Bytes = r.Files+1, r.Bytes+int64(len(text))
	return nil
}
