package pgstore

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"dixa-mcp/internal/archive"
	"dixa-mcp/internal/archive/sqlitestore"
	"dixa-mcp/internal/test/seeds"
)

// vocabulary has words that are common, the first ones, and rare.
var vocabulary = []string{"the", "order", "Gutschein", "GUTSCHRIFT", "Bücher", "bucher", "naïve", "café", "x'y", "a_b", "foo.bar@example.org", "+45", "12-34", "Straße", "strasse", "Ελλάδα", "NOT", "rare"}

func someWord(r *rand.Rand) string {
	return vocabulary[int(float64(len(vocabulary))*r.Float64()*r.Float64())]
}

// fill keeps messages in both stores, no two of the same time. Only the first ones have the word "old".
func fill(t *testing.T, r *rand.Rand, stores ...archive.Store) {
	t.Helper()
	for n := 0; n < 3*fewRecent; n += 500 {
		rows := archive.Rows{At: noon}
		for i := n; i < n+500; i++ {
			at := noon.Add(time.Duration(i) * time.Second).UnixMilli()
			if i%5 == 0 {
				c := archive.Conversation{ID: int64(i + 1), CreatedAt: at, UpdatedAt: at, Channel: []string{"email", "sms"}[r.IntN(2)], QueueName: fmt.Sprint("Queue", r.IntN(3)),
					AssigneeName: fmt.Sprint("Agent", r.IntN(3)), Tags: []string{fmt.Sprint("tag", r.IntN(3)), "all"}, Rest: []byte(`{}`)}
				if i%50 != 0 { // and some come later
					rows.Conversations = append(rows.Conversations, c)
				}
			}
			text := []string{"."}
			for range r.IntN(30) {
				text = append(text, someWord(r))
			}
			if i < 100 && i%7 == 0 {
				text = append(text, "old")
			}
			rows.Messages = append(rows.Messages, archive.Message{ID: fmt.Sprint("m", i), Conversation: int64(i - i%5 + 1), CreatedAt: at, Text: strings.Join(text, " "), Rest: []byte(`{"author_name":"Anna"}`)})
		}
		for _, s := range stores {
			require.NoError(t, s.Put(t.Context(), rows))
		}
	}
}

// Both stores find the same messages, whether words are common or rare, new or old.
func TestFindsWhatSQLiteFinds(t *testing.T) {
	_, open := database(t)
	here, there := open(), sqlitestore.Open(t.TempDir())
	t.Cleanup(func() { require.NoError(t, there.Close()) })
	fill(t, seeds.New(1), here, there)
	found := 0
	all := seeds.Run(t, func(t *testing.T, r *rand.Rand) {
		var text []string
		for range 1 + r.IntN(3) {
			word := someWord(r)
			switch r.IntN(6) {
			case 0:
				word = fmt.Sprintf("%q", word+" "+someWord(r))
			case 1:
				word = string([]rune(word)[:2]) + "*"
			case 2:
				word = []string{"old", "nothing"}[r.IntN(2)]
			}
			text = append(text, word)
		}
		words, err := archive.Words(strings.Join(text, " "))
		require.NoError(t, err)
		q := archive.Query{Words: words, Limit: []int{1, 20, 1000}[r.IntN(3)]}
		some := func() bool { return r.IntN(4) == 0 }
		if some() {
			q.Queue = fmt.Sprint("queue", r.IntN(4))
		}
		if some() {
			q.Channel = []string{"email", "sms", "none"}[r.IntN(3)]
		}
		if some() {
			q.Agent = fmt.Sprint("AGENT", r.IntN(4))
		}
		if some() {
			q.Tag = fmt.Sprint("TAG", r.IntN(4))
		}
		if some() {
			q.Within = archive.Within{Channels: []string{"sms", "none"}[:1+r.IntN(2)], Tags: []string{fmt.Sprint("TAG", r.IntN(4)), fmt.Sprint("tag", r.IntN(4))}}
		}
		if some() {
			q.Since = noon.Add(time.Duration(r.IntN(3*fewRecent)) * time.Second)
		}
		if some() {
			q.Until = noon.Add(time.Duration(r.IntN(3*fewRecent)) * time.Second)
		}
		want, err := there.Search(t.Context(), q)
		require.NoError(t, err)
		got, err := here.Search(t.Context(), q)
		require.NoError(t, err)
		for _, hits := range [][]archive.Hit{want, got} { // parts of long texts are chosen otherwise
			for i := range hits {
				hits[i].Passage = ""
			}
		}
		require.Equal(t, want, got, "%+v", q)
		found += len(got)
	})
	require.True(t, !all || found > 1000, found)
}
