package hooks

import (
	"slices"
	"strings"

	"dixa-mcp/internal/offline/desk"
	"dixa-mcp/internal/offline/wire"
)

// wants applies the filters of a subscription to a conversation. What an operation came from is not known here, and passes.
func wants(h *desk.Webhook, cv *desk.Conversation) bool {
	for _, f := range h.Filters {
		passed := 0
		for _, cond := range f.Conditions {
			value := cv.Queue
			if cond.Field == "InitialChannel" {
				value = strings.ToLower(cv.Channel.Upper)
			}
			if cond.Field == "OperationOrigin" || wire.Among(cond.Values, value) == (cond.Type == "IsOneOf") {
				passed++
			}
		}
		if (f.Strategy == "All" && passed < len(f.Conditions)) || (f.Strategy == "Any" && passed == 0 && len(f.Conditions) > 0) {
			return false
		}
	}
	return true
}

// forget drops the oldest deliveries of an event beyond those that are remembered.
func forget(h *desk.Webhook, event string) {
	n := 0
	for i := len(h.Sent) - 1; i >= 0; i-- {
		if h.Sent[i].Event == event {
			if n++; n > mostDeliveries {
				h.Sent = slices.Delete(h.Sent, i, i+1)
			}
		}
	}
}

// mostDeliveries is how many deliveries a subscription remembers of each event.
const mostDeliveries = 20
