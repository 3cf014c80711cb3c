package webhook

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"dixa-mcp/dixaclient"
)

// Status is how a subscription is.
type Status struct {
	ID       string     `json:"subscription"` // "" for none
	URL      string     `json:"url,omitempty"`
	Enabled  bool       `json:"enabled"`
	Events   []Delivery `json:"events"`
	Problems []Problem  `json:"problems"`
}

// Delivery is the last delivery of an event, as Dixa tells.
type Delivery struct {
	Event   dixaclient.WebhookEvent `json:"event"`
	At      time.Time               `json:"at,omitzero"` // zero: none recently
	Success bool                    `json:"success"`
	Code    int                     `json:"code,omitzero"`
	Text    string                  `json:"text,omitzero"`
	// Failed and Logged are how many of the deliveries in Dixa's log failed, and how many there are; read if the last one failed.
	Failed int `json:"failed,omitzero"`
	Logged int `json:"logged,omitzero"`
}

// Problem is what is wrong, and what to do.
type Problem struct {
	What string `json:"what"`
	Do   string `json:"do"`
}

// Status looks at the subscription and its deliveries.
func (m *Manager) Status(ctx context.Context) (Status, error) {
	s := Status{Events: []Delivery{}, Problems: []Problem{}}
	stored, err := m.known()
	if err != nil {
		return s, err
	}
	there, err := m.list(ctx)
	if err != nil {
		return s, err
	}
	i := slices.IndexFunc(there, func(w subscribed) bool {
		return slices.ContainsFunc(stored, func(s Subscription) bool { return s.is(w) && len(s.current()) > 0 })
	})
	const setup = "run dixa-mcp webhooks setup with the address of the server"
	if i < 0 {
		s.problem(setup, "Dixa has no subscription that sends to this server")
		return s, nil
	}
	w := there[i]
	s.ID, s.URL, s.Enabled = string(w.ID), w.URL, w.Enabled
	again := "run dixa-mcp webhooks setup --url " + w.URL
	p := Plan{URL: w.URL, m: m, stored: stored, live: w}
	p.compare()
	for _, c := range p.Changes {
		s.problem(again, "the subscription is not as it was set up; setup would %s", c)
	}
	a, err := dixaclient.GetWebhookStatus.Do(ctx, m.Client, dixaclient.WebhookRef{WebhookSubscriptionID: w.ID})
	if err != nil {
		return s, err
	}
	failing := map[int][]string{}
	for _, e := range a.Value {
		d := Delivery{Event: e.Event}
		if e.DeliveryStatus.Type == "DeliveryDetail" {
			d.At, d.Success, d.Code, d.Text = e.DeliveryStatus.DeliveryTimestamp.Time, e.DeliveryStatus.Success, e.DeliveryStatus.ResponseCode, e.DeliveryStatus.ResponseText
			if !d.Success {
				failing[d.Code] = append(failing[d.Code], string(d.Event))
				if err := m.log(ctx, w.ID, &d); err != nil {
					return s, err
				}
			}
		}
		s.Events = append(s.Events, d)
	}
	for code, names := range failing {
		s.problem(advice(code, again), "the last delivery of %s was answered with %s", few(names), answer(code))
	}
	slices.SortFunc(s.Problems, func(a, b Problem) int { return strings.Compare(a.What, b.What) })
	return s, nil
}

func (s *Status) problem(do, format string, args ...any) {
	s.Problems = append(s.Problems, Problem{fmt.Sprintf(format, args...), do})
}

// log counts what failed in Dixa's log of an event. What was sent is not looked at.
func (m *Manager) log(ctx context.Context, id dixaclient.UUID, d *Delivery) error {
	a, err := dixaclient.ListWebhookDeliveries.Do(ctx, m.Client, dixaclient.ListWebhookDeliveriesIn{
		WebhookRef: dixaclient.WebhookRef{WebhookSubscriptionID: id}, Event: dixaclient.EventName(d.Event),
	})
	for _, one := range a.Value {
		d.Logged++
		if !one.DeliveryDetail.Success {
			d.Failed++
		}
	}
	return err
}

// few names an event, and how many more there are.
func few(names []string) string {
	if len(names) == 1 {
		return names[0]
	}
	return fmt.Sprintf("%s and %d more events", names[0], len(names)-1)
}

// answer names what Dixa got.
func answer(code int) string {
	if code == 0 {
		return "nothing: Dixa reached no server"
	}
	return fmt.Sprintf("%d %s", code, http.StatusText(code))
}

// advice says what to do about deliveries that are answered with a status.
func advice(code int, setup string) string {
	switch {
	case code == 0:
		return "check that the server runs, and that its address, certificate and firewall let the internet reach it"
	case code == http.StatusForbidden:
		return "check this machine's clock, and that the server uses this state directory or Redis; then " + setup
	case code == http.StatusNotFound:
		return "start the server with --webhooks, and have the proxy pass " + Path + " on"
	case code == http.StatusTooManyRequests:
		return "too much was refused that came from this address; see the server's log for the reason"
	case code == http.StatusUnauthorized || code >= 300 && code < 400:
		return "have the proxy pass " + Path + " on without a sign-in and without a redirect"
	case code == http.StatusServiceUnavailable:
		return "see the server's log: the event could not be stored"
	}
	return "see the logs of the proxy and of the server"
}
