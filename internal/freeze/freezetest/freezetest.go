// Package freezetest holds what every store of freezes must pass.
package freezetest

import (
	"context"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"dixa-mcp/internal/freeze"
)

// Open returns another handle on the same freezes, as another process has one.
type Open func() freeze.Store

// Run tests the stores that empty makes. What one process freezes, another sees within a second.
func Run(t *testing.T, empty func(t *testing.T) Open) {
	t.Run("MarksHoldEverywhere", func(t *testing.T) { marks(t, empty(t)) })
	t.Run("OneMarkForAll", func(t *testing.T) { everyone(t, empty(t)) })
	t.Run("Names", func(t *testing.T) { names(t, empty(t)()) })
	t.Run("ManyAtOnce", func(t *testing.T) { many(t, empty(t)) })
}

// stopped waits until all handles say so.
func stopped(t *testing.T, want bool, agent string, all ...freeze.Store) {
	t.Helper()
	for _, s := range all {
		require.Eventually(t, func() bool { _, is := s.Frozen(agent); return is == want }, time.Second, time.Millisecond, agent)
	}
}

func marks(t *testing.T, open Open) {
	one, two := open(), open()
	stopped(t, false, "triage", one, two)
	list, err := one.List(t.Context())
	require.NoError(t, err)
	require.Empty(t, list)

	mark := freeze.Freeze{By: "anna", At: time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC), Reason: "it sends <nonsense>"}
	require.NoError(t, one.Set(t.Context(), "triage", mark))
	reason, is := one.Frozen("triage")
	require.True(t, is, "at once for whoever marked it")
	require.Equal(t, mark.Reason, reason)
	stopped(t, true, "triage", two)
	stopped(t, false, "support", one, two)
	list, err = two.List(t.Context())
	require.NoError(t, err)
	require.Equal(t, map[string]freeze.Freeze{"triage": mark}, list)

	mark.Reason = "still"
	require.NoError(t, two.Set(t.Context(), "triage", mark), "twice")
	require.Eventually(t, func() bool { reason, _ := one.Frozen("triage"); return reason == "still" }, time.Second, time.Millisecond)

	was, err := two.Remove(t.Context(), "triage")
	require.NoError(t, err)
	require.True(t, was)
	stopped(t, false, "triage", one, two)
	was, err = one.Remove(t.Context(), "triage")
	require.NoError(t, err)
	require.False(t, was)
}

func everyone(t *testing.T, open Open) {
	one, two := open(), open()
	require.NoError(t, one.Set(t.Context(), "all", freeze.Freeze{By: "anna"}))
	stopped(t, true, "all", one, two)
	stopped(t, false, "triage", one, two)
	require.NoError(t, one.Set(t.Context(), freeze.Everyone, freeze.Freeze{By: "anna"}))
	stopped(t, true, "triage", one, two)
	stopped(t, true, "added_later", one, two)
	_, err := two.Remove(t.Context(), freeze.Everyone)
	require.NoError(t, err)
	stopped(t, false, "triage", one, two)
	stopped(t, true, "all", one, two)
}

func names(t *testing.T, s freeze.Store) {
	for _, name := range []string{"", ".", "../x", "ALL", "a/b", "Triage", "x.json", "_ALL", "_none", "a b"} {
		require.ErrorContains(t, s.Set(t.Context(), name, freeze.Freeze{By: "anna"}), "is not the name of an agent", name)
		_, err := s.Remove(t.Context(), name)
		require.ErrorContains(t, err, "is not the name of an agent", name)
	}
	list, err := s.List(context.Background())
	require.NoError(t, err)
	require.Empty(t, list)
}

func many(t *testing.T, open Open) {
	var all sync.WaitGroup
	for i := range 8 {
		s := open()
		all.Go(func() {
			for range 20 {
				if err := s.Set(t.Context(), "agent", freeze.Freeze{By: strconv.Itoa(i)}); err != nil {
					t.Error(err)
				}
				if _, err := s.List(t.Context()); err != nil {
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
	list, err := open().List(t.Context())
	require.NoError(t, err)
	require.Len(t, list, 1)
	require.NotEmpty(t, list["agent"].By)
}
