package archivetest

import (
	"cmp"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"dixa-mcp/internal/archive"
)

// Bench keeps MESSAGES messages of 80 words, 20,000 if it is not set, five in each conversation, and searches them. open returns an empty
// store, and what to do before searches, which may be nil. The rows are the same for all stores.
func Bench(b *testing.B, open func() (s archive.Store, settle func())) {
	messages, err := strconv.Atoi(cmp.Or(os.Getenv("MESSAGES"), "20000"))
	require.NoError(b, err)
	for b.Loop() {
		s, settle := open()
		r := rand.New(rand.NewPCG(1, 2))
		begun := time.Now()
		for n := 0; n < messages; n += 500 {
			rows := archive.Rows{At: begun}
			for i := n; i < min(n+500, messages); i++ {
				at := 1767225600000 + int64(i)*15000
				if i%5 == 0 {
					rows.Conversations = append(rows.Conversations, archive.Conversation{ID: int64(i/5 + 1), CreatedAt: at, UpdatedAt: at, LastMessageAt: at, Channel: "email", Status: "closed",
						QueueName: fmt.Sprint("queue", r.IntN(8)), AssigneeName: fmt.Sprint("agent", r.IntN(30)), RequesterID: fmt.Sprint("customer", i), Tags: []string{fmt.Sprint("tag", r.IntN(40))},
						Rest: json.RawMessage(`{"requester_email":"someone@example.org","subject":"About my order"}`)})
				}
				var text strings.Builder
				for range 80 { // few words are common
					fmt.Fprintf(&text, "word%d ", int(5000*r.Float64()*r.Float64()*r.Float64()))
				}
				rows.Messages = append(rows.Messages, archive.Message{ID: fmt.Sprintf("0c1a2b3c-4d5e-4f60-8a7b-%012d", i), Conversation: int64(i/5 + 1), CreatedAt: at, Direction: "inbound",
					Text: text.String(), Rest: json.RawMessage(`{"author_email":"someone@example.org"}`)})
			}
			require.NoError(b, s.Put(b.Context(), rows))
		}
		b.ReportMetric(float64(messages)/time.Since(begun).Seconds(), "messages/s")
		if settle != nil {
			settle()
		}
		var took []time.Duration
		for range 200 {
			q := archive.Query{Limit: 20, Words: []archive.Word{{Text: fmt.Sprint("word", r.IntN(5000))}, {Text: fmt.Sprint("word", r.IntN(50))}}}
			begun := time.Now()
			_, err := s.Search(b.Context(), q)
			require.NoError(b, err)
			took = append(took, time.Since(begun))
		}
		slices.Sort(took)
		b.ReportMetric(float64(took[len(took)/2].Microseconds())/1000, "search-p50-ms")
		b.ReportMetric(float64(took[len(took)*99/100].Microseconds())/1000, "search-p99-ms")
		st, err := s.Status(b.Context())
		require.NoError(b, err)
		b.ReportMetric(float64(st.Bytes)/1e6, "MB")
		require.NoError(b, s.Close())
	}
}
