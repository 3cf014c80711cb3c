package operations

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"dixa-mcp/internal/offline/desk"
	"dixa-mcp/internal/offline/outbox"
	"dixa-mcp/internal/offline/seed"
	"dixa-mcp/internal/offline/wire"
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
			a.deliver(w, w.Conversations[0], "ConversationClosed", nil, anchor)
		}
		require.Len(t, deliveries(w, h, "ConversationClosed"), desk.MostDeliveries)
		a.mu.Unlock()
		stop() // synctest fails the test if a goroutine is left
		require.False(t, a.outbox.Put(outbox.Parcel{}))
		for _, one := range deliveries(w, h, "ConversationClosed") {
			require.NotEqual(t, beingSent, one.Detail.ResponseText)
		}
	})
}

// The seeded deliveries are of events in the activity log, shortly after them.
func TestSeededDeliveries(t *testing.T) {
	w := seed.New(1, anchor)
	for _, h := range w.Webhooks.List[:2] {
		for _, event := range h.SubscribedEvents {
			all := deliveries(w, h, event)
			require.Len(t, all, seededDeliveries, event)
			require.True(t, slices.IsSortedFunc(all, func(a, b *desk.Sent) int {
				return strings.Compare(b.Detail.DeliveryTimestamp, a.Detail.DeliveryTimestamp)
			}), event)
			for _, one := range all {
				var p struct {
					At   string `json:"event_timestamp"`
					Data struct {
						Conversation struct {
							CSID    int64
							Created string `json:"created_at"`
							Status  string
						}
					}
				}
				require.NoError(t, json.Unmarshal([]byte(one.Payload), &p))
				c, err := w.Conversation(p.Data.Conversation.CSID)
				require.NoError(t, err)
				require.True(t, slices.ContainsFunc(w.Activity(c), func(e *desk.Entry) bool {
					return slices.Contains(loggedAs[event], e.Kind) && wire.MilliTime(e.At) == p.At
				}), event)
				require.LessOrEqual(t, p.Data.Conversation.Created, p.At)
				require.Less(t, p.At, one.Detail.DeliveryTimestamp)
				require.Equal(t, event == "ConversationClosed" || event == "ConversationRated", p.Data.Conversation.Status == "CLOSED", event)
			}
		}
	}
}

func TestEffectsAreBounded(t *testing.T) {
	var a API
	for i := range mostEffects + 10 {
		a.effect(Effect{ID: fmt.Sprint(i)})
	}
	all := a.Effects()
	require.LessOrEqual(t, len(all), mostEffects)
	require.Equal(t, fmt.Sprint(mostEffects+9), all[len(all)-1].ID)
	a.Forget()
	require.Empty(t, a.Effects())
}
