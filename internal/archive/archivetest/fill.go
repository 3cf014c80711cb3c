package archivetest

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"dixa-mcp/internal/archive"
)

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

// odd rows are kept too: a database must not refuse what Dixa exported.
func odd(t *testing.T, o Opened) {
	s := o.First
	const bad = "\x00 \xff' \\ \"x"
	c := conversation(1, 5)
	c.Channel, c.Direction, c.Status, c.QueueID, c.QueueName, c.AssigneeID, c.AssigneeName, c.RequesterID, c.Tags = bad, bad, bad, bad, bad, bad, bad, bad, []string{bad, "", bad}
	c.Rest = json.RawMessage("{\"subject\":\"\\u0000 \xff\"}")
	m := message("a"+bad, 1, 5, bad+" allen "+strings.Repeat("x", 5000))
	m.Direction, m.Rest = bad, json.RawMessage("{\"author_name\":7,\"text\":\"\\u0000 \xff\"}")
	var many []string
	for i := range 40000 { // more words than some indexes tell apart
		many = append(many, fmt.Sprint("w", i))
	}
	for range 2 {
		put(t, s, []archive.Conversation{c, c}, m, m, message("b", 1, 6, strings.Join(many, " ")+" allen"), message("c", 1, 7, ""))
	}
	require.Len(t, Find(t, s, "allen"), 2)
	require.Equal(t, []string{"b"}, Find(t, s, "w39999 w1 w20000"))
	require.Empty(t, Find(t, s, "nothing", func(q *archive.Query) { q.Queue, q.Channel, q.Agent, q.Tag = bad, bad, bad, bad }))
	require.EqualValues(t, 3, status(t, s).Messages)
	_, err := s.Erase(t.Context(), archive.Erasure{Customer: bad}, noon)
	require.NoError(t, err)
	_, _, err = s.Lease(t.Context(), bad)
	require.NoError(t, err)
	Sound(t, s)
}
