package admin

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"dixa-mcp/internal/approval"
	"dixa-mcp/internal/approval/approvaltest"
	"dixa-mcp/internal/audit"
	"dixa-mcp/internal/capability"
	"dixa-mcp/internal/freeze"
	"dixa-mcp/internal/test/clock"
)

const (
	file = `version: 1
approvers:
  anna.holm: {key_sha256: 2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae, may: [send]}   # of "foo"
  joe: {key_sha256: fcde2b2edba56bf408601fb721fe9b5c338d10ee429ea04fae5511b68fbf8fb9, may: [erase]}        # of "bar"
agents:
  support: {acts_as: c2a1d9e8-7b6a-4d5c-8e9f-001122334455, allow: [send_message], confirm: {send: approver}, keys: [{id: support-1, sha256: d55057e95b319324840c0ebe01b65741a1aae29783ef475242531a7a458049cc}]} # of "dixa-mcp-agent-key"
`
	failuresMost = 10 // invalid keys in a minute
	adminKey     = "0123456789abcdef0123456789abcdef"
)

// office is an admin port with what is behind it.
type office struct {
	*testing.T
	http.Handler
	clock   clock.Clock
	store   *approval.Dir
	freezes freeze.Dir
	rules   *capability.Rules
	records []audit.Record
	refuse  error // to record
	log     strings.Builder
}

func newOffice(t *testing.T, change ...func(*Config)) *office {
	o := &office{T: t, freezes: freeze.Dir(filepath.Join(t.TempDir(), "frozen"))}
	o.store = approval.NewDir(filepath.Join(t.TempDir(), "approvals"), o.clock.Now)
	o.govern(file)
	keyFile := filepath.Join(t.TempDir(), "admin.key")
	require.NoError(t, os.WriteFile(keyFile, []byte(adminKey+"\n"), 0o600))
	key, err := ReadKey("admin", keyFile)
	require.NoError(t, err)
	c := Config{
		Rules: func() *capability.Rules { return o.rules }, Approvals: o.store, Freezes: o.freezes, Audit: o, Key: key,
		Metrics: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "metrics\n") }),
		Log:     slog.New(slog.NewTextHandler(&o.log, nil)), Now: o.clock.Now,
	}
	for _, f := range change {
		f(&c)
	}
	o.Handler = New(c)
	return o
}

func (o *office) govern(file string) {
	rules, err := capability.Parse("capabilities.yaml", []byte(file))
	require.NoError(o, err)
	o.rules = rules
}

func (o *office) Write(_ context.Context, r audit.Record) error {
	if o.refuse == nil {
		o.records = append(o.records, r)
	}
	return o.refuse
}

// ask makes a request with a key, and gives the status and the body.
func (o *office) ask(key, method, path, body string) (int, string) {
	r := httptest.NewRequest(method, "http://127.0.0.1:9090"+path, strings.NewReader(body))
	if key != "" {
		r.Header.Set("Authorization", "Bearer "+key)
	}
	w := httptest.NewRecorder()
	o.ServeHTTP(w, r)
	require.Equal(o, "no-store", w.Header().Get("Cache-Control"))
	require.Empty(o, w.Header().Get("Access-Control-Allow-Origin"))
	require.NotContains(o, w.Body.String(), adminKey)
	return w.Code, strings.TrimSpace(w.Body.String())
}

func (o *office) park(conversation int64) approval.Request {
	r, err := o.store.Park(o.Context(), approvaltest.Request(o, conversation))
	require.NoError(o, err)
	return r
}

func (o *office) state(number string) approval.State {
	r, err := o.store.Get(o.Context(), number)
	require.NoError(o, err)
	return r.State
}

func TestOnlyTheRightKeyOpens(t *testing.T) {
	o := newOffice(t)
	number := o.park(1234).Number
	operators := []string{"GET /metrics", "GET /freezes", "PUT /freezes", "PUT /freezes/support", "DELETE /freezes", "DELETE /freezes/support"}
	approvers := []string{"GET /approvals", "GET /approvals/" + number, "POST /approvals/" + number + "/approve", "POST /approvals/" + number + "/deny"}
	wrong := func(route string, keys ...string) {
		method, path, _ := strings.Cut(route, " ")
		for _, key := range keys {
			o.clock.Advance(time.Minute)
			status, body := o.ask(key, method, path, "")
			require.Equal(t, http.StatusUnauthorized, status, "%s %q", route, key)
			require.Contains(t, body, "this requires a valid key")
			require.NotContains(t, body, "Anna")
		}
	}
	for _, route := range operators {
		wrong(route, "", "foo", "dixa-mcp-agent-key", adminKey[1:], adminKey+"x", strings.ToUpper(adminKey))
	}
	for _, route := range approvers {
		wrong(route, "", adminKey, "baz", "dixa-mcp-agent-key", "2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae")
	}
	require.Empty(t, o.records)
	require.Equal(t, approval.Pending, o.state(number))

	o.govern(strings.Replace(file, "2c26b46b", "3c26b46b", 1))
	wrong("GET /approvals", "foo") // no longer in the file
}

func TestNothingElseIsHere(t *testing.T) {
	o := newOffice(t)
	for _, route := range []string{
		"GET /", "GET /approvals/", "POST /approvals", "GET /freezes/support", "POST /freezes", "DELETE /metrics", "GET /mcp", "GET //freezes",
		"GET /freezes/../metrics", "PUT /freezes/a/b", "GET /debug/pprof/", "OPTIONS /freezes",
	} {
		method, path, _ := strings.Cut(route, " ")
		status, body := o.ask(adminKey, method, path, "")
		require.Equal(t, http.StatusNotFound, status, route)
		require.Equal(t, `{"error":"there is nothing here"}`, body, route)
	}
}

func TestHostOfAPageElsewhere(t *testing.T) {
	o := newOffice(t, func(c *Config) { c.Hosts = []string{"dixa-admin.internal"} })
	for host, want := range map[string]int{
		"127.0.0.1:9090": 200, "127.0.0.1": 200, "[::1]:9090": 200, "[::1]": 200, "localhost:9090": 200, "LOCALHOST": 200, "10.1.2.3:80": 200,
		"dixa-admin.internal:9090": 200, "attacker.example:9090": 403, "attacker.example": 403, "127.0.0.1.attacker.example": 403, "localhost.attacker.example": 403, "": 403,
	} {
		r := httptest.NewRequest("GET", "/freezes", nil)
		r.Host = host
		r.Header.Set("Authorization", "bearer "+adminKey)
		w := httptest.NewRecorder()
		o.ServeHTTP(w, r)
		require.Equal(t, want, w.Code, host)
	}
}

func TestWrongKeysAreCounted(t *testing.T) {
	failed := map[int]int{}
	o := newOffice(t, func(c *Config) { c.Failed = func(status int) { failed[status]++ } })
	for range failuresMost {
		status, _ := o.ask("wrong", "GET", "/freezes", "")
		require.Equal(t, http.StatusUnauthorized, status)
	}
	for range 3 {
		status, body := o.ask("wrong", "GET", "/approvals", "")
		require.Equal(t, http.StatusTooManyRequests, status)
		require.Contains(t, body, "too many invalid keys")
	}
	require.Equal(t, 1, strings.Count(o.log.String(), "many invalid keys"), "said once")
	status, _ := o.ask(adminKey, "GET", "/freezes", "")
	require.Equal(t, http.StatusOK, status, "the operator is not kept out")

	r := httptest.NewRequest("GET", "http://localhost/freezes", nil)
	r.RemoteAddr = "192.0.2.7:4711"
	w := httptest.NewRecorder()
	o.ServeHTTP(w, r)
	require.Equal(t, http.StatusUnauthorized, w.Code, "another address")
	o.clock.Advance(time.Minute)
	status, _ = o.ask("wrong", "GET", "/freezes", "")
	require.Equal(t, http.StatusUnauthorized, status)
	require.Equal(t, map[int]int{http.StatusUnauthorized: failuresMost + 2, http.StatusTooManyRequests: 3}, failed)
}

func TestReadKey(t *testing.T) {
	short := filepath.Join(t.TempDir(), "short")
	require.NoError(t, os.WriteFile(short, []byte("  correct horse battery staple \n"), 0o600))
	_, err := ReadKey("admin", short)
	require.ErrorContains(t, err, "has fewer than 32 characters")
	require.NotContains(t, err.Error(), "horse")
	for _, kind := range []string{"agent", "approver", "auditor"} {
		other := filepath.Join(t.TempDir(), kind)
		require.NoError(t, os.WriteFile(other, []byte("dixa-mcp-"+kind+"-"+strings.Repeat("x", 43)), 0o600))
		_, err := ReadKey("admin", other)
		require.ErrorContains(t, err, "holds the key of an "+kind+", which must not open the admin port as well")
	}
	phrase := filepath.Join(t.TempDir(), "phrase")
	require.NoError(t, os.WriteFile(phrase, []byte("correct horse battery staple and one more"), 0o600))
	_, err = ReadKey("admin", phrase)
	require.ErrorContains(t, err, "characters that an Authorization header cannot carry")
	require.NotContains(t, err.Error(), "horse")
	_, err = ReadKey("admin", short+"x")
	require.ErrorIs(t, err, os.ErrNotExist)
}

func TestWhatIsNotThere(t *testing.T) {
	o := newOffice(t, func(c *Config) { c.Approvals, c.Freezes, c.Metrics = nil, nil, nil })
	for _, path := range []string{"/approvals", "/freezes", "/metrics"} {
		status, _ := o.ask(adminKey, "GET", path, "")
		require.Equal(t, http.StatusNotFound, status)
	}
}

func TestMetricsOpenWithoutAKey(t *testing.T) {
	o := newOffice(t, func(c *Config) { c.Key = nil })
	status, body := o.ask("", "GET", "/metrics", "")
	require.Equal(t, http.StatusOK, status)
	require.Equal(t, "metrics", body)
	status, body = o.ask("", "PUT", "/freezes", "")
	require.Equal(t, http.StatusForbidden, status)
	require.Contains(t, body, "without an admin key")
	o = newOffice(t)
	status, _ = o.ask(adminKey, "GET", "/metrics", "")
	require.Equal(t, http.StatusOK, status)
	o = newOffice(t, func(c *Config) { c.Metrics = nil })
	status, _ = o.ask(adminKey, "GET", "/metrics", "")
	require.Equal(t, http.StatusNotFound, status)
}

func TestFreezes(t *testing.T) {
	o := newOffice(t)
	at := clock.Start.UTC().Format(time.RFC3339Nano)
	for _, step := range []struct {
		route, body string
		status      int
		want        string
	}{
		{"GET /freezes", "", 200, `{"frozen":{}}`},
		{"PUT /freezes/support", `{"reason":"it sends <nonsense>"}`, 200, `{"by":"admin","at":"` + at + `","reason":"it sends <nonsense>"}`},
		{"PUT /freezes", "", 200, `{"by":"admin","at":"` + at + `"}`},
		{"GET /freezes", "", 200, `{"frozen":{"_all":{"by":"admin","at":"` + at + `"},"support":{"by":"admin","at":"` + at + `","reason":"it sends <nonsense>"}}}`},
		{"DELETE /freezes", "", 204, ""},
		{"DELETE /freezes", "", 404, `{"error":"there is no freeze of all agents"}`},
		{"DELETE /freezes/support", "", 204, ""},
		{"DELETE /freezes/support", "", 404, `{"error":"there is no freeze of agent support"}`},
	} {
		method, path, _ := strings.Cut(step.route, " ")
		status, body := o.ask(adminKey, method, path, step.body)
		require.Equal(t, step.status, status, step.route)
		require.Equal(t, step.want, body, step.route)
	}
	var told []string
	for _, r := range o.records {
		told = append(told, string(r.Event)+"/"+r.Agent+": "+r.Text)
		require.Len(t, r.Key, 8)
		require.Equal(t, o.rules.Digest(), r.FileDigest)
	}
	require.Equal(t, []string{"freeze/support: admin froze agent support", "freeze/: admin froze all agents", "thaw/: admin thawed all agents", "thaw/support: admin thawed agent support"}, told)
}

func TestFreezesRefuse(t *testing.T) {
	o := newOffice(t)
	for name, c := range map[string]struct {
		path, body string
		status     int
		want       string
	}{
		"no such agent": {"/freezes/suport", "", 404, "suport"},
		"no name":       {"/freezes/Support", "", 400, "is not the name of an agent"},
		"a path":        {"/freezes/..%2Fx", "", 404, "there is nothing here"},
		"all, by name":  {"/freezes/_all", "", 400, "is not the name of an agent"},
		"no JSON":       {"/freezes", "stop", 400, "the body must be"},
		"two":           {"/freezes", "{}{}", 400, "the body must be"},
		"more":          {"/freezes", `{"reason":"","by":"anna"}`, 400, "the body must be"},
		"long":          {"/freezes", `{"reason":"` + strings.Repeat("x", 1001) + `"}`, 400, "longer than 1,000"},
		"large":         {"/freezes", `{"reason":"` + strings.Repeat("x", maxBody) + `"}`, 413, "larger than 256 KiB"},
	} {
		t.Run(name, func(t *testing.T) {
			status, body := o.ask(adminKey, "PUT", c.path, c.body)
			require.Equal(t, c.status, status, body)
			require.Contains(t, body, c.want)
		})
	}
	marks, err := o.freezes.List(t.Context())
	require.NoError(t, err)
	require.Empty(t, marks)
	require.Empty(t, o.records)

	o.refuse = errors.New("the disk is full")
	status, body := o.ask(adminKey, "PUT", "/freezes/support", "")
	require.Equal(t, http.StatusServiceUnavailable, status)
	require.Equal(t, `{"error":"it is done, but could not be recorded; the log of dixa-mcp says why"}`, body)
	_, frozen := o.freezes.Frozen("support")
	require.True(t, frozen)
	require.Contains(t, o.log.String(), "the disk is full")
}

// The key for metrics opens metrics and nothing else, beside the admin key or without one.
func TestMetricsKey(t *testing.T) {
	const scrape = "fedcba9876543210fedcba9876543210"
	for _, admin := range []*Key{nil, MakeKey(adminKey)} {
		o := newOffice(t, func(c *Config) { c.Key, c.Scrape = admin, MakeKey(scrape) })
		number := o.park(1234).Number
		status, body := o.ask(scrape, http.MethodGet, "/metrics", "")
		require.Equal(t, http.StatusOK, status)
		require.Equal(t, "metrics", body)
		for _, key := range []string{"", "foo", scrape + "x", "dixa-mcp-agent-key"} {
			status, _ := o.ask(key, http.MethodGet, "/metrics", "")
			require.Equal(t, http.StatusUnauthorized, status, key)
		}
		status, _ = o.ask(adminKey, http.MethodGet, "/metrics", "")
		require.Equal(t, admin != nil, status == http.StatusOK)
		for _, route := range []string{"GET /freezes", "PUT /freezes", "DELETE /freezes/support", "GET /approvals", "GET /approvals/" + number, "POST /approvals/" + number + "/approve"} {
			o.clock.Advance(time.Minute)
			method, path, _ := strings.Cut(route, " ")
			status, _ := o.ask(scrape, method, path, "")
			require.Contains(t, []int{http.StatusUnauthorized, http.StatusForbidden}, status, route)
		}
		require.Empty(t, o.records)
	}
}
