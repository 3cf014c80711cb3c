package approval_test

import (
	"context"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"dixa-mcp/internal/approval"
	"dixa-mcp/internal/approval/approvaltest"
	"dixa-mcp/internal/test/clock"
)

func TestDir(t *testing.T) {
	approvaltest.TestStore(t, func(t *testing.T, now func() time.Time) approval.Store {
		return approval.NewDir(filepath.Join(t.TempDir(), "state", "approvals"), now)
	})
}

func TestDirIsForItsUserAlone(t *testing.T) {
	path := filepath.Join(t.TempDir(), "approvals")
	clock := &clock.Clock{}
	d := approval.NewDir(path, clock.Now)
	r, err := d.Park(t.Context(), approvaltest.Request(t, 1))
	require.NoError(t, err)
	modes := map[string]fs.FileMode{}
	entries, err := os.ReadDir(path)
	require.NoError(t, err)
	for _, e := range entries {
		info, err := e.Info()
		require.NoError(t, err)
		modes[e.Name()] = info.Mode()
	}
	require.Equal(t, map[string]fs.FileMode{"lock": 0o600, r.Number + "." + r.Digest[:16] + ".json": 0o600}, modes)
	info, err := os.Stat(path)
	require.NoError(t, err)
	require.Equal(t, fs.FileMode(0o700), info.Mode().Perm())

	require.NoError(t, os.Chmod(path, 0o750))
	_, err = d.List(t.Context())
	require.ErrorContains(t, err, "chmod 700")
	link := filepath.Join(t.TempDir(), "link")
	require.NoError(t, os.Symlink(path, link))
	_, err = approval.NewDir(link, clock.Now).List(t.Context())
	require.ErrorContains(t, err, "is not a directory or is a symbolic link")
}

// The text of what is over stands nowhere in the folder.
func TestDirDeletesText(t *testing.T) {
	path := t.TempDir()
	require.NoError(t, os.Chmod(path, 0o700))
	clock := &clock.Clock{}
	d := approval.NewDir(path, clock.Now)
	var requests []approval.Request
	for i := range int64(3) {
		r, err := d.Park(t.Context(), approvaltest.Request(t, i))
		require.NoError(t, err)
		requests = append(requests, r)
	}
	require.Equal(t, 3, files(t, path, "secret"))
	_, err := d.Decide(t.Context(), requests[0].Number, approval.Verdict{Approver: "anna", KeyID: "2c26b46b"})
	require.NoError(t, err)
	require.Equal(t, 2, files(t, path, "secret"))
	_, err = d.Decide(t.Context(), requests[1].Number, approval.Verdict{Approve: true, Approver: "anna", KeyID: "2c26b46b"})
	require.NoError(t, err)
	_, err = d.Take(t.Context(), "support", requests[1].Digest)
	require.NoError(t, err)
	require.NoError(t, d.Finish(t.Context(), requests[1].Number, "done"))
	require.Equal(t, 1, files(t, path, "secret"))
	clock.Advance(approval.Lifetime)
	_, err = d.List(t.Context(), approval.Pending)
	require.NoError(t, err)
	require.Equal(t, 0, files(t, path, "secret"))
	require.Equal(t, 3, files(t, path, "support"))
	clock.Advance(approval.Kept)
	_, err = d.List(t.Context())
	require.NoError(t, err)
	require.Equal(t, 0, files(t, path, "support"))
}

// files counts those in the folder that have the word in them.
func files(t *testing.T, path, word string) int {
	entries, err := os.ReadDir(path)
	require.NoError(t, err)
	n := 0
	for _, e := range entries {
		text, err := os.ReadFile(filepath.Join(path, e.Name()))
		require.NoError(t, err)
		if strings.Contains(string(text), word) {
			n++
		}
	}
	return n
}

func TestDirWithSomethingBroken(t *testing.T) {
	path := filepath.Join(t.TempDir(), "approvals")
	d := approval.NewDir(path, (&clock.Clock{}).Now)
	broken, err := d.Park(t.Context(), approvaltest.Request(t, 1))
	require.NoError(t, err)
	good, err := d.Park(t.Context(), approvaltest.Request(t, 2))
	require.NoError(t, err)
	file := filepath.Join(path, broken.Number+"."+broken.Digest[:16]+".json")
	text, err := os.ReadFile(file)
	require.NoError(t, err)
	for _, bad := range []string{"", string(text[:len(text)/2]), strings.Replace(string(text), broken.Number, "A-2222", 1), "null"} {
		require.NoError(t, os.WriteFile(file, []byte(bad), 0o600))
		list, err := d.List(t.Context())
		require.ErrorContains(t, err, file+" is not as it was written")
		require.Len(t, list, 1)
		require.Equal(t, good.Number, list[0].Number)
		_, err = d.Take(t.Context(), broken.Agent, broken.Digest)
		require.ErrorContains(t, err, "not as it was written")
		_, err = d.Find(t.Context(), broken.Agent, broken.Digest)
		require.Error(t, err)
		_, err = d.Park(t.Context(), approvaltest.Request(t, 1))
		require.Error(t, err)
		_, err = d.Decide(t.Context(), broken.Number, approval.Verdict{Approve: true, Approver: "anna", KeyID: "2c26b46b"})
		require.Error(t, err)
	}
	_, err = d.Decide(t.Context(), good.Number, approval.Verdict{Approve: true, Approver: "anna", KeyID: "2c26b46b"})
	require.NoError(t, err)
	require.NoError(t, os.Remove(file))
	_, err = d.Park(t.Context(), approvaltest.Request(t, 1))
	require.NoError(t, err)
}

func TestDirGivesUpWithItsCaller(t *testing.T) {
	d := approval.NewDir(filepath.Join(t.TempDir(), "approvals"), (&clock.Clock{}).Now)
	ctx, cancel := context.WithCancel(t.Context())
	require.NoError(t, d.Hold(t.Context(), func() {
		cancel()
		_, err := d.List(ctx)
		require.ErrorIs(t, err, context.Canceled)
		_, err = approval.NewDir(d.Path(), time.Now).List(ctx)
		require.ErrorIs(t, err, context.Canceled)
	}))
	_, err := d.List(t.Context())
	require.NoError(t, err)
}

// Of several processes exactly one takes an approval.
func TestDirAcrossProcesses(t *testing.T) {
	const processes, approvals = 4, 5
	path := filepath.Join(t.TempDir(), "approvals")
	d := approval.NewDir(path, (&clock.Clock{}).Now)
	for i := range int64(approvals) {
		r, err := d.Park(t.Context(), approvaltest.Request(t, i))
		require.NoError(t, err)
		_, err = d.Decide(t.Context(), r.Number, approval.Verdict{Approve: true, Approver: "anna", KeyID: "2c26b46b"})
		require.NoError(t, err)
	}
	outputs := make([]*strings.Builder, processes)
	var running []*exec.Cmd
	for i := range outputs {
		outputs[i] = &strings.Builder{}
		c := again(t, "take", path)
		c.Stdout = outputs[i]
		require.NoError(t, c.Start())
		running = append(running, c)
	}
	taken := map[string]int{}
	for i, c := range running {
		require.NoError(t, c.Wait())
		for _, number := range strings.Fields(outputs[i].String()) {
			taken[number]++
		}
	}
	require.Len(t, taken, approvals)
	for number, times := range taken {
		require.Equal(t, 1, times, number)
	}
}
