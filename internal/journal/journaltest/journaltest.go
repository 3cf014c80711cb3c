// Package journaltest tests journals of writes: each kind must pass the same tests.
package journaltest

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"dixa-mcp/internal/journal"
	"dixa-mcp/internal/test/clock"
)

// limit is the time limit of the calls.
const limit = time.Minute

// Entry returns the nth call of an agent: a note in a conversation. Equal numbers are the same call.
func Entry(call string, n, conversation int) journal.Entry {
	return journal.Entry{
		Call: call, Agent: "support", Key: "2c26b46b", Tool: "add_note", Digest: fmt.Sprintf("%064x", n),
		Changes: []string{fmt.Sprintf("conversation:%d", conversation)}, Names: []string{"customer:f2"}, Within: limit,
		Steps: []journal.Step{{Operation: "add_note", Detail: json.RawMessage(`{"before":"a secret"}`)}},
	}
}

// Done returns how an entry ends when all was done.
func Done(e journal.Entry) journal.Entry {
	e.Steps = []journal.Step{{Operation: "add_note", State: journal.Done, Detail: e.Steps[0].Detail}}
	e.Outcome, e.Answer = journal.OutcomeDone, "the secret answer"
	return e
}

// Process is one of several processes that share a journal.
type Process struct {
	journal.Store
	Kill func() // ends the process; nil where no other process has the journal
}

// TestStore holds a kind of journal against what [journal.Store] promises. open makes an empty one, of two processes or of
// one that is given twice, which goes by the clock it is given.
func TestStore(t *testing.T, open func(t *testing.T, now func() time.Time) [2]Process) {
	for _, c := range []struct {
		name string
		test func(*suite)
	}{
		{"begins once", (*suite).beginsOnce},
		{"begins once of many", (*suite).beginsOnceOfMany},
		{"begins again", (*suite).beginsAgain},
		{"forgets after the window", (*suite).window},
		{"remembers only what was done", (*suite).onlyDone},
		{"is overtaken", (*suite).overtaken},
		{"tells what was interrupted", (*suite).interrupted},
		{"resumes once of many", (*suite).resumesOnceOfMany},
		{"tells of a process that was killed", (*suite).killed},
		{"lists what is recent", (*suite).recent},
		{"forgets what is erased", (*suite).forgets},
		{"forgets after an hour", (*suite).ages},
		{"is bounded", (*suite).bounded},
		{"refuses what is incomplete", (*suite).refuses},
	} {
		t.Run(c.name, func(t *testing.T) {
			clock := &clock.Clock{}
			both := open(t, clock.Now)
			c.test(&suite{t, both[0], both, clock})
		})
	}
}

type suite struct {
	*testing.T
	journal.Store
	both  [2]Process
	clock *clock.Clock
}

// begin begins the nth call, of another conversation each.
func (s *suite) begin(call string, n int) journal.Entry {
	s.Helper()
	return s.beginIn(call, n, n)
}

func (s *suite) beginIn(call string, n, conversation int) journal.Entry {
	s.Helper()
	e := Entry(call, n, conversation)
	same, err := s.Begin(s.Context(), e, false)
	require.NoError(s, err)
	require.Nil(s, same)
	return e
}

func (s *suite) save(e journal.Entry) {
	s.Helper()
	require.NoError(s, s.Save(s.Context(), e))
}

func (s *suite) done(call string, n int) journal.Entry {
	s.Helper()
	e := Done(s.begin(call, n))
	s.save(e)
	return e
}

// found returns what stands for the nth call, in either process.
func (s *suite) found(n int) *journal.Entry {
	s.Helper()
	var found [2]*journal.Entry
	for i, p := range s.both {
		var err error
		found[i], err = p.Find(s.Context(), fmt.Sprintf("%064x", n))
		require.NoError(s, err)
	}
	require.Equal(s, found[0], found[1])
	return found[0]
}
