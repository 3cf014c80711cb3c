package archivetest

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"dixa-mcp/internal/archive"
)

func search(t *testing.T, o Opened) {
	s := o.First
	put(t, s, []archive.Conversation{conversation(1, 5), conversation(2, 6)}, message("a", 1, 5, "Der Gutschein über 20 € für Bücher"), message("b", 1, 6, "we promised a voucher; a Voucher it is"),
		message("c", 2, 7, "no voucher was promised"), message("d", 3, 8, "a message whose conversation is not here yet"))
	require.Equal(t, []string{"c", "b"}, Find(t, s, "voucher"), "the newest first")
	require.Equal(t, []string{"c", "b"}, Find(t, s, "PROMISED voucher"))
	require.Equal(t, []string{"b"}, Find(t, s, `"promised a voucher"`))
	require.Equal(t, []string{"a"}, Find(t, s, "bucher"), "without accents")
	require.Equal(t, []string{"a"}, Find(t, s, "gutsch*"))
	require.Equal(t, []string{"d"}, Find(t, s, "yet"))
	require.Empty(t, Find(t, s, "gutsch"))
	require.Empty(t, Find(t, s, "voucher absent"))
	words, err := archive.Words("voucher")
	require.NoError(t, err)
	hits, err := s.Search(t.Context(), archive.Query{Words: words, Limit: 1})
	require.NoError(t, err)
	require.Equal(t, []archive.Hit{{Conversation: 2, Message: "c", At: time.UnixMilli(at(7)).UTC(), Author: "Anna c", Channel: "email", Queue: "Billing", Assignee: "Signe Toft", Passage: "no voucher was promised"}}, hits)
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = s.Search(ended, archive.Query{Words: words, Limit: 1})
	require.ErrorIs(t, err, context.Canceled)
}

func filters(t *testing.T, o Opened) {
	s := o.First
	other := conversation(2, 6)
	other.QueueID, other.QueueName, other.Channel, other.AssigneeID, other.AssigneeName, other.Tags = "q2", "Returns", "widgetchat", "a2", "Bo", []string{"late"}
	put(t, s, []archive.Conversation{conversation(1, 5), other}, message("a", 1, 5, "hello"), message("b", 2, 6, "hello"), message("c", 3, 7, "hello"))
	for name, change := range map[string]func(*archive.Query){
		"queue": func(q *archive.Query) { q.Queue = "returns" }, "queue's id": func(q *archive.Query) { q.Queue = "q2" }, "channel": func(q *archive.Query) { q.Channel = "widgetchat" },
		"tag": func(q *archive.Query) { q.Tag = "LATE" }, "agent": func(q *archive.Query) { q.Agent = "bo" },
		"time": func(q *archive.Query) { q.Since, q.Until = time.UnixMilli(at(6)), time.UnixMilli(at(7)) },
	} {
		require.Equal(t, []string{"b"}, Find(t, s, "hello", change), name)
	}
	require.Empty(t, Find(t, s, "hello", func(q *archive.Query) { q.Queue, q.Tag = "Returns", "refund" }))
}

func syntax(t *testing.T, o Opened) {
	put(t, o.First, []archive.Conversation{conversation(1, 5)}, message("a", 1, 5, "near or not AND body col 1"))
	for _, text := range []string{`NEAR(a b)`, `a OR b`, `NOT x`, `body:x`, `"unclosed`, `a"b"c`, `^x`, `x + y`, `(x`, `-x`, `'; DROP TABLE word; --`, `{a b}: c`, "a\x00b", `*x*`} {
		_ = Find(t, o.First, text) // without an error
	}
	require.Equal(t, []string{"a"}, Find(t, o.First, "AND NOT or near"), "they are words")
}

// passages are parts of long texts, with the words that were searched for.
func passages(t *testing.T, o Opened) {
	s := o.First
	var all []string
	for i := range 2000 {
		all = append(all, fmt.Sprint("wort", i))
	}
	all[1000] = "Gutschein"
	put(t, s, []archive.Conversation{conversation(1, 5)}, message("a", 1, 5, strings.Join(all, " ")))
	for query, want := range map[string]string{"gutsch*": " Gutschein ", `"wort1 wort2"`: "wort1 wort2 ", "wort1999": " wort1999"} {
		words, err := archive.Words(query)
		require.NoError(t, err)
		hits, err := s.Search(t.Context(), archive.Query{Words: words, Limit: 10})
		require.NoError(t, err)
		require.Len(t, hits, 1)
		require.Contains(t, hits[0].Passage, want)
		require.LessOrEqual(t, len(strings.Fields(hits[0].Passage)), 24)
	}
}
