package audit

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

var noon = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

// clock gives noon, then a second later each time it is asked.
func clock() func() time.Time {
	var asked atomic.Int64
	return func() time.Time { return noon.Add(time.Duration(asked.Add(1)-1) * time.Second) }
}

func open(t testing.TB, o Options) *Log {
	t.Helper()
	if o.Now == nil {
		o.Now = clock()
	}
	l, err := Open(o)
	require.NoError(t, err)
	return l
}

func write(t testing.TB, l *Log, r Record) {
	t.Helper()
	require.NoError(t, l.Write(context.Background(), r))
}

// folder is where a test keeps its records: a folder that only this test's user may write.
func folder(t testing.TB) string {
	return filepath.Join(t.TempDir(), "audit")
}

func closing(call string, event Event) Record {
	return Record{
		Event: event, Call: call, Agent: "triage", Key: "triage-1", Tool: "close_conversation", Access: "write", Level: "write",
		Arguments: Unreduced([]byte(`{"conversationId":1234}`)), Decision: Allowed, Rule: "agents.triage.allow (capabilities.yaml:31)",
	}
}

// sample writes start, three closed conversations with intent and outcome, stop: 8 records.
func sample(t testing.TB, o Options) *Log {
	t.Helper()
	l := open(t, o)
	for i := range 3 {
		call := fmt.Sprintf("call%d", i)
		write(t, l, closing(call, EventIntent))
		outcome := closing(call, EventOutcome)
		outcome.Outcome = OutcomeDone
		outcome.Operations = []Operation{{Operation: "close_conversation", Status: 204, Millis: 212, Attempts: 1, Outcome: OutcomeDone}}
		write(t, l, outcome)
	}
	require.NoError(t, l.Close())
	return l
}

func files(t testing.TB, dir string) []string {
	t.Helper()
	found, err := filepath.Glob(filepath.Join(dir, "*.jsonl"))
	require.NoError(t, err)
	return found
}

func readLines(t testing.TB, path string) [][]byte {
	t.Helper()
	data, err := os.ReadFile(path)
	require.NoError(t, err)
	return bytes.SplitAfter(bytes.TrimSuffix(data, []byte("\n")), []byte("\n"))
}

func writeLines(t testing.TB, path string, lines ...[]byte) {
	t.Helper()
	var data []byte
	for _, l := range lines {
		data = append(append(data, bytes.TrimSuffix(l, []byte("\n"))...), '\n')
	}
	require.NoError(t, os.WriteFile(path, data, 0o600))
}

func verify(t testing.TB, path string, checks ...Check) Report {
	t.Helper()
	report, err := Verify(path, checks...)
	require.NoError(t, err)
	return report
}

func readAll(t testing.TB, path string) (all []Record) {
	t.Helper()
	require.NoError(t, Read(path, func(r Record) error { all = append(all, r); return nil }))
	return all
}
