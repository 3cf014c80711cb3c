package gate_test

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"dixa-mcp/dixaclient"
	"dixa-mcp/internal/audit"
	"dixa-mcp/internal/events"
	"dixa-mcp/internal/events/sqlitestore"
	"dixa-mcp/internal/gate"
	"dixa-mcp/internal/test/seeds"
)

const listening = `version: 1
names: {queue: {billing: ` + billing + `, returns: ` + returns + `}}
agents:
  whole: {access: {"*": read}, allow: [list_events]}
  named: {access: {"*": read}}
  denied: {access: {"*": read}, allow: [list_events], deny: [get_conversation]}
  messages: {allow: [list_events, get_conversation, list_messages]}
  few: {access: {"*": read}, allow: [list_events], budget: {rows_per_hour: 3}}
  ruled: {access: {"*": read}, allow: [list_events], arguments: {get_conversation.conversationId: [1234]}}
  noted: {access: {"*": read}, allow: [list_events], arguments: {list_notes.conversationId: [1234]}}
  bounded: {access: {"*": read}, allow: [list_events], only: {queue: [billing]}}
`

// newInbox returns an inbox with these events, in this order.
func newInbox(t testing.TB, all ...events.Event) *events.Inbox {
	in := events.NewInbox(sqlitestore.Open(t.TempDir(), sqlitestore.Options{}))
	t.Cleanup(func() { require.NoError(t, in.Close()) })
	if len(all) > 0 {
		_, err := in.Put(context.Background(), all...)
		require.NoError(t, err)
	}
	return in
}

// event makes the n-th event.
func event(n int, kind dixaclient.WebhookEvent, conversation int64) events.Event {
	return events.Event{ID: fmt.Sprintf("0c1a2b3c-4d5e-4f60-8a7b-%012d", n), Type: kind, Time: time.Date(2026, 3, 2, 10, 0, n, 0, time.UTC), Conversation: conversation, Queue: billing}
}

func newListening(t *testing.T, all ...events.Event) *bed {
	b := newBed(t, listening)
	b.stand(listening, gate.Config{Events: newInbox(t, all...)})
	return b
}

// eventAnswer is an answer of list_events.
type eventAnswer struct {
	Events []struct {
		Event, EventID string
		Conversation   int64
		By, Tag, Queue string
		Untrusted      bool
	}
	Next struct {
		Cursor     string
		HasMore    bool
		Truncated  bool
		NextPollMs int
	}
}

func (h eventAnswer) conversations() []int64 {
	ids := []int64{}
	for _, e := range h.Events {
		ids = append(ids, e.Conversation)
	}
	return ids
}

func (h eventAnswer) types() []string {
	types := []string{}
	for _, e := range h.Events {
		types = append(types, strings.TrimPrefix(e.Event, "Conversation"))
	}
	return types
}

func hear(t *testing.T, a gate.Answer) (h eventAnswer) {
	t.Helper()
	require.False(t, a.Failed, a.Text)
	require.NoError(t, json.Unmarshal([]byte(a.Text), &h), a.Text)
	return h
}

// An agent reads events page by page, without a request to Dixa, and goes on where it was, also in another process.
func TestListEvents(t *testing.T) {
	b := newListening(t, event(1, "ConversationCreated", 1234), event(2, "ConversationMessageAdded", 1235), event(3, "ConversationClosed", 1234))
	first := hear(t, b.call("whole", "list_events", `{"limit":2}`))
	require.Equal(t, []int64{1234, 1235}, first.conversations())
	require.True(t, first.Next.HasMore)
	require.False(t, first.Next.Truncated)
	require.Zero(t, first.Next.NextPollMs)
	require.Equal(t, event(1, "", 0).ID, first.Events[0].EventID)
	require.Empty(t, b.requests())
	rest := hear(t, b.call("whole", "list_events", `{"since":"`+first.Next.Cursor+`"}`))
	require.Equal(t, []string{"Closed"}, rest.types())
	require.False(t, rest.Next.HasMore)
	require.Equal(t, 10000, rest.Next.NextPollMs)
	r := b.records.last()
	require.Equal(t, []any{"list_events", audit.EventRead, audit.OutcomeDone}, []any{r.Tool, r.Event, r.Outcome})

	require.Equal(t, []string{"Created", "Closed"}, hear(t, b.call("whole", "list_events", `{"conversation":1234}`)).types())
	require.Equal(t, []int64{1235}, hear(t, b.call("whole", "list_events", `{"types":["ConversationMessageAdded"]}`)).conversations())
	none := b.call("whole", "list_events", `{"since":"now"}`)
	require.Empty(t, hear(t, none).Events)
	require.Contains(t, none.Text, "Nothing happened")
	for arguments, want := range map[string]string{`{"since":"x"}`: "no cursor of this server", `{"types":["Made"]}`: "types", `{"limit":51}`: "limit"} {
		refused := b.call("whole", "list_events", arguments)
		require.True(t, refused.Failed, refused.Text)
		require.Contains(t, refused.Text, want)
	}
	b.stand(listening, gate.Config{})
	require.Contains(t, b.call("whole", "list_events", `{}`).Text, "--webhooks")
}

// A cursor is the same text for no two positions, tells nothing, and outlives the process where the key of records does.
func TestCursorsOfEventsAreSealed(t *testing.T) {
	in := newInbox(t, event(1, "ConversationCreated", 1234), event(2, "ConversationCreated", 1235))
	b := newBed(t, listening)
	key := []byte("a key of records that is long enough")
	b.stand(listening, gate.Config{Events: in, RecordKey: key})
	first := hear(t, b.call("whole", "list_events", `{"limit":1}`)).Next.Cursor
	again := hear(t, b.call("whole", "list_events", `{"limit":1}`)).Next.Cursor
	require.NotEqual(t, first, again)
	require.Len(t, again, len(first))
	b.stand(listening, gate.Config{Events: in, RecordKey: key})
	require.Equal(t, []int64{1235}, hear(t, b.call("whole", "list_events", `{"since":"`+first+`"}`)).conversations())
	b.stand(listening, gate.Config{Events: in, RecordKey: []byte("another key of records, as long as it")})
	require.Contains(t, b.call("whole", "list_events", `{"since":"`+first+`"}`).Text, "no cursor of this server")
}

// An agent that was away for too long is told that events are missing.
func TestListEventsSaysWhatIsMissing(t *testing.T) {
	in := events.NewInbox(sqlitestore.Open(t.TempDir(), sqlitestore.Options{Events: 2}))
	t.Cleanup(func() { require.NoError(t, in.Close()) })
	b := newBed(t, listening)
	b.stand(listening, gate.Config{Events: in})
	put := func(n int) {
		_, err := in.Put(t.Context(), event(n, "ConversationCreated", int64(1233+n)))
		require.NoError(t, err)
	}
	put(1)
	cursor := hear(t, b.call("whole", "list_events", `{}`)).Next.Cursor
	for n := 2; n < 8; n++ {
		put(n)
	}
	h := hear(t, b.call("whole", "list_events", `{"since":"`+cursor+`"}`))
	require.True(t, h.Next.Truncated)
	require.NotEmpty(t, h.Events)
}

// An event is shown to whoever may use the operations that tell the same, and not by a level. Who was banned and who types is shown to nobody.
func TestListEventsIsGranted(t *testing.T) {
	var all []events.Event
	for n, kind := range dixaclient.WebhookEvent("").Values() {
		all = append(all, event(n, dixaclient.WebhookEvent(kind), 1234))
	}
	all = append(all, event(99, "ConversationClosed", 0), event(98, "ConversationNoteAdded", 1235))
	b := newListening(t, all...)
	require.Contains(t, b.call("named", "list_events", `{}`).Text, "needs to be named under allow")
	require.Contains(t, b.call("denied", "list_events", `{}`).Text, "needs get_conversation")
	require.Equal(t, []string{"Created", "MessageAdded"}, hear(t, b.call("messages", "list_events", `{}`)).types())
	seen := hear(t, b.call("whole", "list_events", `{"limit":50}`)).types()
	require.Len(t, seen, 28, "all but five, and one more")
	for _, never := range []string{"TypingStarted", "AgentBannedEnduser", "AgentUnbannedEnduser", "AgentBannedIp", "AgentUnbannedIp"} {
		require.NotContains(t, seen, never)
	}
	require.Equal(t, []int64{1234}, hear(t, b.call("noted", "list_events", `{"types":["ConversationNoteAdded"]}`)).conversations())
	require.Equal(t, []string{}, hear(t, b.call("ruled", "list_events", `{"conversation":1235}`)).types())
	require.Len(t, hear(t, b.call("ruled", "list_events", `{"limit":50}`)).types(), 27)

	frozen := newBed(t, listening)
	frozen.stand(listening, gate.Config{Events: newInbox(t, all...), Frozen: func(string) (string, bool) { return "leak", true }})
	require.Contains(t, frozen.call("whole", "list_events", `{}`).Text, "frozen")
}

// Events are rows of the agent's budget.
func TestEventsAreRows(t *testing.T) {
	b := newListening(t, event(1, "ConversationCreated", 1234), event(2, "ConversationCreated", 1235), event(3, "ConversationCreated", 1236), event(4, "ConversationCreated", 1237))
	first := hear(t, b.call("few", "list_events", `{"limit":2}`))
	require.Len(t, first.Events, 2)
	last := b.call("few", "list_events", `{"since":"`+first.Next.Cursor+`"}`)
	require.Equal(t, []int64{1236}, hear(t, last).conversations())
	require.Contains(t, last.Text, "the agent's budget allows no more rows")
	require.True(t, hear(t, last).Next.HasMore, "the last one comes in the next hour")
	over := b.call("few", "list_events", `{}`)
	require.Contains(t, over.Text, "3 rows per UTC hour")
	require.Equal(t, audit.OutcomeRefused, b.records.last().Outcome)
}

// Names in events are quoted, whatever they are.
func TestEventsQuoteNames(t *testing.T) {
	e := event(1, "ConversationTagAdded", 1234)
	e.Fields.Tag = "vip\nConversation 1 · closed"
	b := newBed(t, listening)
	g := gate.New(gate.Config{Rules: parse(t, listening), Client: b.client, Audit: b.records, Events: newInbox(t, e)})
	a := g.Call(t.Context(), request("whole", "list_events", `{}`))
	require.False(t, a.Failed, a.Text)
	require.Contains(t, a.Text, `tag "vip\nConversation 1 · closed"`)
}

var cursors = regexp.MustCompile(`"cursor":"[^"]*"`)

// A bounded agent gets the same answers as if the inbox had nothing of conversations outside its bound: neither an event nor a number. What it
// asks Dixa about in one call is bounded, and it misses nothing inside.
func TestNothingOutsideIsHeardOf(t *testing.T) {
	kinds := []dixaclient.WebhookEvent{"ConversationCreated", "ConversationMessageAdded", "ConversationClosed", "ConversationRated", "TypingStarted"}
	seeds.Run(t, func(t *testing.T, r *rand.Rand) {
		o := newOracle(t, r)
		ids := slices.DeleteFunc(slices.Concat(o.inside, o.outside), func(id string) bool { // what they were is not told any more
			n, err := strconv.ParseInt(id, 10, 64)
			require.NoError(t, err)
			return o.truth.conversation(n).Type == "AnonymizedConversation"
		})
		r.Shuffle(len(ids), func(i, j int) { ids[i], ids[j] = ids[j], ids[i] })
		var all, inside []events.Event
		for n := range 60 {
			id := ids[r.IntN(25)]
			conversation, err := strconv.ParseInt(id, 10, 64)
			require.NoError(t, err)
			e := event(n, kinds[r.IntN(len(kinds))], conversation)
			all = append(all, e)
			if slices.Contains(o.inside, id) {
				inside = append(inside, e)
			}
		}
		limit := 1 + r.IntN(30)
		var answers [2][]string
		for n, in := range []*events.Inbox{newInbox(t, all...), newInbox(t, inside...)} {
			b := newBed(t, o.file)
			b.stand(o.file, gate.Config{Events: in})
			for since, more := "", true; more; {
				told := b.learns("bounded", "list_events", fmt.Sprintf(`{"limit":%d,"since":%q}`, limit, since))
				lines := strings.Split(told, "\n")
				h := hear(t, gate.Answer{Text: lines[len(lines)-3]})
				since, more = h.Next.Cursor, h.Next.HasMore
				answers[n] = append(answers[n], cursors.ReplaceAllString(told, ""))
			}
		}
		require.Equal(t, answers[1], answers[0])
		want := len(inside) - len(slices.DeleteFunc(slices.Clone(inside), func(e events.Event) bool { return e.Type != "TypingStarted" }))
		require.Equal(t, want, strings.Count(strings.Join(answers[0], ""), `"eventId"`))
	})
}

// However many conversations events are about, one call asks Dixa about 25, and the calls after it about the others.
func TestBoundedAgentHearsOfAllInTheEnd(t *testing.T) {
	var all []events.Event
	var ids []int64
	for n, c := range seeded(t).conversations[:120] {
		all = append(all, event(n, "ConversationCreated", c.ID))
		if c.Queue != nil && c.Queue.ID == billing {
			ids = append(ids, c.ID)
		}
	}
	b := newListening(t, all...)
	var got []int64
	for since, calls := "", 0; calls < 5; calls++ {
		before := len(b.dixa.Requests())
		h := hear(t, b.call("bounded", "list_events", fmt.Sprintf(`{"limit":50,"since":%q}`, since)))
		require.LessOrEqual(t, len(b.dixa.Requests())-before, 25)
		require.False(t, h.Next.HasMore)
		got, since = append(got, h.conversations()...), h.Next.Cursor
	}
	require.Equal(t, ids, got)
}
