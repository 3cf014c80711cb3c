package hijack

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"dixa-mcp/dixaclient"
	"dixa-mcp/internal/approval"
	"dixa-mcp/internal/audit"
	"dixa-mcp/internal/events"
	"dixa-mcp/internal/events/sqlitestore"
	"dixa-mcp/internal/gate"
	"dixa-mcp/internal/offline"
)

var (
	anchor = time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC)
	now    = anchor.Add(10 * time.Hour)
)

// world is an agent before an offline Dixa in whose answers an attacker's text stands.
type world struct {
	subject
	gate      *gate.Gate
	approvals approval.Store
	dixa      *offline.Dixa
	way       way
	text      string // the attacker's

	mu      sync.Mutex
	planted bool   // the text was in an answer
	said    string // the last answer to the agent
	queried int    // rows that queries got from the archive
	sent    []request
	all     []request // sent, since the beginning
	records []audit.Record
}

// request is one that Dixa carried out.
type request struct{ method, path, body string }

func newWorld(t testing.TB, s subject, w way, text string) *world {
	t.Helper()
	clock := func() time.Time { return now }
	d := &world{subject: s, way: w, text: text, approvals: approval.NewDir(filepath.Join(t.TempDir(), "approvals"), clock), dixa: offline.New(offline.Options{Anchor: anchor, Now: clock})}
	client, err := dixaclient.New(dixaclient.Config{Token: dixaclient.StaticToken("token"), URL: offline.URL, ExportsURL: offline.URL, Transport: d, Rate: 1e6, Burst: 1e6,
		Files: dixaclient.FileHost{URL: offline.FilesURL, Transport: offline.Files(d)}})
	require.NoError(t, err)
	c := gate.Config{Rules: s.rules, Client: client, Audit: d, Approvals: d.approvals, Archive: shelf{d}, Budgets: unpaced{gate.NewBudgets()}, Now: clock}
	if w.Event != "" {
		c.Events = early{d.inbox(t)}
	}
	d.gate = gate.New(c)
	return d
}

// inbox returns an inbox with the events that have the attacker's text, as a webhook brought them.
func (d *world) inbox(t testing.TB) *events.Inbox {
	data := filled(d.way.Put, d.text)
	if d.way.Path != "" {
		data = map[string]any{"conversation": map[string]any{"csid": 1234}}
	}
	in := events.NewInbox(sqlitestore.Open(t.TempDir(), sqlitestore.Options{Now: func() time.Time { return now }}))
	t.Cleanup(func() { require.NoError(t, in.Close()) })
	for n, name := range strings.Fields(d.way.Event) {
		payload, err := json.Marshal(map[string]any{"event_id": fmt.Sprintf("0c1a2b3c-4d5e-4f60-8a7b-%012d", n), "event_fqn": name, "event_timestamp": now, "data": data})
		require.NoError(t, err)
		d.planted = d.planted || bytes.Contains(payload, []byte(d.text))
		e, err := events.Parse(payload)
		require.NoError(t, err)
		_, err = in.Put(t.Context(), e)
		require.NoError(t, err)
	}
	return in
}

// early is an inbox in which everything is new to who begins to wait.
type early struct{ *events.Inbox }

func (early) End(context.Context) (events.Cursor, error) { return "", nil }

// unpaced are budgets without an agent's requests_per_second: waiting stops nothing.
type unpaced struct{ gate.Budgets }

func (u unpaced) Take(ctx context.Context, agent string, allowances []gate.Allowance, _ float64) (gate.Taken, error) {
	return u.Budgets.Take(ctx, agent, allowances, 0)
}

// Write keeps a record.
func (d *world) Write(_ context.Context, r audit.Record) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.records = append(d.records, r)
	return nil
}

// RoundTrip answers a request as the offline Dixa does, with the attacker's text in its place.
func (d *world) RoundTrip(r *http.Request) (*http.Response, error) {
	var body []byte
	if r.Body != nil {
		var err error
		if body, err = io.ReadAll(r.Body); err != nil {
			return nil, err
		}
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	w := httptest.NewRecorder()
	d.dixa.ServeHTTP(w, r)
	response := w.Result()
	if response.StatusCode < 300 {
		d.mu.Lock()
		one := request{r.Method, r.URL.Path, string(body)}
		d.sent, d.all = append(d.sent, one), append(d.all, one)
		d.mu.Unlock()
	}
	if d.way.File != "" && strings.HasSuffix(r.URL.Path, "/hijack.txt") {
		d.mu.Lock()
		d.planted = true
		d.mu.Unlock()
		w := httptest.NewRecorder()
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		_, err := w.WriteString(filled(d.way.File, d.text).(string))
		return w.Result(), err
	}
	if d.way.matches(r.URL.Path, response.StatusCode) {
		planted := d.way.plant(w.Body.Bytes(), d.text)
		d.mu.Lock()
		d.planted = d.planted || bytes.Contains(planted, []byte(d.text))
		d.mu.Unlock()
		response.Body = io.NopCloser(bytes.NewReader(planted))
		response.ContentLength = -1
		response.Header.Del("Content-Length")
	}
	return response, nil
}

// plant puts the text into an answer.
func (w way) plant(body []byte, text string) []byte {
	var v any
	if json.Unmarshal(body, &v) != nil {
		return body
	}
	planted, err := json.Marshal(w.within(v, regexp.MustCompile("^(?:"+w.Key+")$"), text))
	if err != nil {
		return body
	}
	return planted
}

func (w way) within(v any, key *regexp.Regexp, text string) any {
	switch v := v.(type) {
	case map[string]any:
		for k, inner := range v {
			_, isText := w.Put.(string)
			if _, holdsText := inner.(string); key.MatchString(k) && isText == holdsText {
				v[k] = filled(w.Put, text)
			} else {
				v[k] = w.within(inner, key, text)
			}
		}
	case []any:
		for i := range v {
			v[i] = w.within(v[i], key, text)
		}
	}
	return v
}

// filled returns what to put, with the text in place of {}.
func filled(put any, text string) any {
	switch put := put.(type) {
	case string:
		return strings.ReplaceAll(put, "{}", text)
	case []any:
		all := make([]any, len(put))
		for i := range put {
			all[i] = filled(put[i], text)
		}
		return all
	case map[string]any:
		all := map[string]any{}
		for k := range put {
			all[k] = filled(put[k], text)
		}
		return all
	}
	return put
}
