package laws

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"dixa-mcp/dixaclient"
	"dixa-mcp/internal/archive"
	"dixa-mcp/internal/audit"
	"dixa-mcp/internal/capability"
	"dixa-mcp/internal/events"
	"dixa-mcp/internal/gate"
	"dixa-mcp/internal/journal"
	"dixa-mcp/internal/offline"
	"dixa-mcp/internal/test/contract"
	"dixa-mcp/internal/view"
	"dixa-mcp/tools"
)

// The examples happen on a Monday morning, at the end of the data that the offline organization is made with.
var (
	examplesAnchor = time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC)
	examplesNow    = examplesAnchor.Add(10 * time.Hour)
)

// example is a call that a user would make, of a tool in testdata/examples.json. A text such as "$1.id" stands for the
// id in the answer to the first call before it.
type example struct {
	Before    []exampleCall   `json:"before,omitempty"`
	Arguments json.RawMessage `json:"arguments"`
}

type exampleCall struct {
	Tool      string          `json:"tool"`
	Arguments json.RawMessage `json:"arguments"`
}

// answered is a call with its answer: what Dixa sent, what the tool made of it, and what an agent reads.
type answered struct {
	exampleCall
	sent recorded
	out  tools.Output
	text string // as a model reads it
	json string // the same as JSON
}

// recorded is the last answer that came through it.
type recorded struct {
	http.RoundTripper
	status int
	header http.Header
	body   []byte
}

func (r *recorded) RoundTrip(q *http.Request) (*http.Response, error) {
	res, err := r.RoundTripper.RoundTrip(q)
	if err != nil {
		return nil, err
	}
	defer res.Body.Close()
	if r.body, err = io.ReadAll(res.Body); err != nil {
		return nil, err
	}
	r.status, r.header = res.StatusCode, res.Header
	res.Body = io.NopCloser(bytes.NewReader(r.body))
	return res, nil
}

func examples(t *testing.T) map[string]example {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(repository(t), "testdata", "examples.json"))
	require.NoError(t, err)
	d := json.NewDecoder(strings.NewReader(string(text)))
	d.DisallowUnknownFields()
	var all map[string]example
	require.NoError(t, d.Decode(&all))
	return all
}

// Every tool has an example, which does on the offline Dixa what it says. Where Dixa's documents are at hand, every
// request and answer on the way is held to them.
func TestExamples(t *testing.T) {
	all := examples(t)
	for _, tool := range tools.All() {
		t.Run(tool.Name, func(t *testing.T) {
			t.Parallel()
			e, ok := all[tool.Name]
			require.True(t, ok, "testdata/examples.json has no example of this tool")
			calls := rehearse(t, tool.Name, e)
			c := calls[len(calls)-1]
			if !tool.Task() { // those take names
				canonical, err := tool.Schema().Normalize(c.Arguments)
				require.NoError(t, err)
				require.Equal(t, string(canonical), string(c.Arguments), "write the arguments as they are understood")
			}
			require.True(t, c.out.Failed == 0 || c.out.Done > 0, "nothing was done: %s", c.text)
		})
	}
	for name := range all {
		_, ok := tools.ByName(name)
		require.True(t, ok, "an example of %s, which is no tool", name)
	}
}

// rehearsals are the examples that were rehearsed before: several tests look at them.
var rehearsals sync.Map // []answered by tool

// rehearse makes an example's calls on a fresh offline organization.
func rehearse(t *testing.T, name string, e example) []answered {
	t.Helper()
	if calls, ok := rehearsals.Load(name); ok {
		return calls.([]answered)
	}
	sent := &recorded{RoundTripper: http.DefaultTransport}
	client := dixa(t, office(t), sent)
	var calls []answered
	var said []any
	written := journal.NewMemory(time.Now) // which undo reads
	for _, c := range append(slices.Clone(e.Before), exampleCall{name, e.Arguments}) {
		c.Arguments = refer(t, c.Arguments, said)
		a := perform(t, client, written, c)
		a.sent = *sent
		calls = append(calls, a)
		said = append(said, value(t, a.out.Body))
	}
	if tool, ok := tools.ByName(name); ok && tool.Plans() { // once more from the beginning: the second time it changes nothing
		client, written := dixa(t, office(t), http.DefaultTransport), journal.NewMemory(time.Now)
		for i := range calls {
			calls[i].json = inForm(t, client, written, calls[i].exampleCall, true)
		}
	}
	rehearsals.Store(name, calls)
	return calls
}

// office is the address of a fresh offline organization.
func office(t *testing.T) string {
	t.Helper()
	var h http.Handler = offline.New(offline.Options{Now: func() time.Time { return examplesNow }, Anchor: examplesAnchor})
	if os.Getenv(contract.EnvFolder) != "" {
		h = contract.Load(t).Handler(t, h)
	}
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	return s.URL
}

// dixa is a client that does not wait.
func dixa(t *testing.T, address string, transport http.RoundTripper) *dixaclient.Client {
	t.Helper()
	c, err := dixaclient.New(dixaclient.Config{Token: dixaclient.StaticToken("token"), URL: address, ExportsURL: address,
		Transport: transport, Rate: 1e6, Burst: 1000})
	require.NoError(t, err)
	return c
}

// perform makes one call as the gate does.
func perform(t *testing.T, client *dixaclient.Client, written journal.Store, c exampleCall) answered {
	t.Helper()
	tool, ok := tools.ByName(c.Tool)
	require.True(t, ok, "%s is no tool", c.Tool)
	if tool.Task() {
		return throughGate(t, client, written, c)
	}
	args, err := tool.Decode(tool.Schema(), c.Arguments, nil)
	require.NoError(t, err)
	require.NoError(t, tool.Check(args, dixaclient.V1))
	out, err := tool.Run(context.Background(), client, args)
	require.NoError(t, err, "%s %s", c.Tool, c.Arguments)
	if len(out.Body) == 0 {
		done := tool.Done(args.Values, func(_, value string) string { return value })
		text, err := json.Marshal(map[string]string{"done": done})
		require.NoError(t, err)
		return answered{exampleCall: c, out: out, text: "Done: " + done, json: string(text)}
	}
	o := tool.View
	o.Skip, o.NextKey, o.Total, o.More = args.Skip, out.Next, out.Total, out.More
	inJSON, err := view.Render(t.Context(), out.Body, o)
	require.NoError(t, err)
	o.Form, o.Layout = view.AsText, tool.Layout()
	r, err := view.Render(t.Context(), out.Body, o)
	require.NoError(t, err)
	return answered{exampleCall: c, out: out, text: r.Text, json: inJSON.Text}
}

// throughGate makes a call of a tool of several operations, which works with what an agent is granted.
func throughGate(t *testing.T, client *dixaclient.Client, written journal.Store, c exampleCall) answered {
	t.Helper()
	said := answered{exampleCall: c, text: inForm(t, client, written, c, false)}
	if tool, _ := tools.ByName(c.Tool); !tool.Plans() {
		said.json = inForm(t, client, written, c, true)
	}
	return said
}

// inForm makes a call of an agent that may do everything, and returns its answer.
func inForm(t *testing.T, client *dixaclient.Client, written journal.Store, c exampleCall, inJSON bool) string {
	t.Helper()
	rules, err := capability.Parse("everything.yaml", []byte(`{version: 1, agents: {admin: {access: {"*": erase}, allow: [erase_customer, bulk_update, search_messages, query_archive, list_events], arguments: {send_message.agentId: ["*"]}}}}`))
	require.NoError(t, err)
	g := gate.New(gate.Config{Rules: rules, Client: client, Audit: unrecorded{}, Journal: written, Archive: copied{}, Events: happened{}, JSON: inJSON, Now: func() time.Time { return examplesNow }})
	a := g.Call(t.Context(), gate.Request{Agent: "admin", Tool: c.Tool, Arguments: c.Arguments})
	require.False(t, a.Failed, "%s %s: %s", c.Tool, c.Arguments, a.Text)
	return cursor.ReplaceAllString(handle.ReplaceAllString(a.Text, "B-7K2Q"), "${1}Xk2bQ9…")
}

// handle is that of a job, which is random.
var handle = regexp.MustCompile(`\bB-[2-9A-Z]{4,8}\b`)

// cursor is a position in the inbox, which is encrypted.
var cursor = regexp.MustCompile(`(cursor "?|"cursor":")[A-Za-z0-9_-]{30,}`)

// happened is an inbox with three events.
type happened struct{ tools.Events }

func (happened) End(context.Context) (events.Cursor, error) { return "c", nil }
func (happened) Wait(ctx context.Context, after events.Cursor, _ func(context.Context, events.Event) (bool, error)) (events.Found, error) {
	return events.Found{Next: after}, context.DeadlineExceeded
}

func (happened) List(context.Context, events.Cursor, int) (events.Page, error) {
	at := func(minutes int, kind dixaclient.WebhookEvent, f events.Fields) events.Event {
		return events.Event{ID: fmt.Sprintf("7d0f4c1e-3b52-4a86-9c1d-0000000000%02d", minutes), Type: kind, Time: examplesNow.Add(time.Duration(-minutes) * time.Minute),
			Conversation: 1234, Queue: "0f6f3a52-6d3e-4f0e-9f0b-3a1c5b7d2e11", Fields: f, Cursor: "c"}
	}
	score := 5.0
	return events.Page{Next: "c", Events: []events.Event{
		at(25, "ConversationMessageAdded", events.Fields{MessageSide: "inbound", Author: "56505020-94bb-4236-a595-16b65aa17746", AuthorType: "Contact"}),
		at(12, "ConversationTagAdded", events.Fields{Tag: "refund", Author: "c2a1d9e8-7b6a-4d5c-8e9f-001122334455"}),
		at(3, "ConversationRated", events.Fields{Score: &score, RatingType: "Csat"}),
	}}, nil
}

// copied is an archive with one message.
type copied struct{}

func (copied) Search(context.Context, archive.Query) ([]archive.Hit, error) {
	return []archive.Hit{{Conversation: 1234, At: examplesNow.Add(-26 * time.Hour), Author: "Emma Clarke", Channel: "email", Queue: "Billing", Assignee: "Luis Ortega",
		Passage: "… you promised me a voucher for the late parcel …"}}, nil
}

func (copied) Find(context.Context, archive.ConversationQuery) ([]archive.Found, error) {
	return nil, nil
}

func (copied) Loads(context.Context) (archive.Loads, error) {
	return archive.Loads{"0f6f3a52-6d3e-4f0e-9f0b-3a1c5b7d2e11": {Open: 9, Oldest: 2963, Since: examplesNow.Add(-47 * time.Hour)},
		"5b0c9d1e-2a44-4c57-8f5a-91d2c7e4aa02": {Open: 8, Oldest: 2946, Since: examplesNow.Add(-70 * time.Minute)}}, nil
}
func (copied) Facts(_ context.Context, span archive.Span, each func(archive.Fact)) error {
	each(archive.Fact{ID: 1234, CreatedAt: span.From.Add(time.Hour).UnixMilli(), AnsweredAt: span.From.Add(3 * time.Hour).UnixMilli(), ClosedAt: span.From.Add(9 * time.Hour).UnixMilli(), Queue: "Billing", Customer: "1"})
	return nil
}
func (copied) Customers(context.Context, string, int) ([]archive.Customer, error) { return nil, nil }

func (copied) Covered(context.Context, archive.What) ([]archive.Span, error) {
	return []archive.Span{{To: examplesNow.Add(-5 * time.Minute)}}, nil
}

func (copied) Query(context.Context, string, int) (archive.Table, error) {
	return archive.Table{Columns: []string{"name", "conversations"}, Rows: [][]any{{"refund", int64(412)}, {"late-parcel", int64(267)}, {"voucher", int64(98)}}}, nil
}

// unrecorded keeps no records.
type unrecorded struct{}

func (unrecorded) Write(context.Context, audit.Record) error { return nil }

// reference is a text that stands for what an earlier answer said.
var reference = regexp.MustCompile(`"\$([0-9]+(?:\.\w+)*)"`)

// refer puts what earlier answers said in the place of references such as "$1.id" or "$2.0.id".
func refer(t *testing.T, arguments json.RawMessage, answers []any) json.RawMessage {
	t.Helper()
	return reference.ReplaceAllFunc(arguments, func(match []byte) []byte {
		said, err := json.Marshal(lookUp(t, strings.Split(string(reference.FindSubmatch(match)[1]), "."), answers))
		require.NoError(t, err)
		return said
	})
}

// lookUp follows a reference: the number of an answer, from 1, then keys and places from 0 in its data.
func lookUp(t *testing.T, path []string, answers []any) any {
	t.Helper()
	n, err := strconv.Atoi(path[0])
	require.NoError(t, err)
	require.LessOrEqual(t, n, len(answers))
	at := answers[n-1]
	if envelope, ok := at.(map[string]any); ok && envelope["data"] != nil {
		at = envelope["data"]
	}
	for _, step := range path[1:] {
		switch v := at.(type) {
		case map[string]any:
			at = v[step]
		case []any:
			i, err := strconv.Atoi(step)
			require.NoError(t, err)
			require.Less(t, i, len(v))
			at = v[i]
		}
		require.NotNil(t, at, "nothing at $%s", strings.Join(path, "."))
	}
	return at
}

func value(t *testing.T, text []byte) (v any) {
	t.Helper()
	if len(text) == 0 {
		return nil
	}
	d := json.NewDecoder(strings.NewReader(string(text)))
	d.UseNumber()
	require.NoError(t, d.Decode(&v))
	return v
}
