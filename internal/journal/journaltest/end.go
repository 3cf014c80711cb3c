package journaltest

import (
	"fmt"
	"time"

	"github.com/stretchr/testify/require"

	"dixa-mcp/internal/journal"
)

func (s *suite) interrupted() {
	s.begin("harmless", 9)
	s.clock.Advance(limit + time.Second)
	require.Nil(s, s.found(9), "nothing was sent: it can be made again")

	e := s.begin("a", 1)
	e.Steps = []journal.Step{{Operation: "tag_conversation", State: journal.Done}, {Operation: "add_note", State: journal.Sent}, {Operation: "close_conversation"}}
	s.save(e)
	s.clock.Advance(limit)
	require.False(s, s.found(1).Interrupted)
	s.clock.Advance(time.Second)
	found := s.found(1)
	require.True(s, found.Interrupted)
	require.Equal(s, e.Steps, found.Steps)
	s.save(Done(s.beginIn("b", 2, 1))) // it is told although something else was written since
	s.clock.Advance(30 * time.Minute)
	require.True(s, s.found(1).Interrupted)
	again := Entry("c", 1, 1)
	same, err := s.Begin(s.Context(), again, true)
	require.NoError(s, err)
	require.Nil(s, same)
	s.save(Done(again))
	require.Equal(s, "c", s.found(1).Call)
	s.clock.Advance(journal.Window)
	require.Nil(s, s.found(1), "it was made again since")

	slow := s.begin("slow", 3)
	slow.Steps[0].State = journal.Sent
	s.save(slow)
	s.clock.Advance(limit)
	s.save(slow)
	s.clock.Advance(limit)
	require.False(s, s.found(3).Interrupted, "it has more time")
}

// resumesOnceOfMany holds a store to letting one of several same calls at once go on with one that was interrupted.
func (s *suite) resumesOnceOfMany() {
	for round := range 5 {
		e := s.begin(fmt.Sprint("interrupted", round), round)
		e.Steps[0].State = journal.Sent
		s.save(e)
		s.clock.Advance(limit + time.Second)
		require.True(s, s.found(round).Interrupted)
		require.EqualValues(s, 1, s.beginMany(round, func(e *journal.Entry) { e.Resumes = true }))
	}
}

func (s *suite) killed() {
	if s.both[1].Kill == nil {
		s.Skip("the journal of one process ends with it")
	}
	e := Entry("a", 1, 1)
	_, err := s.both[1].Begin(s.Context(), e, false)
	require.NoError(s, err)
	done := Entry("b", 2, 2)
	_, err = s.both[1].Begin(s.Context(), done, false)
	require.NoError(s, err)
	require.NoError(s, s.both[1].Save(s.Context(), Done(done)))
	s.begin("mine", 3)
	e.Steps[0].State = journal.Sent
	require.NoError(s, s.both[1].Save(s.Context(), e))
	require.False(s, s.found(1).Interrupted)
	s.both[1].Kill()
	found, err := s.Find(s.Context(), e.Digest)
	require.NoError(s, err)
	require.True(s, found.Interrupted)
	require.Equal(s, journal.Sent, found.Steps[0].State)
	found, err = s.Find(s.Context(), done.Digest)
	require.NoError(s, err)
	require.Equal(s, "the secret answer", found.Answer)
	list, err := s.Recent(s.Context(), "support", "2c26b46b")
	require.NoError(s, err)
	require.Equal(s, []bool{false, false, true}, []bool{list[0].Interrupted, list[1].Interrupted, list[2].Interrupted})
}
