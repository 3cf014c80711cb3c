package filelock

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

// holderVar makes this test's program hold the lock of the file that it names.
const holderVar = "DIXA_MCP_TEST_LOCK"

func TestMain(m *testing.M) {
	path := os.Getenv(holderVar)
	if path == "" {
		os.Exit(m.Run())
	}
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err == nil {
		err = Lock(f, time.Minute)
	}
	fmt.Println(err)
	select {}
}

func open(t *testing.T, path string) *os.File {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	require.NoError(t, err)
	t.Cleanup(func() { f.Close() })
	return f
}

func TestLock(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "f")
		a, b := open(t, path), open(t, path)
		require.NoError(t, Lock(a, time.Second))
		begun := time.Now()
		require.ErrorIs(t, Lock(b, time.Second), ErrHeld)
		require.InDelta(t, time.Second, time.Since(begun), float64(5*time.Millisecond))
		require.NoError(t, Unlock(a))
		begun = time.Now()
		require.NoError(t, Lock(b, time.Second))
		require.Zero(t, time.Since(begun))
		require.NoError(t, b.Close(), "which unlocks it")
		require.NoError(t, Lock(a, time.Second))
	})
}

// What is changed under the lock is changed by one at a time.
func TestLockExcludes(t *testing.T) {
	path := filepath.Join(t.TempDir(), "f")
	require.NoError(t, os.WriteFile(path, []byte{0, 0}, 0o600))
	var all sync.WaitGroup
	for range 4 {
		f := open(t, path)
		all.Go(func() {
			for range 100 {
				var n [2]byte
				err := Lock(f, time.Minute)
				if err == nil {
					_, err = f.ReadAt(n[:], 0)
				}
				if n[1]++; n[1] == 0 {
					n[0]++
				}
				if err == nil {
					_, err = f.WriteAt(n[:], 0)
				}
				if err == nil {
					err = Unlock(f)
				}
				if err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	all.Wait()
	got, err := os.ReadFile(path)
	require.NoError(t, err)
	require.Equal(t, []byte{400 >> 8, 400 & 0xff}, got)
}

// The lock of a process that was killed is free.
func TestLockOfAKilledProcess(t *testing.T) {
	path := filepath.Join(t.TempDir(), "f")
	f := open(t, path)
	holder := exec.Command(os.Args[0])
	holder.Env = append(os.Environ(), holderVar+"="+path)
	out, err := holder.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, holder.Start())
	said, err := bufio.NewReader(out).ReadString('\n')
	require.NoError(t, err)
	require.Equal(t, "<nil>\n", said)
	require.ErrorIs(t, Lock(f, 0), ErrHeld)
	require.NoError(t, holder.Process.Kill())
	_ = holder.Wait() // it was killed
	require.NoError(t, Lock(f, time.Minute))
}
