package archivetest

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"dixa-mcp/internal/archive"
)

// facts returns those of the conversations that were created or closed in a span, each once.
func facts(t *testing.T, o Opened) {
	s := o.First
	closed, rated, plain, outside, gone := conversation(1, 5), conversation(2, 12), conversation(3, 19), conversation(4, 20), conversation(5, 11)
	closed.CreatedAt, closed.ClosedAt, closed.Tags = at(1), at(10), []string{"late", "refund"}
	closed.Rest = json.RawMessage(`{"ratings":[{"rating_type":"Csat","rating_score":3,"rating_status":"rated"}]}`)
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
		{ID: 1, CreatedAt: at(1), ClosedAt: at(10), Channel: "email", Queue: "Billing", Assignee: "Signe Toft", Customer: "customer1", Tags: []string{"late", "refund"}, Rated: true},
		{ID: 2, CreatedAt: at(12), ClosedAt: at(15), AnsweredAt: at(14), Channel: "email", Queue: "Billing", Assignee: "Signe Toft", Customer: "customer2", Tags: []string{"refund"}, Rated: true, Satisfied: true},
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
	put(t, s, []archive.Conversation{named(6, "c6", `Zero \u0000 end`), named(7, "c7", `Half \ud800 end`), named(8, "c8", `Plain \\u0000 end`)}) // what customers can call themselves
	require.Equal(t, []string{"c1", "c2"}, find("EMMA", 5))
	for i, name := range []string{"zero", "half", "plain"} {
		require.Equal(t, []string{fmt.Sprint("c", i+6)}, find(name, 5))
		conversations, err := s.Find(t.Context(), archive.ConversationQuery{CustomerName: name, Limit: 5})
		require.NoError(t, err)
		require.Len(t, conversations, 1)
	}
	bad, err := s.Find(t.Context(), archive.ConversationQuery{Rating: archive.Bad, Limit: 5})
	require.NoError(t, err)
	require.Empty(t, bad)
	_, err = s.Erase(t.Context(), archive.Erasure{Customer: "c1"}, noon)
	require.NoError(t, err)
	require.Equal(t, []string{"c2"}, find("emma", 5))
}

// find finds conversations by filters, the newest first, and those that wait, the longest first.
func find(t *testing.T, o Opened) {
	s := o.First
	one, two, three, closed := conversation(1, 1), conversation(2, 2), conversation(3, 3), conversation(4, 4)
	two.QueueName, two.QueueID, two.Channel, two.Tags, two.AssigneeID, two.AssigneeName = "Returns", "q2", "widgetchat", []string{"Late"}, "", ""
	three.Rest = json.RawMessage(`{"requester_name":"Emma Clarke"}`)
	closed.Status = "closed"
	answer := func(id string, conversation int64, minutes int, automated bool) archive.Message {
		m := message(id, conversation, minutes, "an answer")
		m.Direction, m.Automated = "outbound", automated
		return m
	}
	put(t, s, []archive.Conversation{one, two, three, closed}, message("a", 1, 1, "x"), answer("b", 1, 2, false), message("c", 1, 30, "x"), message("d", 1, 40, "x"),
		message("e", 2, 20, "x"), answer("f", 2, 21, true), message("g", 3, 5, "x"), answer("h", 3, 6, false), message("i", 4, 7, "x"))
	for name, c := range map[string]struct {
		q    archive.ConversationQuery
		want []int64
	}{
		"all": {archive.ConversationQuery{}, []int64{4, 3, 2, 1}}, "queue": {archive.ConversationQuery{Filter: archive.Filter{Queue: "returns"}}, []int64{2}}, "queue's id": {archive.ConversationQuery{Filter: archive.Filter{Queue: "q2"}}, []int64{2}},
		"channel": {archive.ConversationQuery{Filter: archive.Filter{Channel: "widgetchat"}}, []int64{2}}, "tag": {archive.ConversationQuery{Filter: archive.Filter{Tag: "late"}}, []int64{2}}, "unassigned": {archive.ConversationQuery{Unassigned: true}, []int64{2}},
		"agent": {archive.ConversationQuery{Filter: archive.Filter{Agent: "signe toft"}, Limit: 2}, []int64{4, 3}}, "status": {archive.ConversationQuery{Status: "closed"}, []int64{4}},
		"time": {archive.ConversationQuery{Since: time.UnixMilli(at(2)), Until: time.UnixMilli(at(4))}, []int64{3, 2}}, "name": {archive.ConversationQuery{CustomerName: "CLARKE"}, []int64{3}},
		"waiting": {archive.ConversationQuery{Waiting: true}, []int64{2, 1}}, "waiting, the newest": {archive.ConversationQuery{Waiting: true, Order: archive.Newest}, []int64{2, 1}}, "waiting, the oldest": {archive.ConversationQuery{Waiting: true, Order: archive.Oldest}, []int64{1, 2}},
		"oldest": {archive.ConversationQuery{Order: archive.Oldest}, []int64{1, 2, 3, 4}}, "customer": {archive.ConversationQuery{Customer: "CUSTOMER3"}, []int64{3}},
		"waiting in a queue": {archive.ConversationQuery{Waiting: true, Filter: archive.Filter{Queue: "Billing"}}, []int64{1}},
	} {
		c.q.Limit = cmp.Or(c.q.Limit, 10)
		found, err := s.Find(t.Context(), c.q)
		require.NoError(t, err, name)
		var ids []int64
		for _, f := range found {
			ids = append(ids, f.ID)
			require.Equal(t, c.q.Waiting, !f.Since.IsZero())
		}
		require.Equal(t, c.want, ids, name)
	}
	found, err := s.Find(t.Context(), archive.ConversationQuery{Waiting: true, Limit: 1})
	require.NoError(t, err)
	require.Equal(t, []archive.Found{{ID: 2, Since: time.UnixMilli(at(20)).UTC()}}, found, "an automatic answer is none")
}
