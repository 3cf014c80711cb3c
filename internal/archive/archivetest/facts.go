package archivetest

import (
	"cmp"
	"encoding/json"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"dixa-mcp/internal/archive"
)

// facts are those of the conversations that were created or closed in a span, each once.
func facts(t *testing.T, o Opened) {
	s := o.First
	closed, rated, plain, outside, gone := conversation(1, 5), conversation(2, 12), conversation(3, 19), conversation(4, 20), conversation(5, 11)
	closed.CreatedAt, closed.ClosedAt, closed.Tags = at(1), at(10), []string{"late", "refund"}
	rated.ClosedAt, rated.Rest = at(15), json.RawMessage(`{"rating_score":1}`)
	plain.QueueName, plain.AssigneeName, plain.RequesterID, plain.Tags, plain.Rest = "", "", "", nil, json.RawMessage(`{"rating_score":"high"}`)
	gone.AnonymizedAt = at(11)
	gone.Rest = nil
	reply, automatic := message("b", 2, 14, "hello"), message("c", 2, 13, "an automatic answer")
	reply.Direction, automatic.Direction, automatic.Automated = "outbound", "outbound", true
	put(t, s, []archive.Conversation{closed, rated, plain, outside, gone}, message("a", 2, 12, "hello"), reply, automatic)
	var got []archive.Fact
	require.NoError(t, s.Facts(t.Context(), archive.Span{From: time.UnixMilli(at(10)), To: time.UnixMilli(at(20))}, func(f archive.Fact) {
		slices.Sort(f.Tags)
		if len(f.Tags) == 0 {
			f.Tags = nil
		}
		got = append(got, f)
	}))
	slices.SortFunc(got, func(a, b archive.Fact) int { return cmp.Compare(a.ID, b.ID) })
	require.Equal(t, []archive.Fact{
		{ID: 1, CreatedAt: at(1), ClosedAt: at(10), Channel: "email", Queue: "Billing", Assignee: "Signe Toft", Customer: "customer1", Tags: []string{"late", "refund"}},
		{ID: 2, CreatedAt: at(12), ClosedAt: at(15), AnsweredAt: at(14), Channel: "email", Queue: "Billing", Assignee: "Signe Toft", Customer: "customer2", Tags: []string{"refund"}, Rated: true, Score: 1},
		{ID: 3, CreatedAt: at(19), Channel: "email"},
		{ID: 5, CreatedAt: at(11), Channel: "email", Queue: "Billing", Assignee: "Signe Toft", Customer: "customer5", Tags: []string{"refund"}},
	}, got)
}

// customers are found by a part of their name, each once, and not after they were erased.
func customers(t *testing.T, o Opened) {
	s := o.First
	named := func(id int64, customer, name string) archive.Conversation {
		c := conversation(id, int(id))
		c.RequesterID = customer
		c.Rest = json.RawMessage(`{"requester_name":"` + name + `","requester_email":"` + customer + `@example.org","requester_phone_number":"+45` + customer + `"}`)
		return c
	}
	put(t, s, []archive.Conversation{named(1, "c1", "Emma Clarke"), named(2, "c2", "Gemma 100% Doe"), named(3, "c1", "Emma Clarke"), named(4, "c4", "J\u00f8rn"), named(5, "", "Emma Nobody")})
	find := func(name string, most int) (ids []string) {
		found, err := s.Customers(t.Context(), name, most)
		require.NoError(t, err)
		for _, c := range found {
			require.Equal(t, c.ID+"@example.org +45"+c.ID, c.Email+" "+c.Phone)
			ids = append(ids, c.ID)
		}
		return ids
	}
	require.Equal(t, []string{"c1", "c2"}, find("EMMA", 5), "the newest conversation first")
	require.Equal(t, []string{"c1"}, find("emma", 1))
	require.Equal(t, []string{"c2"}, find("0%", 5))
	require.Equal(t, []string{"c4"}, find("Jørn", 5))
	require.Empty(t, find("_mma", 5), "no pattern of the caller's")
	require.Empty(t, find(`\`, 5))
	_, err := s.Erase(t.Context(), archive.Erasure{Customer: "c1"}, noon)
	require.NoError(t, err)
	require.Equal(t, []string{"c2"}, find("emma", 5))
}
