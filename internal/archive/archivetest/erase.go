package archivetest

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"dixa-mcp/internal/archive"
)

// gone requires that words are in none of the store's bytes.
func gone(t *testing.T, o Opened, words ...string) {
	t.Helper()
	bytes := string(o.Bytes(t))
	for _, w := range words {
		require.NotContains(t, bytes, w)
	}
}

func erase(t *testing.T, o Opened) {
	s := o.First
	put(t, s, []archive.Conversation{conversation(1, 5), conversation(2, 5), conversation(3, 5)}, message("aaa", 1, 5, "einzigartig1"), message("bbb", 1, 6, "einzigartig2"),
		message("ccc", 2, 5, "einzigartig3"), message("ddd", 3, 5, "einzigartig4"))
	require.Contains(t, string(o.Bytes(t)), "einzigartig1")
	for i, step := range []struct {
		e    archive.Erasure
		rows int
		gone []string
	}{
		{archive.Erasure{Message: "bbb"}, 1, []string{"einzigartig2", "bbb@example.org"}},
		{archive.Erasure{Conversation: 1}, 2, []string{"einzigartig1", "aaa@example.org", "anna1@", "Geheimnis1"}},
		{archive.Erasure{Customer: "customer2"}, 2, []string{"einzigartig3", "ccc@", "anna2@", "Geheimnis2"}},
		{archive.Erasure{Conversation: 99}, 0, nil},
	} {
		rows, err := s.Erase(t.Context(), step.e, noon)
		require.NoError(t, err)
		require.EqualValues(t, step.rows, rows, i)
		gone(t, o, step.gone...)
		Sound(t, s)
	}
	require.Equal(t, []string{"ddd"}, Find(t, s, "einzigartig*"))
	require.EqualValues(t, 5, status(t, s).Erased)
}

func erasedStay(t *testing.T, o Opened) {
	s := o.First
	for _, e := range []archive.Erasure{{Message: "aaa"}, {Conversation: 2}, {Customer: "customer3"}} { // before they are here
		_, err := s.Erase(t.Context(), e, noon)
		require.NoError(t, err)
	}
	put(t, s, nil, message("ddd", 3, 5, "einzigartig4")) // its conversation comes later
	put(t, s, []archive.Conversation{conversation(2, 5), conversation(3, 9)}, message("aaa", 1, 5, "einzigartig1"), message("bbb", 2, 6, "einzigartig2"), message("ccc", 3, 5, "einzigartig3"))
	put(t, s, []archive.Conversation{conversation(2, 8)}, message("bbb", 2, 6, "einzigartig2"))
	require.Empty(t, Find(t, s, "einzigartig*"))
	require.EqualValues(t, 4, status(t, s).Messages)
	Sound(t, s)
	gone(t, o, "einzigartig", "Geheimnis2", "Geheimnis3", "anna2@")
}

func anonymized(t *testing.T, o Opened) {
	s := o.First
	put(t, s, []archive.Conversation{conversation(1, 5), conversation(2, 5)}, message("aaa", 1, 5, "einzigartig1"), message("bbb", 2, 5, "einzigartig2"))
	one := conversation(1, 5) // anonymization was no update
	one.AnonymizedAt, one.Rest = at(9), nil
	put(t, s, []archive.Conversation{one})
	older := conversation(2, 4) // and an older row says so too
	older.AnonymizedAt = at(9)
	put(t, s, []archive.Conversation{older})
	require.Empty(t, Find(t, s, "einzigartig*"))
	Sound(t, s)
	gone(t, o, "einzigartig", "Geheimnis", "anna1@", "aaa@")
}

func purge(t *testing.T, o Opened) {
	s := o.First
	var all []archive.Message
	for i := range 3000 {
		all = append(all, message(fmt.Sprint("m", i), 1, i, fmt.Sprintf("einzig%da hallo", i)))
	}
	put(t, s, []archive.Conversation{conversation(1, 3000), conversation(2, 10)}, all...)
	removed, err := s.Purge(t.Context(), time.UnixMilli(at(2900)))
	require.NoError(t, err)
	require.Equal(t, archive.Removed{Conversations: 1, Messages: 2900}, removed)
	require.Len(t, Find(t, s, "hallo"), 100)
	gone(t, o, "einzig2899a", "einzig0a", "Geheimnis2")
	put(t, s, []archive.Conversation{conversation(2, 10)}, all[:10]...) // what comes late is too old
	require.Len(t, Find(t, s, "hallo"), 100)
	Sound(t, s)
	floor, err := s.Floor(t.Context())
	require.NoError(t, err)
	require.True(t, floor.Equal(time.UnixMilli(at(2900))))
	require.NoError(t, s.Lower(t.Context(), floor.Add(time.Hour)))
	require.NoError(t, s.Lower(t.Context(), time.UnixMilli(at(0))))
	put(t, s, []archive.Conversation{conversation(2, 10)}, all[:10]...)
	require.Len(t, Find(t, s, "hallo"), 110)
}
