package main

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
)

// A client's first answers do not wait for the file of the tools that were seen: on a slow disk, its write takes longer than the start.
func TestFirstAnswersDoNotWaitForNewTools(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	p.good("serve", "--offline")
	seen, err := filepath.Glob(filepath.Join(p.home, "state", "dixa-mcp", "tools-seen", "*"))
	require.NoError(t, err)
	require.Len(t, seen, 1)
	require.NoError(t, os.Remove(seen[0]))
	require.NoError(t, syscall.Mkfifo(seen[0], 0o600)) // it is opened when the test opens it too
	s := open(t, p.command(nil, "serve", "--offline"))
	s.initialize()
	require.NotEmpty(t, s.tools())
	require.NoError(t, os.WriteFile(seen[0], []byte("get_tag\n"), 0))
	s.end(0)
	require.Contains(t, s.stderr.String(), "never served", "it is logged nevertheless")
}
