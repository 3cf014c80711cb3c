// Package jobstest tests shelves of jobs: each kind must pass the same tests.
package jobstest

import (
	"encoding/json"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"dixa-mcp/internal/base/shelf"
	"dixa-mcp/internal/base/shelf/shelftest"
	"dixa-mcp/internal/jobs"
	"dixa-mcp/internal/test/clock"
)

// Process is one of several processes that share a shelf.
type Process struct {
	jobs.Shelf
	Kill func() // ends the process; nil where no other process has the shelf
}

// callTime is how long a call has.
const callTime = 45 * time.Second

// Job returns a job of an agent.
func Job(agent string) jobs.Job {
	return jobs.Job{Agent: agent, Key: "2c26b46b", Found: "queue", Change: json.RawMessage(`{"note":"a secret"}`), IDs: []int64{1, 2, 3}, Stop: 5}
}

type suite struct {
	*testing.T
	clock *clock.Clock
	both  [2]Process
	store [2]*jobs.Store
}

// TestShelf holds a kind of shelf against what [jobs.Shelf] and [jobs.Store] promise. open makes an empty one, of two processes
// or of one that is given twice, which goes by the clock it is given.
func TestShelf(t *testing.T, open func(t *testing.T, now func() time.Time) [2]Process) {
	shelftest.Test(t, jobs.MostOfAgent, func(t *testing.T, now func() time.Time) [2]shelf.Shelf {
		both := open(t, now)
		return [2]shelf.Shelf{both[0], both[1]}
	})
	for _, c := range []struct {
		name string
		test func(*suite)
	}{
		{"bound to agent and credential", (*suite).testBound},
		{"expires", (*suite).testExpires},
		{"one runner", (*suite).testOneRunner},
		{"a killed runner", (*suite).testKilled},
		{"goes on", (*suite).testGoesOn},
		{"cancel", (*suite).testCancel},
		{"makes room", (*suite).testMakesRoom},
		{"encrypted", (*suite).testEncrypted},
		{"removes", (*suite).testRemoves},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := &suite{T: t, clock: &clock.Clock{}}
			s.both = open(t, s.clock.Now)
			secret := []byte("0123456789abcdef0123456789abcdef")
			for i := range s.both {
				s.store[i] = jobs.New(s.both[i], secret, s.clock.Now)
			}
			c.test(s)
		})
	}
}

func (s *suite) add(agent string) jobs.Job {
	s.Helper()
	j, err := s.store[0].Add(s.Context(), Job(agent))
	require.NoError(s, err)
	require.True(s, jobs.IsHandle(j.Handle), j.Handle)
	return j
}

func (s *suite) begin(i int, j jobs.Job) (*jobs.Run, error) {
	return s.store[i].Begin(s.Context(), j.Handle, j.Agent, j.Key, callTime)
}

func (s *suite) testBound() {
	j := s.add("support")
	got, err := s.store[1].Get(s.Context(), j.Handle, j.Agent, j.Key)
	require.NoError(s, err)
	require.Equal(s, j, got)
	for _, c := range [][3]string{{j.Handle, "triage", j.Key}, {j.Handle, j.Agent, ""}, {j.Handle, j.Agent, "other"}, {"B-9999", j.Agent, j.Key}, {"", j.Agent, j.Key}, {"../x", j.Agent, j.Key}, {"B-7k2q", j.Agent, j.Key}} {
		_, err := s.store[1].Get(s.Context(), c[0], c[1], c[2])
		require.ErrorIs(s, err, jobs.ErrNotFound, c)
		_, err = s.store[1].Begin(s.Context(), c[0], c[1], c[2], callTime)
		require.ErrorIs(s, err, jobs.ErrNotFound, c)
		_, _, err = s.store[1].Cancel(s.Context(), c[0], c[1], c[2])
		require.ErrorIs(s, err, jobs.ErrNotFound, c)
	}
}

func (s *suite) testExpires() {
	j := s.add("support")
	s.clock.Advance(jobs.Kept - time.Second)
	_, err := s.store[1].Get(s.Context(), j.Handle, j.Agent, j.Key)
	require.NoError(s, err)
	s.clock.Advance(time.Second)
	_, err = s.begin(1, j)
	require.ErrorIs(s, err, jobs.ErrNotFound)
}

func (s *suite) testOneRunner() {
	j := s.add("support")
	var begun, refused atomic.Int64
	var all sync.WaitGroup
	for i := range 20 {
		all.Go(func() {
			_, err := s.begin(i%2, j)
			running := &jobs.RunningError{}
			switch {
			case err == nil:
				begun.Add(1)
			case errors.As(err, &running):
				refused.Add(1)
			}
		})
	}
	all.Wait()
	require.EqualValues(s, 1, begun.Load())
	require.EqualValues(s, 19, refused.Load())
	s.clock.Advance(callTime)
	_, err := s.begin(1, j)
	require.NoError(s, err, "its call is over")
}

func (s *suite) testKilled() {
	if s.both[0].Kill == nil {
		return
	}
	j := s.add("support")
	r, err := s.begin(0, j)
	require.NoError(s, err)
	r.Once = true
	require.NoError(s, r.Save(s.Context()))
	s.both[0].Kill()
	next, err := s.begin(1, j)
	require.NoError(s, err, "at once")
	require.True(s, next.Once)
}

func (s *suite) testGoesOn() {
	j := s.add("support")
	first, err := s.begin(0, j)
	require.NoError(s, err)
	first.Changed++
	first.Advance()
	first.Fail("it does not exist", false)
	require.NoError(s, first.End(s.Context()))
	second, err := s.begin(1, j)
	require.NoError(s, err)
	require.Equal(s, first.Job, second.Job)
	require.Equal(s, []jobs.Failure{{ID: 2, Why: "it does not exist"}}, second.Failures)
	require.False(s, second.Done())

	// A call that another one took over from writes nothing any more.
	require.ErrorIs(s, first.Save(s.Context()), jobs.ErrTaken)
	s.clock.Advance(callTime)
	third, err := s.begin(0, j)
	require.NoError(s, err)
	require.ErrorIs(s, second.Save(s.Context()), jobs.ErrTaken)
	require.ErrorIs(s, second.End(s.Context()), jobs.ErrTaken)
	third.Fail("not known", true)
	require.NoError(s, third.End(s.Context()))
	got, err := s.store[1].Get(s.Context(), j.Handle, j.Agent, j.Key)
	require.NoError(s, err)
	require.True(s, got.Done())
	require.Equal(s, 2, got.Errors())
}

func (s *suite) testCancel() {
	j := s.add("support")
	r, err := s.begin(0, j)
	require.NoError(s, err)
	_, running, err := s.store[1].Cancel(s.Context(), j.Handle, j.Agent, j.Key)
	require.NoError(s, err)
	require.True(s, running)
	r.Changed++
	r.Advance()
	require.ErrorIs(s, r.Save(s.Context()), jobs.ErrCancelled)
	require.NoError(s, r.End(s.Context()))
	got, running, err := s.store[1].Cancel(s.Context(), j.Handle, j.Agent, j.Key)
	require.NoError(s, err)
	require.False(s, running)
	require.True(s, got.Cancelled)
	require.Equal(s, 1, got.Changed)
}

func (s *suite) testMakesRoom() {
	other, first := s.add("other"), s.add("support")
	var last jobs.Job
	for range jobs.MostOfAgent {
		last = s.add("support")
	}
	_, err := s.store[1].Get(s.Context(), first.Handle, first.Agent, first.Key)
	require.ErrorIs(s, err, jobs.ErrNotFound)
	for _, j := range []jobs.Job{other, last} {
		_, err := s.store[1].Get(s.Context(), j.Handle, j.Agent, j.Key)
		require.NoError(s, err)
	}
}

func (s *suite) testEncrypted() {
	j := s.add("support")
	text, err := s.both[1].Get(s.Context(), j.Handle)
	require.NoError(s, err)
	require.NotEmpty(s, text)
	for _, word := range []string{"secret", "note", "queue"} {
		require.NotContains(s, text, word)
	}
	foreign := jobs.New(s.both[1], []byte("another secret of thirty-two byte"), s.clock.Now)
	_, err = foreign.Get(s.Context(), j.Handle, j.Agent, j.Key)
	require.ErrorIs(s, err, jobs.ErrNotFound)

	// One job's text under another's handle is no job.
	added, err := s.both[0].Insert(s.Context(), j.Agent, "B-2222", text, j.Expires)
	require.NoError(s, err)
	require.True(s, added)
	_, err = s.store[1].Get(s.Context(), "B-2222", j.Agent, j.Key)
	require.ErrorIs(s, err, jobs.ErrNotFound)
}

func (s *suite) testRemoves() {
	all, err := s.store[0].All(s.Context())
	require.NoError(s, err)
	require.Empty(s, all)
	one, other := s.add("support"), s.add("triage")
	run, err := s.begin(0, one)
	require.NoError(s, err)
	all, err = s.store[1].All(s.Context())
	require.NoError(s, err)
	require.ElementsMatch(s, []jobs.Job{one, other}, all)
	foreign, err := jobs.New(s.both[0], []byte("another secret of thirty-two byte"), s.clock.Now).All(s.Context())
	require.NoError(s, err)
	require.Empty(s, foreign)
	require.NoError(s, s.store[1].Remove(s.Context(), one.Handle))
	require.NoError(s, s.store[1].Remove(s.Context(), one.Handle))
	require.ErrorIs(s, run.Save(s.Context()), jobs.ErrNotFound)
	_, err = s.store[0].Get(s.Context(), one.Handle, one.Agent, one.Key)
	require.ErrorIs(s, err, jobs.ErrNotFound)
	all, err = s.store[0].All(s.Context())
	require.NoError(s, err)
	require.Equal(s, []jobs.Job{other}, all)
	s.clock.Advance(jobs.Kept)
	all, err = s.store[0].All(s.Context())
	require.NoError(s, err)
	require.Empty(s, all)
}
