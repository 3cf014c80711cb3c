package console_test

import (
	"context"
	"encoding/json"
	"errors"
	"html"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"dixa-mcp/dixaclient"
	"dixa-mcp/internal/admin"
	"dixa-mcp/internal/approval"
	"dixa-mcp/internal/audit"
	"dixa-mcp/internal/capability"
	"dixa-mcp/internal/console"
	"dixa-mcp/internal/freeze"
	"dixa-mcp/internal/gate"
	"dixa-mcp/internal/offline"
)

// The keys of the file, and the operator's.
const (
	annaKey  = "foo"
	joeKey   = "bar"
	evaKey   = "qux"
	adminKey = "0123456789abcdef0123456789abcdef"
)

const file = `version: 1
timezone: Europe/Copenhagen
names:
  dixa_agent: {billing-bot: c2a1d9e8-7b6a-4d5c-8e9f-001122334455}
  queue: {billing: 0f6f3a52-6d3e-4f0e-9f0b-3a1c5b7d2e11, returns: 5b0c9d1e-2a44-4c57-8f5a-91d2c7e4aa02}
approvers:
  anna.holm: {key_sha256: 2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae, email: Anna.Holm@example.com, may: [write, send, erase]}
  joe.castel: {key_sha256: fcde2b2edba56bf408601fb721fe9b5c338d10ee429ea04fae5511b68fbf8fb9, may: [erase]}
auditors:
  eva.lind: {key_sha256: 21f58d27f827d295ffcd860c65045685e3baf1ad4506caa0140113b316647534}
agents:
  replies:
    about: Answers customers. A person approves each message before it is sent.
    acts_as: billing-bot
    surface: tasks
    access: {conversations: write, messages: send, tags: read, end_users: read}
    allow: [list_queues, list_agents, tag_conversation, untag_conversation]
    confirm: {send: approver, transfer_conversation: approver, add_note: approver}
    arguments: {transfer_conversation.queueId: [billing, returns], send_message.cc: ["*"]}
    budget: {requests_per_second: 3, sends_per_hour: 30}
    keys:
      - {id: replies-1, sha256: baa5a0964d3320fbc0c6a922140453c8513ea24ab8fd0577034804a967248096, expires: EXPIRES}
  triage:
    about: Sorts new mail in Billing. Customers never hear from it.
    acts_as: billing-bot
    access: {conversations: read, messages: read, tags: write, queues: read}
    allow: [transfer_conversation]
    only: {channel: [email, contactform]}
    budget: {writes_per_hour: 200}
  reader:
    about: Answers questions about conversations, customers and the team. Changes nothing.
    access: {conversations: read, messages: read, tags: read, end_users: read, analytics: read}
    deny: [list_activity]
  desk:
    about: Answers customers, and an approver has its answers sent.
    acts_as: billing-bot
    surface: tasks
    access: {conversations: read, messages: send, end_users: read}
    confirm: {send: approver}
    on_approval: send
`

// bed is a console with what is behind it: a gate in front of the offline Dixa.
type bed struct {
	testing.TB
	*httptest.Server
	console *console.Console
	dixa    *offline.Dixa
	gate    *gate.Gate
	store   approval.Store
	freezes freeze.Dir

	mu      sync.Mutex
	rules   *capability.Rules
	records []audit.Record
	refuse  error      // to record
	kept    *audit.Log // of records in files, too; nil without
	ahead   time.Duration
	plant   *strings.Replacer // changes what Dixa answers
	log     strings.Builder
}

func newBed(t testing.TB, change ...func(*console.Config)) *bed {
	b := &bed{TB: t, freezes: freeze.Dir(filepath.Join(t.TempDir(), "frozen"))}
	b.govern(strings.Replace(file, "EXPIRES", time.Now().AddDate(0, 0, 9).Format(time.DateOnly), 1))
	b.store = approval.NewDir(filepath.Join(t.TempDir(), "approvals"), b.now)
	b.dixa = offline.New(offline.Options{Rate: 1e6, Burst: 1e6})
	over, stop := b.dixa.Client()
	t.Cleanup(stop)
	client, err := dixaclient.New(dixaclient.Config{Token: dixaclient.StaticToken("token"), URL: offline.URL, ExportsURL: offline.URL, Transport: planted{b, over.Transport}, Rate: 1e6, Burst: 1e6})
	require.NoError(t, err)
	t.Cleanup(client.Close)
	b.gate = gate.New(gate.Config{Rules: b.rules, Client: client, Audit: b, Approvals: b.store, Frozen: b.freezes.Frozen, Now: b.now})
	config := console.Config{
		Rules: b.inForce, Approvals: b.store, Reviewer: b.gate, Sender: b.gate, Sent: b.gate, Freezes: b.freezes, Audit: b, Operator: admin.MakeKey(adminKey),
		Health: admin.NewHealth(admin.HealthConfig{Client: client, Rules: b.inForce, Now: b.now}),
		Explain: func(ctx context.Context, r gate.Request) (gate.Explanation, error) {
			return b.gate.Explain(ctx, r), nil
		},
		Log: slog.New(slog.NewTextHandler(&locked{&b.mu, &b.log}, nil)), Now: b.now,
	}
	for _, f := range change {
		f(&config)
	}
	b.console = console.New(config)
	b.Server = httptest.NewServer(admin.New(admin.Config{Rules: b.inForce, Approvals: b.store, Freezes: b.freezes, Audit: b, Key: config.Operator, Console: b.console, Log: config.Log, Now: b.now}))
	t.Cleanup(b.Close)
	return b
}

// planted changes what the offline Dixa answers.
type planted struct {
	*bed
	over http.RoundTripper
}

func (p planted) RoundTrip(r *http.Request) (*http.Response, error) {
	res, err := p.over.RoundTrip(r)
	if err != nil || p.plant == nil {
		return res, err
	}
	body, err := io.ReadAll(res.Body)
	if err != nil {
		return nil, errors.Join(err, res.Body.Close())
	}
	res.Body, res.ContentLength = io.NopCloser(strings.NewReader(p.plant.Replace(string(body)))), -1
	res.Header.Del("Content-Length")
	return res, nil
}

// locked is a log that several goroutines write.
type locked struct {
	mu *sync.Mutex
	to *strings.Builder
}

func (l *locked) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.to.Write(p)
}

// Write keeps a record.
func (b *bed) Write(ctx context.Context, r audit.Record) error {
	if b.kept != nil {
		if err := b.kept.Write(ctx, r); err != nil {
			return err
		}
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.refuse == nil {
		b.records = append(b.records, r)
	}
	return b.refuse
}

func (b *bed) now() time.Time {
	b.mu.Lock()
	defer b.mu.Unlock()
	return time.Now().Add(b.ahead)
}

func (b *bed) pass(d time.Duration) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.ahead += d
}

func (b *bed) inForce() *capability.Rules {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.rules
}

func (b *bed) govern(text string) {
	rules, err := capability.Parse("capabilities.yaml", []byte(text))
	require.NoError(b, err)
	b.mu.Lock()
	defer b.mu.Unlock()
	b.rules = rules
}

// recorded returns the records of an event.
func (b *bed) recorded(event audit.Event) (found []audit.Record) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, r := range b.records {
		if r.Event == event {
			found = append(found, r)
		}
	}
	return found
}

// asks makes a call that must be approved, and returns its number.
func (b *bed) asks(tool, arguments string) string {
	b.Helper()
	return b.asksAs("replies", tool, arguments)
}

func (b *bed) asksAs(agent, tool, arguments string) string {
	b.Helper()
	a := b.gate.Call(b.Context(), gate.Request{Agent: agent, Tool: tool, Arguments: json.RawMessage(arguments)})
	number := regexp.MustCompile(`A-[0-9A-Z]{4,}`).FindString(a.Text)
	require.NotEmpty(b, number, a.Text)
	return number
}

func (b *bed) state(number string) approval.State {
	r, err := b.store.Get(b.Context(), number)
	require.NoError(b, err)
	return r.State
}

// visitor is a client of the console that keeps cookies and follows no redirect.
type visitor struct {
	*bed
	cookies []*http.Cookie
	header  http.Header // of every request
}

func (b *bed) visitor() *visitor { return &visitor{bed: b, header: http.Header{}} }

// signIn returns a visitor who is signed in with a key.
func (b *bed) signIn(key string) *visitor {
	b.Helper()
	v := b.visitor()
	w := v.post("/sign-in", url.Values{"key": {key}})
	require.Equal(b, http.StatusSeeOther, w.StatusCode)
	return v
}

// answer is what the console answered.
type answer struct {
	*http.Response
	body string
}

var tags = regexp.MustCompile(`<[^>]*>`)

// text returns the text of a page, without tags and with single blanks.
func (a answer) text() string {
	_, main, _ := strings.Cut(a.body, "<main")
	return strings.Join(strings.Fields(html.UnescapeString(tags.ReplaceAllString("<main"+main, " "))), " ")
}

func (v *visitor) get(path string) answer { v.Helper(); return v.do(http.MethodGet, path, nil) }

// post sends a form as a browser does, with the origin of the console.
func (v *visitor) post(path string, form url.Values) answer {
	v.Helper()
	return v.do(http.MethodPost, path, form)
}

func (v *visitor) do(method, path string, form url.Values) answer {
	v.Helper()
	r := httptest.NewRequest(method, v.URL+path, strings.NewReader(form.Encode()))
	r.RemoteAddr = "192.0.2.7:1234"
	if method == http.MethodPost {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("Origin", v.URL)
		r.Header.Set("Sec-Fetch-Site", "same-origin")
	}
	for name, values := range v.header {
		r.Header[name] = values
		if name == "Host" {
			r.Host = values[0]
		}
	}
	for _, c := range v.cookies {
		r.AddCookie(c)
	}
	w := httptest.NewRecorder()
	v.Config.Handler.ServeHTTP(w, r)
	for _, c := range w.Result().Cookies() {
		v.keep(c)
	}
	return answer{w.Result(), w.Body.String()}
}

func (v *visitor) keep(c *http.Cookie) {
	kept := v.cookies[:0]
	for _, old := range v.cookies {
		if old.Name != c.Name {
			kept = append(kept, old)
		}
	}
	if c.MaxAge >= 0 {
		kept = append(kept, c)
	}
	v.cookies = kept
}

// token returns the token of a form of a page.
func (v *visitor) token(page, action string) string {
	v.Helper()
	body := v.get(page).body
	_, form, ok := strings.Cut(body, `action="`+action+`"`)
	require.True(v, ok, "no form for %s in %s", action, body)
	return regexp.MustCompile(`name="token" value="([^"]+)"`).FindStringSubmatch(form)[1]
}

// submits sends a form of a page.
func (v *visitor) submits(page, action string, fields ...string) answer {
	v.Helper()
	form := url.Values{"token": {v.token(page, action)}}
	for i := 0; i < len(fields); i += 2 {
		form.Set(fields[i], fields[i+1])
	}
	return v.post(action, form)
}
