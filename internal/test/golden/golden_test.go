package golden

import (
	"cmp"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// recorder is a test whose failures are kept instead of reported.
type recorder struct {
	testing.TB
	name     string
	failures []string
}

func (r *recorder) Name() string { return cmp.Or(r.name, "TestGolden") }

func (r *recorder) Helper() {}

// Fatalf ends the goroutine, as that of a test does.
func (r *recorder) Fatalf(format string, args ...any) {
	r.Errorf(format, args...)
	runtime.Goexit()
}

func (r *recorder) Errorf(format string, args ...any) {
	r.failures = append(r.failures, fmt.Sprintf(format, args...))
}

func TestEqual(t *testing.T) {
	file := filepath.Join(t.TempDir(), "a.golden")
	require.NoError(t, os.WriteFile(file, []byte("one\ntwo\nthree\n"), 0o644))
	var r recorder
	Equal(&r, file, []byte("one\ntwo\nthree\n"))
	require.Empty(t, r.failures)

	Equal(&r, file, []byte("one\n2\nthree\n"))
	require.Len(t, r.failures, 1)
	for _, part := range []string{file + " is not what the code makes now:\n--- ", "\n one\n-two\n+2\n three\n", hint} {
		require.Contains(t, r.failures[0], part)
	}

	r = recorder{}
	Equal(&r, file+"x", nil)
	require.Equal(t, []string{file + "x does not exist.\n" + hint}, r.failures)

	r = recorder{}
	Equal(&r, file, []byte(strings.Repeat("other\n", 1000)))
	require.Less(t, strings.Count(r.failures[0], "\n"), mostLines+5)
}

// make update-golden selects tests by their names.
func TestNamesOfTests(t *testing.T) {
	for name, ok := range map[string]bool{"TestGoldenX": true, "TestXGolden/sub": true, "TestDocs": true, "TestX": false, "TestX/Golden": false} {
		r := recorder{name: name}
		file := filepath.Join(t.TempDir(), "a")
		require.NoError(t, os.WriteFile(file, nil, 0o644))
		done := make(chan struct{})
		go func() { defer close(done); Equal(&r, file, nil) }()
		<-done
		require.Equal(t, ok, len(r.failures) == 0, "%s: %v", name, r.failures)
	}
}

// A failure names files from the root of the repository.
func TestFromRoot(t *testing.T) {
	require.Equal(t, "internal/test/golden/golden.go", fromRoot("golden.go"))
	require.Equal(t, "docs/tools.md", fromRoot("../../../docs/tools.md"))
}

func TestDirectory(t *testing.T) {
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "gone"), nil, 0o644))
	var r recorder
	Directory(&r, dir, map[string][]byte{"new": nil})
	require.Equal(t, []string{filepath.Join(dir, "new") + " does not exist.\n" + hint, filepath.Join(dir, "gone") + " is no longer made by any test.\n" + hint}, r.failures)
}

func TestSection(t *testing.T) {
	file := filepath.Join(t.TempDir(), "a.md")
	require.NoError(t, os.WriteFile(file, []byte("# A\n<!-- list: made by make update-golden -->\none\n<!-- /list -->\nend\n"), 0o644))
	var r recorder
	Section(&r, file, "list", "one\n")
	require.Empty(t, r.failures)
	Section(&r, file, "list", "two\n")
	require.Contains(t, r.failures[0], "-one\n+two\n")
}

func TestUpdateGolden(t *testing.T) {
	defer func(before bool) { *update = before }(*update)
	*update = true
	dir := filepath.Join(t.TempDir(), "dir")
	require.NoError(t, os.Mkdir(dir, 0o755))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "gone"), nil, 0o644))
	Directory(t, dir, map[string][]byte{"a": []byte("text")})
	require.NoFileExists(t, filepath.Join(dir, "gone"))
	*update = false
	Equal(t, filepath.Join(dir, "a"), []byte("text"))
}
