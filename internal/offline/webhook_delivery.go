package offline

import (
	"encoding/json"
	"slices"
	"strings"
	"time"

	"dixa-mcp/internal/offline/outbox"
	"dixa-mcp/internal/offline/wire"
)

// mostDeliveries is how many deliveries a subscription remembers of each event.
const mostDeliveries = 20

// beingSent is the answer of a delivery that has none yet.
const beingSent = "Being sent"

// sent is one delivery of an event: what was sent, and what became of it.
type sent struct {
	event   string
	payload string
	detail  delivery
}

// emit delivers an event of a conversation to the subscriptions that want it. Only events whose payload Dixa documents are delivered:
// all have the conversation, some have more.
func (c *call) emit(cv *conversation, event string, more map[string]any) {
	if c.again { // it was delivered when it happened
		return
	}
	c.api.deliver(c.world, cv, event, more, c.now)
}

func (a *api) deliver(w *world, cv *conversation, event string, more map[string]any, now time.Time) {
	for _, h := range w.webhooks.list {
		if !h.Enabled || !slices.Contains(h.SubscribedEvents, event) || !h.wants(cv) {
			continue
		}
		w.delivered++
		payload, err := w.envelope(event, wire.MilliTime(now), w.delivered, w.hookedConversation(cv, cv.state, cv.agent), more)
		if err != nil {
			continue // cannot be: it is made of strings, numbers and lists of them
		}
		one := &sent{event, payload, delivery{DeliveryTimestamp: wire.MilliTime(now), Success: flagged(false), ResponseCode: i32(0)}}
		h.sent = append(h.sent, one)
		h.forget(event)
		switch {
		case !outbox.IsLocal(h.URL):
			one.detail.ResponseText = "Unreachable: the offline Dixa delivers to this machine only"
		case !a.outbox.Put(outbox.Parcel{Subscription: h.ID, URL: h.URL, Secret: h.SecretKey, Headers: h.Headers, Payload: payload, At: now,
			Done: func(r outbox.Result) { a.finish(one, r) }}):
			one.detail.ResponseText = "Not sent: no server is running, or too many deliveries wait"
		default:
			one.detail.ResponseText = beingSent
		}
	}
}

// forget drops the oldest deliveries of an event beyond those that are remembered.
func (h *webhook) forget(event string) {
	n := 0
	for i := len(h.sent) - 1; i >= 0; i-- {
		if h.sent[i].event == event {
			if n++; n > mostDeliveries {
				h.sent = slices.Delete(h.sent, i, i+1)
			}
		}
	}
}

// wants applies the filters of a subscription to a conversation. What an operation came from is not known here, and passes.
func (h *webhook) wants(cv *conversation) bool {
	for _, f := range h.Filters {
		passed := 0
		for _, cond := range f.Conditions {
			value := cv.queue
			if cond.Field == "InitialChannel" {
				value = strings.ToLower(cv.channel.upper)
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

// finish notes what became of a delivery.
func (a *api) finish(one *sent, r outbox.Result) {
	a.mu.Lock()
	defer a.mu.Unlock()
	one.detail.Success, one.detail.ResponseCode, one.detail.ResponseText = &r.OK, &r.Code, r.Text
}

// envelope returns the payload of an event: what all events have, the conversation, and what this event adds.
func (w *world) envelope(event, at string, n int64, conversation map[string]any, more map[string]any) (string, error) {
	data := map[string]any{"conversation": conversation}
	for name, value := range more {
		data[name] = value
	}
	b, err := json.Marshal(map[string]any{
		"event_id": w.uuid("event "+event+" "+at, n), "event_fqn": fqn(event), "event_version": "1", "event_timestamp": at,
		"organization": map[string]string{"id": w.org.id, "name": w.org.name}, "data": data,
	})
	return string(b), err
}

// hookedConversation returns a conversation as webhooks have it, in a state and with a Dixa agent.
func (w *world) hookedConversation(c *conversation, state, agent string) map[string]any {
	tags := []map[string]any{}
	for _, id := range c.tags {
		t := w.tags.byID[id]
		tags = append(tags, map[string]any{"id": t.id, "name": t.name, "is_deactivated": t.inactive})
	}
	v := map[string]any{
		"csid": c.id, "channel": c.channel.upper, "status": strings.ToUpper(status(state)), "direction": strings.ToUpper(c.direction),
		"queue": nil, "contact_point": c.endpoint, "requester": w.hooked(c.requester), "assignee": w.hooked(agent), "subject": nil,
		"tags": tags, "created_at": wire.MilliTime(c.created),
	}
	if q := w.queues.byID[c.queue]; q != nil {
		v["queue"] = map[string]string{"id": q.ID, "name": q.Name}
	}
	if c.subject != "" {
		v["subject"] = c.subject
	}
	return v
}
