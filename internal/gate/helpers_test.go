package gate

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"dixa-mcp/dixaclient"
	"dixa-mcp/internal/audit"
	"dixa-mcp/internal/capability"
	"dixa-mcp/internal/offline"
)

// everything grants all that a level can, and what must be named of it.
const everything = `version: 1
agents:
  admin:
    access: {"*": erase}
    allow: [record_message, create_webhook, bulk_update]
    arguments: {send_message.agentId: ["*"], create_webhook.url: ["*"], send_message.attachments: ["*"]}
  reader: {access: {conversations: read, messages: read}}
`

// bench is a gate before an offline Dixa, which is the judge of what was sent and done.
type bench struct {
	*Gate
	t    *testing.T
	dixa *offline.Dixa
	book *book
	wire *wire
	logs *strings.Builder // read it only when no call is running
}

// settings are what a test changes about a bench.
type settings struct {
	file   string
	dixa   offline.Options
	gate   Config
	client dixaclient.Config
}

// setUp puts a gate, a client without a limit of its own, and an offline Dixa together.
func setUp(t *testing.T, s settings) *bench {
	t.Helper()
	if s.file == "" {
		s.file = everything
	}
	b := &bench{t: t, dixa: offline.New(s.dixa), logs: &strings.Builder{}}
	hc, stop := b.dixa.Client()
	t.Cleanup(stop)
	b.wire = &wire{RoundTripper: hc.Transport}
	s.client.Token, s.client.Transport = dixaclient.StaticToken("secret-token"), b.wire
	s.client.URL, s.client.ExportsURL = offline.URL, offline.URL
	s.client.Files = dixaclient.FileHost{URL: offline.FilesURL, Transport: offline.Files(b.wire)}
	if s.client.Rate == 0 {
		s.client.Rate, s.client.Burst = 1e6, 1000
	}
	client, err := dixaclient.New(s.client)
	require.NoError(t, err)
	b.book = &book{dixa: b.dixa}
	s.gate.Rules, s.gate.Client = rules(t, s.file), client
	if s.gate.Audit == nil {
		s.gate.Audit = b.book
	}
	s.gate.Log = slog.New(slog.NewTextHandler(b.logs, nil))
	s.gate.JSON = true
	b.Gate = New(s.gate)
	return b
}

func rules(t *testing.T, file string) *capability.Rules {
	t.Helper()
	r, err := capability.Parse("test.yaml", []byte(file))
	require.NoError(t, err, file)
	return r
}

// call makes a call as an agent.
func (b *bench) call(agent, tool, arguments string) Answer {
	return b.Call(b.t.Context(), Request{Agent: agent, Tool: tool, Arguments: json.RawMessage(arguments)})
}

// entry is a record, and how many requests had reached Dixa when it was written.
type entry struct {
	audit.Record
	requests int
}

// book keeps records in memory. It refuses those that refuse names an error for.
type book struct {
	dixa   *offline.Dixa
	refuse func(audit.Record) error

	mu      sync.Mutex
	entries []entry
}

func (b *book) Write(ctx context.Context, r audit.Record) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if b.refuse != nil {
		if err := b.refuse(r); err != nil {
			return err
		}
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.entries = append(b.entries, entry{r, len(b.dixa.Requests())})
	return nil
}

// all is what was written since the last time.
func (b *book) all() []entry {
	b.mu.Lock()
	defer b.mu.Unlock()
	taken := b.entries
	b.entries = nil
	return taken
}

// byCall sorts records by their call.
func byCall(entries []entry) map[string][]entry {
	m := map[string][]entry{}
	for _, e := range entries {
		m[e.Call] = append(m[e.Call], e)
	}
	return m
}

// eventsOf lists what was recorded, in order.
func eventsOf(entries []entry) []audit.Event {
	var all []audit.Event
	for _, e := range entries {
		all = append(all, e.Event)
	}
	return all
}

// only is the one record that there must be.
func only(t *testing.T, entries []entry) audit.Record {
	t.Helper()
	require.Len(t, entries, 1)
	return entries[0].Record
}

// last is the last record of the one call that there must be.
func last(t *testing.T, entries []entry) audit.Record {
	t.Helper()
	require.Len(t, byCall(entries), 1)
	return entries[len(entries)-1].Record
}

// requests lists the operations that reached Dixa from number on, by their routes.
func (b *bench) requests(from int) []string {
	var all []string
	for _, r := range b.dixa.Requests()[from:] {
		all = append(all, route(r.Method, r.Path))
	}
	return all
}

// route is where a request goes: of the operations that fit, the one with the fewest variables in its path.
func route(method, path string) string {
	for _, r := range routes {
		if r.path.MatchString(method + " " + path) {
			return r.route
		}
	}
	return method + " " + path
}

type operationRoute struct {
	route string
	path  *regexp.Regexp
}

var routes = func() []operationRoute {
	var all []operationRoute
	for _, s := range dixaclient.Operations() {
		pattern := regexp.MustCompile(`\{[^}]+\}`).ReplaceAllString(s.Method+" "+s.Path, "[^/]+")
		all = append(all, operationRoute{s.Method + " " + s.Path, regexp.MustCompile("^" + pattern + "$")})
	}
	slices.SortStableFunc(all, func(a, b operationRoute) int { return strings.Count(a.route, "{") - strings.Count(b.route, "{") })
	return all
}()

// routeOf is where the requests of an operation go.
func routeOf(t *testing.T, operation string) string {
	t.Helper()
	all := dixaclient.Operations()
	i := slices.IndexFunc(all, func(s *dixaclient.Spec) bool { return s.Name == operation })
	require.GreaterOrEqual(t, i, 0, operation)
	return all[i].Method + " " + all[i].Path
}

// wire is a transport that keeps the bodies that went over it.
type wire struct {
	http.RoundTripper
	mu   sync.Mutex
	sent []string
}

// RoundTrip keeps the body and sends the request on.
func (w *wire) RoundTrip(r *http.Request) (*http.Response, error) {
	var body []byte
	if r.Body != nil {
		var err error
		if body, err = io.ReadAll(r.Body); err != nil {
			return nil, err
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
	}
	w.mu.Lock()
	w.sent = append(w.sent, string(body))
	w.mu.Unlock()
	return w.RoundTripper.RoundTrip(r)
}

// bodies is what was sent since the last time.
func (w *wire) bodies() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	taken := w.sent
	w.sent = nil
	return taken
}
