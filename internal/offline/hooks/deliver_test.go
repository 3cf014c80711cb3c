package hooks

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"dixa-mcp/internal/offline/desk"
	"dixa-mcp/internal/offline/seed"
	"dixa-mcp/internal/offline/wire"
)

// The seeded deliveries are of events in the activity log, shortly after them.
func TestSeededDeliveries(t *testing.T) {
	w := seed.New(1, time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC))
	for _, h := range w.Webhooks.List[:2] {
		for _, event := range h.SubscribedEvents {
			all := Deliveries(w, h, event)
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
