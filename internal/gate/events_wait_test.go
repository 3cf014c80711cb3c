package gate_test

import (
	"context"
	"encoding/json"
	"fmt"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"dixa-mcp/dixaclient"
	"dixa-mcp/internal/gate"
)

// waitsFor makes a call of wait_for beside the test, and returns once it waits.
func (b *bed) waitsFor(agent, arguments string) func() gate.Answer {
	b.t.Helper()
	waits, answered := make(chan struct{}), make(chan gate.Answer, 1)
	r := request(agent, "wait_for", arguments)
	r.Waits = sync.OnceValues(func() (func(), bool) { close(waits); return func() {}, true })
	go func() { answered <- b.gate.Call(context.Background(), r) }()
	get := func() gate.Answer {
		select {
		case a := <-answered:
			return a
		case <-time.After(time.Minute):
			b.t.Fatal("no answer within a minute")
			return gate.Answer{}
		}
	}
	select {
	case <-waits:
	case a := <-answered:
		answered <- a
	}
	return get
}

// An event ends a wait for an answer or an assignment, which asks Dixa twice and not nine times.
func TestEventsEndAWait(t *testing.T) {
	in := newInbox(t)
	b := newBed(t, listening)
	b.stand(listening, gate.Config{Events: in})
	get := b.waitsFor("named", `{"conversationId":1234}`)
	message := dixaclient.RecordMessageIn{ConversationRef: ref(1234)}
	message.Text = "Here it is."
	do(b, dixaclient.RecordMessage, message)
	_, err := in.Put(t.Context(), event(1, "ConversationMessageAdded", 1235), event(2, "ConversationMessageAdded", 1234))
	require.NoError(t, err)
	a := get()
	require.Contains(t, a.Text, "the customer answered")
	require.Contains(t, a.Text, "Here it is.")
	require.Len(t, b.records.last().Operations, 2)

	var free int64
	for _, c := range seeded(t).conversations {
		if c.Assignment == nil && c.State == "Open" {
			free = c.ID
		}
	}
	get = b.waitsFor("named", fmt.Sprintf(`{"conversationId":%d,"for":"assignment"}`, free))
	do(b, dixaclient.ClaimConversation, dixaclient.ClaimConversationIn{ConversationRef: ref(free), AgentID: bot})
	_, err = in.Put(t.Context(), event(3, "ConversationAssigned", free))
	require.NoError(t, err)
	require.Contains(t, get().Text, "was assigned")
}

// nextWait returns the arguments of the call that an answer proposes.
func nextWait(t *testing.T, a gate.Answer) string {
	t.Helper()
	require.False(t, a.Failed, a.Text)
	var said struct{ Next struct{ Text string } }
	require.NoError(t, json.Unmarshal([]byte(a.Text), &said), a.Text)
	arguments, ok := strings.CutPrefix(said.Next.Text, "To wait on: wait_for ")
	require.True(t, ok, a.Text)
	return arguments
}

// byQueue returns open conversations of a queue, and of others.
func byQueue(t *testing.T, queue string) (in, out []int64) {
	for _, c := range seeded(t).conversations {
		switch {
		case c.State != "Open" || c.Queue == nil:
		case string(c.Queue.ID) == queue:
			in = append(in, c.ID)
		default:
			out = append(out, c.ID)
		}
	}
	return in, out
}

// Each new conversation of a queue ends one wait, also what came between two calls. Those of other queues do not, whatever the event says.
func TestWaitForAQueueMissesNothing(t *testing.T) {
	in := newInbox(t)
	b := newBed(t, listening)
	b.stand(listening, gate.Config{Events: in})
	inside, outside := byQueue(t, billing)
	n := 0
	put := func(ids ...int64) {
		for _, id := range ids {
			n++
			_, err := in.Put(t.Context(), event(n, "ConversationEnqueued", id))
			require.NoError(t, err)
		}
	}
	put(inside[5]) // before the first call
	get := b.waitsFor("named", `{"queue":"Billing"}`)
	put(outside[0], inside[0], inside[1], outside[1])
	a := get()
	require.Contains(t, a.Text, fmt.Sprintf(`"id":%d,`, inside[0]))
	put(inside[2])
	for _, want := range inside[1:3] {
		a = b.call("named", "wait_for", nextWait(t, a))
		require.Contains(t, a.Text, fmt.Sprintf(`"id":%d,`, want))
	}
	a = b.call("named", "wait_for", `{"queue":"Billing","seconds":1}`)
	require.Contains(t, a.Text, "no new conversation in the queue in 1 s")
	put(inside[3])
	require.Contains(t, b.call("named", "wait_for", nextWait(t, a)).Text, fmt.Sprintf(`"id":%d,`, inside[3]))
}

// A breach is told to whoever may read the conversation and its activity log; a bounded agent hears of none outside.
func TestWaitForABreach(t *testing.T) {
	in := newInbox(t)
	b := newBed(t, listening)
	b.stand(listening, gate.Config{Events: in})
	inside, outside := byQueue(t, billing)
	start := hear(t, b.call("whole", "list_events", `{"since":"now"}`)).Next.Cursor
	_, err := in.Put(t.Context(), event(1, "SLAEvaluationBreached", outside[0]), event(2, "SLAEvaluationBreached", inside[0]))
	require.NoError(t, err)
	a := b.call("bounded", "wait_for", fmt.Sprintf(`{"queue":"Billing","for":"breach","since":%q}`, start))
	require.Contains(t, a.Text, fmt.Sprintf(`"id":%d,`, inside[0]))
	require.Contains(t, a.Text, "SLAEvaluationBreached")
	hidden := b.call("bounded", "wait_for", fmt.Sprintf(`{"conversationId":%d,"for":"breach","since":%q,"seconds":1}`, outside[0], start))
	missing := b.call("bounded", "wait_for", fmt.Sprintf(`{"conversationId":%d,"for":"breach","since":%q,"seconds":1}`, noSuch, start))
	require.NotContains(t, hidden.Text, "SLAEvaluationBreached")
	require.Equal(t, missing.Failed, hidden.Failed)
	for _, id := range []int64{outside[0], noSuch} {
		require.Contains(t, b.learns("bounded", "wait_for", fmt.Sprintf(`{"conversationId":%d,"for":"breach","since":%q,"seconds":1}`, id, start)), "\n1 requests\n", "whether it has events is not told by the price")
	}
	require.Contains(t, b.call("messages", "wait_for", `{"queue":"`+billing+`","for":"breach"}`).Text, "list_conversation_activity")
	b.stand(listening, gate.Config{})
	require.Contains(t, b.call("whole", "wait_for", `{"queue":"Billing"}`).Text, "--webhooks")
}

// A freeze or other rules end a wait with nothing told.
func TestFreezeEndsAWaitForEvents(t *testing.T) {
	in := newInbox(t)
	b := newBed(t, listening)
	var mu sync.Mutex
	frozen := false
	b.stand(listening, gate.Config{Events: in, Frozen: func(string) (string, bool) { mu.Lock(); defer mu.Unlock(); return "leak", frozen }})
	inside, _ := byQueue(t, billing)
	get := b.waitsFor("named", `{"queue":"Billing"}`)
	mu.Lock()
	frozen = true
	mu.Unlock()
	_, err := in.Put(t.Context(), event(1, "ConversationEnqueued", inside[0]))
	require.NoError(t, err)
	a := get()
	require.True(t, a.Failed)
	require.Contains(t, a.Text, "frozen")
	require.NotContains(t, a.Text, itoa(inside[0]))

	mu.Lock()
	frozen = false
	mu.Unlock()
	get = b.waitsFor("named", `{"queue":"Billing","seconds":1}`) // and nothing happens
	mu.Lock()
	frozen = true
	mu.Unlock()
	require.Contains(t, get().Text, "frozen")
}

// A thousand calls that wait ask Dixa nothing, and each takes some kilobytes.
func TestAThousandWait(t *testing.T) {
	in := newInbox(t)
	b := newBed(t, listening)
	b.stand(listening, gate.Config{Events: in})
	inside, _ := byQueue(t, billing)
	b.call("named", "wait_for", `{"queue":"Billing","seconds":1}`)
	b.dixa.ResetCounts()
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	var all []func() gate.Answer
	for range 1000 {
		all = append(all, b.waitsFor("named", `{"queue":"Billing"}`))
	}
	runtime.GC()
	runtime.ReadMemStats(&after)
	require.Empty(t, b.requests())
	each := (after.HeapInuse + after.StackInuse - before.HeapInuse - before.StackInuse) / 1000
	t.Logf("%d bytes for each that waits", each)
	require.Less(t, each, uint64(100<<10))
	_, err := in.Put(t.Context(), event(1, "ConversationEnqueued", inside[0]))
	require.NoError(t, err)
	for _, get := range all {
		require.Contains(t, get().Text, itoa(inside[0]))
	}
}
