package approval_test

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"dixa-mcp/internal/approval"
	"dixa-mcp/internal/approval/approvaltest"
	"dixa-mcp/internal/base/atomicfile"
	"dixa-mcp/internal/test/clock"
)

// Environment of a test's other processes: this program again.
const (
	roleVariable   = "APPROVAL_TEST_ROLE"
	folderVariable = "APPROVAL_TEST_FOLDER"
)

func TestMain(m *testing.M) {
	switch role := os.Getenv(roleVariable); role {
	case "":
		os.Exit(m.Run())
	case "take":
		takeAll(os.Getenv(folderVariable))
	default:
		die(os.Getenv(folderVariable))
	}
}

func again(t *testing.T, role, folder string) *exec.Cmd {
	c := exec.CommandContext(t.Context(), os.Args[0])
	c.Env = append(os.Environ(), roleVariable+"="+role, folderVariable+"="+folder)
	c.Stderr = os.Stderr
	return c
}

// takeAll takes whatever there is, many times at once, and prints what it got.
func takeAll(folder string) {
	ctx := context.Background()
	d := approval.NewDir(folder, (&clock.Clock{}).Now)
	all, err := d.List(ctx)
	if err != nil {
		panic(err)
	}
	var wg sync.WaitGroup
	for _, r := range all {
		for range 3 {
			wg.Go(func() {
				if taken, err := d.Take(ctx, r.Agent, r.Digest); err == nil {
					fmt.Println(taken.Number)
				}
			})
		}
	}
	wg.Wait()
}

// die is killed while it holds the lock, in the middle of a write: a temporary file is left.
func die(directory string) {
	d := approval.NewDir(directory, (&clock.Clock{}).Now)
	err := d.Hold(context.Background(), func() {
		if err := os.WriteFile(filepath.Join(directory, leftover), []byte("the customer's text"), 0o600); err != nil {
			panic(err)
		}
		self, _ := os.FindProcess(os.Getpid())
		_ = self.Kill()
		select {}
	})
	panic(fmt.Sprint("was not killed: ", err))
}

// leftover is the name of a temporary file as atomicfile makes them.
const leftover = ".A-2222.0123456789abcdef.json-1.tmp"

// After a process was killed in the middle of a write, the lock is free, the approval is as it was before, and the file
// that was left half-written, with the customer's text in it, is removed by the next use.
func TestDirKilled(t *testing.T) {
	require.True(t, atomicfile.IsTemp(leftover))
	path := filepath.Join(t.TempDir(), "approvals")
	d := approval.NewDir(path, (&clock.Clock{}).Now)
	r, err := d.Park(t.Context(), approvaltest.Request(t, 1))
	require.NoError(t, err)
	_, err = d.Decide(t.Context(), r.Number, approval.Verdict{Approve: true, Approver: "anna", KeyID: "2c26b46b"})
	require.NoError(t, err)
	require.Error(t, again(t, "die", path).Run())
	require.FileExists(t, filepath.Join(path, leftover))

	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	got, err := d.Get(ctx, r.Number)
	require.NoError(t, err)
	require.NoFileExists(t, filepath.Join(path, leftover))
	require.Equal(t, approval.Approved, got.State)
	require.JSONEq(t, string(r.Arguments), string(got.Arguments))
	_, err = d.Take(ctx, r.Agent, r.Digest)
	require.NoError(t, err)
}
