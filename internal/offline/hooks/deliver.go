// Package hooks tells the subscriptions to webhooks what happens: which of them want an event, what is in its payload, and what was
// delivered before.
package hooks

import (
	"slices"
	"time"

	"dixa-mcp/internal/offline/desk"
	"dixa-mcp/internal/offline/outbox"
	"dixa-mcp/internal/offline/wire"
)

// BeingSent is the answer of a delivery that has none yet.
const BeingSent = "Being sent"

// Event is something that happened to a conversation, with what its payload has beside the conversation.
type Event struct {
	Name         string
	Conversation *desk.Conversation
	More         map[string]any
	At           time.Time
}

// Deliver notes an event for the subscriptions that want it, and posts it to those on this machine. post reports whether it takes a
// parcel.
func Deliver(w *desk.World, e Event, post func(outbox.Parcel) bool) {
	event, cv, more, now := e.Name, e.Conversation, e.More, e.At
	for _, h := range w.Webhooks.List {
		if !h.Enabled || !slices.Contains(h.SubscribedEvents, event) || !wants(h, cv) {
			continue
		}
		w.Delivered++
		payload, err := envelope(w, event, wire.MilliTime(now), w.Delivered, hookedConversation(w, cv, cv.State, cv.Agent), more)
		if err != nil {
			continue // cannot be: it is made of strings, numbers and lists of them
		}
		one := &desk.Sent{Event: event, Payload: payload, Detail: desk.Delivery{DeliveryTimestamp: wire.MilliTime(now), Success: new(false), ResponseCode: new(int32(0))}}
		h.Sent = append(h.Sent, one)
		forget(h, event)
		switch {
		case !outbox.IsLocal(h.URL):
			one.Detail.ResponseText = "Unreachable: the offline Dixa delivers to this machine only"
		case !post(outbox.Parcel{Subscription: h.ID, URL: h.URL, Secret: h.SecretKey, Headers: h.Headers, Payload: payload, At: now,
			Done: func(r outbox.Result) { finish(one, r) }}):
			one.Detail.ResponseText = "Not sent: no server is running, or too many deliveries wait"
		default:
			one.Detail.ResponseText = BeingSent
		}
	}
}

// finish notes what became of a delivery.
func finish(one *desk.Sent, r outbox.Result) {
	one.Detail.Success, one.Detail.ResponseCode, one.Detail.ResponseText = &r.OK, &r.Code, r.Text
}

// Deliveries returns the last deliveries of an event, newest first: those since the start, then the seeded ones.
func Deliveries(w *desk.World, h *desk.Webhook, event string) []*desk.Sent {
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

func pastDeliveries(w *desk.World, h *desk.Webhook, event string) []*desk.Sent {
	var found []*desk.Entry
	for _, c := range w.Conversations[desk.SeededConversations-lookedThrough : desk.SeededConversations] {
		if c.Own || !wants(h, c) { // what was written to is not what was delivered then
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
		return map[string]any{"author": Person(w, e.Author), "tag": a.Tag}
	case desk.Rated:
		return map[string]any{"agent": Person(w, a.Agent.ID), "comment": a.Message, "score": a.Score, "type": "Csat"}
	case desk.NoteAdded:
		return map[string]any{"author": Person(w, e.Author), "note_id": e.ID, "text": a.Message, "created_at": wire.MilliTime(e.At)}
	case desk.MessageAdded:
		c := w.Conversations[e.CSID-desk.FirstConversation]
		for _, m := range w.Thread(c) {
			if m.ID == a.MessageID {
				return Message(w, c, m)
			}
		}
	}
	return nil
}
