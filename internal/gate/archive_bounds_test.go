package gate_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"dixa-mcp/dixaclient"
	"dixa-mcp/internal/archive"
	"dixa-mcp/internal/audit"
	"dixa-mcp/internal/gate"
	"dixa-mcp/internal/test/seeds"
)

// conversationsOf returns the numbers of the conversations in an answer.
func conversationsOf(t *testing.T, a gate.Answer) []int64 {
	t.Helper()
	require.False(t, a.Failed, a.Text)
	var said struct{ Conversations []struct{ ID int64 } }
	require.NoError(t, json.Unmarshal([]byte(a.Text), &said), a.Text)
	ids := []int64{}
	for _, c := range said.Conversations {
		ids = append(ids, c.ID)
	}
	return ids
}

// knows is what an archive knows of conversations that is as fresh as can be.
func knows(o *oracle) map[int64]archive.Within {
	names := map[string]string{}
	for _, tag := range do(o.bed, dixaclient.ListTags, dixaclient.ListTagsIn{}) {
		names[string(tag.ID)] = tag.Name
	}
	all := map[int64]archive.Within{}
	for i := range o.truth.conversations {
		c := &o.truth.conversations[i]
		f := o.truth.facts(c)
		channel, _ := archive.Channel(f.Channel)
		is := archive.Within{Queues: []string{strings.ToLower(string(f.Queue))}, Channels: []string{channel}, Agents: []string{strings.ToLower(string(f.Assignee))}, Directions: []string{strings.ToLower(f.Direction)}}
		for _, id := range f.Tags {
			is.Tags = append(is.Tags, names[string(id)])
		}
		all[c.ID] = is
	}
	return all
}

// numbersOf reads numbers of conversations.
func numbersOf(t *testing.T, texts []string) (all []int64) {
	for _, text := range texts {
		n, err := strconv.ParseInt(text, 10, 64)
		require.NoError(t, err)
		all = append(all, n)
	}
	return all
}

// A bounded agent gets the same answer as if the archive had nothing from outside its bound, at the same price: no row, and no count. It does so with any number of
// conversations outside if the archive is fresh, and with as many as one call asks Dixa about if all that it knows is out of date.
func TestNothingOutsideIsFoundInTheArchive(t *testing.T) {
	seeds.Run(t, func(t *testing.T, r *rand.Rand) {
		o := newOracle(t, r)
		ids := numbersOf(t, slices.Concat(o.inside, o.outside))
		r.Shuffle(len(ids), func(i, j int) { ids[i], ids[j] = ids[j], ids[i] })
		known := knows(o)
		if r.IntN(2) == 0 { // out of date
			ids = ids[:25]
			for _, id := range ids {
				known[id] = known[ids[r.IntN(len(ids))]]
			}
		}
		whole, part := archived(ids...), archived(ids...)
		part.hits = slices.DeleteFunc(part.hits, func(h archive.Hit) bool { return !slices.Contains(o.inside, itoa(h.Conversation)) })
		whole.within, part.within = known, known
		limit := 1 + r.IntN(25)
		find := []string{fmt.Sprintf(`{"waiting":true,"limit":%d}`, limit), fmt.Sprintf(`{"sort":"oldest","limit":%d}`, limit), `{"rating":"good"}`}[r.IntN(3)]
		for _, call := range [][2]string{{"search_messages", fmt.Sprintf(`{"words":"voucher","limit":%d}`, limit)}, {"find_conversations", find}} {
			var answers []string
			for _, s := range []*shelves{whole, part} {
				b := newSearches(t, o.file, s)
				answers = append(answers, b.learns("bounded", call[0], call[1]))
				require.Equal(t, audit.OutcomeDone, b.records.last().Outcome)
			}
			require.Equal(t, answers[1], answers[0], call)
		}
	})
}

// An agent of a small queue finds its own among thousands of others that are newer, and what was moved there since the archive's last sync. What was
// moved away is not shown.
func TestBoundedAgentsFindTheirOwnFirst(t *testing.T) {
	h := seeded(t)
	inside, outside := h.split(func(c *dixaclient.Conversation) bool { return inQueue(c, billing) })
	at := func(list []*dixaclient.Conversation, from, to int) (ids []int64) {
		for _, c := range list[from:to] {
			ids = append(ids, c.ID)
		}
		return ids
	}
	own, moved, away := at(inside, 0, 3), inside[10].ID, outside[30].ID
	s := archived(slices.Concat([]int64{moved}, at(outside, 0, 300), []int64{away}, own)...)
	s.within = map[int64]archive.Within{moved: {Queues: []string{returns}}, away: {Queues: []string{billing}}}
	for _, id := range own {
		s.within[id] = archive.Within{Queues: []string{billing}}
	}
	b := newSearches(t, searching, s)
	require.Equal(t, strings.Fields(fmt.Sprint(moved, own[0], own[1], own[2])), found(t, b.call("bounded", "search_messages", `{"words":"voucher"}`)), "the newest first")
	require.Len(t, s.asked, 2)
	require.Equal(t, []string{billing}, s.asked[0].Within.Queues)
	require.Len(t, b.dixa.Requests(), 25, "look-ups")
	require.Equal(t, []string{itoa(moved), itoa(own[0])}, found(t, b.call("bounded", "search_messages", `{"words":"voucher","limit":2}`)))
	require.Equal(t, []int64{own[2], own[1], own[0]}, conversationsOf(t, b.call("bounded", "find_conversations", `{"sort":"waiting","limit":3}`)))
	require.Len(t, found(t, newSearches(t, searching, s).call("whole", "search_messages", `{"words":"voucher"}`)), 10)
	require.Len(t, s.asked, 5, "an agent that sees all searches once")
}
