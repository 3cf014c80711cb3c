package webhooks

import (
	"encoding/base64"
	"net/url"
	"reflect"
	"slices"

	"dixa-mcp/internal/offline/desk"
	"dixa-mcp/internal/offline/hooks"
	"dixa-mcp/internal/offline/operations/call"
	"dixa-mcp/internal/offline/wire"
)

var webhookRoutes = []call.Route{
	{Pattern: "GET /v1/webhooks", Status: 200, Handle: listWebhooks},
	{Pattern: "POST /v1/webhooks", Status: 201, Handle: createWebhook},
	{Pattern: "GET /v1/webhooks/{webhookSubscriptionId}", Status: 200, Handle: getWebhook},
	{Pattern: "PATCH /v1/webhooks/{webhookSubscriptionId}", Status: 200, Handle: patchWebhook},
	{Pattern: "DELETE /v1/webhooks/{webhookSubscriptionId}", Status: 204, Handle: deleteWebhook},
	{Pattern: "GET /v1/webhooks/{webhookSubscriptionId}/delivery-status/logs/{event}", Status: 200, Handle: listDeliveries, Plain: []string{"event"}},
	{Pattern: "GET /v1/webhooks/{webhookSubscriptionId}/delivery-status", Status: 200, Handle: getWebhookStatus},
}

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

func listWebhooks(c *call.Call) (any, error) { return wire.Data{Data: wire.List(c.Webhooks.List)}, nil }

func createWebhook(c *call.Call) (any, error) {
	in, err := call.Decode[struct {
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
		Headers: headers(in.CustomHeaders, in.Authorization), SecretKey: c.HexKey("webhook", c.Made), CreatedAt: wire.PlainTime(c.Now),
		CreatedBy: c.Owner(), UpdatedAt: wire.PlainTime(c.Now), UpdatedBy: c.Owner(), Filters: eventFilters(in.Filters)}
	call.Set(&h.Enabled, in.Enabled)
	if err := check(h); err != nil {
		return nil, err
	}
	c.Webhooks.Add(h.ID, h)
	c.Did(h.ID, "webhook created")
	return wire.Data{Data: h}, nil
}

// check refuses events that do not exist and addresses that are none.
func check(h *desk.Webhook) error {
	for _, e := range h.SubscribedEvents {
		if !slices.Contains(hooks.Events, e) {
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

func getWebhookStatus(c *call.Call) (any, error) {
	h, err := c.Webhooks.Get(c.ID("webhookSubscriptionId"))
	if err != nil {
		return nil, err
	}
	all := []eventStatus{}
	for _, event := range h.SubscribedEvents {
		s := eventStatus{event, desk.Delivery{Type: "NoRecentDelivery"}}
		known := hooks.Deliveries(c.World, h, event)
		if last := slices.IndexFunc(known, func(s *desk.Sent) bool { return s.Detail.ResponseText != hooks.BeingSent }); last >= 0 {
			s.DeliveryStatus = known[last].Detail
			s.DeliveryStatus.Type = "DeliveryDetail"
		}
		all = append(all, s)
	}
	return wire.Data{Data: all}, nil
}

// Unions are the members of the unions in bodies by their `_type`.
var Unions = map[reflect.Type]map[string]any{
	reflect.TypeFor[webAuthIn]():        {"BasicAuth": basicAuthIn{}, "TokenAuth": tokenAuthIn{}, "NoAuth": noAuthIn{}},
	reflect.TypeFor[eventFilterIn]():    {"CombinedFilters": combinedFilters{}},
	reflect.TypeFor[eventConditionIn](): {"IsOneOf": eventOneOf{}, "IsNotOneOf": eventNotOneOf{}},
}
