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
		dieAt(os.Getenv(folderVariable), role)
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
	d := approval.NewDir(folder, (&approvaltest.Clock{}).Now)
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

// dieAt takes the only approval there is and is killed at a step of it.
func dieAt(folder, step string) {
	ctx := context.Background()
	d := approval.NewDir(folder, (&approvaltest.Clock{}).Now)
	all, err := d.List(ctx)
	if err != nil || len(all) != 1 {
		panic(fmt.Sprint(all, err))
	}
	d.OnStep(func(name string) {
		if name == step {
			self, _ := os.FindProcess(os.Getpid())
			_ = self.Kill()
			select {}
		}
	})
	_, err = d.Take(ctx, all[0].Agent, all[0].Digest)
	panic(fmt.Sprint("was not killed: ", err))
}

// Killed at any step of a Take, the approval is whole: used, or still to be used by exactly one. What was left
// half-written, with the customer's text in it, is gone at the next look, and the lock is free.
func TestDirKilled(t *testing.T) {
	for step, used := range map[string]bool{"created": false, "written": false, "synced": false, "renamed": true} {
		t.Run(step, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "approvals")
			d := approval.NewDir(path, (&approvaltest.Clock{}).Now)
			r, err := d.Park(t.Context(), approvaltest.Request(t, 1))
			require.NoError(t, err)
			_, err = d.Decide(t.Context(), r.Number, true, "anna", "2c26b46b", "")
			require.NoError(t, err)
			require.Error(t, again(t, step, path).Run())

			left, err := filepath.Glob(filepath.Join(path, ".new-*"))
			require.NoError(t, err)
			require.Equal(t, !used, len(left) == 1)
			ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second) // the lock is free
			defer cancel()
			got, err := d.Get(ctx, r.Number)
			require.NoError(t, err)
			left, err = filepath.Glob(filepath.Join(path, ".new-*"))
			require.NoError(t, err)
			require.Empty(t, left)
			require.JSONEq(t, string(r.Arguments), string(got.Arguments))
			_, err = d.Take(ctx, r.Agent, r.Digest)
			if used {
				require.Equal(t, approval.Done, got.State)
				require.ErrorIs(t, err, approval.ErrTaken)
			} else {
				require.Equal(t, approval.Approved, got.State)
				require.NoError(t, err)
			}
		})
	}
}
