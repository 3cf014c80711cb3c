package audit

import (
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

// Repeated refusals become one record a minute with their number, and the chain holds.
func TestRefusalsAreFolded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dir := filepath.Join(t.TempDir(), "audit")
		log, err := Open(Options{Dir: dir})
		require.NoError(t, err)
		f := NewFold(log, func(err error) { t.Error(err) })
		refused := func(agent, tool, level, reason string) {
			require.NoError(t, f.Write(t.Context(), Record{Event: EventRefused, Call: NewCallID(), Agent: agent, Tool: tool, Level: level, Reason: reason, Outcome: OutcomeRefused, Text: agent + " was refused " + tool}))
		}
		for range 1000 {
			refused("a", "list_messages", "read", "its arguments are not valid")
			refused("a", "tool_"+strings.ToLower(NewCallID()), "", "there is no such tool")
		}
		refused("b", "list_messages", "read", "its arguments are not valid")
		refused("a", "list_messages", "read", "its budget is used up")
		for range 3 { // a write that was announced keeps all its records
			call := NewCallID()
			require.NoError(t, f.Write(t.Context(), Record{Event: EventIntent, Call: call, Agent: "a", Tool: "add_note", Level: "write"}))
			require.NoError(t, f.Write(t.Context(), Record{Event: EventRefused, Call: call, Agent: "a", Tool: "add_note", Level: "write", Reason: "the agent is frozen"}))
		}
		count := func() (records int, repeated int) {
			entries, err := filepath.Glob(filepath.Join(dir, "*"))
			require.NoError(t, err)
			for _, file := range entries {
				require.NoError(t, Read(file, func(r Record) error {
					if r.Event == EventRefused {
						records, repeated = records+1, repeated+r.Repeated
					}
					return nil
				}))
			}
			return records, repeated
		}
		records, repeated := count()
		require.Equal(t, []int{4 + 3, 0}, []int{records, repeated})

		time.Sleep(FoldFor + time.Second)
		synctest.Wait()
		records, repeated = count()
		require.Equal(t, []int{4 + 3 + 2, 1998}, []int{records, repeated}, "after a minute")

		refused("a", "list_messages", "read", "its arguments are not valid")
		require.NoError(t, f.Close())
		records, repeated = count()
		require.Equal(t, []int{4 + 3 + 3, 1999}, []int{records, repeated}, "at the end")
		require.NoError(t, log.Close())

		report, err := Verify(dir)
		require.NoError(t, err)
		require.Empty(t, report.Problems)
		require.Empty(t, report.Unfinished)
	})
}
