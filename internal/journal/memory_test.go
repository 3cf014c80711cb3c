package journal_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"dixa-mcp/internal/journal"
	"dixa-mcp/internal/journal/journaltest"
	"dixa-mcp/internal/test/clock"
)

// BenchmarkMemory measures what a call that writes asks of the journal: it begins, sends a step and ends.
func BenchmarkMemory(b *testing.B) {
	for _, entries := range []int{100, 1000, 10_000} {
		b.Run(fmt.Sprint(entries), func(b *testing.B) {
			m := filled(b, entries)
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				write(b, m, entries+i)
			}
		})
	}
}

// filled returns a journal that remembers as many calls, of agents that reach none of its limits.
func filled(t testing.TB, entries int) journal.Store {
	m := journal.NewMemory((&clock.Clock{}).Now)
	for n := range entries {
		write(t, m, n)
	}
	return m
}

// write does what the gate does for the nth call.
func write(t testing.TB, m journal.Store, n int) {
	e := journaltest.Entry(fmt.Sprint("call", n), n, n)
	e.Agent, e.Names = fmt.Sprint("agent", n/journal.MostOfAgent), nil
	steps := e.Steps
	e.Steps = nil
	same, err := m.Begin(t.Context(), e, false)
	require.NoError(t, err)
	require.Nil(t, same)
	e.Steps = steps
	e.Steps[0].State = journal.Sent
	require.NoError(t, m.Save(t.Context(), e))
	require.NoError(t, m.Save(t.Context(), journaltest.Done(e)))
}
