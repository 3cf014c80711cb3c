package atomicfile

import (
	"bytes"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
)

// Environment of the tests' other process: this program again, which is killed at a step of a write.
const (
	stepVariable = "ATOMICFILE_TEST_STEP"
	pathVariable = "ATOMICFILE_TEST_PATH"
)

func TestMain(m *testing.M) {
	step := os.Getenv(stepVariable)
	if step == "" {
		os.Exit(m.Run())
	}
	_ = write(os.Getenv(pathVariable), []byte("new"), 0o600, os.Rename, func(done string) {
		if done == step {
			self, _ := os.FindProcess(os.Getpid())
			_ = self.Kill()
			select {}
		}
	})
	panic("was not killed")
}

func files(t *testing.T, dir string) (names []string) {
	entries, err := os.ReadDir(dir)
	require.NoError(t, err)
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}

func TestWrite(t *testing.T) {
	dir := t.TempDir()
	path, target := filepath.Join(dir, "file"), filepath.Join(t.TempDir(), "target")
	require.NoError(t, os.WriteFile(target, []byte("untouched"), 0o644))
	if runtime.GOOS != "windows" {
		require.NoError(t, os.Symlink(target, path))
	}
	for _, text := range []string{"a", "", "longer"} {
		require.NoError(t, Write(path, []byte(text)))
		got, err := os.ReadFile(path)
		require.NoError(t, err)
		require.Equal(t, text, string(got))
	}
	got, err := os.ReadFile(target)
	require.NoError(t, err)
	require.Equal(t, "untouched", string(got), "a link is replaced")
	info, err := os.Lstat(path)
	require.NoError(t, err)
	if runtime.GOOS != "windows" {
		require.Equal(t, fs.FileMode(0o600), info.Mode())
	}
	require.Equal(t, []string{"file"}, files(t, dir), "no temporary file is left")

	require.NoError(t, WriteMode(path, []byte("shared"), 0o644))
	info, err = os.Lstat(path)
	require.NoError(t, err)
	if runtime.GOOS != "windows" {
		require.Equal(t, fs.FileMode(0o644), info.Mode())
	}

	require.ErrorIs(t, Create(path, []byte("other")), fs.ErrExist)
	require.NoError(t, Create(filepath.Join(dir, "new"), []byte("x")))
	require.Equal(t, []string{"file", "new"}, files(t, dir))
	require.ErrorIs(t, Write(filepath.Join(dir, "missing", "file"), nil), fs.ErrNotExist)
	require.NoError(t, os.Mkdir(filepath.Join(dir, "directory"), 0o700))
	require.Error(t, Write(filepath.Join(dir, "directory"), nil))
	require.Equal(t, []string{"directory", "file", "new"}, files(t, dir), "nor after an error")
}

// Of several that write, each reader sees one text whole, and one creates.
func TestConcurrent(t *testing.T) {
	dir := t.TempDir()
	var all sync.WaitGroup
	var mu sync.Mutex
	created := 0
	for i := range 8 {
		all.Go(func() {
			for range 20 {
				if err := Write(filepath.Join(dir, "file"), bytes.Repeat([]byte{byte('a' + i)}, 1000)); err != nil {
					t.Error(err)
				}
				got, err := os.ReadFile(filepath.Join(dir, "file"))
				if err != nil || len(got) != 1000 || strings.Trim(string(got), string(got[0])) != "" {
					t.Error(err, len(got))
				}
			}
			if Create(filepath.Join(dir, "once"), nil) == nil {
				mu.Lock()
				created++
				mu.Unlock()
			}
		})
	}
	all.Wait()
	require.Equal(t, 1, created)
	require.Equal(t, []string{"file", "once"}, files(t, dir))
}

// A process that is killed at any step leaves the old content or the new one, and what else it leaves is a temporary file.
func TestKilled(t *testing.T) {
	for step, want := range map[string]string{"created": "old", "written": "old", "synced": "old", "named": "new"} {
		t.Run(step, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "file")
			require.NoError(t, Write(path, []byte("old")))
			c := exec.CommandContext(t.Context(), os.Args[0])
			c.Env = append(os.Environ(), stepVariable+"="+step, pathVariable+"="+path)
			out, err := c.CombinedOutput()
			require.Error(t, err)
			require.NotContains(t, string(out), "panic")
			got, err := os.ReadFile(path)
			require.NoError(t, err)
			require.Equal(t, want, string(got))
			for _, name := range files(t, filepath.Dir(path)) {
				require.True(t, name == "file" || want == "old" && IsTemp(name), name)
			}
			require.False(t, IsTemp("file"))
		})
	}
}
