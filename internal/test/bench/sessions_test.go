package bench

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

const (
	manyAgents   = 500
	manySessions = 2000
)

// BenchmarkSessions measures what 2,000 clients of 500 agents cost that use an MCP version before 2026-07-28 and have
// an open stream, and what is left after they have disconnected.
func BenchmarkSessions(b *testing.B) {
	dixa := offlineAddress(b, "--rate", "0")
	for b.Loop() {
		h := host(b, dixa, crowd(manyAgents, reader), "--rate", "1000000")
		busy := h.clients(16)
		for _, key := range h.keys { // what is made at an agent's first call stays, and is no session's
			c := newClient(h.endpoint(), key)
			require.NoError(b, c.works("get_conversation", `{"conversationId":1234}`))
			c.close()
		}
		before := h.settled(busy)

		ctx, cancel := context.WithCancel(b.Context())
		guests := h.clients(manySessions)
		streams := make([]*http.Response, len(guests))
		atOnce(len(guests), func(i int) {
			c := guests[i]
			require.NoError(b, c.begin(ctx))
			require.NoError(b, c.works("get_conversation", `{"conversationId":1234}`))
			c.close() // so that each keeps the stream alone
			var err error
			streams[i], err = c.listen(ctx)
			require.NoError(b, err)
		})
		resident := residentMiB(b, h.cmd.Process.Pid)
		full := h.settled(busy)

		cancel()
		for _, s := range streams {
			_, _ = io.Copy(io.Discard, s.Body)
			s.Body.Close()
		}
		atOnce(len(guests), func(i int) {
			require.NoError(b, guests[i].end(b.Context()))
			guests[i].close()
		})
		after := h.settled(busy)
		h.stop()
		b.ReportMetric(before, "before-MiB")
		b.ReportMetric(full, "open-MiB")
		b.ReportMetric(resident, "open-resident-MiB")
		b.ReportMetric(after, "after-MiB")
		b.ReportMetric(after-before, "left-MiB")
		b.ReportMetric(0, "ns/op")
	}
}

// atOnce does a thing n times, some at a time.
func atOnce(n int, do func(i int)) {
	var all sync.WaitGroup
	next := make(chan int)
	for range 16 {
		all.Go(func() {
			for i := range next {
				do(i)
			}
		})
	}
	for i := range n {
		next <- i
	}
	close(next)
	all.Wait()
}

// settled is the least heap in use, in MiB, while clients are served for a while: enough for garbage to be collected a few
// times.
func (h *hosted) settled(clients []*client) float64 {
	least := 0.0
	for i := range 20 {
		new(load).drive(h.tb, clients, 200*time.Millisecond, func(c *client) error { return c.works("list_messages", `{"conversationId":1234}`) })
		if now := h.metric("go_memstats_heap_inuse_bytes") / (1 << 20); i == 0 || now < least {
			least = now
		}
	}
	return least
}

// BenchmarkToolsList measures the list of an agent with 25 tools, as a client of 2026-07-28 gets it.
func BenchmarkToolsList(b *testing.B) {
	const tools = `allow: [search_conversations, get_conversation, list_linked_conversations, list_conversation_activity, close_conversation,
    reopen_conversation, transfer_conversation, claim_conversation, set_followup, list_messages, list_notes, add_note, list_tags, get_tag,
    list_conversation_tags, tag_conversation, untag_conversation, list_end_users, get_end_user, list_end_user_conversations, list_queues,
    list_agents, list_teams, get_organization, list_custom_attributes]`
	c := host(b, offlineAddress(b), crowd(1, tools)).clients(1)[0]
	list := func() {
		m, err := c.ask(b.Context(), "tools/list", "", `{`)
		require.NoError(b, err)
		var l struct{ Tools []json.RawMessage }
		require.NoError(b, json.Unmarshal(m.Result, &l))
		require.Len(b, l.Tools, 25)
	}
	for range 50 {
		list()
	}
	var took []time.Duration
	for b.Loop() {
		took = append(took, clock(list))
	}
	b.ReportMetric(micros(median(took)), "p50-µs")
	b.ReportMetric(0, "ns/op")
}
