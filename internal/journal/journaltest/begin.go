package journaltest

import (
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/stretchr/testify/require"

	"dixa-mcp/internal/journal"
	"dixa-mcp/internal/test/clock"
)

func (s *suite) beginsOnce() {
	require.Nil(s, s.found(1))
	e := s.begin("a", 1)
	for _, p := range s.both {
		same, err := p.Begin(s.Context(), Entry("b", 1, 1), false)
		require.NoError(s, err)
		require.Equal(s, "a", same.Call)
		require.Empty(s, same.Outcome)
		require.False(s, same.Interrupted)
	}
	s.clock.Advance(3 * time.Second)
	e.Steps[0].State = journal.Sent
	s.save(e)
	require.Equal(s, journal.Sent, s.found(1).Steps[0].State)
	s.clock.Advance(3 * time.Second)
	s.save(Done(e))
	want := Done(e)
	want.Begun, want.Changed, want.Ended = clock.Start, clock.Start.Add(6*time.Second), clock.Start.Add(6*time.Second)
	require.Equal(s, &want, s.found(1))
	same, err := s.both[1].Begin(s.Context(), Entry("c", 1, 1), false)
	require.NoError(s, err)
	require.Equal(s, &want, same)
	require.Nil(s, s.found(2))
}

func (s *suite) beginsOnceOfMany() {
	for round := range 5 {
		require.EqualValues(s, 1, s.beginMany(round, func(*journal.Entry) {}))
	}
}

// beginMany begins the nth call many times at once, and returns how often it began.
func (s *suite) beginMany(n int, change func(*journal.Entry)) int32 {
	var begun atomic.Int32
	var all sync.WaitGroup
	for i := range 24 {
		all.Go(func() {
			e := Entry(fmt.Sprintf("%d-%d", n, i), n, n)
			change(&e)
			same, err := s.both[i%2].Begin(s.Context(), e, false)
			if err != nil {
				s.Error(err)
			}
			if same == nil {
				begun.Add(1)
			}
		})
	}
	all.Wait()
	return begun.Load()
}

func (s *suite) beginsAgain() {
	s.done("a", 1)
	s.clock.Advance(time.Minute)
	b := Entry("b", 1, 1)
	same, err := s.Begin(s.Context(), b, true)
	require.NoError(s, err)
	require.Nil(s, same)
	require.Equal(s, "b", s.found(1).Call, "the newest")
	b.Steps[0].State, b.Outcome = journal.NotDone, "failed"
	s.save(b)
	require.Equal(s, "a", s.found(1).Call, "nothing came of the other")
	c := Entry("c", 1, 1)
	_, err = s.Begin(s.Context(), c, true)
	require.NoError(s, err)
	s.save(Done(c))
	require.Equal(s, "c", s.found(1).Call)
}

func (s *suite) window() {
	s.done("a", 1)
	s.clock.Advance(journal.Window - time.Second)
	require.NotNil(s, s.found(1))
	s.clock.Advance(time.Second)
	require.Nil(s, s.found(1))
	s.begin("b", 1)
}

func (s *suite) onlyDone() {
	for n, c := range []struct {
		outcome string
		states  []journal.State
		recent  bool
	}{
		{"failed", []journal.State{journal.NotDone, ""}, false},
		{"refused", []journal.State{"", ""}, false},
		{"done", []journal.State{"", ""}, false}, // there was nothing to change
		{"failed", []journal.State{journal.Done, journal.NotDone}, true},
		{"unknown", []journal.State{journal.Done, journal.Unknown}, true},
		{"cancelled", []journal.State{journal.Done, journal.Sent}, true},
	} {
		call := fmt.Sprint("call", n)
		e := s.begin(call, n)
		e.Steps = nil
		for _, state := range c.states {
			e.Steps = append(e.Steps, journal.Step{Operation: "add_note", State: state})
		}
		e.Outcome = c.outcome
		s.save(e)
		require.Nil(s, s.found(n), c)
		list, err := s.Recent(s.Context(), "support", "2c26b46b")
		require.NoError(s, err)
		require.Equal(s, c.recent, len(list) > 0 && list[0].Call == call, c)
	}
}

func (s *suite) overtaken() {
	s.done("a", 1)
	s.save(Done(s.beginIn("b", 2, 7))) // another conversation
	require.NotNil(s, s.found(1))
	c := s.beginIn("c", 3, 1)
	require.NotNil(s, s.found(1), "nothing was written yet")
	c.Steps[0].State = journal.NotDone
	s.save(c)
	require.NotNil(s, s.found(1), "nothing was written")
	c.Steps[0].State = journal.Sent
	require.NoError(s, s.both[1].Save(s.Context(), c))
	require.Nil(s, s.found(1))
	s.save(Done(c))
	require.NotNil(s, s.found(2))
	require.NotNil(s, s.found(3))
	list, err := s.Recent(s.Context(), "support", "2c26b46b")
	require.NoError(s, err)
	require.Len(s, list, 3, "what was overtaken is remembered all the same")
	require.Equal(s, []bool{false, false, true}, []bool{list[0].Overtaken, list[1].Overtaken, list[2].Overtaken})

	d, e := s.beginIn("d", 4, 9), s.beginIn("e", 5, 9) // at the same time
	d.Steps[0].State = journal.Sent
	s.save(d)
	s.save(Done(e))
	s.save(Done(d))
	require.Nil(s, s.found(5), "the other wrote after it began")
}
