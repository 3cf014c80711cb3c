package operations

import (
	"fmt"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"dixa-mcp/internal/offline/desk"
	"dixa-mcp/internal/offline/hooks"
	"dixa-mcp/internal/offline/operations/call"
	"dixa-mcp/internal/offline/outbox"
	"dixa-mcp/internal/offline/seed"
)

var anchor = time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC) // a Monday

const noID = "11111111-2222-4333-8444-555555555555"

// A receiver that hangs holds nothing up, and a log is bounded; deliveries end with the server.
func TestDeliveriesEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := New(Options{Make: seed.New, Seed: 1, Anchor: anchor, Now: time.Now})
		w := a.world()
		h := &desk.Webhook{ID: noID, URL: "http://127.0.0.1:1/", Enabled: true, SubscribedEvents: []string{"ConversationClosed"}}
		w.Webhooks.Add(h.ID, h)
		stop := a.Start()
		a.mu.Lock()
		for range 1000 {
			hooks.Deliver(w, hooks.Event{Name: "ConversationClosed", Conversation: w.Conversations[0], At: anchor}, a.post)
		}
		require.Len(t, hooks.Deliveries(w, h, "ConversationClosed"), 20)
		a.mu.Unlock()
		stop() // synctest fails the test if a goroutine is left
		require.False(t, a.outbox.Put(outbox.Parcel{}))
		for _, one := range hooks.Deliveries(w, h, "ConversationClosed") {
			require.NotEqual(t, hooks.BeingSent, one.Detail.ResponseText)
		}
	})
}

func TestEffectsAreBounded(t *testing.T) {
	var a API
	for i := range mostEffects + 10 {
		notesOf{api: &a}.Effect(call.Effect{ID: fmt.Sprint(i)})
	}
	all := a.Effects()
	require.LessOrEqual(t, len(all), mostEffects)
	require.Equal(t, fmt.Sprint(mostEffects+9), all[len(all)-1].ID)
	a.Forget()
	require.Empty(t, a.Effects())
}

// What cannot be recorded is done all the same, and ends the recording.
func TestRecordingEnds(t *testing.T) {
	a := New(Options{Make: seed.New, Seed: 1, Anchor: anchor, Now: func() time.Time { return anchor }})
	_, err := a.Keep(t.TempDir())
	require.NoError(t, err)
	require.NotNil(t, a.kept)
	a.kept.Close()
	r := httptest.NewRequest("POST", "/v1/tags", strings.NewReader(`{"name":"last"}`))
	r.Header.Set("Content-Type", "application/json")
	require.Equal(t, 200, a.Answer(r).Status)
	require.Nil(t, a.kept)
	a.Look(func(w *desk.World) { require.NotNil(t, w.TagNamed("last")) })
}
