package gate_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"dixa-mcp/dixaclient"
	"dixa-mcp/internal/audit"
	"dixa-mcp/internal/capability"
	"dixa-mcp/internal/gate"
	"dixa-mcp/internal/offline"
)

// The ids that every offline Dixa has.
const (
	billing   = "0f6f3a52-6d3e-4f0e-9f0b-3a1c5b7d2e11"
	returns   = "5b0c9d1e-2a44-4c57-8f5a-91d2c7e4aa02"
	bot       = "c2a1d9e8-7b6a-4d5c-8e9f-001122334455"
	nobody    = "00000000-0000-4000-8000-000000000000"
	noSuch    = 999_999_999 // a conversation that does not exist
	bedAnchor = "2026-03-02T00:00:00Z"
)

// bed is a gate in front of an offline Dixa, with a client beside it that nothing guards.
type bed struct {
	t       testing.TB
	dixa    *offline.Dixa
	client  *dixaclient.Client
	gate    *gate.Gate
	records *records
	budgets gate.Budgets
}

// direct answers requests in the same goroutine, without connections.
type direct struct{ http.Handler }

func (d direct) RoundTrip(r *http.Request) (*http.Response, error) {
	if err := r.Context().Err(); err != nil {
		return nil, err
	}
	if r.Body == nil {
		r.Body = http.NoBody
	}
	w := httptest.NewRecorder()
	d.ServeHTTP(w, r)
	return w.Result(), nil
}

type records struct {
	mu   sync.Mutex
	list []audit.Record
}

func (r *records) Write(_ context.Context, a audit.Record) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.list = append(r.list, a)
	return nil
}

func (r *records) last() audit.Record {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.list[len(r.list)-1]
}

// newBed makes a gate with the rules of a capability file.
func newBed(t testing.TB, file string) *bed {
	t.Helper()
	anchor, err := time.Parse(time.RFC3339, bedAnchor)
	require.NoError(t, err)
	b := &bed{t: t, dixa: offline.New(offline.Options{Anchor: anchor})}
	b.client, err = dixaclient.New(dixaclient.Config{
		Token: dixaclient.StaticToken("token"), URL: offline.URL, ExportsURL: offline.URL, Transport: direct{b.dixa}, Rate: 1e6, Burst: 1e6,
	})
	require.NoError(t, err)
	b.govern(file)
	return b
}

// govern puts another gate in front of the same Dixa.
func (b *bed) govern(file string) {
	b.t.Helper()
	b.records, b.budgets = &records{}, gate.NewBudgets()
	b.gate = gate.New(gate.Config{Rules: parse(b.t, file), Client: b.client, Audit: b.records, JSON: true, Sleep: noWait, Budgets: b.budgets})
}

// noWait ends a wait of wait_for at once.
func noWait(context.Context, time.Duration) error { return context.DeadlineExceeded }

func request(agent, tool, arguments string) gate.Request {
	return gate.Request{Agent: agent, Tool: tool, Arguments: json.RawMessage(arguments)}
}

func (b *bed) call(agent, tool, arguments string) gate.Answer {
	return b.gate.Call(context.Background(), request(agent, tool, arguments))
}

// learns makes a call, and returns all that the agent and its client learn by it: the answer, what is told meanwhile, and how many
// requests it took from the budget.
func (b *bed) learns(agent, tool, arguments string) string {
	b.t.Helper()
	var all strings.Builder
	r := request(agent, tool, arguments)
	r.Progress = func(said string) { fmt.Fprintln(&all, said) }
	requests := []gate.Allowance{{What: "requests", Period: 24 * time.Hour}}
	before, err := b.budgets.Counts(b.t.Context(), agent, requests)
	require.NoError(b.t, err)
	fmt.Fprintln(&all, b.gate.Call(b.t.Context(), r).Text)
	after, err := b.budgets.Counts(b.t.Context(), agent, requests)
	require.NoError(b.t, err)
	fmt.Fprintln(&all, after[0].Used-before[0].Used, "requests")
	return all.String()
}

// insisting returns the arguments of a write that is to be carried out although the same one was a moment ago.
func insisting(arguments string) string { return strings.Replace(arguments, "{", `{"again":true,`, 1) }

// do carries out an operation that nothing guards.
func do[In, Out any](b *bed, op dixaclient.Op[In, Out], in In) Out {
	b.t.Helper()
	a, err := op.Do(context.Background(), b.client, in)
	require.NoError(b.t, err)
	return a.Value
}

func ref(id int64) dixaclient.ConversationRef { return dixaclient.ConversationRef{ConversationID: id} }

// truth is what an offline Dixa holds, as the client that nothing guards reads it.
type truth struct {
	conversations []dixaclient.Conversation
	tags          map[int64][]string
	users         map[dixaclient.UUID]dixaclient.EndUser
	of            map[dixaclient.UUID][]int64 // conversations by end user
}

var (
	truthOnce sync.Once
	truthHeld *truth
)

// seeded is the truth about an offline Dixa that nothing was written to. All beds begin with it.
func seeded(t testing.TB) *truth {
	truthOnce.Do(func() {
		b := newBed(t, "version: 1\nagents: {a: {access: {\"*\": read}}}")
		truthHeld = b.read()
	})
	require.NotNil(t, truthHeld)
	return truthHeld
}

func (b *bed) read() *truth {
	h := &truth{tags: map[int64][]string{}, users: map[dixaclient.UUID]dixaclient.EndUser{}, of: map[dixaclient.UUID][]int64{}}
	for a, err := range dixaclient.ListEndUsers.Pages(context.Background(), b.client, dixaclient.ListEndUsersIn{}) {
		require.NoError(b.t, err)
		for _, u := range a.Value {
			h.users[u.ID] = u
		}
	}
	for id := int64(1001); ; id++ {
		a, err := dixaclient.GetConversation.Do(context.Background(), b.client, dixaclient.GetConversationIn{ConversationRef: ref(id)})
		if err != nil {
			break
		}
		h.conversations = append(h.conversations, a.Value)
		h.of[a.Value.RequesterID] = append(h.of[a.Value.RequesterID], id)
		for _, tag := range do(b, dixaclient.ListConversationTags, ref(id)) {
			h.tags[id] = append(h.tags[id], string(tag.ID))
		}
	}
	return h
}

func (h *truth) facts(c *dixaclient.Conversation) capability.Facts {
	f := capability.FactsOf(c)
	for _, tag := range h.tags[c.ID] {
		f.Tags = append(f.Tags, dixaclient.UUID(tag))
	}
	return f
}

// split gives the conversations on both sides of a test.
func (h *truth) split(is func(*dixaclient.Conversation) bool) (inside, outside []*dixaclient.Conversation) {
	for i := range h.conversations {
		if c := &h.conversations[i]; is(c) {
			inside = append(inside, c)
		} else {
			outside = append(outside, c)
		}
	}
	return inside, outside
}

func (h *truth) conversation(id int64) *dixaclient.Conversation { return &h.conversations[id-1001] }

func inQueue(c *dixaclient.Conversation, id string) bool {
	return c.Queue != nil && strings.EqualFold(string(c.Queue.ID), id)
}

// requests are what was sent, as METHOD and pattern of the path, each once and sorted.
func (b *bed) requests() []string {
	var list []string
	for _, r := range b.dixa.Requests() {
		line := r.Operation
		if line == "" {
			line = r.Method + " " + r.Path
		}
		list = append(list, line)
	}
	slices.Sort(list)
	return slices.Compact(list)
}

func itoa(n int64) string { return strconv.FormatInt(n, 10) }

func parse(t testing.TB, file string) *capability.Rules {
	t.Helper()
	rules, err := capability.Parse("capabilities.yaml", []byte(file))
	require.NoError(t, err)
	return rules
}

// outsideOfAll tells a conversation that is outside whatever the tests are bounded to.
func outsideOfAll(c *dixaclient.Conversation) bool {
	return !inQueue(c, billing) && !inQueue(c, returns) && len(truthHeld.tags[c.ID]) == 0 &&
		c.Channel != "Email" && (c.Assignment == nil || c.Assignment.AgentID != bot)
}
