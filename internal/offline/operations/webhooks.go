package operations

import (
	"encoding/base64"
	"net/url"
	"slices"
	"strings"
	"time"

	"dixa-mcp/internal/offline/desk"
	"dixa-mcp/internal/offline/wire"
)

var webhookRoutes = []route{
	{Pattern: "GET /v1/webhooks", Status: 200, Handle: listWebhooks},
	{Pattern: "POST /v1/webhooks", Status: 201, Handle: createWebhook},
	{Pattern: "GET /v1/webhooks/{webhookSubscriptionId}", Status: 200, Handle: getWebhook},
	{Pattern: "PATCH /v1/webhooks/{webhookSubscriptionId}", Status: 200, Handle: patchWebhook},
	{Pattern: "DELETE /v1/webhooks/{webhookSubscriptionId}", Status: 204, Handle: deleteWebhook},
	{Pattern: "GET /v1/webhooks/{webhookSubscriptionId}/delivery-status/logs/{event}", Status: 200, Handle: listDeliveries, Plain: []string{"event"}},
	{Pattern: "GET /v1/webhooks/{webhookSubscriptionId}/delivery-status", Status: 200, Handle: getWebhookStatus},
}

// webhookEvents are all that can be subscribed to.
var webhookEvents = strings.Fields("SLAEvaluationVoided ConversationPending SLAEvaluationBreached ConversationMessageAdded " +
	"ConversationCustomAttributeUpdated SLAEvaluationAchieved ConversationAssigned ConversationMessageDeliveryDelivered " +
	"ConversationMessageDeliveryInfo ConversationTransferred ConversationEnqueued AgentUnbannedEnduser TypingStarted ConversationCreated " +
	"ConversationUnassigned ConversationOpen ConversationAbandoned ConversationClosed ConversationMessageDeliveryFailed " +
	"ConversationTagAdded ConversationNoteAdded AgentBannedEnduser ConversationEndUserReplaced ConversationMessageDeliverySeen " +
	"AgentUnbannedIp ConversationMessageDeliverySent AgentBannedIp ConversationTagRemoved ConversationRated SLAEvaluationPending " +
	"ConversationMessageDeliverySpamComplaint ConversationPendingExpired")

// The bodies of webhooks.
type (
	webAuthIn   interface{ header() string }
	basicAuthIn struct {
		Username string `wire:"username,required"`
		Password string `wire:"password,required"`
	}
	tokenAuthIn struct {
		Value string `wire:"value,required"`
	}
	noAuthIn struct{}

	eventFilterIn   interface{ eventFilter() desk.EventFilter }
	combinedFilters struct {
		Strategy   string             `wire:"strategy,required,All|Any"`
		Conditions []eventConditionIn `wire:"conditions,required"`
	}
	eventConditionIn interface{ condition() desk.EventCondition }
	eventTest        struct {
		Field  string   `wire:"field,required,InitialChannel|OperationOrigin|QueueId"`
		Values []string `wire:"values,required"`
	}
	eventOneOf struct {
		eventTest
	}
	eventNotOneOf struct {
		eventTest
	}
)

func (b basicAuthIn) header() string {
	return "Basic " + base64.StdEncoding.EncodeToString([]byte(b.Username+":"+b.Password))
}
func (t tokenAuthIn) header() string { return "Bearer " + t.Value }
func (noAuthIn) header() string      { return "" }

func (e eventOneOf) condition() desk.EventCondition {
	return desk.EventCondition{Field: e.Field, Values: e.Values, Type: "IsOneOf"}
}
func (e eventNotOneOf) condition() desk.EventCondition {
	return desk.EventCondition{Field: e.Field, Values: e.Values, Type: "IsNotOneOf"}
}

func (f combinedFilters) eventFilter() desk.EventFilter {
	held := desk.EventFilter{Strategy: f.Strategy, Conditions: []desk.EventCondition{}, Type: "CombinedFilters"}
	for _, c := range f.Conditions {
		held.Conditions = append(held.Conditions, c.condition())
	}
	return held
}

func listWebhooks(c *call) (any, error) { return wire.Data{Data: wire.List(c.Webhooks.List)}, nil }

func createWebhook(c *call) (any, error) {
	in, err := decode[struct {
		Name          string                   `wire:"name,required"`
		Events        []string                 `wire:"events"`
		URL           string                   `wire:"url,required"`
		Authorization webAuthIn                `wire:"authorization,required"`
		CustomHeaders map[string]string        `wire:"customHeaders,required"`
		Enabled       *bool                    `wire:"enabled"`
		Filters       map[string]eventFilterIn `wire:"filters"`
	}](c)
	if err != nil {
		return nil, err
	}
	h := &desk.Webhook{ID: c.NewID(), Name: in.Name, SubscribedEvents: wire.List(in.Events), URL: in.URL, Enabled: true,
		Headers: headers(in.CustomHeaders, in.Authorization), SecretKey: c.HexKey("webhook", c.Made), CreatedAt: wire.PlainTime(c.now),
		CreatedBy: c.Owner(), UpdatedAt: wire.PlainTime(c.now), UpdatedBy: c.Owner(), Filters: eventFilters(in.Filters)}
	set(&h.Enabled, in.Enabled)
	if err := check(h); err != nil {
		return nil, err
	}
	c.Webhooks.Add(h.ID, h)
	c.did(h.ID, "webhook created")
	return wire.Data{Data: h}, nil
}

// check refuses events that do not exist and addresses that are none.
func check(h *desk.Webhook) error {
	for _, e := range h.SubscribedEvents {
		if !slices.Contains(webhookEvents, e) {
			return wire.ErrBody.Because("there is no event %q", e)
		}
	}
	if u, err := url.Parse(h.URL); err != nil || u.Host == "" || (u.Scheme != "https" && u.Scheme != "http") {
		return wire.ErrBody.Because("url is no web address")
	}
	return nil
}

func headers(custom map[string]string, auth webAuthIn) map[string]string {
	all := map[string]string{}
	for name, value := range custom {
		all[name] = value
	}
	if auth != nil && auth.header() != "" {
		all["Authorization"] = auth.header()
	}
	return all
}

func eventFilters(in map[string]eventFilterIn) map[string]desk.EventFilter {
	if in == nil {
		return nil
	}
	all := map[string]desk.EventFilter{}
	for entity, f := range in {
		all[entity] = f.eventFilter()
	}
	return all
}

type eventStatus struct {
	Event          string        `json:"event"`
	DeliveryStatus desk.Delivery `json:"deliveryStatus"`
}

func getWebhookStatus(c *call) (any, error) {
	h, err := c.Webhooks.Get(c.ID("webhookSubscriptionId"))
	if err != nil {
		return nil, err
	}
	all := []eventStatus{}
	for _, event := range h.SubscribedEvents {
		s := eventStatus{event, desk.Delivery{Type: "NoRecentDelivery"}}
		known := deliveries(c.World, h, event)
		if last := slices.IndexFunc(known, func(s *desk.Sent) bool { return s.Detail.ResponseText != beingSent }); last >= 0 {
			s.DeliveryStatus = known[last].Detail
			s.DeliveryStatus.Type = "DeliveryDetail"
		}
		all = append(all, s)
	}
	return wire.Data{Data: all}, nil
}

// deliveries returns the last deliveries of an event, newest first: those since the start, then the seeded ones.
func deliveries(w *desk.World, h *desk.Webhook, event string) []*desk.Sent {
	var all []*desk.Sent
	for _, one := range slices.Backward(h.Sent) {
		if one.Event == event {
			all = append(all, one)
		}
	}
	if h.Seeded == 0 || !h.Enabled {
		return all
	}
	return append(all, pastDeliveries(w, h, event)...)
}

// loggedAs are the entries of the activity log that belong to an event.
var loggedAs = map[string][]string{
	"ConversationCreated": {"ConversationCreatedByCustomer", "ConversationCreatedByAgent"}, "ConversationClosed": {"ConversationClosed"},
	"ConversationTagAdded": {"TagAdded"}, "ConversationRated": {"ConversationRated"}, "ConversationNoteAdded": {"NoteAdded"},
	"ConversationMessageAdded": {"MessageAddedByCustomer", "MessageAddedByAgent"}, "ConversationPending": {"ConversationPending"},
}

// The seeded deliveries are those of the last events of the newest conversations.
const (
	seededDeliveries = 3
	lookedThrough    = 120
)

func pastDeliveries(w *desk.World, h *desk.Webhook, event string) []*desk.Sent {
	var found []*desk.Entry
	for _, c := range w.Conversations[desk.SeededConversations-lookedThrough : desk.SeededConversations] {
		if c.Own || !h.Wants(c) { // what was written to is not what was delivered then
			continue
		}
		for _, e := range w.Activity(c) {
			if slices.Contains(loggedAs[event], e.Kind) {
				found = append(found, e)
			}
		}
	}
	slices.SortStableFunc(found, func(a, b *desk.Entry) int { return b.At.Compare(a.At) })
	var all []*desk.Sent
	for i, e := range found[:min(len(found), seededDeliveries)] {
		r := w.Rand("delivery "+event, int64(h.Seeded*10+i))
		at := wire.MilliTime(e.At.Add(r.Between(80*time.Millisecond, 2*time.Second)))
		payload, err := envelope(w, event, wire.MilliTime(e.At), -e.CSID*10-int64(i), hookedThen(w, e), hookedMore(w, e))
		if err != nil {
			continue // cannot be: it is made of strings, numbers and lists of them
		}
		d := desk.Delivery{DeliveryTimestamp: at, Success: new(true), ResponseCode: new(int32(200)), ResponseText: "OK"}
		if r.Chance(20) {
			d.Success, d.ResponseCode, d.ResponseText = new(false), new(int32(503)), "Service Unavailable"
		}
		all = append(all, &desk.Sent{Event: event, Payload: payload, Detail: d})
	}
	return all
}

// hookedThen returns the conversation of a seeded entry as it was then.
func hookedThen(w *desk.World, e *desk.Entry) map[string]any {
	c := w.Conversations[e.CSID-desk.FirstConversation]
	state, agent := desk.StateOpen, ""
	if !c.Assigned.IsZero() && !c.Assigned.After(e.At) {
		agent = c.Agent
	}
	if !c.StateChanged.After(e.At) {
		state = c.State
	}
	v := hookedConversation(w, c, state, agent)
	if agent == "" {
		v["tags"] = []any{}
	}
	return v
}

// hookedMore returns what the event of a seeded entry adds to the conversation.
func hookedMore(w *desk.World, e *desk.Entry) map[string]any {
	switch a := e.Attributes.(type) {
	case desk.TagChanged:
		return map[string]any{"author": hooked(w, e.Author), "tag": a.Tag}
	case desk.Rated:
		return map[string]any{"agent": hooked(w, a.Agent.ID), "comment": a.Message, "score": a.Score, "type": "Csat"}
	case desk.NoteAdded:
		return map[string]any{"author": hooked(w, e.Author), "note_id": e.ID, "text": a.Message, "created_at": wire.MilliTime(e.At)}
	case desk.MessageAdded:
		c := w.Conversations[e.CSID-desk.FirstConversation]
		for _, m := range w.Thread(c) {
			if m.ID == a.MessageID {
				return hookedMessage(w, c, m)
			}
		}
	}
	return nil
}

// hookedMessage returns a message as webhooks have it.
func hookedMessage(w *desk.World, c *desk.Conversation, m *desk.Message) map[string]any {
	content := map[string]any{"text": m.Text, "content_type": "Text", "original_content_url": nil, "processed_content_url": nil}
	if m.Attributes.OriginalContentURL != nil {
		content["original_content_url"] = m.Attributes.OriginalContentURL.URL
	}
	external := "null" // as Dixa has it
	if m.External != "" {
		external = m.External
	}
	return map[string]any{"author": hooked(w, m.Author), "channel": c.Channel.Upper, "content": content, "created_at": wire.MilliTime(m.At),
		"direction": strings.ToLower(desk.Side(m.Out)), "external_id": external, "message_id": m.ID, "text": m.Text}
}
