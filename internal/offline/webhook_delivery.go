package offline

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"

	"dixa-mcp/internal/base/address"
	"dixa-mcp/internal/offline/wire"
)

const (
	// mostDeliveries is how many deliveries a subscription remembers of each event.
	mostDeliveries = 20
	// deliveryTimeout is how long a receiver has to answer.
	deliveryTimeout = 10 * time.Second
	// mostQueued is how many deliveries may wait to be sent.
	mostQueued = 256
)

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
		case !loopback(h.URL):
			one.detail.ResponseText = "Unreachable: the offline Dixa delivers to this machine only"
		case !a.outbox.put(parcel{h.ID, h.URL, h.SecretKey, h.Headers, one, now}):
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
			if cond.Field == "OperationOrigin" || among(cond.Values, value) == (cond.Type == "IsOneOf") {
				passed++
			}
		}
		if (f.Strategy == "All" && passed < len(f.Conditions)) || (f.Strategy == "Any" && passed == 0 && len(f.Conditions) > 0) {
			return false
		}
	}
	return true
}

// loopback reports whether a URL is on this machine.
func loopback(text string) bool {
	u, err := url.Parse(text)
	return err == nil && address.IsLoopback(u.Hostname())
}

// parcel is a delivery on its way.
type parcel struct {
	subscription, url, secret string
	headers                   map[string]string
	sent                      *sent
	at                        time.Time
}

// outbox sends deliveries, one after the other, while a server runs.
type outbox struct {
	mu    sync.Mutex
	queue chan parcel // nil while nothing is sent
}

// put hands a delivery over; false when nothing is sent, or too much waits.
func (o *outbox) put(p parcel) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	select {
	case o.queue <- p: // never on a nil channel
		return true
	default:
		return false
	}
}

// Start begins to send deliveries. The function ends that, and waits for what is being sent to be given up.
func (a *api) Start() (stop func()) {
	a.outbox.mu.Lock()
	defer a.outbox.mu.Unlock()
	if a.outbox.queue != nil { // another server of this API does it
		return func() {}
	}
	queue := make(chan parcel, mostQueued)
	ctx, cancel := context.WithCancel(context.Background())
	a.outbox.queue = queue
	done := make(chan struct{})
	go func() {
		defer close(done)
		client := localClient()
		defer client.CloseIdleConnections()
		for {
			select {
			case <-ctx.Done():
				return
			case p := <-queue:
				a.finish(p, send(ctx, client, p))
			}
		}
	}()
	return func() {
		a.outbox.mu.Lock()
		a.outbox.queue = nil
		a.outbox.mu.Unlock()
		cancel()
		<-done
		for {
			select {
			case p := <-queue:
				a.finish(p, delivery{Success: flagged(false), ResponseCode: i32(0), ResponseText: "Not sent: the server ended"})
			default:
				return
			}
		}
	}
}

// finish notes what became of a delivery.
func (a *api) finish(p parcel, detail delivery) {
	a.mu.Lock()
	defer a.mu.Unlock()
	detail.DeliveryTimestamp = p.sent.detail.DeliveryTimestamp
	p.sent.detail = detail
}

// localClient connects to this machine and nowhere else: neither a name that resolves to another one, nor a redirect, nor a proxy leads
// away from it.
func localClient() *http.Client {
	dialer := &net.Dialer{Timeout: deliveryTimeout, Control: func(_, to string, _ syscall.RawConn) error {
		if !address.IsLoopback(address.Host(to)) {
			return fmt.Errorf("%s is not on this machine", to)
		}
		return nil
	}}
	return &http.Client{
		Timeout:       deliveryTimeout,
		Transport:     &http.Transport{DialContext: dialer.DialContext},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// send makes one delivery, signed as Dixa signs it.
func send(ctx context.Context, client *http.Client, p parcel) delivery {
	failed := delivery{Success: flagged(false), ResponseCode: i32(0)}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, p.url, bytes.NewReader([]byte(p.sent.payload)))
	if err != nil {
		failed.ResponseText = err.Error()
		return failed
	}
	for name, value := range p.headers {
		r.Header.Set(name, value)
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("X-DIXA-SUBSCRIPTION-ID", p.subscription)
	r.Header.Set("X-DIXA-SIGNATURE", signed(p.secret, p.sent.payload, p.at))
	res, err := client.Do(r)
	if err != nil {
		failed.ResponseText = "Unreachable"
		return failed
	}
	defer res.Body.Close()
	_, _ = io.Copy(io.Discard, io.LimitReader(res.Body, 1<<20)) // what it says is not kept
	ok := res.StatusCode >= 200 && res.StatusCode < 300
	return delivery{Success: &ok, ResponseCode: i32(int32(res.StatusCode)), ResponseText: http.StatusText(res.StatusCode)}
}

// signed returns the header that proves where a delivery comes from: the time in milliseconds, and an HMAC of it and the payload with the
// decoded secret key.
func signed(secret, payload string, at time.Time) string {
	key, err := hex.DecodeString(secret)
	if err != nil {
		key = []byte(secret) // cannot be: the keys are made here
	}
	t := fmt.Sprint(at.UnixMilli())
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte(t + "." + payload))
	return "t=" + t + ",v1=" + hex.EncodeToString(mac.Sum(nil))
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
