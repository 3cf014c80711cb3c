package audit

import (
	"bufio"
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"sync"
	"time"
)

// stampLayout is the start time in a file's name: sorts as text, and has no colon, which Windows does not allow.
const stampLayout = "20060102T150405.000Z"

var partName = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^audit-((\d{8}T\d{6}\.\d{3}Z)-\d+)-(\d{4,})\.jsonl$`)
})

// part is one file of a run.
type part struct {
	path, name string
	run        string // start and process id
	named      bool   // as this package names files
	number     int    // from 1
	start      time.Time
}

func runName(start time.Time, pid int) string {
	return fmt.Sprintf("%s-%d", start.UTC().Format(stampLayout), pid)
}

func partPath(dir, run string, number int) string {
	return filepath.Join(dir, fmt.Sprintf("audit-%s-%04d.jsonl", run, number))
}

// parsePart reads a part off its path. A file of another name (a copy, say) is a run of its own.
func parsePart(path string) (p part, named bool) {
	name := filepath.Base(path)
	m := partName().FindStringSubmatch(name)
	if m == nil {
		return part{path: path, name: name, run: name, number: 1}, false
	}
	start, err := time.Parse(stampLayout, m[2])
	number, errNumber := strconv.Atoi(m[3])
	named = err == nil && errNumber == nil
	return part{path, name, m[1], named, number, start}, named
}

// findRuns lists the runs at path, oldest first, each with its parts in order. The path is a directory, or one file,
// which means all parts of its run.
func findRuns(path string) ([][]part, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, fmt.Errorf("read the audit records: %w", err)
	}
	dir, only := path, ""
	if !info.IsDir() {
		p, named := parsePart(path)
		if !named {
			return [][]part{{p}}, nil
		}
		dir, only = filepath.Dir(path), p.run
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, fmt.Errorf("read the audit records: %w", err)
	}
	var all []part
	for _, e := range entries {
		p, named := parsePart(filepath.Join(dir, e.Name()))
		if named && (only == "" || p.run == only) {
			all = append(all, p)
		}
	}
	slices.SortFunc(all, func(a, b part) int {
		return cmp.Or(cmp.Compare(a.run, b.run), cmp.Compare(a.number, b.number))
	})
	var runs [][]part
	for i, p := range all {
		if i == 0 || p.run != all[i-1].run {
			runs = append(runs, nil)
		}
		runs[len(runs)-1] = append(runs[len(runs)-1], p)
	}
	return runs, nil
}

// fileLine is one line without its newline; whole is false for a last line that has none.
type fileLine struct {
	number int   // from 1; 0 for a file that could not be read
	offset int64 // in the file, in bytes
	text   []byte
	whole  bool
}

// lines yields the lines of a file; an error ends it.
func lines(path string) iter.Seq2[fileLine, error] { return linesFrom(path, Position{}) }

// linesFrom yields the lines of a file after a position in it; an error ends it.
func linesFrom(path string, from Position) iter.Seq2[fileLine, error] {
	return func(yield func(fileLine, error) bool) {
		if info, err := os.Stat(path); err == nil && from.Offset > 0 && info.Size() == from.Offset {
			return
		}
		f, err := os.Open(path)
		if err == nil {
			defer f.Close()
			_, err = f.Seek(from.Offset, io.SeekStart)
		}
		if err != nil {
			yield(fileLine{}, fmt.Errorf("read the audit records: %w", err))
			return
		}
		r := bufio.NewReaderSize(f, 64<<10)
		offset := from.Offset
		for n := from.Line + 1; ; n++ {
			text, err := r.ReadBytes('\n')
			if err != nil && !errors.Is(err, io.EOF) {
				yield(fileLine{}, fmt.Errorf("read the audit records: %w", err))
				return
			}
			if len(text) == 0 {
				return
			}
			line, whole := bytes.CutSuffix(text, []byte("\n"))
			if !yield(fileLine{n, offset, line, whole}, nil) {
				return
			}
			offset += int64(len(text))
		}
	}
}

// prepareDir makes the directory, for this user alone, and refuses one in which others could exchange files.
func prepareDir(dir string) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("make the audit directory: %w", err)
	}
	info, err := os.Lstat(dir)
	if err != nil {
		return fmt.Errorf("check the audit directory: %w", err)
	}
	if info.Mode()&fs.ModeSymlink != 0 {
		return fmt.Errorf("the audit directory %s is a symbolic link: use the directory that it points to", dir)
	}
	// Windows has no such bits; os reports 0777 for every directory there.
	if runtime.GOOS != "windows" && info.Mode().Perm()&0o022 != 0 && info.Mode()&fs.ModeSticky == 0 {
		return fmt.Errorf("others may write to the audit directory %s (mode %04o): run chmod 700 on it, or use a directory inside it, which is then made",
			dir, info.Mode().Perm())
	}
	return nil
}

// createFile makes a new file for appending. O_EXCL refuses a path that exists, a symbolic link included.
func createFile(path string) (file, error) {
	return os.OpenFile(path, os.O_WRONLY|os.O_APPEND|os.O_CREATE|os.O_EXCL, 0o600)
}
