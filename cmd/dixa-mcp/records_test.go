package main

import (
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/stretchr/testify/require"
)

// The operator is told of a file of records that was taken away, though no record is lost.
func TestARecordFileThatIsTakenAwayIsLogged(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("an open file cannot be removed")
	}
	t.Parallel()
	p := newPlace(t)
	s := open(t, p.command(nil, "serve", "--offline", "--state", "~/s"))
	s.initialize()
	files, err := filepath.Glob(filepath.Join(p.home, "s", "audit", "audit-*.jsonl"))
	require.NoError(t, err)
	require.Len(t, files, 1)
	require.NoError(t, os.Remove(files[0]))
	s.call(1, "list_queues", "{}")
	s.wait("1")
	s.end(0)
	require.Contains(t, s.stderr.String(), "the records go on in audit-")
}
