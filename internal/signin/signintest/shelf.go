package signintest

import (
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/stretchr/testify/require"

	"dixa-mcp/internal/signin"
)

func (s *suite) testInsert() {
	var won atomic.Int64
	var all sync.WaitGroup
	for i := range 20 {
		all.Go(func() {
			added, err := s.both[i%2].Insert(s.Context(), "session:anna", "session:a", fmt.Sprint(i), s.clock.Now().Add(time.Hour))
			if err == nil && added {
				won.Add(1)
			}
		})
	}
	all.Wait()
	require.EqualValues(s, 1, won.Load())
}

func (s *suite) testSwaps() {
	ctx, hour := s.Context(), s.clock.Now().Add(time.Hour)
	swap := func(old, new string) bool {
		swapped, err := s.both[1].Swap(ctx, "session:a", old, new, hour)
		require.NoError(s, err)
		return swapped
	}
	require.False(s, swap("", "two"), "there is none")
	added, err := s.both[0].Insert(ctx, "session:anna", "session:a", "one", hour)
	require.NoError(s, err)
	require.True(s, added)
	require.False(s, swap("", "two"))
	require.False(s, swap("other", "two"))
	require.True(s, swap("one", "two"))
	require.False(s, swap("one", "three"))
	text, err := s.both[0].Get(ctx, "session:a")
	require.NoError(s, err)
	require.Equal(s, "two", text)
	require.True(s, swap("two", ""))
	text, err = s.both[0].Get(ctx, "session:a")
	require.NoError(s, err)
	require.Empty(s, text)
	all, err := s.both[0].List(ctx, "session")
	require.NoError(s, err)
	require.Empty(s, all)
}

func (s *suite) testLists() {
	ctx, hour := s.Context(), s.clock.Now().Add(time.Hour)
	for _, key := range []string{"session:a", "session:b", "sessions:c", "code:a"} {
		added, err := s.both[0].Insert(ctx, "anna", key, "text of "+key, hour)
		require.NoError(s, err)
		require.True(s, added)
	}
	all, err := s.both[1].List(ctx, "session")
	require.NoError(s, err)
	require.Equal(s, map[string]string{"session:a": "text of session:a", "session:b": "text of session:b"}, all)
}

// An owner's newest texts are kept, whatever others store.
func (s *suite) testMakesRoom() {
	ctx, hour := s.Context(), s.clock.Now().Add(time.Hour)
	add := func(owner, key string) {
		added, err := s.both[0].Insert(ctx, owner, key, "text", hour)
		require.NoError(s, err)
		require.True(s, added)
	}
	has := func(key string) bool {
		text, err := s.both[1].Get(ctx, key)
		require.NoError(s, err)
		return text != ""
	}
	add("session:bo", "session:bo")
	for i := range signin.MostOfOwner + 3 {
		add("session:anna", fmt.Sprint("session:", i))
	}
	for i := range signin.MostOfOwner + 3 {
		require.Equal(s, i >= 3, has(fmt.Sprint("session:", i)), i)
	}
	require.True(s, has("session:bo"))
	all, err := s.both[1].List(ctx, "session")
	require.NoError(s, err)
	require.Len(s, all, signin.MostOfOwner+1)
}
