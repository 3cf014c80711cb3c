package desk

import (
	"slices"
	"strings"

	"dixa-mcp/internal/offline/wire"
)

// Webhook is a subscription as it is on the wire. Dixa shows the secret key and the headers in clear.
type Webhook struct {
	ID               string                 `json:"id"`
	Name             string                 `json:"name"`
	SubscribedEvents []string               `json:"subscribedEvents"`
	URL              string                 `json:"url"`
	Headers          map[string]string      `json:"headers"`
	SecretKey        string                 `json:"secretKey"`
	Enabled          bool                   `json:"enabled"`
	CreatedAt        string                 `json:"createdAt"`
	CreatedBy        string                 `json:"createdBy"`
	UpdatedAt        string                 `json:"updatedAt"`
	UpdatedBy        string                 `json:"updatedBy"`
	Filters          map[string]EventFilter `json:"filters,omitzero"`

	Seeded int     `json:"-"` // 1 more than its place in the seed, 0 for a new one
	Sent   []*Sent `json:"-"` // what was delivered since the start, oldest first
}

// Sent is one delivery of an event: what was sent, and what became of it.
type Sent struct {
	Event   string
	Payload string
	Detail  Delivery
}

// EventFilter says of which conversations a subscription wants to hear.
type EventFilter struct {
	Strategy   string           `json:"strategy"`
	Conditions []EventCondition `json:"conditions"`
	Type       string           `json:"_type"`
}

// EventCondition is one condition of a filter.
type EventCondition struct {
	Field  string   `json:"field"`
	Values []string `json:"values"`
	Type   string   `json:"_type"` // IsOneOf or IsNotOneOf
}

// Delivery is what became of a delivery.
type Delivery struct {
	DeliveryTimestamp string `json:"deliveryTimestamp,omitzero"`
	Success           *bool  `json:"success,omitzero"`
	ResponseCode      *int32 `json:"responseCode,omitzero"`
	ResponseText      string `json:"responseText,omitzero"`
	Type              string `json:"_type,omitzero"`
}

// Wants applies the filters of a subscription to a conversation. What an operation came from is not known here, and passes.
func (h *Webhook) Wants(cv *Conversation) bool {
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

// Forget drops the oldest deliveries of an event beyond those that are remembered.
func (h *Webhook) Forget(event string) {
	n := 0
	for i := len(h.Sent) - 1; i >= 0; i-- {
		if h.Sent[i].Event == event {
			if n++; n > MostDeliveries {
				h.Sent = slices.Delete(h.Sent, i, i+1)
			}
		}
	}
}

// MostDeliveries is how many deliveries a subscription remembers of each event.
const MostDeliveries = 20
