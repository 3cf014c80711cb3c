// Package golden compares what a test made with a file of the repository, and rewrites the file with -update.
package golden

import (
	"bytes"
	"errors"
	"flag"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/diff"
)

var update = flag.Bool("update", false, "rewrite golden files and generated documentation; use make update-golden")

// selected matches the names of tests that make update-golden runs.
var selected = regexp.MustCompile(`^[^/]*(Golden|Docs)`)

// hint is how a failure ends.
const hint = "If this is meant, run make update-golden and read the difference with git diff."

// mostLines is how many lines of a difference are printed.
const mostLines = 200

// Equal fails the test with a unified diff if the file does not hold got. The path is relative to the test's package.
func Equal(t testing.TB, file string, got []byte) {
	t.Helper()
	if !selected.MatchString(t.Name()) {
		t.Fatalf("%s needs Golden or Docs in its name, by which make update-golden selects tests", t.Name())
	}
	if *update {
		write(t, file, got)
		return
	}
	if message := compare(file, got); message != "" {
		t.Errorf("%s\n%s", message, hint)
	}
}

// Directory fails the test if the directory does not hold exactly these files, by their names.
func Directory(t testing.TB, dir string, files map[string][]byte) {
	t.Helper()
	for name, got := range files {
		Equal(t, filepath.Join(dir, name), got)
	}
	entries, err := os.ReadDir(dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		t.Fatal(err)
	}
	for _, e := range entries {
		if _, ok := files[e.Name()]; ok {
			continue
		}
		stray := filepath.Join(dir, e.Name())
		if !*update {
			t.Errorf("%s is no longer made by any test.\n%s", fromRoot(stray), hint)
		} else if err := os.Remove(stray); err != nil {
			t.Fatal(err)
		}
	}
}

// Section fails the test if the part of a document between the comments "NAME: made by make update-golden" and "/NAME" is
// not got.
func Section(t testing.TB, file, name, got string) {
	t.Helper()
	begin, end := "<!-- "+name+": made by make update-golden -->\n", "<!-- /"+name+" -->"
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, ok := strings.Cut(string(text), begin)
	_, after, closed := strings.Cut(rest, end)
	if !ok || !closed {
		t.Fatalf("%s needs a line %q and after it %q: the part between them is generated", fromRoot(file), strings.TrimSpace(begin), end)
	}
	Equal(t, file, []byte(before+begin+got+end+after))
}

// compare returns how the file differs from got, or "".
func compare(file string, got []byte) string {
	want, err := os.ReadFile(file)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return fromRoot(file) + " does not exist."
	case err != nil:
		return err.Error()
	case bytes.Equal(want, got):
		return ""
	}
	name := fromRoot(file)
	lines := strings.SplitAfter(string(diff.Diff(name, want, "what the code makes now", got)), "\n")[1:] // without "diff A B"
	if len(lines) > mostLines {
		lines = append(slices.Clip(lines[:mostLines]), "… the rest of the difference is left out\n")
	}
	return name + " is not what the code makes now:\n" + strings.Join(lines, "")
}

func write(t testing.TB, file string, got []byte) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, got, 0o644); err != nil {
		t.Fatal(err)
	}
}

// fromRoot returns the file's path from the root of the repository, where commands are run.
func fromRoot(file string) string {
	full, err := filepath.Abs(file)
	if err != nil {
		return file
	}
	for dir := filepath.Dir(full); ; dir = filepath.Dir(dir) {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			rel, err := filepath.Rel(dir, full)
			if err != nil {
				return file
			}
			return filepath.ToSlash(rel)
		}
		if dir == filepath.Dir(dir) {
			return file
		}
	}
}
