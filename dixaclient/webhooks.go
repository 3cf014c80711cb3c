package dixaclient

import (
	"errors"
	"slices"
)

// WebhookRef names a webhook subscription.
type WebhookRef struct {
	WebhookSubscriptionID UUID `json:"webhookSubscriptionId" in:"path"`
}

// Webhook is a subscription to events. The key that signs its requests and the headers that it sends, among them
// Authorization, are secrets, so they are only in the answer's bytes.
type Webhook struct {
	ID               UUID           `json:"id"`
	Name             string         `json:"name"`
	SubscribedEvents []WebhookEvent `json:"subscribedEvents"`
	URL              string         `json:"url"`
	Enabled          bool           `json:"enabled"`
	CreatedAt        Time           `json:"createdAt"`
	UpdatedAt        Time           `json:"updatedAt"`
}

// WebhookEvent is an event that can be subscribed to.
type WebhookEvent string

// Values returns Dixa's 32 events.
func (WebhookEvent) Values() []string {
	return []string{"ConversationCreated", "ConversationOpen", "ConversationPending", "ConversationPendingExpired", "ConversationClosed",
		"ConversationAbandoned", "ConversationEnqueued", "ConversationAssigned", "ConversationUnassigned", "ConversationTransferred",
		"ConversationMessageAdded", "ConversationMessageDeliverySent", "ConversationMessageDeliveryDelivered",
		"ConversationMessageDeliverySeen", "ConversationMessageDeliveryFailed", "ConversationMessageDeliveryInfo",
		"ConversationMessageDeliverySpamComplaint", "ConversationNoteAdded", "ConversationTagAdded", "ConversationTagRemoved",
		"ConversationRated", "ConversationEndUserReplaced", "ConversationCustomAttributeUpdated", "AgentBannedEnduser",
		"AgentUnbannedEnduser", "AgentBannedIp", "AgentUnbannedIp", "SLAEvaluationPending", "SLAEvaluationAchieved",
		"SLAEvaluationBreached", "SLAEvaluationVoided", "TypingStarted"}
}

// EventName is a [WebhookEvent] where a schema need not list all 32: whoever asks about an event has read its name.
type EventName string

// Format names the form for the argument schema.
func (EventName) Format() string { return "webhook event" }

// Values returns the 32 events.
func (EventName) Values() []string { return WebhookEvent("").Values() }

// Check tells whether it is one of them, in Dixa's spelling.
func (e EventName) Check() error {
	if !slices.Contains(e.Values(), string(e)) {
		return errors.New("an event of a webhook, such as ConversationCreated")
	}
	return nil
}

// EventDeliveryStatus is how the last delivery of an event went.
type EventDeliveryStatus struct {
	Event          WebhookEvent   `json:"event"`
	DeliveryStatus DeliveryStatus `json:"deliveryStatus"`
}

// DeliveryStatus is what the receiver answered; Type is DeliveryDetail, or NoRecentDelivery with nothing else.
type DeliveryStatus struct {
	Type              string `json:"_type"`
	DeliveryTimestamp Time   `json:"deliveryTimestamp"`
	Success           bool   `json:"success"`
	ResponseCode      int    `json:"responseCode"`
	ResponseText      string `json:"responseText"`
}

// ListWebhookDeliveriesIn names a subscription and one of its events.
type ListWebhookDeliveriesIn struct {
	WebhookRef
	Event EventName `json:"event" in:"path"`
}

// WebhookDelivery is one delivery; Payload is the JSON that was sent, as text.
type WebhookDelivery struct {
	DeliveryDetail DeliveryStatus `json:"deliveryDetail"`
	Payload        string         `json:"payload"`
}

// secretWebhook are the properties that hold a secret, in answers and in arguments.
var secretWebhook = secret("secretKey", "headers", "password", "token", "customHeaders")

// The operations on webhook subscriptions. Source: Dixa API v1, "Webhooks".
var (
	ListWebhooks          = op[NoArguments, []Webhook]("list_webhooks", "GET /v1/webhooks", Read, secretWebhook)
	CreateWebhook         = op[CreateWebhookIn, Webhook]("create_webhook", "POST /v1/webhooks", Send, secretWebhook, lookWith("list_webhooks"))
	GetWebhook            = op[WebhookRef, Webhook]("get_webhook", "GET /v1/webhooks/{webhookSubscriptionId}", Read, secretWebhook)
	UpdateWebhook         = op[UpdateWebhookIn, Webhook]("update_webhook", "PATCH /v1/webhooks/{webhookSubscriptionId}", Send, secretWebhook, lookWith("get_webhook"))
	DeleteWebhook         = op[WebhookRef, None]("delete_webhook", "DELETE /v1/webhooks/{webhookSubscriptionId}", Erase, lookWith("list_webhooks"))
	ListWebhookDeliveries = op[ListWebhookDeliveriesIn, []WebhookDelivery]("list_webhook_deliveries", "GET /v1/webhooks/{webhookSubscriptionId}/delivery-status/logs/{event}", Read)
	GetWebhookStatus      = op[WebhookRef, []EventDeliveryStatus]("get_webhook_status", "GET /v1/webhooks/{webhookSubscriptionId}/delivery-status", Read)
)
