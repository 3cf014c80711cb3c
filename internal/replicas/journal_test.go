package replicas

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"dixa-mcp/internal/journal"
	"dixa-mcp/internal/journal/journaltest"
	"dixa-mcp/internal/replicas/redistest"
	"dixa-mcp/internal/test/clock"
)

func TestJournal(t *testing.T) {
	s := redistest.Start(t)
	n := 0
	journaltest.TestStore(t, func(t *testing.T, now func() time.Time) (both [2]journaltest.Process) {
		n++
		for i := range both {
			g, err := Connect(t.Context(), Options{URL: s.URL(), Prefix: fmt.Sprint("journal", n), Replica: "test"})
			require.NoError(t, err)
			t.Cleanup(g.Close)
			both[i] = journaltest.Process{Store: g.journal(now), Kill: g.Close}
		}
		return both
	})
}

// A replica that sends no heartbeats any more does not run its calls either, as far as the others can tell.
func TestJournalOfASilentReplica(t *testing.T) {
	t.Parallel()
	s := redistest.Start(t)
	g := joinAll(t, same(s.URL(), 1)...)[0]
	clock := &clock.Clock{}
	j := g.journal(clock.Now).(writes)
	for silent, beats := range map[string]string{"gone": "", "silent": "1000000 sharing"} {
		e := journaltest.Entry(silent, 1, 1)
		e.Steps[0].State = journal.Sent
		_, err := j.Begin(t.Context(), e, true)
		require.NoError(t, err)
		found, err := j.Find(t.Context(), e.Digest)
		require.NoError(t, err)
		require.False(t, found.Interrupted)
		require.NoError(t, second(g.link.client.do(t.Context(), "HSET", j.call(silent), "run", silent)))
		if beats != "" {
			require.NoError(t, second(g.link.client.do(t.Context(), "HSET", g.link.key("replicas"), silent, beats)))
		}
		found, err = j.Find(t.Context(), e.Digest)
		require.NoError(t, err)
		require.True(t, found.Interrupted, silent)
		require.NoError(t, second(g.link.client.do(t.Context(), "HDEL", g.link.key("replicas"), silent)))
	}
}

// A command that makes a call is not counted as a replica: its calls run until their deadline.
func TestJournalOfACommand(t *testing.T) {
	t.Parallel()
	s := redistest.Start(t)
	g := joinAll(t, same(s.URL(), 1)...)[0]
	command, err := Connect(t.Context(), Options{URL: s.URL()})
	require.NoError(t, err)
	defer command.Close()
	clock := &clock.Clock{}
	e := journaltest.Entry("a", 1, 1)
	_, err = command.journal(clock.Now).Begin(t.Context(), e, false)
	require.NoError(t, err)
	found, err := g.journal(clock.Now).Find(t.Context(), e.Digest)
	require.NoError(t, err)
	require.False(t, found.Interrupted)
}

// Without Redis nothing is noted, and the error says so.
func TestJournalWithoutRedis(t *testing.T) {
	t.Parallel()
	s := redistest.Start(t)
	g := joinAll(t, same(s.URL(), 1)...)[0]
	s.Kill()
	e := journaltest.Entry("a", 1, 1)
	_, err := g.Journal().Begin(t.Context(), e, false)
	require.ErrorIs(t, err, ErrAway)
	_, err = g.Journal().Find(t.Context(), e.Digest)
	require.ErrorIs(t, err, ErrAway)
	_, err = g.Journal().Recent(t.Context(), e.Agent, e.Key)
	require.ErrorIs(t, err, ErrAway)
	require.ErrorIs(t, g.Journal().Save(t.Context(), e), ErrAway)
	require.ErrorIs(t, g.Journal().Forget(t.Context(), "", "conversation:1"), ErrAway)
}
