package operations

import (
	"encoding/json"
	"slices"
	"strings"
	"time"

	"dixa-mcp/internal/offline/desk"
	"dixa-mcp/internal/offline/outbox"
	"dixa-mcp/internal/offline/wire"
)

// beingSent is the answer of a delivery that has none yet.
const beingSent = "Being sent"

// emit delivers an event of a conversation to the subscriptions that want it. Only events whose payload Dixa documents are delivered:
// all have the conversation, some have more.
func (c *call) emit(cv *desk.Conversation, event string, more map[string]any) {
	if c.again { // it was delivered when it happened
		return
	}
	c.api.deliver(c.World, cv, event, more, c.now)
}

func (a *API) deliver(w *desk.World, cv *desk.Conversation, event string, more map[string]any, now time.Time) {
	for _, h := range w.Webhooks.List {
		if !h.Enabled || !slices.Contains(h.SubscribedEvents, event) || !h.Wants(cv) {
			continue
		}
		w.Delivered++
		payload, err := envelope(w, event, wire.MilliTime(now), w.Delivered, hookedConversation(w, cv, cv.State, cv.Agent), more)
		if err != nil {
			continue // cannot be: it is made of strings, numbers and lists of them
		}
		one := &desk.Sent{Event: event, Payload: payload, Detail: desk.Delivery{DeliveryTimestamp: wire.MilliTime(now), Success: new(false), ResponseCode: new(int32(0))}}
		h.Sent = append(h.Sent, one)
		h.Forget(event)
		switch {
		case !outbox.IsLocal(h.URL):
			one.Detail.ResponseText = "Unreachable: the offline Dixa delivers to this machine only"
		case !a.outbox.Put(outbox.Parcel{Subscription: h.ID, URL: h.URL, Secret: h.SecretKey, Headers: h.Headers, Payload: payload, At: now,
			Done: func(r outbox.Result) { a.finish(one, r) }}):
			one.Detail.ResponseText = "Not sent: no server is running, or too many deliveries wait"
		default:
			one.Detail.ResponseText = beingSent
		}
	}
}

// finish notes what became of a delivery.
func (a *API) finish(one *desk.Sent, r outbox.Result) {
	a.mu.Lock()
	defer a.mu.Unlock()
	one.Detail.Success, one.Detail.ResponseCode, one.Detail.ResponseText = &r.OK, &r.Code, r.Text
}

// envelope returns the payload of an event: what all events have, the conversation, and what this event adds.
func envelope(w *desk.World, event, at string, n int64, conversation map[string]any, more map[string]any) (string, error) {
	data := map[string]any{"conversation": conversation}
	for name, value := range more {
		data[name] = value
	}
	b, err := json.Marshal(map[string]any{
		"event_id": w.UUID("event "+event+" "+at, n), "event_fqn": fqn(event), "event_version": "1", "event_timestamp": at,
		"organization": map[string]string{"id": w.Organization.ID, "name": w.Organization.Name}, "data": data,
	})
	return string(b), err
}

// hookedConversation returns a conversation as webhooks have it, in a state and with a Dixa agent.
func hookedConversation(w *desk.World, c *desk.Conversation, state, agent string) map[string]any {
	tags := []map[string]any{}
	for _, id := range c.Tags {
		t := w.Tags.ByID[id]
		tags = append(tags, map[string]any{"id": t.ID, "name": t.Name, "is_deactivated": t.Inactive})
	}
	v := map[string]any{
		"csid": c.ID, "channel": c.Channel.Upper, "status": strings.ToUpper(status(state)), "direction": strings.ToUpper(c.Direction),
		"queue": nil, "contact_point": c.Endpoint, "requester": hooked(w, c.Requester), "assignee": hooked(w, agent), "subject": nil,
		"tags": tags, "created_at": wire.MilliTime(c.Created),
	}
	if q := w.Queues.ByID[c.Queue]; q != nil {
		v["queue"] = map[string]string{"id": q.ID, "name": q.Name}
	}
	if c.Subject != "" {
		v["subject"] = c.Subject
	}
	return v
}
