package notify

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"dixa-mcp/internal/approval"
	"dixa-mcp/internal/approval/approvaltest"
	"dixa-mcp/internal/base/address"
	"dixa-mcp/internal/capability"
	"dixa-mcp/internal/test/clock"
)

const rules = `version: 1
approvers:
  anna.holm: {key_sha256: 2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae, may: [send]}
  joe.castel: {key_sha256: fcde2b2edba56bf408601fb721fe9b5c338d10ee429ea04fae5511b68fbf8fb9, may: [send]}
  eva.lind: {key_sha256: 21f58d27f827d295ffcd860c65045685e3baf1ad4506caa0140113b316647534, may: [send]} # nobody asks her
agents:
  support: {acts_as: c2a1d9e8-7b6a-4d5c-8e9f-001122334455, allow: [send_message], confirm: {send: {approvers: [anna.holm], after: 2h, to: [joe.castel]}}}
`

// hook is a webhook, with what it got and how it answers.
type hook struct {
	t       *testing.T
	clock   clock.Clock
	store   *approval.Dir
	path    string
	config  Config
	log     strings.Builder
	mu      sync.Mutex
	got     []*http.Request
	bodies  []string
	answers []int // then 200
}

func newHook(t *testing.T) *hook {
	h := &hook{t: t, path: filepath.Join(t.TempDir(), "approvals")}
	h.store = approval.NewDir(h.path, h.clock.Now)
	r, err := capability.Parse("f", []byte(rules))
	require.NoError(t, err)
	server := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		h.mu.Lock()
		defer h.mu.Unlock()
		h.got, h.bodies = append(h.got, r), append(h.bodies, string(body))
		if len(h.answers) > 0 {
			if h.answers[0] == http.StatusFound {
				w.Header().Set("Location", "/elsewhere")
			}
			w.WriteHeader(h.answers[0])
			h.answers = h.answers[1:]
		}
	}))
	t.Cleanup(server.Close)
	client := server.Client()
	client.CheckRedirect = publicClient().CheckRedirect
	h.config = Config{
		URL: server.URL + "/T000/secret-path", Form: JSON, Store: h.store, Rules: func() *capability.Rules { return r }, Now: h.clock.Now, HTTP: client,
		Sleep: func(context.Context, time.Duration) error { return nil }, Log: slog.New(slog.NewTextHandler(&h.log, nil)),
	}
	return h
}

func (h *hook) look(c Config) {
	n, err := New(c)
	require.NoError(h.t, err)
	require.NoError(h.t, n.Look(h.t.Context()))
}

func (h *hook) park(conversation int64) approval.Request {
	r := approvaltest.Request(h.t, conversation)
	r.Confirm, r.Widens, r.Text, r.Person = "send", 2*time.Hour, "Dear <Anna>,\nyour secret refund\u202e", "emma@example.com"
	parked, err := h.store.Park(h.t.Context(), r)
	require.NoError(h.t, err)
	return parked
}

// People are told once that a call waits, and once that nobody decided in time, by whichever process; never customers' text.
func TestNotify(t *testing.T) {
	h := newHook(t)
	h.config.Secret, h.config.Console = []byte(strings.Repeat("k", 32)), "https://console.example.com/"
	r := h.park(1234)
	for range 3 {
		h.look(h.config)
	}
	require.Len(t, h.bodies, 1)
	var said Notification
	require.NoError(t, json.Unmarshal([]byte(h.bodies[0]), &said))
	require.Equal(t, Notification{
		Event: "approval.waiting", Number: r.Number, Agent: "support", Person: "emma@example.com", Tool: "send_message", Level: "send", Conversation: 1234,
		Created: r.Created, Expires: r.Expires, Approvers: []string{"anna.holm"}, URL: "https://console.example.com/requests/" + r.Number,
	}, said)
	require.NotContains(t, h.bodies[0], "secret")
	at := h.got[0].Header.Get(TimestampHeader)
	require.Equal(t, "v1="+Sign(h.config.Secret, at, []byte(h.bodies[0])), h.got[0].Header.Get(SignatureHeader))
	require.Equal(t, []string{"POST", "application/json"}, []string{h.got[0].Method, h.got[0].Header.Get("Content-Type")})

	h.clock.Advance(2 * time.Hour)
	h.look(h.config)
	h.look(h.config)
	require.Len(t, h.bodies, 2)
	require.Contains(t, h.bodies[1], `"event":"approval.escalated"`)
	require.Contains(t, h.bodies[1], `"approvers":["anna.holm","joe.castel"]`)
	_, err := h.store.Decide(t.Context(), h.park(1235).Number, approval.Verdict{Approve: true, Approver: "anna.holm", KeyID: "2c26b46b"})
	require.NoError(t, err)
	draft := approvaltest.Request(t, 1236)
	draft.Draft = "D-7K2Q"
	_, err = h.store.Park(t.Context(), draft)
	require.NoError(t, err)
	h.look(h.config)
	require.Len(t, h.bodies, 2, "what is decided, and drafts")
}

// Several servers notify once.
func TestNotifyOnce(t *testing.T) {
	h := newHook(t)
	for i := range 5 {
		h.park(int64(i + 1))
	}
	var all sync.WaitGroup
	for range 4 {
		c := h.config
		c.Store = approval.NewDir(h.path, h.clock.Now)
		all.Go(func() {
			n, err := New(c)
			if err == nil {
				err = n.Look(context.Background())
			}
			if err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	require.Len(t, h.bodies, 5)
}

// Texts are told only where that is configured, with invisible characters shown; in Slack nothing of them is markup.
func TestNotifyWithText(t *testing.T) {
	h := newHook(t)
	h.config.Form, h.config.Console = Slack, "https://console.example.com"
	r := h.park(1234)
	h.look(h.config)
	var said struct{ Text string }
	require.NoError(t, json.Unmarshal([]byte(h.bodies[0]), &said))
	require.Equal(t, "<https://console.example.com/requests/"+r.Number+"|"+r.Number+"> waits for approval: support for emma@example.com wants to use send_message in conversation 1234. Asked: anna.holm. Expires 2 March 12:00 UTC.", said.Text)
	h.config.Text = true
	h.park(1235)
	h.look(h.config)
	require.NoError(t, json.Unmarshal([]byte(h.bodies[1]), &said))
	require.Contains(t, said.Text, "\n>Dear &lt;Anna&gt;,\n>your secret refund&lt;U+202E&gt;")
	h.config.Form = JSON
	h.park(1236)
	h.look(h.config)
	require.Contains(t, h.bodies[2], "your secret refund")
}

// A webhook that fails gets a few attempts, and then the log says so, without the address; a redirect is not followed.
func TestNotifyFails(t *testing.T) {
	for name, c := range map[string]struct {
		answers  []int
		requests int
		logged   string
	}{
		"once":         {[]int{503}, 2, ""},
		"always":       {[]int{503, 500, 429, 503}, 3, "after 3 attempts"},
		"for good":     {[]int{404, 200}, 1, "status 404"},
		"by redirects": {[]int{302, 200}, 1, "status 302"},
	} {
		t.Run(name, func(t *testing.T) {
			h := newHook(t)
			h.answers = c.answers
			h.park(1)
			h.look(h.config)
			require.Len(t, h.bodies, c.requests)
			require.Contains(t, h.log.String(), c.logged)
			require.Equal(t, c.logged == "", h.log.Len() == 0, h.log.String())
			require.NotContains(t, h.log.String(), "secret-path")
		})
	}
}

// Only https to the public internet is reached.
func TestNotifyWhere(t *testing.T) {
	h := newHook(t)
	for _, wrong := range []string{"", "http://example.com/x", "https://", "https://user:pw@example.com/", "https://example.com/#x", "https://example.com:8443/x", "ftp://example.com", "://"} {
		c := h.config
		c.URL, c.HTTP = wrong, nil
		_, err := New(c)
		require.Error(t, err, wrong)
		if wrong != "" {
			require.NotContains(t, err.Error(), "example.com")
		}
	}
	for _, private := range []string{"https://127.0.0.1/x", "https://10.0.0.1/x", "https://169.254.169.254/latest", "https://[::1]/x", "https://localhost/x"} {
		c := h.config
		c.URL, c.HTTP = private, nil
		n, err := New(c)
		require.NoError(t, err)
		again, err := n.post(t.Context(), []byte("{}"))
		require.ErrorIs(t, err, address.ErrNotPublic, private)
		require.False(t, again)
	}
}

// Run ends with its context, also between attempts, and one look sends a bounded number.
func TestNotifyEnds(t *testing.T) {
	h := newHook(t)
	for i := range mostAtOnce + 3 {
		h.park(int64(i + 1))
	}
	ctx, cancel := context.WithCancel(t.Context())
	looks := 0
	h.config.Sleep = func(ctx context.Context, d time.Duration) error {
		require.Equal(t, every, d)
		if looks++; looks == 1 {
			require.Len(t, h.bodies, mostAtOnce)
			return nil
		}
		cancel()
		return errors.New("ended")
	}
	n, err := New(h.config)
	require.NoError(t, err)
	n.Run(ctx)
	require.Len(t, h.bodies, mostAtOnce+3)
}

// The signature is what docs/approvals.md says: printf '%s.%s' 1796031271 "$body" | openssl dgst -sha256 -hmac "$secret".
func TestSign(t *testing.T) {
	require.Equal(t, "1955a9431fa13f059ad59c999d00d1bbec4850ff44ae56b5bc662d76196505ce",
		Sign([]byte(strings.Repeat("k", 32)), "1796031271", []byte(`{"event":"approval.waiting"}`)))
}

// Whatever is in it, a message for Slack has no markup but its own link.
func TestSlackMarkup(t *testing.T) {
	const hostile = "<!channel> & *bold* ~struck~ `code`"
	w := Notification{Event: "approval.escalated", Number: hostile, Agent: hostile, Person: hostile, Tool: hostile, Approvers: []string{hostile}, Effect: hostile, Text: hostile + "\n" + hostile,
		Expires: time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC), URL: "https://console.example.com/requests/A-7K2Q"}
	const shown = "&lt;!channel&gt; &amp; ∗bold∗ ∼struck∼ ˋcodeˋ"
	require.Equal(t, "Nobody has decided yet. <https://console.example.com/requests/A-7K2Q|"+shown+"> waits for approval: "+shown+" for "+shown+" wants to use "+shown+
		". Asked: "+shown+". Expires 2 March 12:00 UTC.\n"+shown+"\n>"+shown+"\n>"+shown, w.slack())
	w = Notification{Number: "A-7K2Q", Agent: "support", Tool: "reply", Conversation: 7, Expires: w.Expires}
	require.Equal(t, "A-7K2Q waits for approval: support wants to use reply in conversation 7. Expires 2 March 12:00 UTC.", w.slack())
}

// What does not escalate does not say so, who is not asked is not named, and long texts are cut.
func TestNotifyNobodyElse(t *testing.T) {
	h := newHook(t)
	h.config.Text = true
	for name, c := range map[string]struct {
		confirm, level string
		want           []string
	}{
		"asks one":           {"send", "send", []string{"anna.holm"}},
		"a level of nobody":  {"send", "erase", []string{}},
		"an unknown level":   {"send", "shout", []string{}},
		"an agent that went": {"", "send", []string{}},
	} {
		h.clock.Advance(time.Second)
		r := approvaltest.Request(t, 1234)
		r.Confirm, r.Level, r.Created = c.confirm, c.level, h.clock.Now()
		r.Text, r.Effect = strings.Repeat("ø", mostText)+"cut", strings.Repeat("ø", mostText)+"cut"
		if c.confirm == "" {
			r.Agent = "gone"
		}
		n, err := New(h.config)
		require.NoError(t, err)
		body, err := n.body(r, false)
		require.NoError(t, err)
		var said Notification
		require.NoError(t, json.Unmarshal(body, &said))
		require.Equal(t, c.want, said.Approvers, name)
		require.Equal(t, strings.Repeat("ø", mostText)+"…", said.Text)
		require.NotContains(t, said.Effect, "cut")
	}
	_, err := h.store.Park(t.Context(), approvaltest.Request(t, 1234))
	require.NoError(t, err)
	h.clock.Advance(3 * time.Hour)
	h.look(h.config)
	h.look(h.config)
	require.Len(t, h.bodies, 1)
	h.config.Form = "xml"
	_, err = New(h.config)
	require.ErrorContains(t, err, "must be json or slack")
}

// broken is a store that fails.
type broken struct {
	*approval.Dir
	list, claim error
}

func (b broken) List(ctx context.Context, states ...approval.State) ([]approval.Request, error) {
	list, err := b.Dir.List(ctx, states...)
	return list, errors.Join(err, b.list)
}

func (b broken) Claim(ctx context.Context, number string, escalated bool) (bool, error) {
	if b.claim != nil {
		return false, b.claim
	}
	return b.Dir.Claim(ctx, number, escalated)
}

// What cannot be read or claimed is said, and what can be is told all the same; nobody is told after the end, and no error has the address.
func TestNotifyTroubles(t *testing.T) {
	h := newHook(t)
	h.park(1)
	config := h.config
	config.Store = broken{h.store, errors.New("one is unreadable"), nil}
	n, err := New(config)
	require.NoError(t, err)
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	require.ErrorContains(t, n.Look(ended), "one is unreadable")
	require.Empty(t, h.bodies)
	require.ErrorContains(t, n.Look(t.Context()), "one is unreadable")
	require.Len(t, h.bodies, 1)

	h.park(2)
	for claim, says := range map[error]string{errors.New("disk full"): "disk full", approval.ErrNotFound: ""} {
		config.Store = broken{h.store, nil, claim}
		n, err = New(config)
		require.NoError(t, err)
		if err = n.Look(t.Context()); says == "" {
			require.NoError(t, err)
		} else {
			require.ErrorContains(t, err, says)
		}
		require.Len(t, h.bodies, 1)
	}
	config.Store = broken{h.store, errors.New("disk full"), nil}
	config.Sleep = func(context.Context, time.Duration) error { return errors.New("ended") }
	n, err = New(config)
	require.NoError(t, err)
	n.Run(t.Context())
	require.Contains(t, h.log.String(), "disk full")

	h.answers = []int{503, 503, 503}
	from := len(h.bodies)
	h.park(3)
	n.Run(t.Context())
	require.Len(t, h.bodies, from+1, "the program ended between two attempts")
	h.answers = nil

	config.URL = "https://127.0.0.1:1/T000/secret-path"
	config.HTTP.Transport = &http.Transport{DialContext: func(context.Context, string, string) (net.Conn, error) { return nil, errors.New("no route") }}
	config.Sleep = h.config.Sleep
	config.Store = h.store
	h.park(4)
	h.look(config)
	require.Contains(t, h.log.String(), "no route")
	require.NotContains(t, h.log.String(), "secret-path")
}
