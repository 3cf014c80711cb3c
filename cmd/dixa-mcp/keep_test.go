package main

import (
	"encoding/json"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"dixa-mcp/internal/audit"
	"dixa-mcp/internal/capability"
)

// A server removes what is no longer kept, also when the file says so later, and stops with the server.
func TestKeepRecords(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		rules := func(text string) *capability.Rules {
			r, err := capability.Parse("capabilities.yaml", []byte("version: 1\n"+text+"agents: {a: {access: {tags: read}}}"))
			require.NoError(t, err)
			return r
		}
		dir := filepath.Join(t.TempDir(), "audit")
		old := begun(t, dir)
		note(t, old, "old")
		require.NoError(t, old.Close())
		log := begun(t, dir)
		var inForce atomic.Pointer[capability.Rules]
		inForce.Store(rules(""))
		stop := keepRecords(log, inForce.Load)
		runs := func() int {
			all, err := audit.Runs(dir)
			require.NoError(t, err)
			return len(all)
		}
		time.Sleep(40 * 24 * time.Hour) // of the bubble's clock
		synctest.Wait()
		require.Equal(t, 2, runs(), "kept without end")
		inForce.Store(rules("records: {keep: 30d}\n"))
		time.Sleep(25 * time.Hour)
		synctest.Wait()
		require.Equal(t, 1, runs())
		stop()
		require.NoError(t, log.Close())
		report, err := audit.Verify(dir)
		require.NoError(t, err)
		require.Empty(t, report.Problems)
		require.Empty(t, report.Missing)
		require.Len(t, report.Removed, 1)
	})
}

func TestPrune(t *testing.T) {
	p := newPlace(t)
	p.write("capabilities.yaml", "version: 1\nrecords: {keep: 30d}\nstdio: [a]\nagents: {a: {access: {tags: read}}}\n")
	dir := filepath.Join(p.home, "state", "audit")
	now := time.Now().Add(-40 * 24 * time.Hour)
	for range 2 {
		l, err := audit.Open(audit.Options{Dir: dir, Now: func() time.Time { return now }})
		require.NoError(t, err)
		require.NoError(t, l.Close())
		now = now.Add(20 * 24 * time.Hour)
	}
	env := []string{"DIXA_MCP_STATE=~/state", "DIXA_MCP_CAPABILITIES=~/capabilities.yaml"}
	run := func(args ...string) string {
		o := finish(t, p.command(append([]string{}, env...), args...))
		require.Zero(t, o.code, o.stderr)
		return o.stdout
	}
	require.Contains(t, run("check"), "Records:    kept for 30 days")
	require.Contains(t, run("audit", "prune", "--dry-run"), "Would remove 1 files with 2 records")
	var done pruned
	require.NoError(t, json.Unmarshal([]byte(run("audit", "prune", "--json")), &done))
	require.Equal(t, 1, done.Files)
	require.Equal(t, uint64(2), done.Records)
	require.True(t, done.Removed)
	require.Contains(t, run("audit", "prune"), "Nothing to remove")
	require.Contains(t, run("audit", "prune", "--keep", "1d"), "Removed 1 files")
	verified := run("audit", "verify")
	require.Contains(t, verified, "No record was altered, removed or reordered.")
	require.Contains(t, verified, "removed: ")
	require.NotContains(t, verified, "gone:")
	shown := run("audit", "show")
	require.Equal(t, 2, strings.Count(shown, "which are no longer kept"))
}
