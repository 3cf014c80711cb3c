package archivetest

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"dixa-mcp/internal/archive"
)

// ratings are found in whichever of the two fields, by what each scale means.
func ratings(t *testing.T, o Opened) {
	s := o.First
	var all []archive.Conversation
	for i, rest := range []string{
		`{"rating_score":0}`, `{"rating_score":1}`, `{"rating_score":"0"}`,
		`{"ratings":[{"rating_type":"CSAT","rating_score":2,"rating_status":"rated"}]}`, `{"ratings":[{"rating_type":"csat","rating_score":3}]}`, `{"ratings":[{"rating_type":"Csat","rating_score":4}]}`,
		`{"ratings":[{"rating_type":"Nps","rating_score":6}]}`, `{"ratings":[{"rating_type":"Nps","rating_score":8}]}`, `{"ratings":[{"rating_type":"Nps","rating_score":9}]}`,
		`{"ratings":[{"rating_type":"ThumbsUpOrDown","rating_score":0}]}`, `{"ratings":[{"rating_type":"ThumbsUpOrDown","rating_score":1}]}`,
		`{"ratings":[{"rating_type":"Csat","rating_score":0,"rating_status":"Offered"}]}`, `{"ratings":[{"rating_type":"Csat"}]}`,
		`{"ratings":[{"rating_type":"Csat","rating_score":5},{"rating_type":"Nps","rating_score":3}]}`,
		`{"ratings":"bad"}`, `{"ratings":[7,"x",null,{"rating_type":7,"rating_score":[1]},{"rating_score":1.5}]}`, `{"ratings":{"rating_type":"Csat","rating_score":1}}`,
	} {
		c := conversation(int64(i+1), i+1)
		c.Rest = json.RawMessage(rest)
		all = append(all, c)
	}
	gone := conversation(100, 1)
	gone.AnonymizedAt, gone.Rest = at(9), nil
	put(t, s, append(all, gone))
	for rating, want := range map[archive.Rating][]int64{archive.Bad: {14, 10, 7, 4, 1}, archive.Good: {14, 11, 9, 6, 2}} {
		found, err := s.Find(t.Context(), archive.ConversationQuery{Rating: rating, Limit: 100})
		require.NoError(t, err)
		require.Equal(t, want, numbers(found), rating)
	}
}

func numbers(found []archive.Found) (ids []int64) {
	for _, f := range found {
		ids = append(ids, f.ID)
	}
	return ids
}

// within are conversations, and messages of them, with one value of each list.
func within(t *testing.T, o Opened) {
	s := o.First
	one, two, three := conversation(1, 1), conversation(2, 2), conversation(3, 3)
	two.QueueID, two.Channel, two.AssigneeID, two.Direction, two.Tags = "q2", "sms", "a2", "outbound", []string{"Late", "refund"}
	three.QueueID, three.Tags = "q3", []string{"vip"}
	put(t, s, []archive.Conversation{one, two, three}, message("a", 1, 1, "hello"), message("b", 2, 2, "hello"), message("c", 3, 3, "hello"), message("d", 4, 4, "hello"))
	for name, c := range map[string]struct {
		in   archive.Within
		want []int64
	}{
		"queues": {archive.Within{Queues: []string{"q2", "q3", "q9"}}, []int64{3, 2}}, "channels": {archive.Within{Channels: []string{"sms"}}, []int64{2}},
		"agents": {archive.Within{Agents: []string{"a2", "a1"}, Queues: []string{"q1", "q2"}}, []int64{2, 1}}, "directions": {archive.Within{Directions: []string{"outbound"}}, []int64{2}},
		"tags": {archive.Within{Tags: []string{"LATE", "vip"}}, []int64{3, 2}}, "none": {archive.Within{Tags: []string{"vip"}, Channels: []string{"sms"}}, nil},
	} {
		found, err := s.Find(t.Context(), archive.ConversationQuery{Filter: archive.Filter{Within: c.in}, Limit: 10})
		require.NoError(t, err, name)
		require.Equal(t, c.want, numbers(found), name)
		var messages []int64
		for _, id := range Find(t, s, "hello", func(q *archive.Query) { q.Within = c.in }) {
			messages = append(messages, int64(id[0]-'a'+1))
		}
		require.Equal(t, c.want, messages, name)
	}
}

// loads returns the open conversations without an assignee, with who has waited longest.
func loads(t *testing.T, o Opened) {
	s := o.First
	free := func(id int64, queue string) archive.Conversation {
		c := conversation(id, int(id))
		c.QueueID, c.AssigneeID, c.AssigneeName = queue, "", ""
		return c
	}
	had, closed, pending := free(5, "q2"), free(7, "q2"), free(8, "q2")
	had.AssigneeID = "a1"
	closed.Status, pending.Status = "closed", "pending"
	answer := message("z", 3, 9, "x")
	answer.Direction = "outbound"
	put(t, s, []archive.Conversation{free(1, "q1"), free(2, "q1"), free(3, "q3"), free(4, ""), had, closed, pending},
		message("a", 1, 6, "x"), message("b", 2, 4, "x"), message("c", 3, 3, "x"), answer, message("d", 5, 7, "x"), message("e", 7, 1, "x"))
	found, err := s.Loads(t.Context())
	require.NoError(t, err)
	require.Equal(t, archive.Loads{"q1": {Open: 2, Oldest: 2, Since: time.UnixMilli(at(4)).UTC()}, "q3": {Open: 1}, "": {Open: 1}}, found)
}
