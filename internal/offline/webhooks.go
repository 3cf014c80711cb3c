package offline

import (
	"encoding/base64"
	"net/url"
	"slices"
	"strings"
	"time"

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

// webhook is a subscription as it is on the wire. Dixa shows the secret key and the headers in clear.
type webhook struct {
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
	Filters          map[string]eventFilter `json:"filters,omitzero"`

	seeded int     // 1 more than its place in the seed, 0 for a new one
	sent   []*sent // what was delivered since the start, oldest first
}

type eventFilter struct {
	Strategy   string           `json:"strategy"`
	Conditions []eventCondition `json:"conditions"`
	Type       string           `json:"_type"`
}

type eventCondition struct {
	Field  string   `json:"field"`
	Values []string `json:"values"`
	Type   string   `json:"_type"` // IsOneOf or IsNotOneOf
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

	eventFilterIn   interface{ eventFilter() eventFilter }
	combinedFilters struct {
		Strategy   string             `wire:"strategy,required,All|Any"`
		Conditions []eventConditionIn `wire:"conditions,required"`
	}
	eventConditionIn interface{ condition() eventCondition }
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

func (e eventOneOf) condition() eventCondition { return eventCondition{e.Field, e.Values, "IsOneOf"} }
func (e eventNotOneOf) condition() eventCondition {
	return eventCondition{e.Field, e.Values, "IsNotOneOf"}
}

func (f combinedFilters) eventFilter() eventFilter {
	held := eventFilter{f.Strategy, []eventCondition{}, "CombinedFilters"}
	for _, c := range f.Conditions {
		held.Conditions = append(held.Conditions, c.condition())
	}
	return held
}

func (w *world) seedWebhooks() {
	for i, s := range []struct{ name, url, events string }{
		{"Order system", "https://hooks.example.com/dixa/orders", "ConversationCreated ConversationClosed ConversationTagAdded"},
		{"Data warehouse", "https://warehouse.example.org/ingest/dixa", "ConversationRated ConversationMessageAdded"},
		{"Wallboard (old)", "https://wallboard.example.net/dixa", "ConversationEnqueued"},
	} {
		h := &webhook{
			ID: w.uuid("webhook", int64(i)), Name: s.name, SubscribedEvents: strings.Fields(s.events), URL: s.url, Enabled: i < 2,
			Headers:   map[string]string{"Authorization": "Bearer " + w.hexKey("webhook token", int64(i))[:24]},
			SecretKey: w.hexKey("webhook", int64(i)), CreatedBy: w.owner(), UpdatedBy: w.owner(),
			CreatedAt: wire.PlainTime(w.anchor.AddDate(0, -8+i, 0).Add(9 * time.Hour)), UpdatedAt: wire.PlainTime(w.anchor.AddDate(0, -7+i, 3).Add(10 * time.Hour)),
			seeded: i + 1,
		}
		w.webhooks.add(h.ID, h)
	}
}

func listWebhooks(c *call) (any, error) { return wire.Data{Data: wire.List(c.webhooks.list)}, nil }

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
	h := &webhook{ID: c.newID(), Name: in.Name, SubscribedEvents: wire.List(in.Events), URL: in.URL, Enabled: true,
		Headers: headers(in.CustomHeaders, in.Authorization), SecretKey: c.hexKey("webhook", c.made), CreatedAt: wire.PlainTime(c.now),
		CreatedBy: c.owner(), UpdatedAt: wire.PlainTime(c.now), UpdatedBy: c.owner(), Filters: eventFilters(in.Filters)}
	set(&h.Enabled, in.Enabled)
	if err := h.check(); err != nil {
		return nil, err
	}
	c.webhooks.add(h.ID, h)
	c.did(h.ID, "webhook created")
	return wire.Data{Data: h}, nil
}

// check refuses events that do not exist and addresses that are none.
func (h *webhook) check() error {
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

func eventFilters(in map[string]eventFilterIn) map[string]eventFilter {
	if in == nil {
		return nil
	}
	all := map[string]eventFilter{}
	for entity, f := range in {
		all[entity] = f.eventFilter()
	}
	return all
}

type eventStatus struct {
	Event          string   `json:"event"`
	DeliveryStatus delivery `json:"deliveryStatus"`
}

type delivery struct {
	DeliveryTimestamp string `json:"deliveryTimestamp,omitzero"`
	Success           *bool  `json:"success,omitzero"`
	ResponseCode      *int32 `json:"responseCode,omitzero"`
	ResponseText      string `json:"responseText,omitzero"`
	Type              string `json:"_type,omitzero"`
}

func getWebhookStatus(c *call) (any, error) {
	h, err := c.webhooks.get(c.ID("webhookSubscriptionId"))
	if err != nil {
		return nil, err
	}
	all := []eventStatus{}
	for _, event := range h.SubscribedEvents {
		s := eventStatus{event, delivery{Type: "NoRecentDelivery"}}
		known := c.deliveries(h, event)
		if last := slices.IndexFunc(known, func(s *sent) bool { return s.detail.ResponseText != beingSent }); last >= 0 {
			s.DeliveryStatus = known[last].detail
			s.DeliveryStatus.Type = "DeliveryDetail"
		}
		all = append(all, s)
	}
	return wire.Data{Data: all}, nil
}

// deliveries returns the last deliveries of an event, newest first: those since the start, then the seeded ones.
func (w *world) deliveries(h *webhook, event string) []*sent {
	var all []*sent
	for _, one := range slices.Backward(h.sent) {
		if one.event == event {
			all = append(all, one)
		}
	}
	if h.seeded == 0 || !h.Enabled {
		return all
	}
	return append(all, w.seededDeliveries(h, event)...)
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

func (w *world) seededDeliveries(h *webhook, event string) []*sent {
	var found []*entry
	for _, c := range w.conversations[seedConversations-lookedThrough : seedConversations] {
		if c.own || !h.wants(c) { // what was written to is not what was delivered then
			continue
		}
		for _, e := range w.activity(c) {
			if slices.Contains(loggedAs[event], e.kind) {
				found = append(found, e)
			}
		}
	}
	slices.SortStableFunc(found, func(a, b *entry) int { return b.at.Compare(a.at) })
	var all []*sent
	for i, e := range found[:min(len(found), seededDeliveries)] {
		r := w.rand("delivery "+event, int64(h.seeded*10+i))
		at := wire.MilliTime(e.at.Add(r.Between(80*time.Millisecond, 2*time.Second)))
		payload, err := w.envelope(event, wire.MilliTime(e.at), -e.csid*10-int64(i), w.hookedThen(e), w.hookedMore(e))
		if err != nil {
			continue // cannot be: it is made of strings, numbers and lists of them
		}
		d := delivery{DeliveryTimestamp: at, Success: flagged(true), ResponseCode: i32(200), ResponseText: "OK"}
		if r.Chance(20) {
			d.Success, d.ResponseCode, d.ResponseText = flagged(false), i32(503), "Service Unavailable"
		}
		all = append(all, &sent{event, payload, d})
	}
	return all
}

// hookedThen returns the conversation of a seeded entry as it was then.
func (w *world) hookedThen(e *entry) map[string]any {
	c := w.conversations[e.csid-firstConversation]
	state, agent := stateOpen, ""
	if !c.assigned.IsZero() && !c.assigned.After(e.at) {
		agent = c.agent
	}
	if !c.stateChanged.After(e.at) {
		state = c.state
	}
	v := w.hookedConversation(c, state, agent)
	if agent == "" {
		v["tags"] = []any{}
	}
	return v
}

// hookedMore returns what the event of a seeded entry adds to the conversation.
func (w *world) hookedMore(e *entry) map[string]any {
	switch a := e.attrs.(type) {
	case tagAttr:
		return map[string]any{"author": w.hooked(e.author), "tag": a.Tag}
	case ratedAttr:
		return map[string]any{"agent": w.hooked(a.Agent.ID), "comment": a.Message, "score": a.Score, "type": "Csat"}
	case noteAddedAttr:
		return map[string]any{"author": w.hooked(e.author), "note_id": e.id, "text": a.Message, "created_at": wire.MilliTime(e.at)}
	case messageAddedAttr:
		c := w.conversations[e.csid-firstConversation]
		for _, m := range w.thread(c) {
			if m.id == a.MessageID {
				return w.hookedMessage(c, m)
			}
		}
	}
	return nil
}

// hookedMessage returns a message as webhooks have it.
func (w *world) hookedMessage(c *conversation, m *message) map[string]any {
	content := map[string]any{"text": m.text, "content_type": "Text", "original_content_url": nil, "processed_content_url": nil}
	if m.attrs.OriginalContentURL != nil {
		content["original_content_url"] = m.attrs.OriginalContentURL.URL
	}
	external := "null" // as Dixa has it
	if m.external != "" {
		external = m.external
	}
	return map[string]any{"author": w.hooked(m.author), "channel": c.channel.upper, "content": content, "created_at": wire.MilliTime(m.at),
		"direction": strings.ToLower(side(m.out)), "external_id": external, "message_id": m.id, "text": m.text}
}
