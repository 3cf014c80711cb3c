package replicas

import (
	"fmt"
	"regexp"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"dixa-mcp/internal/events"
	"dixa-mcp/internal/events/eventstest"
	"dixa-mcp/internal/replicas/redistest"
)

// BenchmarkInboxMemory measures what 100,000 events take in Redis: with no fields, with as many as an event of Dixa has, and when only their ids are
// left.
func BenchmarkInboxMemory(b *testing.B) {
	const all = 100_000
	const id = "0c1a2b3c-4d5e-4f60-8a7b-000000000001"
	full := events.Fields{Status: "AWAITING_PENDING", Direction: "OUTBOUND", Channel: "FACEBOOK_MESSENGER", Requester: id, Assignee: id,
		Author: id, AuthorType: "Contact", Message: id, MessageSide: "inbound"}
	for _, c := range []struct {
		name   string
		fields events.Fields
		queue  string
		bounds inboxBounds
	}{{"bare", events.Fields{}, "", inboxBounds{}}, {"full", full, id, inboxBounds{}}, {"ids", events.Fields{}, "", inboxBounds{events: 1}}} {
		b.Run(c.name, func(b *testing.B) {
			for range b.N {
				s := redistest.Start(b)
				g, err := Connect(b.Context(), Options{URL: s.URL(), Replica: "bench"})
				require.NoError(b, err)
				inbox := g.Events().(*inbox)
				inbox.bounds = c.bounds
				used := func() int {
					n, err := strconv.Atoi(regexp.MustCompile(`used_memory:(\d+)`).FindStringSubmatch(s.CLI("info", "memory"))[1])
					require.NoError(b, err)
					return n
				}
				before := used()
				for n := 0; n < all; n += putAtATime {
					some := make([]events.Event, putAtATime)
					for i := range some {
						some[i] = eventstest.Event(n + i)
						some[i].ID, some[i].Time, some[i].Queue, some[i].Fields = fmt.Sprintf("0c1a2b3c-4d5e-4f60-8a7b-%012d", n+i), time.Now(), c.queue, c.fields
					}
					_, err := inbox.Put(b.Context(), some...)
					require.NoError(b, err)
				}
				b.ReportMetric(float64(used()-before)/all, "B/event")
				g.Close()
			}
		})
	}
}
