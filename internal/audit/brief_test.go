package audit

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode"

	"github.com/stretchr/testify/require"
)

// TestRecordsHoldBriefLines holds for everything in a record that can come from Dixa, from a capability file or from a
// client: no character that a terminal obeys, and a limited length.
func TestRecordsHoldBriefLines(t *testing.T) {
	dirty := "\x1b[2J\u202Ex\u200B\r\n" + strings.Repeat("y", 50_000)
	dir := t.TempDir()
	l, err := Open(Options{Dir: dir})
	require.NoError(t, err)
	operations := []Operation{{Operation: "get_tag", Request: dirty, Error: dirty, Outcome: OutcomeDone}}
	require.NoError(t, l.Write(t.Context(), Record{Event: EventRead, Agent: dirty, Key: dirty, Tool: dirty, Rule: dirty, Reason: dirty,
		Confirm: dirty, Approval: dirty, Approver: dirty, ApproverKey: dirty, Text: dirty, Operations: operations}))
	require.Equal(t, dirty, operations[0].Request, "the caller's own stays as it is")
	require.NoError(t, l.Close())
	files, err := filepath.Glob(filepath.Join(dir, "*.jsonl"))
	require.NoError(t, err)
	require.Len(t, files, 1)
	written, err := os.ReadFile(files[0])
	require.NoError(t, err)
	require.Less(t, len(written), 12_000)
	require.Contains(t, string(written), "<U+001B>[2J<U+202E>x<U+200B>")
	require.NotContains(t, strings.Map(func(r rune) rune {
		if r != '\n' && unicode.IsControl(r) || unicode.Is(unicode.Cf, r) {
			return '!'
		}
		return r
	}, string(written)), "!")
	require.NotContains(t, string(written), `\u001b`)
}
