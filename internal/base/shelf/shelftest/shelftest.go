// Package shelftest tests shelves: each kind must pass the same tests.
package shelftest

import (
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"dixa-mcp/internal/base/shelf"
	"dixa-mcp/internal/test/clock"
)

type suite struct {
	*testing.T
	clock *clock.Clock
	both  [2]shelf.Shelf
	most  int
}

// Test holds a kind of shelf against what [shelf.Shelf] promises. open makes an empty one, of two processes or of one that is given
// twice, which goes by the clock it is given and keeps most texts of an owner.
func Test(t *testing.T, most int, open func(t *testing.T, now func() time.Time) [2]shelf.Shelf) {
	for _, c := range []struct {
		name string
		test func(*suite)
	}{
		{"one insert wins", (*suite).testInsert},
		{"swaps", (*suite).testSwaps},
		{"expires", (*suite).testExpires},
		{"lists", (*suite).testLists},
		{"makes room", (*suite).testMakesRoom},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := &suite{T: t, clock: &clock.Clock{}, most: most}
			s.both = open(t, s.clock.Now)
			c.test(s)
		})
	}
}

func (s *suite) hour() time.Time { return s.clock.Now().Add(time.Hour) }

func (s *suite) insert(owner, key, text string, added bool) {
	s.Helper()
	did, err := s.both[0].Insert(s.Context(), owner, key, text, s.hour())
	require.NoError(s, err)
	require.Equal(s, added, did)
}

func (s *suite) swap(old, new string, expires time.Time, swapped bool) {
	s.Helper()
	did, err := s.both[1].Swap(s.Context(), "session:a", old, new, expires)
	require.NoError(s, err)
	require.Equal(s, swapped, did)
}

func (s *suite) has(key, text string) {
	s.Helper()
	is, err := s.both[0].Get(s.Context(), key)
	require.NoError(s, err)
	require.Equal(s, text, is)
}

func (s *suite) list(prefix string) map[string]string {
	s.Helper()
	all, err := s.both[1].List(s.Context(), prefix)
	require.NoError(s, err)
	return all
}

func (s *suite) testInsert() {
	var won atomic.Int64
	var all sync.WaitGroup
	for i := range 20 {
		all.Go(func() {
			added, err := s.both[i%2].Insert(s.Context(), "session:anna", "session:a", fmt.Sprint(i), s.hour())
			if err == nil && added {
				won.Add(1)
			}
		})
	}
	all.Wait()
	require.EqualValues(s, 1, won.Load())
}

func (s *suite) testSwaps() {
	s.swap("", "two", s.hour(), false)
	s.insert("session:anna", "session:a", "one", true)
	s.insert("session:anna", "session:a", "two", false)
	s.swap("", "two", s.hour(), false)
	s.swap("other", "two", s.hour(), false)
	s.swap("one", "two", s.hour(), true)
	s.swap("one", "three", s.hour(), false)
	s.swap("two", "three", time.Time{}, true)
	s.insert("session:anna", "code:a", "text", true) // removes what has expired
	s.has("session:a", "three")
	require.Equal(s, map[string]string{"session:a": "three"}, s.list("session:"))
	s.swap("three", "", time.Time{}, true)
	s.has("session:a", "")
	require.Empty(s, s.list("session:"))
}

// A text that has expired makes room for another one under its key. Redis goes by its own clock, which a test cannot move.
func (s *suite) testExpires() {
	s.insert("session:anna", "session:a", "one", true)
	s.swap("one", "two", s.clock.Now().Add(time.Millisecond), true)
	s.clock.Advance(time.Millisecond)
	require.Eventually(s, func() bool {
		added, err := s.both[0].Insert(s.Context(), "session:anna", "session:a", "three", s.hour())
		return err == nil && added
	}, time.Minute, time.Millisecond)
}

func (s *suite) testLists() {
	for _, key := range []string{"session:a", "session:b", "sessions:c", "code:a"} {
		s.insert("anna", key, "text of "+key, true)
	}
	require.Equal(s, map[string]string{"session:a": "text of session:a", "session:b": "text of session:b"}, s.list("session:"))
}

// An owner's newest texts are kept, whatever others store.
func (s *suite) testMakesRoom() {
	s.insert("session:bo", "session:bo", "text", true)
	for i := range s.most + 3 {
		s.insert("session:anna", fmt.Sprint("session:", i), "text", true)
	}
	for i := range s.most + 3 {
		text := "text"
		if i < 3 {
			text = ""
		}
		s.has(fmt.Sprint("session:", i), text)
	}
	s.has("session:bo", "text")
	require.Len(s, s.list("session:"), s.most+1)
}
