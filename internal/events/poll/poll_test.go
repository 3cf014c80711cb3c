package poll

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"dixa-mcp/dixaclient"
	"dixa-mcp/internal/events"
	"dixa-mcp/internal/events/sqlitestore"
	"dixa-mcp/internal/offline"
)

// office is an offline Dixa, and an inbox that reads its log.
type office struct {
	t      *testing.T
	dixa   *offline.Dixa
	client *dixaclient.Client
	now    time.Time
}

func newOffice(t *testing.T) *office {
	o := &office{t: t, now: time.Date(2026, 3, 2, 10, 0, 0, 0, time.UTC)}
	now := func() time.Time { return o.now }
	o.dixa = offline.New(offline.Options{Anchor: o.now.Add(-10 * time.Hour), Now: now})
	hc, stop := o.dixa.Client()
	t.Cleanup(stop)
	var err error
	o.client, err = dixaclient.New(dixaclient.Config{Token: dixaclient.StaticToken("token"), URL: offline.URL, Transport: hc.Transport, Rate: 1e6, Burst: 1000})
	require.NoError(t, err)
	return o
}

func (o *office) open(dir string) *Inbox {
	in := events.NewInbox(sqlitestore.Open(dir, sqlitestore.Options{Now: func() time.Time { return o.now }}))
	p := New(in, o.client, func() time.Time { return o.now })
	o.t.Cleanup(func() { p.Close(); require.NoError(o.t, in.Close()) })
	return p
}

func (o *office) polls() (n int) {
	for _, r := range o.dixa.Requests() {
		if r.Method == http.MethodGet && r.Path == "/v1/conversations/activitylog" {
			n++
		}
	}
	return n
}

// writes records a message of the customer.
func (o *office) writes(conversation int64, text string) {
	o.t.Helper()
	in := dixaclient.RecordMessageIn{ConversationRef: dixaclient.ConversationRef{ConversationID: conversation}}
	in.Text = text
	_, err := dixaclient.RecordMessage.Do(context.Background(), o.client, in)
	require.NoError(o.t, err)
}

func types(p events.Page) (all []dixaclient.WebhookEvent) {
	for _, e := range p.Events {
		all = append(all, e.Type)
	}
	return all
}

// What happens is in the inbox once, without texts, however often the log is read, and Dixa is not asked more often than every 10 seconds.
func TestPoll(t *testing.T) {
	o := newOffice(t)
	dir := t.TempDir()
	p := o.open(dir)
	end, err := p.End(t.Context())
	require.NoError(t, err)
	require.Equal(t, 1, o.polls())
	o.now = o.now.Add(3 * time.Second)
	o.writes(1234, "a secret text")
	page, err := p.List(t.Context(), end, 100)
	require.NoError(t, err)
	require.Empty(t, page.Events)
	require.Equal(t, 1, o.polls())
	o.now = o.now.Add(Every)
	page, err = p.List(t.Context(), end, 100)
	require.NoError(t, err)
	require.Contains(t, types(page), dixaclient.WebhookEvent("ConversationMessageAdded"))
	e := page.Events[0]
	require.Equal(t, int64(1234), e.Conversation)
	require.Equal(t, "inbound", e.Fields.MessageSide)
	require.NotEmpty(t, e.Fields.Message)
	text, err := json.Marshal(page)
	require.NoError(t, err)
	require.NotContains(t, string(text), "secret")
	n := len(page.Events)

	o.now = o.now.Add(Every)
	_, err = dixaclient.CloseConversation.Do(t.Context(), o.client, dixaclient.CloseConversationIn{ConversationRef: dixaclient.ConversationRef{ConversationID: 1234}})
	require.NoError(t, err)
	o.now = o.now.Add(time.Hour) // the process is not there
	again := o.open(dir)
	page, err = again.List(t.Context(), end, 100)
	require.NoError(t, err)
	require.Contains(t, types(page)[n:], dixaclient.WebhookEvent("ConversationClosed"))
	require.NotContains(t, types(page)[n:], dixaclient.WebhookEvent("ConversationMessageAdded"), "nothing twice")
}

// A wait reads the log; nobody who waits, no request. What fails is tried again and loses nothing.
func TestWaitPolls(t *testing.T) {
	o := newOffice(t)
	p := o.open(t.TempDir())
	end, err := p.End(t.Context())
	require.NoError(t, err)
	o.now = o.now.Add(Every + time.Second)
	o.dixa.Inject(offline.Fault{Kind: offline.Forbidden, Times: 1})
	_, err = p.List(t.Context(), end, 1)
	require.NoError(t, err, "what is there can be read")
	before := o.polls()
	o.now = o.now.Add(Every + time.Second)
	o.writes(1234, "hello")
	found, err := p.Wait(t.Context(), end, func(_ context.Context, e events.Event) (bool, error) { return e.Conversation == 1234, nil })
	require.NoError(t, err)
	require.Equal(t, dixaclient.WebhookEvent("ConversationMessageAdded"), found.Event.Type)
	require.Equal(t, before+1, o.polls())
}

// Of two processes with one inbox, one polls, and each goes on where the other one ended.
func TestOnePolls(t *testing.T) {
	o := newOffice(t)
	dir := t.TempDir()
	a, b := o.open(dir), o.open(dir)
	end, err := a.End(t.Context())
	require.NoError(t, err)
	_, err = b.List(t.Context(), end, 1)
	require.NoError(t, err)
	require.Equal(t, 1, o.polls())
	o.now = o.now.Add(time.Hour)
	o.writes(1234, "hello")
	o.now = o.now.Add(time.Second)
	page, err := b.List(t.Context(), end, 10)
	require.NoError(t, err)
	require.Contains(t, types(page), dixaclient.WebhookEvent("ConversationMessageAdded"))
	_, err = a.List(t.Context(), end, 10)
	require.NoError(t, err)
	require.Equal(t, 2, o.polls())
	o.now = o.now.Add(Every)
	_, err = a.List(t.Context(), end, 10)
	require.NoError(t, err)
	require.Equal(t, 3, o.polls())
	last := o.dixa.Requests()[len(o.dixa.Requests())-1]
	require.Contains(t, last.Query, url.QueryEscape(o.now.Add(-Every-overlap).Format("2006-01-02T15:04:05")), "from where the other one ended")
}

// A call that ends while another one reads the log does not wait for that.
func TestPollDoesNotHoldCalls(t *testing.T) {
	p := newOffice(t).open(t.TempDir())
	p.reading <- struct{}{}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := p.List(ended, "", 1)
	require.ErrorIs(t, err, context.Canceled)
	<-p.reading
}

// Each type that the table names for the log is one of the log's documented types.
func TestEveryEntryIsOneEvent(t *testing.T) {
	n := 0
	for _, info := range events.Types {
		n += len(info.Log)
	}
	require.Len(t, byLog, n, "no entry is two events")
	_, ok := fromLog(&dixaclient.ActivityEntry{ID: "x", Type: "FollowupAdded", ConversationID: 1, ActivityTimestamp: dixaclient.Time{Time: time.Now()}})
	require.False(t, ok)
}
