package journaltest

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/stretchr/testify/require"

	"dixa-mcp/internal/journal"
)

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
	for _, p := range s.both {
		about, err := p.About(s.Context(), "customer:f3", "conversation:1", "conversation:99")
		require.NoError(s, err)
		var calls []string
		for _, e := range about {
			calls = append(calls, e.Call)
		}
		require.ElementsMatch(s, []string{"a", "c", "d"}, calls)
		about, err = p.About(s.Context())
		require.NoError(s, err)
		require.Empty(s, about)
	}
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
