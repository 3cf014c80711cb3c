package desk

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
