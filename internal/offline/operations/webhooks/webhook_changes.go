package webhooks

import (
	"maps"
	"slices"

	"dixa-mcp/internal/offline/desk"
	"dixa-mcp/internal/offline/hooks"
	"dixa-mcp/internal/offline/operations/call"
	"dixa-mcp/internal/offline/wire"
)

func getWebhook(c *call.Call) (any, error) {
	h, err := c.Webhooks.Get(c.ID("webhookSubscriptionId"))
	if err != nil {
		return nil, err
	}
	return wire.Data{Data: h}, nil
}

func patchWebhook(c *call.Call) (any, error) {
	h, err := c.Webhooks.Get(c.ID("webhookSubscriptionId"))
	if err != nil {
		return nil, err
	}
	in, err := call.Decode[struct {
		Name          *string                  `wire:"name"`
		Events        *[]string                `wire:"events"`
		URL           *string                  `wire:"url"`
		Authorization webAuthIn                `wire:"authorization"`
		CustomHeaders map[string]string        `wire:"customHeaders"`
		Enabled       *bool                    `wire:"enabled"`
		Filters       map[string]eventFilterIn `wire:"filters"`
	}](c)
	if err != nil {
		return nil, err
	}
	changed := *h
	call.Set(&changed.Name, in.Name)
	call.Set(&changed.SubscribedEvents, in.Events)
	call.Set(&changed.URL, in.URL)
	call.Set(&changed.Enabled, in.Enabled)
	changed.Headers = patchedHeaders(h.Headers, in.CustomHeaders, in.Authorization)
	if in.Filters != nil {
		changed.Filters = eventFilters(in.Filters)
	}
	if err := check(&changed); err != nil {
		return nil, err
	}
	changed.UpdatedAt, changed.UpdatedBy = wire.PlainTime(c.Now), c.Owner()
	*h = changed
	c.Did(h.ID, "webhook changed")
	return wire.Data{Data: h}, nil
}

// patchedHeaders replaces the custom headers, the authorization, or both; what is not given stays.
func patchedHeaders(held, custom map[string]string, auth webAuthIn) map[string]string {
	all := maps.Clone(held)
	if custom != nil {
		all = headers(custom, nil)
		if value, ok := held["Authorization"]; ok {
			all["Authorization"] = value
		}
	}
	if auth != nil {
		delete(all, "Authorization")
		all = headers(all, auth)
	}
	return all
}

func deleteWebhook(c *call.Call) (any, error) {
	h, err := c.Webhooks.Get(c.ID("webhookSubscriptionId"))
	if err != nil {
		return nil, err
	}
	c.Webhooks.Remove(h.ID, func(o *desk.Webhook) bool { return o == h })
	c.Did(h.ID, "webhook deleted")
	return nil, nil
}

type deliveryLog struct {
	DeliveryDetail desk.Delivery `json:"deliveryDetail"`
	Payload        string        `json:"payload"` // JSON in a string
}

func listDeliveries(c *call.Call) (any, error) {
	h, err := c.Webhooks.Get(c.ID("webhookSubscriptionId"))
	if err != nil {
		return nil, err
	}
	event := c.Vars["event"]
	if !slices.Contains(hooks.Events, event) {
		return nil, wire.ErrParam.Because("there is no event %q", event)
	}
	logs := []deliveryLog{}
	if !slices.Contains(h.SubscribedEvents, event) {
		return wire.Data{Data: logs}, nil
	}
	for _, one := range hooks.Deliveries(c.World, h, event) {
		logs = append(logs, deliveryLog{one.Detail, one.Payload})
	}
	return wire.Data{Data: logs}, nil
}
