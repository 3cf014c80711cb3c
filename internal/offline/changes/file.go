// Package changes keeps the requests that changed the data of an offline Dixa in a file, so that they can be carried out again after a
// restart.
package changes

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"dixa-mcp/internal/base/filelock"
)

const (
	// version is the version of the format of the file.
	version = 1
	// maxSize bounds the file, in bytes. What is changed after that is forgotten at the end.
	maxSize = 32 << 20
)

// File is the file offline.jsonl of a directory: a line that says which data the changes were made to, and a line for each request that
// changed it. A line that is written half, because the process was killed, is dropped.
type File struct {
	Origin  Origin
	Changes []Change // that can be made again

	path    string
	file    *os.File
	size    int64
	release func()
	good    int64 // bytes of the file that can be read
}

// Origin says which data changes were made to. The zero value is none.
type Origin struct {
	Version int       `json:"offline"`
	Seed    uint64    `json:"seed"`
	Anchor  time.Time `json:"anchor"`
	Data    uint64    `json:"data"` // fingerprint of the data before any change
}

// Change is one request that changed the data.
type Change struct {
	At     time.Time `json:"at"`
	Made   int64     `json:"made"` // things created before it, for their ids
	Method string    `json:"method"`
	Path   string    `json:"path"`
	Query  string    `json:"query,omitempty"`
	Type   string    `json:"type,omitempty"`
	Body   []byte    `json:"body,omitempty"`
}

// Open reads the file of a directory, where there is one.
func Open(dir string) (*File, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("offline Dixa: state: %w", err)
	}
	f := &File{path: filepath.Join(dir, "offline.jsonl")}
	var err error
	if f.release, err = filelock.TryLock(f.path + ".lock"); err != nil {
		return nil, fmt.Errorf("offline Dixa: state: %w", err)
	}
	if err := f.read(); err != nil {
		f.Close()
		return nil, fmt.Errorf("offline Dixa: state: %w", err)
	}
	if f.Origin.Version != version {
		f.Origin, f.Changes = Origin{}, nil
	}
	return f, nil
}

// Path returns where the file is.
func (f *File) Path() string { return f.path }

// Taken reports whether another process records in the directory: then this one cannot.
func (f *File) Taken() bool { return f.release == nil }

// read reads the lines of the file, as far as they are whole.
func (f *File) read() error {
	file, err := os.Open(f.path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	defer file.Close()
	lines := bufio.NewReader(io.LimitReader(file, maxSize))
	for {
		line, err := lines.ReadBytes('\n')
		if err != nil { // a line without an end was written half
			return nil
		}
		var ch Change
		if f.good == 0 {
			err = json.Unmarshal(line, &f.Origin)
		} else if err = json.Unmarshal(line, &ch); err == nil {
			f.Changes = append(f.Changes, ch)
		}
		if err != nil {
			return nil
		}
		f.good += int64(len(line))
	}
}

// Record makes the file ready for more changes: behind those in it, or, where they do not fit the data, in a new file; the old one
// gets the name offline.jsonl.old.
func (f *File) Record(fits bool) error {
	if err := f.open(fits); err != nil {
		f.Close()
		return fmt.Errorf("offline Dixa: state: %w", err)
	}
	return nil
}

func (f *File) open(fits bool) (err error) {
	good := f.good
	if !fits {
		if err := os.Rename(f.path, f.path+".old"); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		good = 0
	}
	if f.file, err = os.OpenFile(f.path, os.O_WRONLY|os.O_CREATE, 0o600); err != nil {
		return err
	}
	if err := f.file.Truncate(good); err != nil {
		return err
	}
	f.size, err = f.file.Seek(good, io.SeekStart)
	return err
}

// Close ends the recording.
func (f *File) Close() {
	if f.file != nil {
		_ = f.file.Close() // every line was written when it came
	}
	if f.release != nil {
		f.release()
	}
}

// Append writes a change down, and first of all what it was made to.
func (f *File) Append(ch Change, origin func() Origin) error {
	if f.size == 0 {
		o := origin()
		o.Version = version
		if err := f.append(o); err != nil {
			return err
		}
	}
	return f.append(ch)
}

var errFull = fmt.Errorf("the file has %d MiB; remove it to begin again", maxSize>>20)

func (f *File) append(v any) error {
	line, err := json.Marshal(v)
	if err != nil {
		return err
	}
	line = append(line, '\n')
	if f.size+int64(len(line)) > maxSize {
		return errFull
	}
	n, err := f.file.Write(line)
	f.size += int64(n)
	return err
}
