package replicas

import (
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"dixa-mcp/internal/events"
	"dixa-mcp/internal/events/eventstest"
	"dixa-mcp/internal/replicas/redistest"
)

// inboxes returns a function that opens inboxes of one Redis, each of a replica of its own, with a clock that only the test moves.
func inboxes(t *testing.T, url, prefix string, bounds inboxBounds) eventstest.Opened {
	var at atomic.Int64
	at.Store(eventstest.Noon.UnixMilli())
	return eventstest.Opened{
		Open: func() events.Store {
			g, err := Connect(t.Context(), Options{URL: url, Prefix: prefix, Replica: "test"})
			require.NoError(t, err)
			t.Cleanup(g.Close)
			b := g.Events().(*inbox)
			b.now, b.bounds = func() time.Time { return time.UnixMilli(at.Load()) }, bounds
			return b
		},
		Later: func(d time.Duration) { at.Add(d.Milliseconds()) },
	}
}

func TestInbox(t *testing.T) {
	s := redistest.Start(t)
	n := 0
	eventstest.Run(t, func(t *testing.T, bytes int64) eventstest.Opened {
		n++
		return inboxes(t, s.URL(), fmt.Sprint("inbox", n), inboxBounds{eventstest.Keep, eventstest.MaxEvents, bytes})
	})
}
