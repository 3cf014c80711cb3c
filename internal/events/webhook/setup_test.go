package webhook

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"dixa-mcp/dixaclient"
	"dixa-mcp/internal/events"
	"dixa-mcp/internal/events/sqlitestore"
	"dixa-mcp/internal/offline"
)

const here = "https://mcp.example.com" + Path

// desk is an organization at the offline Dixa.
type desk struct {
	*Manager
	t       *testing.T
	dir     string
	changes int  // requests that change something
	broken  bool // such requests fail
}

func newDesk(t *testing.T) *desk {
	d := &desk{t: t, dir: t.TempDir()}
	dixa := offline.New(offline.Options{})
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodGet {
			d.changes++
			if d.broken {
				w.WriteHeader(http.StatusBadRequest)
				return
			}
		}
		dixa.ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)
	client, err := dixaclient.New(dixaclient.Config{URL: server.URL, Token: dixaclient.StaticToken("offline"), Rate: 1000, Burst: 1000})
	require.NoError(t, err)
	t.Cleanup(client.Close)
	d.Manager = &Manager{Client: client, Secrets: In(d.dir), API: api, Now: time.Now}
	return d
}

func (d *desk) setup(url string, rotate bool) *Plan {
	d.t.Helper()
	p, err := d.Plan(d.t.Context(), Wanted{URL: url, Rotate: rotate})
	require.NoError(d.t, err)
	require.NoError(d.t, p.Apply(d.t.Context()))
	return p
}

// done fails the test unless nothing is left to do.
func (d *desk) done(url string) {
	d.t.Helper()
	p, err := d.Plan(d.t.Context(), Wanted{URL: url})
	require.NoError(d.t, err)
	require.Empty(d.t, p.Changes)
	before := d.changes
	require.NoError(d.t, p.Apply(d.t.Context()))
	require.Equal(d.t, before, d.changes)
}

// live returns our subscription as Dixa has it.
func (d *desk) live(id string) *subscribed {
	d.t.Helper()
	all, err := d.list(d.t.Context())
	require.NoError(d.t, err)
	for _, s := range all {
		if string(s.ID) == id {
			return &s
		}
	}
	return nil
}

// accepts reports whether a receiver accepts what Dixa sends for a subscription.
func (d *desk) accepts(s *subscribed) bool {
	d.t.Helper()
	store := sqlitestore.Open(d.dir, sqlitestore.Options{})
	defer store.Close()
	body := payload(1)
	r := httptest.NewRequest(http.MethodPost, Path, strings.NewReader(body))
	for name, value := range s.Headers {
		r.Header.Set(name, value)
	}
	r.Header.Set("X-DIXA-SUBSCRIPTION-ID", string(s.ID))
	r.Header.Set("X-DIXA-SIGNATURE", signature(s.SecretKey, time.Now(), body))
	w := httptest.NewRecorder()
	New(Config{Secrets: In(d.dir), API: api, Put: store.Put}).ServeHTTP(w, r)
	return w.Code == http.StatusOK
}

func (d *desk) update(in dixaclient.UpdateWebhookIn) {
	d.t.Helper()
	_, err := dixaclient.UpdateWebhook.Do(d.t.Context(), d.Client, in)
	require.NoError(d.t, err)
}

// A subscription is made once, with the events that agents need; a receiver accepts what it sends.
func TestSetup(t *testing.T) {
	d := newDesk(t)
	p := d.setup(here, false)
	require.Len(t, p.Changes, 1)
	require.Equal(t, 2, d.changes, "made disabled, then enabled")
	s := d.live(p.ID)
	require.True(t, s.Enabled)
	require.Equal(t, here, s.URL)
	require.Equal(t, Name, s.Name)
	require.ElementsMatch(t, events.Needed(), s.SubscribedEvents)
	require.True(t, d.accepts(s))
	d.done(here)
	text, err := os.ReadFile(filepath.Join(d.dir, FileName))
	require.NoError(t, err)
	_, token, _ := strings.Cut(s.Headers["Authorization"], " ")
	require.NotEmpty(t, token)
	require.False(t, bytes.Contains(text, []byte(token)))
}

// Whatever was changed is repaired, and what people chose stays.
func TestRepair(t *testing.T) {
	d := newDesk(t)
	p := d.setup(here, false)
	id := dixaclient.WebhookRef{WebhookSubscriptionID: dixaclient.UUID(p.ID)}
	elsewhere, off := "https://old.example.com/x", false
	filter := dixaclient.WebhookSettings{Filters: []dixaclient.WebhookFilter{{Field: "InitialChannel", Operator: "IsOneOf", Values: []string{"email"}}}}
	for name, c := range map[string]struct {
		change dixaclient.UpdateWebhookIn
		want   string
	}{
		"address":  {dixaclient.UpdateWebhookIn{URL: &elsewhere}, "send to " + here + " instead of " + elsewhere},
		"events":   {dixaclient.UpdateWebhookIn{Events: dixaclient.Set[dixaclient.WebhookEvent]{"TypingStarted", "ConversationOpen"}}, "add the events ConversationCreated, "},
		"disabled": {dixaclient.UpdateWebhookIn{WebhookSettings: dixaclient.WebhookSettings{Enabled: &off}}, "enable it"},
		"token":    {dixaclient.UpdateWebhookIn{Authorization: "TokenAuth", WebhookSettings: dixaclient.WebhookSettings{Token: "another"}}, "set a new bearer token"},
		"no token": {dixaclient.UpdateWebhookIn{Authorization: "NoAuth"}, "set a new bearer token"},
		"filter":   {dixaclient.UpdateWebhookIn{WebhookSettings: filter}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			c.change.WebhookRef = id
			d.update(c.change)
			planned, err := d.Plan(t.Context(), Wanted{URL: here})
			require.NoError(t, err)
			if c.want != "" {
				require.Len(t, planned.Changes, 1)
				require.Contains(t, planned.Changes[0], c.want)
				st, err := d.Status(t.Context())
				require.NoError(t, err)
				if name != "address" { // the status does not know which address is wanted
					require.Contains(t, st.Problems[0].What, strings.TrimSuffix(c.want, ", "))
				}
			}
			require.NoError(t, planned.Apply(t.Context()))
			d.done(here)
			require.True(t, d.accepts(d.live(p.ID)))
		})
	}
	require.Contains(t, d.live(p.ID).SubscribedEvents, dixaclient.WebhookEvent("TypingStarted"))

	require.NoError(t, os.Remove(filepath.Join(d.dir, FileName))) // the state directory was lost
	again := d.setup(here, false)
	require.Equal(t, p.ID, again.ID, "found by its address")
	require.True(t, d.accepts(d.live(p.ID)))
	d.done(here)

	require.NoError(t, d.delete(t.Context(), p.ID)) // somebody deleted it in Dixa
	st, err := d.Status(t.Context())
	require.NoError(t, err)
	require.Contains(t, st.Problems[0].What, "no subscription")
	made := d.setup(here, false)
	require.NotEqual(t, p.ID, made.ID)
	require.Len(t, made.Changes, 2)
	require.True(t, d.accepts(d.live(made.ID)))
	stored, err := d.Secrets.Subscriptions()
	require.NoError(t, err)
	require.Len(t, stored, 1)
}

// A setup that fails in between is completed by the next one, and what was valid stays valid.
func TestSetupFails(t *testing.T) {
	d := newDesk(t)
	d.broken = true
	p, err := d.Plan(t.Context(), Wanted{URL: here})
	require.NoError(t, err)
	require.Error(t, p.Apply(t.Context()))
	stored, err := d.Secrets.Subscriptions()
	require.NoError(t, err)
	require.Empty(t, stored)
	d.broken = false
	p = d.setup(here, false)
	old := d.live(p.ID)
	d.update(dixaclient.UpdateWebhookIn{WebhookRef: dixaclient.WebhookRef{WebhookSubscriptionID: old.ID}, Authorization: "NoAuth"})
	d.broken = true
	p, err = d.Plan(t.Context(), Wanted{URL: here})
	require.NoError(t, err)
	require.Error(t, p.Apply(t.Context()))
	require.True(t, d.accepts(old), "a delivery that was on its way")
	d.broken = false
	d.setup(here, false)
	d.done(here)
	require.True(t, d.accepts(d.live(p.ID)))
}

// A rotation replaces the subscription; what the old one sent is accepted for a day.
func TestRotate(t *testing.T) {
	d := newDesk(t)
	first := d.setup(here, true)
	old := d.live(first.ID)
	second := d.setup(here, true)
	require.NotEqual(t, first.ID, second.ID)
	require.Nil(t, d.live(first.ID))
	require.True(t, d.accepts(d.live(second.ID)))
	require.True(t, d.accepts(old))
	d.done(here)
	past := d.Now
	d.Now = func() time.Time { return past().Add(-2 * Tolerance) } // the rotation was two days ago
	third := d.setup(here, true)
	d.Now = past
	require.False(t, d.accepts(&subscribed{Webhook: dixaclient.Webhook{ID: dixaclient.UUID(second.ID)}, SecretKey: secret, Headers: old.Headers}))
	require.True(t, d.accepts(d.live(third.ID)))
	stored, err := d.Secrets.Subscriptions()
	require.NoError(t, err)
	d.setup(here, true)
	after, err := d.Secrets.Subscriptions()
	require.NoError(t, err)
	require.LessOrEqual(t, len(after), len(stored), "those that are no longer valid are forgotten")
}

// Removing deletes at Dixa what was made here, and nothing else.
func TestRemove(t *testing.T) {
	d := newDesk(t)
	others, err := d.list(t.Context())
	require.NoError(t, err)
	p := d.setup(here, false)
	ids, err := d.Ours()
	require.NoError(t, err)
	require.Equal(t, []string{p.ID}, ids)
	s := d.live(p.ID)
	require.NoError(t, d.Remove(t.Context()))
	left, err := d.list(t.Context())
	require.NoError(t, err)
	require.Equal(t, others, left)
	require.False(t, d.accepts(s))
	require.NoFileExists(t, filepath.Join(d.dir, FileName))
	require.NoError(t, d.Remove(t.Context()))
}

// The subscriptions of two Dixas are not mixed.
func TestAnotherDixa(t *testing.T) {
	d := newDesk(t)
	d.setup(here, false)
	d.API = "http://127.0.0.1:1"
	_, err := d.Plan(t.Context(), Wanted{URL: here})
	require.ErrorIs(t, err, ErrAnotherDixa)
	_, err = d.Status(t.Context())
	require.ErrorIs(t, err, ErrAnotherDixa)
	require.ErrorIs(t, d.Remove(t.Context()), ErrAnotherDixa)
	d.API = api
	d.done(here)
}

// The status says which deliveries fail, and what to do.
func TestStatus(t *testing.T) {
	d := newDesk(t)
	p := d.setup(here, false)
	st, err := d.Status(t.Context())
	require.NoError(t, err)
	require.Equal(t, p.ID, st.ID)
	require.True(t, st.Enabled)
	require.Empty(t, st.Problems)
	require.Len(t, st.Events, len(events.Needed()))
	_, err = dixaclient.AddNote.Do(t.Context(), d.Client, dixaclient.AddNoteIn{ConversationRef: dixaclient.ConversationRef{ConversationID: 1234}, Message: "x"}) // the offline Dixa reaches no other machine
	require.NoError(t, err)
	st, err = d.Status(t.Context())
	require.NoError(t, err)
	require.Len(t, st.Problems, 1)
	require.Contains(t, st.Problems[0].What, "ConversationNoteAdded was answered with nothing")
	require.Contains(t, st.Problems[0].Do, "firewall")
	for code, want := range map[int]string{403: "clock", 404: "--webhooks", 401: "sign-in", 302: "redirect", 429: "log", 503: "stored", 500: "logs"} {
		require.Contains(t, advice(code, "setup"), want)
	}
}
