package webhook

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"dixa-mcp/dixaclient"
	"dixa-mcp/internal/events"
	"dixa-mcp/internal/events/sqlitestore"
)

// bureau is a desk whose subscription reaches no server, with an inbox.
type bureau struct {
	*desk
	store  *sqlitestore.Store
	filler *Filler
	now    time.Time
	paused []time.Duration
	filled int
}

func newBureau(t *testing.T) *bureau {
	b := &bureau{desk: newDesk(t), now: time.Now()}
	b.setup(here, false)
	b.store = sqlitestore.Open(b.dir, sqlitestore.Options{Events: 5, Now: func() time.Time { return b.now }})
	t.Cleanup(func() { require.NoError(t, b.store.Close()) })
	b.filler = &Filler{Secrets: b.Secrets, API: api, Client: b.Client, Inbox: b.store, Log: slog.New(slog.DiscardHandler), Now: func() time.Time { return b.now },
		Count: func(o Outcome) {
			require.Equal(t, Filled, o)
			b.filled++
		},
		Pause: func(ctx context.Context, d time.Duration) error { b.paused = append(b.paused, d); return ctx.Err() }}
	return b
}

// happens makes something happen in a conversation.
func (b *bureau) happens(text string) {
	in := dixaclient.AddNoteIn{ConversationRef: dixaclient.ConversationRef{ConversationID: 1234}}
	in.Message = text
	_, err := dixaclient.AddNote.Do(b.t.Context(), b.Client, in)
	require.NoError(b.t, err)
}

func (b *bureau) fill() int {
	b.t.Helper()
	added, err := b.filler.Fill(b.t.Context())
	require.NoError(b.t, err)
	return added
}

func (b *bureau) listed() (ids []string) {
	p, err := b.store.List(b.t.Context(), "", 100)
	require.NoError(b.t, err)
	for _, e := range p.Events {
		require.Equal(b.t, int64(1234), e.Conversation)
		ids = append(ids, e.ID)
	}
	return ids
}

// log returns the payloads in the log, the oldest first.
func (b *bureau) log() (payloads []string) {
	all, err := b.Secrets.Subscriptions()
	require.NoError(b.t, err)
	a, err := dixaclient.ListWebhookDeliveries.Do(b.t.Context(), b.Client, dixaclient.ListWebhookDeliveriesIn{WebhookRef: dixaclient.WebhookRef{WebhookSubscriptionID: dixaclient.UUID(all[0].ID)}, Event: "ConversationNoteAdded"})
	require.NoError(b.t, err)
	for _, d := range a.Value {
		payloads = append([]string{d.Payload}, payloads...)
	}
	return payloads
}

// What was not received is found in the log, as it would have been received, and once, whatever of it comes before and after.
func TestFill(t *testing.T) {
	b := newBureau(t)
	require.Zero(t, b.fill())
	for _, text := range []string{"one", "two", "three"} {
		b.happens(text)
	}
	var sent []string
	for i, payload := range b.log() {
		e, err := events.Parse([]byte(payload))
		require.NoError(t, err)
		sent = append(sent, e.ID)
		if i == 1 { // this one was received
			_, err := b.store.Put(t.Context(), e)
			require.NoError(t, err)
		}
	}
	require.Equal(t, 2, b.fill())
	require.Equal(t, 2, b.filled)
	require.ElementsMatch(t, sent, b.listed())
	require.Contains(t, b.paused, fillPause)
	require.Zero(t, b.fill())
	p, err := b.store.List(t.Context(), "", 100)
	require.NoError(t, err)
	for _, payload := range b.log() { // Dixa tries again
		e, err := events.Parse([]byte(payload))
		require.NoError(t, err)
		added, err := b.store.Put(t.Context(), e)
		require.NoError(t, err)
		require.Zero(t, added)
		for _, one := range p.Events {
			if one.ID == e.ID {
				one.Received, one.Cursor = time.Time{}, ""
				require.Equal(t, e, one)
			}
		}
	}
}

// What was in the inbox and was removed does not come back, though its id is no longer known; what the inbox would still have is found.
func TestFillBringsNothingBack(t *testing.T) {
	b := newBureau(t)
	b.happens("one")
	require.Equal(t, 1, b.fill())
	for n := range 10 { // which remove it
		_, err := b.store.Put(t.Context(), events.Event{ID: payload(n), Type: "ConversationClosed", Time: b.now, Conversation: 1234})
		require.NoError(t, err)
	}
	for _, later := range []time.Duration{time.Hour, events.Known, time.Hour, events.Keep} {
		b.now = b.now.Add(later)
		require.Zero(t, b.fill(), later)
	}

	b = newBureau(t)
	b.happens("one")
	missed := b.log()
	b.now = b.now.Add(-2 * fillMargin)
	_, err := b.store.Put(t.Context(), events.Event{ID: "of before", Type: "ConversationClosed", Time: b.now, Conversation: 1234})
	require.NoError(t, err)
	b.now = b.now.Add(events.Keep - time.Hour) // longer than ids are known
	require.Equal(t, len(missed), b.fill())
}

// One of several servers looks, a failure is tried again, and nothing is looked for at another Dixa or for a subscription that is gone.
func TestFillInTurn(t *testing.T) {
	b := newBureau(t)
	b.happens("one")
	other := *b.filler
	turn := func(f *Filler, while time.Duration, want bool) {
		mine, err := f.fillOnce(t.Context(), while)
		require.NoError(t, err)
		require.Equal(t, want, mine)
	}
	turn(b.filler, fillAtStart, true)
	require.Equal(t, 1, b.filled)
	b.happens("two")
	turn(&other, fillAtStart, false)
	require.Equal(t, 1, b.filled)
	b.now = b.now.Add(fillEvery)
	turn(&other, fillEvery, true)
	require.Equal(t, 2, b.filled)

	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	b.paused = nil
	other.Secrets = failing{}
	other.Pause = func(_ context.Context, d time.Duration) error {
		if b.paused = append(b.paused, d); len(b.paused) == 2 {
			other.Secrets = b.Secrets
		}
		b.now = b.now.Add(d)
		if len(b.paused) > 20 {
			cancel()
		}
		return ctx.Err()
	}
	other.run(ctx) // too soon after the last one
	require.Equal(t, []time.Duration{fillAtStart, fillAgain}, b.paused[:2])
	require.Contains(t, b.paused, fillEvery)

	// That the inbox cannot be asked is said, at the start too.
	var said strings.Builder
	away := *b.filler
	away.Inbox, away.Log, away.Pause = unreachable{}, slog.New(slog.NewTextHandler(&said, nil)), func(_ context.Context, d time.Duration) error {
		require.Equal(t, fillAgain, d)
		return context.Canceled
	}
	away.run(t.Context())
	require.Contains(t, said.String(), events.ErrAway.Error())

	b.filler.API = "https://another.example.com"
	b.happens("three")
	require.Zero(t, b.fill())
	b.filler.API = api
	all, err := b.Secrets.Subscriptions()
	require.NoError(t, err)
	_, err = dixaclient.DeleteWebhook.Do(t.Context(), b.Client, dixaclient.WebhookRef{WebhookSubscriptionID: dixaclient.UUID(all[0].ID)})
	require.NoError(t, err)
	require.Zero(t, b.fill())
}

// failing are secrets that cannot be read.
type failing struct{ Secrets }

func (failing) Subscriptions() ([]Subscription, error) { return nil, errors.New("away") }

// unreachable is an inbox that cannot be reached.
type unreachable struct{ events.Store }

func (unreachable) ClaimTask(context.Context, string, time.Duration) (bool, time.Time, error) {
	return false, time.Time{}, events.ErrAway
}
