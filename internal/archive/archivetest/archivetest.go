// Package archivetest has the tests that every store of the archive passes.
package archivetest

import (
	"context"
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"dixa-mcp/internal/archive"
)

var noon = time.Date(2026, 11, 30, 12, 0, 0, 0, time.UTC)

// Opened is one store that several processes use: open returns a further process's view of it.
type Opened struct {
	First archive.Store
	Open  func() archive.Store
	// Bytes returns all that the store has on disk.
	Bytes func(t *testing.T) []byte
}

// Run runs the tests. open returns an empty store.
func Run(t *testing.T, open func(t *testing.T) Opened) {
	for name, test := range map[string]func(*testing.T, Opened){
		"lease": lease, "reserve": reserve, "spans": spans, "origin": origin, "replace": replace, "search": search, "filters": filters,
		"erase": erase, "erased rows stay erased": erasedStay, "anonymized": anonymized, "purge": purge, "unread": unread, "unchecked": unchecked,
		"several processes": several, "query is no syntax": syntax,
	} {
		t.Run(name, func(t *testing.T) { test(t, open(t)) })
	}
}

func at(minutes int) int64 { return noon.Add(time.Duration(minutes) * time.Minute).UnixMilli() }

func conversation(id int64, updated int) archive.Conversation {
	return archive.Conversation{
		ID: id, CreatedAt: at(updated), UpdatedAt: at(updated), LastMessageAt: at(updated), Channel: "email", Direction: "inbound", Status: "open", QueueID: "q1", QueueName: "Billing",
		AssigneeID: "a1", AssigneeName: "Signe Toft", RequesterID: fmt.Sprintf("customer%d", id), Tags: []string{"refund"},
		Rest: json.RawMessage(fmt.Sprintf(`{"requester_email":"anna%d@example.org","subject":"Geheimnis%d"}`, id, id)),
	}
}

func message(id string, conversation int64, minutes int, text string) archive.Message {
	return archive.Message{ID: id, Conversation: conversation, CreatedAt: at(minutes), Direction: "inbound", Text: text,
		Rest: json.RawMessage(`{"author_email":"` + id + `@example.org","author_name":"Anna ` + id + `"}`)}
}

func put(t *testing.T, s archive.Store, conversations []archive.Conversation, messages ...archive.Message) {
	t.Helper()
	require.NoError(t, s.Put(t.Context(), archive.Rows{Conversations: conversations, Messages: messages, At: noon}))
}

// Find returns the ids of the messages that a search finds.
func Find(t *testing.T, s archive.Store, text string, change ...func(*archive.Query)) (ids []string) {
	t.Helper()
	words, err := archive.Words(text)
	require.NoError(t, err)
	q := archive.Query{Words: words, Limit: 100000}
	for _, c := range change {
		c(&q)
	}
	hits, err := s.Search(t.Context(), q)
	require.NoError(t, err)
	for _, h := range hits {
		ids = append(ids, h.Message)
	}
	return ids
}

func status(t *testing.T, s archive.Store) archive.Status {
	t.Helper()
	st, err := s.Status(t.Context())
	require.NoError(t, err)
	return st
}

// Sound requires that a store finds nothing wrong with itself.
func Sound(t *testing.T, s archive.Store) {
	t.Helper()
	problems, err := s.Verify(t.Context())
	require.NoError(t, err)
	require.Empty(t, problems)
}

func lease(t *testing.T, o Opened) {
	second := o.Open()
	release, _, err := o.First.Lease(t.Context(), "process 1")
	require.NoError(t, err)
	require.NotNil(t, release)
	require.Equal(t, "process 1", status(t, second).Syncing)
	refused, other, err := second.Lease(t.Context(), "process 2")
	require.NoError(t, err)
	require.Nil(t, refused)
	require.Equal(t, "process 1", other)
	require.NoError(t, release())
	require.Empty(t, status(t, second).Syncing)
	release, _, err = second.Lease(t.Context(), "process 2")
	require.NoError(t, err)
	require.NotNil(t, release)
	require.NoError(t, release())
}

func reserve(t *testing.T, o Opened) {
	second := o.Open()
	now, made := noon, []time.Time{}
	for i := range 40 {
		s := o.First
		if i%2 == 1 {
			s = second
		}
		wait, err := s.Reserve(t.Context(), now, 4, time.Minute)
		require.NoError(t, err)
		if wait > 0 {
			now = now.Add(wait)
			continue
		}
		made = append(made, now)
		now = now.Add(time.Second)
	}
	require.Greater(t, len(made), 20)
	for i := 4; i < len(made); i++ {
		require.GreaterOrEqual(t, made[i].Sub(made[i-4]), time.Minute)
	}
	wait, err := second.Reserve(t.Context(), noon.Add(-time.Hour), 4, time.Minute) // the clock was set back
	require.NoError(t, err)
	require.Zero(t, wait)
}

func spans(t *testing.T, o Opened) {
	s := o.First
	cover := func(what archive.What, from, to int) {
		require.NoError(t, s.Cover(t.Context(), what, archive.Span{From: time.UnixMilli(at(from)), To: time.UnixMilli(at(to))}))
	}
	covered := func(what archive.What) (all []string) {
		got, err := s.Covered(t.Context(), what)
		require.NoError(t, err)
		for _, c := range got {
			all = append(all, fmt.Sprint(c.From.Sub(noon).Minutes(), "-", c.To.Sub(noon).Minutes()))
		}
		return all
	}
	cover(archive.Messages, 10, 20)
	cover(archive.Messages, 40, 50)
	cover(archive.Conversations, 15, 45)
	cover(archive.Messages, 5, 5)
	cover(archive.Messages, 60, 55)
	require.Equal(t, []string{"10-20", "40-50"}, covered(archive.Messages))
	cover(archive.Messages, 20, 30)
	require.Equal(t, []string{"10-30", "40-50"}, covered(archive.Messages))
	cover(archive.Messages, 12, 45)
	cover(archive.Messages, 20, 25)
	require.Equal(t, []string{"10-50"}, covered(archive.Messages))
	require.Equal(t, []string{"15-45"}, covered(archive.Conversations))
	_, err := s.Purge(t.Context(), time.UnixMilli(at(20)))
	require.NoError(t, err)
	require.Equal(t, []string{"20-50"}, covered(archive.Messages))
	_, err = s.Purge(t.Context(), time.UnixMilli(at(50)))
	require.NoError(t, err)
	require.Empty(t, covered(archive.Messages))
}

func origin(t *testing.T, o Opened) {
	has, err := o.First.Origin(t.Context(), archive.Origin{})
	require.NoError(t, err)
	require.Zero(t, has)
	one := archive.Origin{API: "https://dev.dixa.io", Organization: "1"}
	for _, wants := range []archive.Origin{one, {API: "x", Organization: "2"}, {}} {
		has, err = o.Open().Origin(t.Context(), wants)
		require.NoError(t, err)
		require.Equal(t, one, has)
	}
}

func replace(t *testing.T, o Opened) {
	s := o.First
	put(t, s, []archive.Conversation{conversation(1, 5)}, message("a", 1, 5, "the first voucher"))
	put(t, s, []archive.Conversation{conversation(1, 5)}, message("a", 1, 5, "the second refund"))
	older := conversation(1, 4)
	older.Status = "old"
	put(t, s, []archive.Conversation{older})
	require.Empty(t, Find(t, s, "voucher"))
	require.Equal(t, []string{"a"}, Find(t, s, "refund"))
	st := status(t, s)
	require.EqualValues(t, 1, st.Conversations)
	require.EqualValues(t, 1, st.Messages)
	Sound(t, s)
	var many []archive.Message
	for i := range 1500 { // more than the keys of one millisecond
		many = append(many, message(fmt.Sprint("m", i), 1, 7, "same moment"))
	}
	put(t, s, nil, many...)
	put(t, s, nil, many...)
	require.Len(t, Find(t, s, "moment"), len(many))
	Sound(t, s)
}

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

func unread(t *testing.T, o Opened) {
	s := o.First
	put(t, s, []archive.Conversation{conversation(1, 5), conversation(2, 8)}, message("a", 1, 5, "x"), message("b", 2, 7, "y"))
	want := []archive.Unread{{ID: 2, LastMessageAt: at(8)}}
	for range 2 {
		all, err := s.Unread(t.Context(), 10)
		require.NoError(t, err)
		require.Equal(t, want, all)
	}
	require.NoError(t, s.Read(t.Context(), 2, at(8)))
	all, err := s.Unread(t.Context(), 10)
	require.NoError(t, err)
	require.Empty(t, all)
	put(t, s, []archive.Conversation{conversation(2, 12)})
	all, err = s.Unread(t.Context(), 10)
	require.NoError(t, err)
	require.Equal(t, []archive.Unread{{ID: 2, LastMessageAt: at(12)}}, all)
}

func unchecked(t *testing.T, o Opened) {
	s := o.First
	put(t, s, []archive.Conversation{conversation(1, 5), conversation(2, 5), conversation(3, 5)})
	_, err := s.Erase(t.Context(), archive.Erasure{Conversation: 3}, noon)
	require.NoError(t, err)
	ids, err := s.Unchecked(t.Context(), noon, 10)
	require.NoError(t, err)
	require.Empty(t, ids, "they were seen at noon")
	later := noon.Add(time.Hour)
	ids, err = s.Unchecked(t.Context(), later, 10)
	require.NoError(t, err)
	require.Equal(t, []int64{1, 2}, ids)
	require.NoError(t, s.Checked(t.Context(), []int64{1}, later))
	ids, err = s.Unchecked(t.Context(), later, 10)
	require.NoError(t, err)
	require.Equal(t, []int64{2}, ids)
}

func several(t *testing.T, o Opened) {
	done := make(chan error, 4)
	for p := range 4 {
		s := o.Open()
		go func() {
			for i := range 25 {
				rows := archive.Rows{Conversations: []archive.Conversation{conversation(int64(i+1), 5)}, At: noon}
				for m := range 10 {
					rows.Messages = append(rows.Messages, message(fmt.Sprint("m", (i+p)%25, "-", m), int64(i+1), i, "hallo"))
				}
				if err := s.Put(context.Background(), rows); err != nil {
					done <- err
					return
				}
			}
			done <- nil
		}()
	}
	for range 4 {
		require.NoError(t, <-done)
	}
	require.Len(t, Find(t, o.First, "hallo"), 250)
	Sound(t, o.First)
}

func syntax(t *testing.T, o Opened) {
	put(t, o.First, []archive.Conversation{conversation(1, 5)}, message("a", 1, 5, "near or not AND body col 1"))
	for _, text := range []string{`NEAR(a b)`, `a OR b`, `NOT x`, `body:x`, `"unclosed`, `a"b"c`, `^x`, `x + y`, `(x`, `-x`, `'; DROP TABLE word; --`, `{a b}: c`, "a\x00b", `*x*`} {
		_ = Find(t, o.First, text) // without an error
	}
	require.Equal(t, []string{"a"}, Find(t, o.First, "AND NOT or near"), "they are words")
}
