// Package journaltest tests journals of writes: each kind must pass the same tests.
package journaltest

import (
	"encoding/json"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
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
		var begun atomic.Int32
		var all sync.WaitGroup
		for i := range 24 {
			all.Go(func() {
				same, err := s.both[i%2].Begin(s.Context(), Entry(fmt.Sprintf("%d-%d", round, i), round, round), false)
				if err != nil {
					s.Error(err)
				}
				if same == nil {
					begun.Add(1)
				}
			})
		}
		all.Wait()
		require.EqualValues(s, 1, begun.Load())
	}
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

func (s *suite) recent() {
	list, err := s.Recent(s.Context(), "support", "2c26b46b")
	require.NoError(s, err)
	require.Empty(s, list)
	want := []journal.Entry{s.done("a", 1)}
	s.clock.Advance(time.Minute)
	want = append([]journal.Entry{s.done("b", 2)}, want...)
	for _, who := range [][2]string{{"support", ""}, {"triage", "2c26b46b"}} {
		e := Entry("c"+who[0], 3, 3)
		e.Agent, e.Key, e.Digest = who[0], who[1], fmt.Sprintf("%064x", 0xfff)+who[0]
		_, err := s.Begin(s.Context(), e, false)
		require.NoError(s, err)
	}
	for _, p := range s.both {
		list, err = p.Recent(s.Context(), "support", "2c26b46b")
		require.NoError(s, err)
		require.Len(s, list, 2)
		for i := range list {
			require.Equal(s, want[i].Call, list[i].Call)
			require.Equal(s, want[i].Steps, list[i].Steps)
			require.Equal(s, "the secret answer", list[i].Answer)
		}
	}
}

func (s *suite) forgets() {
	s.done("a", 1)
	s.done("b", 2)
	named := Entry("c", 3, 3)
	named.Names = []string{"customer:f1", "customer:f3"}
	_, err := s.Begin(s.Context(), named, false)
	require.NoError(s, err)
	erasing := Entry("d", 4, 1)
	_, err = s.Begin(s.Context(), erasing, false)
	require.NoError(s, err)
	require.NoError(s, s.Forget(s.Context(), "d", "customer:f3", "conversation:1", "conversation:99"))
	list, err := s.Recent(s.Context(), "support", "2c26b46b")
	require.NoError(s, err)
	require.Len(s, list, 2)
	require.Equal(s, "d", list[0].Call)
	require.Equal(s, "b", list[1].Call)
	s.save(Done(named))
	require.Nil(s, s.found(3), "what was forgotten while it ran stays forgotten")
	require.NoError(s, s.Forget(s.Context(), ""))
	require.NotNil(s, s.found(2))
}

func (s *suite) ages() {
	s.done("a", 1)
	s.begin("b", 2)
	s.clock.Advance(journal.Kept - time.Second)
	list, err := s.Recent(s.Context(), "support", "2c26b46b")
	require.NoError(s, err)
	require.Len(s, list, 2)
	s.clock.Advance(time.Second)
	list, err = s.both[1].Recent(s.Context(), "support", "2c26b46b")
	require.NoError(s, err)
	require.Empty(s, list)
	require.Nil(s, s.found(2))
	s.save(Done(Entry("b", 2, 2)))
	require.Nil(s, s.found(2))
}

func (s *suite) bounded() {
	other := Entry("other", 9999, 9999)
	other.Agent = "triage"
	_, err := s.Begin(s.Context(), other, false)
	require.NoError(s, err)
	for i := range journal.MostOfAgent + 3 {
		s.begin(fmt.Sprint("call", i), i)
	}
	list, err := s.Recent(s.Context(), "support", "2c26b46b")
	require.NoError(s, err)
	require.Len(s, list, journal.MostOfAgent)
	require.Equal(s, "call3", list[len(list)-1].Call)
	require.NotNil(s, s.found(9999))

	s.clock.Advance(journal.Kept)
	for n, c := range []struct {
		answer, detail int
		wantAnswer     bool
		wantDetail     bool
	}{
		{journal.MostPrivate - 100, 98, true, true},
		{journal.MostPrivate, 100, false, true},
		{100, journal.MostPrivate + 1, true, false},
	} {
		e := s.begin(fmt.Sprint("large", n), n)
		e.Steps[0].Detail = json.RawMessage(`"` + strings.Repeat("x", c.detail-2) + `"`)
		e = Done(e)
		e.Answer = strings.Repeat("y", c.answer)
		s.save(e)
		found := s.found(n)
		require.Equal(s, c.wantAnswer, found.Answer != "", c)
		require.Equal(s, c.wantDetail, found.Steps[0].Detail != nil, c)
	}
}

func (s *suite) refuses() {
	for _, broken := range []func(*journal.Entry){
		func(e *journal.Entry) { e.Call = "" },
		func(e *journal.Entry) { e.Agent = "" },
		func(e *journal.Entry) { e.Tool = "" },
		func(e *journal.Entry) { e.Digest = "" },
		func(e *journal.Entry) { e.Within = 0 },
	} {
		e := Entry("a", 1, 1)
		broken(&e)
		_, err := s.Begin(s.Context(), e, false)
		require.ErrorContains(s, err, "an entry needs")
	}
	require.NoError(s, s.Save(s.Context(), Entry("never", 1, 1)))
	require.Nil(s, s.found(1))
	found, err := s.Find(s.Context(), "")
	require.NoError(s, err)
	require.Nil(s, found)
}
