//go:build unix

package serve

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
)

// A pipe is read without a thread and left as it was found; what others write to, and what is no pipe, is not touched.
func TestPollable(t *testing.T) {
	blocking := func(f *os.File) bool {
		flags, _, errno := syscall.Syscall(syscall.SYS_FCNTL, f.Fd(), syscall.F_GETFL, 0)
		require.Zero(t, errno)
		return flags&syscall.O_NONBLOCK == 0
	}
	pipe := func() (r, w *os.File) {
		var fds [2]int
		require.NoError(t, syscall.Pipe(fds[:]))
		r, w = os.NewFile(uintptr(fds[0]), "r"), os.NewFile(uintptr(fds[1]), "w") // blocking, as a parent gives them
		t.Cleanup(func() { r.Close(); w.Close() })
		return r, w
	}
	r, w := pipe()
	_, other := pipe()
	in, restore := Pollable(r, other)
	require.NotSame(t, r, in)
	lines := make(chan []byte)
	ended := make(chan error, 1)
	go func() {
		ended <- readLines(in, func(line []byte) bool { lines <- line; return true })
	}()
	_, err := w.WriteString("a line\n")
	require.NoError(t, err)
	require.Equal(t, "a line\n", string(<-lines))
	restore()
	require.ErrorIs(t, <-ended, os.ErrClosed)
	require.True(t, blocking(r))

	in, restore = Pollable(r, other, w) // the other end of the same pipe
	require.Same(t, r, in)
	restore()
	plain, err := os.Create(filepath.Join(t.TempDir(), "file"))
	require.NoError(t, err)
	defer plain.Close()
	in, restore = Pollable(plain, other)
	require.Same(t, plain, in)
	restore()
}
