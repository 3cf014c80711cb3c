package main

import (
	"bytes"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"dixa-mcp/internal/audit"
)

// heads are the lines of an anchor.
func heads(t *testing.T, file string) []string {
	t.Helper()
	b, err := os.ReadFile(file)
	require.NoError(t, err)
	var all []string
	for line := range bytes.Lines(b) {
		var a anchor
		require.NoError(t, json.Unmarshal(line, &a))
		require.Equal(t, time.UTC, a.Time.Location())
		all = append(all, a.Head)
	}
	return all
}

// Missing newest records are found with the anchor's last head, and only with it.
func TestAnchorNamesCutTail(t *testing.T) {
	dir := t.TempDir()
	records, file := filepath.Join(dir, "audit"), filepath.Join(dir, "anchor")
	synctest.Test(t, func(t *testing.T) {
		log, err := audit.Open(audit.Options{Dir: records})
		require.NoError(t, err)
		stop, err := keepAnchor(log, file)
		require.NoError(t, err)
		require.Equal(t, []string{head(log)}, heads(t, file), "at once")
		for range 3 {
			require.NoError(t, log.Write(t.Context(), audit.Record{Event: audit.EventReload, Text: "a record"}))
			time.Sleep(anchorEvery) // of the bubble's clock
			synctest.Wait()
		}
		require.Len(t, heads(t, file), 4)
		require.NoError(t, log.Write(t.Context(), audit.Record{Event: audit.EventReload, Text: "the last"}))
		stop()
		all := heads(t, file)
		require.Len(t, all, 5, "and at the end")
		require.Equal(t, head(log), all[4])
		require.NoError(t, log.Close())
	})
	verify := func(head string) error {
		return (&auditVerifyCmd{Head: head, recordFlags: recordFlags{Audit: records}}).Run(&output{to: io.Discard})
	}
	known := heads(t, file)
	for _, head := range append(known, "") {
		require.NoError(t, verify(head))
	}
	for _, head := range []string{"x", "5", "5:", ":abc", "-1:abc"} {
		require.ErrorContains(t, verify(head), "--head must be a record's number, a colon and its hash")
	}

	files, err := filepath.Glob(filepath.Join(records, "audit-*.jsonl"))
	require.NoError(t, err)
	require.Len(t, files, 1)
	whole, err := os.ReadFile(files[0])
	require.NoError(t, err)
	lines := bytes.SplitAfter(bytes.TrimSuffix(whole, []byte("\n")), []byte("\n"))
	for kept := range len(lines) - 1 { // the stop is behind the last head
		require.NoError(t, os.WriteFile(files[0], bytes.Join(lines[:kept], nil), 0o600))
		require.ErrorContains(t, verify(known[4]), "the records are not as they were written", "%d lines kept", kept)
		if kept > 0 {
			require.NoError(t, verify(""), "a cut tail alone does not show")
		}
	}
}

func TestAnchorCannotBeWritten(t *testing.T) {
	dir := t.TempDir()
	log, err := audit.Open(audit.Options{Dir: filepath.Join(dir, "audit")})
	require.NoError(t, err)
	_, err = keepAnchor(log, filepath.Join(dir, "missing", "anchor"))
	require.ErrorContains(t, err, "--audit-anchor: ")
	require.NoError(t, log.Close())
}
